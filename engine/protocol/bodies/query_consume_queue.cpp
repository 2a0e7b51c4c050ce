// SPDX-License-Identifier: Apache-2.0
#include "protocol/bodies/query_consume_queue.h"

#include "protocol/bodies/body_json.h"

namespace gantry {

namespace {

using body::Json;

void putUnlessEmpty(Json& json, const char* name, const std::string& text)
{
    if (!text.empty()) {
        json[name] = text;
    }
}

Json toJson(const ConsumeQueueRow& row)
{
    Json json{{"eval", row.eval}, {"physicOffset", row.physicOffset}, {"physicSize", row.physicSize},
        {"tagsCode", row.tagsCode}};
    putUnlessEmpty(json, "extendDataJson", row.extendDataJson);
    putUnlessEmpty(json, "bitMap", row.bitMap);
    putUnlessEmpty(json, "msg", row.msg);
    return json;
}

ConsumeQueueRow rowFromJson(const Json& json)
{
    return {body::integer(json, "physicOffset"), body::integer32(json, "physicSize"), body::integer(json, "tagsCode"),
            body::boolean(json, "eval"),         body::text(json, "extendDataJson"),  body::text(json, "bitMap"),
            body::text(json, "msg")};
}

} // namespace

std::string QueryConsumeQueueResponse::encode() const
{
    Json list = Json::array();
    for (const ConsumeQueueRow& row : rows) {
        list.push_back(toJson(row));
    }
    Json json{{"maxQueueIndex", maxQueueIndex}, {"minQueueIndex", minQueueIndex}, {"queueData", std::move(list)}};
    putUnlessEmpty(json, "filterData", filterData);
    if (subscription) {
        json["subscriptionData"] = body::toJson(*subscription);
    }
    return dumpFastjson(json);
}

Result<QueryConsumeQueueResponse> QueryConsumeQueueResponse::decode(std::string_view text)
{
    GANTRY_TRY(json, body::parseObject(text, "consume queue entries"));
    QueryConsumeQueueResponse result;
    result.maxQueueIndex = body::integer(json, "maxQueueIndex");
    result.minQueueIndex = body::integer(json, "minQueueIndex");
    result.filterData = body::text(json, "filterData");
    if (const Json* const inner = body::member(json, "subscriptionData"); inner != nullptr) {
        result.subscription = body::subscriptionFromJson(*inner);
    }
    body::forEachItem(json, "queueData", [&](const Json& item) { result.rows.push_back(rowFromJson(item)); });
    return result;
}

std::string QueryConsumeTimeSpanBody::encode() const
{
    Json list = Json::array();
    for (const QueueTimeSpan& span : spans) {
        list.push_back({{"consumeTimeStamp", span.consumeTimestamp},
                        {"delayTime", span.delayTime},
                        {"maxTimeStamp", span.maxTimestamp},
                        {"messageQueue", body::toJson(span.queue)},
                        {"minTimeStamp", span.minTimestamp}});
    }
    return dumpFastjson({{"consumeTimeSpanSet", std::move(list)}});
}

Result<QueryConsumeTimeSpanBody> QueryConsumeTimeSpanBody::decode(std::string_view text)
{
    GANTRY_TRY(json, body::parseObject(text, "consume time spans"));
    QueryConsumeTimeSpanBody result;
    body::forEachItem(json, "consumeTimeSpanSet", [&](const Json& item) {
        const Json* const queue = body::member(item, "messageQueue");
        result.spans.push_back({queue == nullptr ? MessageQueue{} : body::messageQueueFromJson(*queue),
                                body::integer(item, "minTimeStamp"), body::integer(item, "maxTimeStamp"),
                                body::integer(item, "consumeTimeStamp"), body::integer(item, "delayTime")});
    });
    return result;
}

} // namespace gantry
