// SPDX-License-Identifier: Apache-2.0
#include "protocol/bodies/body_json.h"
#include "protocol/bodies/lock_batch.h"
#include "protocol/bodies/name_lists.h"
#include "protocol/bodies/reset_offset.h"

namespace gantry {

namespace {

using body::Json;

using QueueOffsets = std::map<MessageQueue, std::int64_t>;

Json toJson(const QueueOffsets& offsets)
{
    Json json = Json::object();
    for (const auto& [queue, offset] : offsets) {
        json[objectKey(body::toJson(queue))] = offset;
    }
    return json;
}

QueueOffsets queueOffsetsFrom(const Json& object, std::string_view name)
{
    QueueOffsets offsets;
    body::forEachMember(object, name, [&](const std::string& key, const Json& value) {
        offsets[body::messageQueueFromKey(key)] = body::asInteger(value);
    });
    return offsets;
}

} // namespace

std::string LockBatchRequest::encode() const
{
    return dumpFastjson({{"clientId", clientId},
                         {"consumerGroup", consumerGroup},
                         {"mqSet", body::toJson(queues)},
                         {"onlyThisBroker", onlyThisBroker}});
}

Result<LockBatchRequest> LockBatchRequest::decode(std::string_view text)
{
    GANTRY_TRY(json, body::parseObject(text, "a lock request"));
    return LockBatchRequest{body::text(json, "consumerGroup"), body::text(json, "clientId"),
                            body::boolean(json, "onlyThisBroker"), body::messageQueueList(json, "mqSet")};
}

std::string LockBatchResponse::encode() const
{
    return dumpFastjson({{"lockOKMQSet", body::toJson(lockedQueues)}});
}

Result<LockBatchResponse> LockBatchResponse::decode(std::string_view text)
{
    GANTRY_TRY(json, body::parseObject(text, "a lock answer"));
    return LockBatchResponse{body::messageQueueList(json, "lockOKMQSet")};
}

std::string KvTable::encode() const
{
    return dumpFastjson({{"table", table}});
}

Result<KvTable> KvTable::decode(std::string_view text)
{
    GANTRY_TRY(json, body::parseObject(text, "a table of texts"));
    return KvTable{body::textMap(json, "table")};
}

std::string TopicList::encode() const
{
    Json json{{"topicList", topics}};
    if (!brokerAddr.empty()) {
        json["brokerAddr"] = brokerAddr;
    }
    return dumpFastjson(json);
}

Result<TopicList> TopicList::decode(std::string_view text)
{
    GANTRY_TRY(json, body::parseObject(text, "a list of topics"));
    return TopicList{body::textList(json, "topicList"), body::text(json, "brokerAddr")};
}

std::string GroupList::encode() const
{
    return dumpFastjson({{"groupList", groups}});
}

Result<GroupList> GroupList::decode(std::string_view text)
{
    GANTRY_TRY(json, body::parseObject(text, "a list of groups"));
    return GroupList{body::textList(json, "groupList")};
}

std::string ConsumerIdList::encode() const
{
    return dumpFastjson({{"consumerIdList", consumerIds}});
}

Result<ConsumerIdList> ConsumerIdList::decode(std::string_view text)
{
    GANTRY_TRY(json, body::parseObject(text, "a list of consumer ids"));
    return ConsumerIdList{body::textList(json, "consumerIdList")};
}

std::string QuerySubscriptionResponse::encode() const
{
    Json json{{"group", group}, {"topic", topic}};
    if (subscription) {
        json["subscriptionData"] = body::toJson(*subscription);
    }
    return dumpFastjson(json);
}

Result<QuerySubscriptionResponse> QuerySubscriptionResponse::decode(std::string_view text)
{
    GANTRY_TRY(json, body::parseObject(text, "a subscription"));
    QuerySubscriptionResponse result{body::text(json, "group"), body::text(json, "topic"), std::nullopt};
    if (const Json* const inner = body::member(json, "subscriptionData"); inner != nullptr) {
        result.subscription = body::subscriptionFromJson(*inner);
    }
    return result;
}

std::string ResetOffsetBody::encode() const
{
    return dumpFastjson({{"offsetTable", toJson(offsets)}});
}

std::string ResetOffsetBody::encodeForCpp() const
{
    Json list = Json::array();
    for (const auto& [queue, offset] : offsets) {
        Json entry = body::toJson(queue);
        entry["offset"] = offset;
        list.push_back(std::move(entry));
    }
    return dumpFastjson({{"offsetTable", std::move(list)}});
}

Result<ResetOffsetBody> ResetOffsetBody::decode(std::string_view text)
{
    GANTRY_TRY(json, body::parseObject(text, "a table of offsets"));
    ResetOffsetBody result{queueOffsetsFrom(json, "offsetTable")};
    body::forEachItem(json, "offsetTable", [&](const Json& item) {
        result.offsets[body::messageQueueFromJson(item)] = body::integer(item, "offset");
    });
    return result;
}

std::string GetConsumerStatusBody::encode() const
{
    Json clients = Json::object();
    for (const auto& [client, offsets] : consumerTable) {
        clients[client] = toJson(offsets);
    }
    return dumpFastjson({{"consumerTable", std::move(clients)}, {"messageQueueTable", toJson(messageQueueTable)}});
}

Result<GetConsumerStatusBody> GetConsumerStatusBody::decode(std::string_view text)
{
    GANTRY_TRY(json, body::parseObject(text, "a consumer status"));
    GetConsumerStatusBody result;
    result.messageQueueTable = queueOffsetsFrom(json, "messageQueueTable");
    if (const Json* const clients = body::member(json, "consumerTable"); clients != nullptr && clients->is_object()) {
        for (const auto& [client, offsets] : clients->items()) {
            result.consumerTable[client] = queueOffsetsFrom(*clients, client);
        }
    }
    return result;
}

} // namespace gantry
