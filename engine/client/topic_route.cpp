// SPDX-License-Identifier: Apache-2.0
#include "client/route_cache.h"

#include "protocol/bodies/topic_config.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace gantry::client {

namespace {

/// "broker:queues;broker:queues", how a topic of global order names its queues.
std::vector<MessageQueue> orderedQueues(const std::string& topic, std::string_view config)
{
    std::vector<MessageQueue> queues;
    while (!config.empty()) {
        const std::size_t end = std::min(config.find(';'), config.size());
        const std::string_view part = config.substr(0, end);
        config.remove_prefix(std::min(end + 1, config.size()));
        const std::size_t colon = part.find(':');
        std::int32_t count = 0;
        if (colon == std::string_view::npos) {
            continue;
        }
        std::from_chars(part.data() + colon + 1, part.data() + part.size(), count);
        for (std::int32_t i = 0; i < count; ++i) {
            queues.push_back({topic, std::string(part.substr(0, colon)), i});
        }
    }
    return queues;
}

bool hasMaster(const TopicRouteData& route, const std::string& brokerName)
{
    return std::any_of(
        route.brokerDatas.begin(), route.brokerDatas.end(), [&](const BrokerData& broker) {
            return broker.brokerName == brokerName && broker.brokerAddrs.contains(kMasterId);
        });
}

} // namespace

std::vector<MessageQueue> publishQueuesOf(const std::string& topic, const TopicRouteData& route)
{
    if (!route.orderTopicConf.empty()) {
        return orderedQueues(topic, route.orderTopicConf);
    }
    std::vector<MessageQueue> queues;
    for (const auto& data : route.queueDatas) {
        if ((data.perm & perm::kWrite) == 0 || !hasMaster(route, data.brokerName)) {
            continue;
        }
        for (std::int32_t i = 0; i < data.writeQueueNums; ++i) {
            queues.push_back({topic, data.brokerName, i});
        }
    }
    std::sort(queues.begin(), queues.end());
    return queues;
}

std::vector<MessageQueue> subscribeQueuesOf(const std::string& topic, const TopicRouteData& route)
{
    std::vector<MessageQueue> queues;
    for (const auto& data : route.queueDatas) {
        if ((data.perm & perm::kRead) == 0) {
            continue;
        }
        for (std::int32_t i = 0; i < data.readQueueNums; ++i) {
            queues.push_back({topic, data.brokerName, i});
        }
    }
    std::sort(queues.begin(), queues.end());
    queues.erase(std::unique(queues.begin(), queues.end()), queues.end());
    return queues;
}

TopicRouteData templateRoute(TopicRouteData route, std::int32_t queueCountMax)
{
    for (auto& data : route.queueDatas) {
        const std::int32_t count = std::min(queueCountMax, data.readQueueNums);
        data.readQueueNums = count;
        data.writeQueueNums = count;
    }
    return route;
}

} // namespace gantry::client
