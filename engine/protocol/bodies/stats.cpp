// SPDX-License-Identifier: Apache-2.0
#include "protocol/bodies/body_json.h"
#include "protocol/bodies/broker_stats.h"
#include "protocol/bodies/consume_stats.h"
#include "protocol/bodies/topic_stats.h"

namespace gantry {

namespace {

using body::Json;

Json toJson(const ConsumeStats& stats)
{
    Json offsets = Json::object();
    for (const auto& [queue, offset] : stats.offsetTable) {
        offsets[objectKey(body::toJson(queue))] = {{"brokerOffset", offset.brokerOffset},
                                                   {"consumerOffset", offset.consumerOffset},
                                                   {"lastTimestamp", offset.lastTimestamp},
                                                   {"pullOffset", offset.pullOffset}};
    }
    return {{"consumeTps", stats.consumeTps}, {"offsetTable", std::move(offsets)}};
}

ConsumeStats consumeStatsFromJson(const Json& json)
{
    ConsumeStats stats;
    stats.consumeTps = body::real(json, "consumeTps");
    body::forEachMember(json, "offsetTable", [&](const std::string& key, const Json& value) {
        stats.offsetTable[body::messageQueueFromKey(key)] = {
            body::integer(value, "brokerOffset"), body::integer(value, "consumerOffset"),
                body::integer(value, "pullOffset"),
            body::integer(value, "lastTimestamp")};
    });
    return stats;
}

Json toJson(const BrokerStatsItem& item)
{
    return {{"avgpt", item.averagePerTime}, {"sum", item.sum}, {"tps", item.tps}};
}

BrokerStatsItem itemFrom(const Json& object, std::string_view name)
{
    const Json* const json = body::member(object, name);
    if (json == nullptr) {
        return {};
    }
    return {body::integer(*json, "sum"), body::real(*json, "tps"), body::real(*json, "avgpt")};
}

} // namespace

std::string ConsumeStats::encode() const
{
    return dumpFastjson(toJson(*this));
}

Result<ConsumeStats> ConsumeStats::decode(std::string_view text)
{
    GANTRY_TRY(json, body::parseObject(text, "consume statistics"));
    return consumeStatsFromJson(json);
}

std::string ConsumeStatsList::encode() const
{
    Json list = Json::array();
    for (const auto& [group, each] : consumeStats) {
        Json stats = Json::array();
        for (const ConsumeStats& one : each) {
            stats.push_back(toJson(one));
        }
        Json entry = Json::object();
        entry[group] = std::move(stats);
        list.push_back(std::move(entry));
    }
    return dumpFastjson({{"brokerAddr", brokerAddr},
                         {"consumeStatsList", std::move(list)},
                         {"totalDiff", totalDiff},
                         {"totalInflightDiff", totalInflightDiff}});
}

Result<ConsumeStatsList> ConsumeStatsList::decode(std::string_view text)
{
    GANTRY_TRY(json, body::parseObject(text, "a list of consume statistics"));
    ConsumeStatsList result;
    result.brokerAddr = body::text(json, "brokerAddr");
    result.totalDiff = body::integer(json, "totalDiff");
    result.totalInflightDiff = body::integer(json, "totalInflightDiff");
    body::forEachItem(json, "consumeStatsList", [&](const Json& entry) {
        if (!entry.is_object()) {
            return;
        }
        for (const auto& [group, list] : entry.items()) {
            auto& stats = result.consumeStats[group];
            if (list.is_array()) {
                for (const Json& one : list) {
                    stats.push_back(consumeStatsFromJson(one));
                }
            }
        }
    });
    return result;
}

std::string TopicStatsTable::encode() const
{
    Json offsets = Json::object();
    for (const auto& [queue, offset] : offsetTable) {
        offsets[objectKey(body::toJson(queue))] = {{"lastUpdateTimestamp", offset.lastUpdateTimestamp},
                                                   {"maxOffset", offset.maxOffset},
                                                   {"minOffset", offset.minOffset}};
    }
    return dumpFastjson({{"offsetTable", std::move(offsets)}, {"topicPutTps", topicPutTps}});
}

Result<TopicStatsTable> TopicStatsTable::decode(std::string_view text)
{
    GANTRY_TRY(json, body::parseObject(text, "topic statistics"));
    TopicStatsTable table;
    table.topicPutTps = body::real(json, "topicPutTps");
    body::forEachMember(json, "offsetTable", [&](const std::string& key, const Json& value) {
        table.offsetTable[body::messageQueueFromKey(key)] = {
            body::integer(value, "minOffset"), body::integer(value, "maxOffset"),
                body::integer(value, "lastUpdateTimestamp")};
    });
    return table;
}

std::string BrokerStatsData::encode() const
{
    return dumpFastjson({{"statsDay", toJson(statsDay)}, {"statsHour", toJson(statsHour)},
        {"statsMinute", toJson(statsMinute)}});
}

Result<BrokerStatsData> BrokerStatsData::decode(std::string_view text)
{
    GANTRY_TRY(json, body::parseObject(text, "broker statistics"));
    return BrokerStatsData{itemFrom(json, "statsMinute"), itemFrom(json, "statsHour"), itemFrom(json, "statsDay")};
}

} // namespace gantry
