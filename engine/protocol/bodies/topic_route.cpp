// SPDX-License-Identifier: Apache-2.0
#include "protocol/bodies/topic_route.h"

#include "protocol/bodies/body_json.h"
#include "protocol/bodies/cluster_info.h"

#include <charconv>

namespace gantry {

namespace {

using body::Json;

Json toJson(const QueueData& data)
{
    return {{"brokerName", data.brokerName},
            {"perm", data.perm},
            {"readQueueNums", data.readQueueNums},
            {"topicSysFlag", data.topicSysFlag},
            {"writeQueueNums", data.writeQueueNums}};
}

QueueData queueDataFromJson(const Json& json)
{
    QueueData data;
    data.brokerName = body::text(json, "brokerName");
    data.readQueueNums = body::integer32(json, "readQueueNums");
    data.writeQueueNums = body::integer32(json, "writeQueueNums");
    data.perm = body::integer32(json, "perm");
    // 4.x and older wrote the flag under this name, too.
    data.topicSysFlag = body::integer32(json, "topicSysFlag", body::integer32(json, "topicSynFlag"));
    return data;
}

Json addressesToJson(const std::map<std::int64_t, std::string>& addresses, bool quotedKeys)
{
    Json json = Json::object();
    for (const auto& [id, address] : addresses) {
        json[quotedKeys ? std::to_string(id) : numericKey(id)] = address;
    }
    return json;
}

std::map<std::int64_t, std::string> addressesFrom(const Json& object)
{
    std::map<std::int64_t, std::string> addresses;
    body::forEachMember(object, "brokerAddrs", [&](const std::string& key, const Json& value) {
        std::int64_t id = 0;
        const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
        if (error == std::errc{} && end == key.data() + key.size() && value.is_string()) {
            addresses[id] = value.get<std::string>();
        }
    });
    return addresses;
}

Json toJson(const BrokerData& data, bool quotedKeys)
{
    return {{"brokerAddrs", addressesToJson(data.brokerAddrs, quotedKeys)},
            {"brokerName", data.brokerName},
            {"cluster", data.cluster},
            {"enableActingMaster", data.enableActingMaster}};
}

BrokerData brokerDataFromJson(const Json& json)
{
    BrokerData data;
    data.cluster = body::text(json, "cluster");
    data.brokerName = body::text(json, "brokerName");
    data.brokerAddrs = addressesFrom(json);
    data.enableActingMaster = body::boolean(json, "enableActingMaster");
    return data;
}

Json toJson(const TopicRouteData& route, bool quotedKeys)
{
    Json brokers = Json::array();
    for (const BrokerData& data : route.brokerDatas) {
        brokers.push_back(toJson(data, quotedKeys));
    }
    Json queues = Json::array();
    for (const QueueData& data : route.queueDatas) {
        queues.push_back(toJson(data));
    }
    Json json{{"brokerDatas", std::move(brokers)}, {"filterServerTable", Json::object()},
        {"queueDatas", std::move(queues)}};
    if (!route.orderTopicConf.empty()) {
        json["orderTopicConf"] = route.orderTopicConf;
    }
    return json;
}

} // namespace

std::string TopicRouteData::encode() const
{
    return dumpFastjson(toJson(*this, true));
}

std::string TopicRouteData::encodePlain() const
{
    return dumpFastjson(toJson(*this, false));
}

Result<TopicRouteData> TopicRouteData::decode(std::string_view text)
{
    GANTRY_TRY(json, body::parseObject(text, "a topic route"));
    TopicRouteData route;
    route.orderTopicConf = body::text(json, "orderTopicConf");
    body::forEachItem(json, "queueDatas",
        [&](const Json& item) { route.queueDatas.push_back(queueDataFromJson(item)); });
    body::forEachItem(json, "brokerDatas",
        [&](const Json& item) { route.brokerDatas.push_back(brokerDataFromJson(item)); });
    return route;
}

std::string ClusterInfo::encode() const
{
    Json brokers = Json::object();
    for (const auto& [name, data] : brokerAddrTable) {
        brokers[name] = toJson(data, false);
    }
    return dumpFastjson({{"brokerAddrTable", std::move(brokers)}, {"clusterAddrTable", clusterAddrTable}});
}

Result<ClusterInfo> ClusterInfo::decode(std::string_view text)
{
    GANTRY_TRY(json, body::parseObject(text, "cluster information"));
    ClusterInfo info;
    body::forEachMember(json, "brokerAddrTable", [&](const std::string& name, const Json& value) {
        info.brokerAddrTable[name] = brokerDataFromJson(value);
    });
    body::forEachMember(json, "clusterAddrTable", [&](const std::string& name, const Json& value) {
        auto& brokers = info.clusterAddrTable[name];
        if (value.is_array()) {
            for (const Json& broker : value) {
                brokers.insert(body::asText(broker));
            }
        }
    });
    return info;
}

std::string BrokerMemberGroup::encode() const
{
    return dumpFastjson({{"brokerMemberGroup",
                          {{"brokerAddrs", addressesToJson(brokerAddrs, false)}, {"brokerName", brokerName},
                              {"cluster", cluster}}}});
}

Result<BrokerMemberGroup> BrokerMemberGroup::decode(std::string_view text)
{
    GANTRY_TRY(json, body::parseObject(text, "a broker group"));
    BrokerMemberGroup group;
    if (const Json* const inner = body::member(json, "brokerMemberGroup"); inner != nullptr) {
        group.cluster = body::text(*inner, "cluster");
        group.brokerName = body::text(*inner, "brokerName");
        group.brokerAddrs = addressesFrom(*inner);
    }
    return group;
}

} // namespace gantry
