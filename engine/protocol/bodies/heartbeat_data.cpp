// SPDX-License-Identifier: Apache-2.0
#include "protocol/bodies/heartbeat_data.h"

#include "protocol/bodies/body_json.h"

namespace gantry {

namespace {

using body::Json;

Json toJson(const ConsumerData& data)
{
    Json subscriptions = Json::array();
    for (const SubscriptionData& subscription : data.subscriptions) {
        subscriptions.push_back(body::toJson(subscription));
    }
    return {{"consumeFromWhere", toString(data.consumeFromWhere)},
            {"consumeType", toString(data.consumeType)},
            {"groupName", data.groupName},
            {"messageModel", toString(data.messageModel)},
            {"subscriptionDataSet", std::move(subscriptions)},
            {"unitMode", data.unitMode}};
}

ConsumerData consumerFromJson(const Json& json)
{
    ConsumerData data;
    data.groupName = body::text(json, "groupName");
    data.consumeType = body::consumeTypeFrom(json, "consumeType");
    data.messageModel = body::messageModelFrom(json, "messageModel");
    data.consumeFromWhere = body::consumeFromWhereFrom(json, "consumeFromWhere");
    body::forEachItem(json, "subscriptionDataSet",
                      [&](const Json& item) { data.subscriptions.push_back(body::subscriptionFromJson(item)); });
    data.unitMode = body::boolean(json, "unitMode", body::boolean(json, "isUnitMode"));
    return data;
}

} // namespace

std::string HeartbeatData::encode() const
{
    Json consumerSet = Json::array();
    for (const ConsumerData& consumer : consumers) {
        consumerSet.push_back(toJson(consumer));
    }
    Json producerSet = Json::array();
    for (const std::string& group : producerGroups) {
        producerSet.push_back({{"groupName", group}});
    }
    return dumpFastjson({{"clientID", clientId},
                         {"consumerDataSet", std::move(consumerSet)},
                         {"heartbeatFingerprint", fingerprint},
                         {"producerDataSet", std::move(producerSet)},
                         {"withoutSub", withoutSub}});
}

Result<HeartbeatData> HeartbeatData::decode(std::string_view text)
{
    GANTRY_TRY(json, body::parseObject(text, "a heartbeat"));
    HeartbeatData data;
    data.clientId = body::text(json, "clientID");
    body::forEachItem(json, "consumerDataSet",
        [&](const Json& item) { data.consumers.push_back(consumerFromJson(item)); });
    body::forEachItem(json, "producerDataSet",
                      [&](const Json& item) { data.producerGroups.push_back(body::text(item, "groupName")); });
    data.fingerprint = body::integer32(json, "heartbeatFingerprint");
    data.withoutSub = body::boolean(json, "withoutSub", body::boolean(json, "isWithoutSub"));
    return data;
}

std::string CheckClientConfigRequest::encode() const
{
    return dumpFastjson({{"clientId", clientId}, {"group", group}, {"subscriptionData", body::toJson(subscription)}});
}

Result<CheckClientConfigRequest> CheckClientConfigRequest::decode(std::string_view text)
{
    GANTRY_TRY(json, body::parseObject(text, "a client configuration"));
    CheckClientConfigRequest request;
    request.clientId = body::text(json, "clientId");
    request.group = body::text(json, "group");
    if (const Json* const subscription = body::member(json, "subscriptionData"); subscription != nullptr) {
        request.subscription = body::subscriptionFromJson(*subscription);
    }
    return request;
}

} // namespace gantry
