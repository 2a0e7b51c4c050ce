// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gantry {

inline constexpr std::int64_t kMasterId = 0;

/// How many queues of a topic one broker has.
struct QueueData
{
    std::string brokerName;
    std::int32_t readQueueNums = 0;
    std::int32_t writeQueueNums = 0;
    std::int32_t perm = 0;         ///< bits of namespace perm
    std::int32_t topicSysFlag = 0;

    bool operator==(const QueueData&) const = default;
};

/// The addresses of one broker name: its master (id 0) and slaves.
struct BrokerData
{
    std::string cluster;
    std::string brokerName;
    std::map<std::int64_t, std::string> brokerAddrs;
    bool enableActingMaster = false;

    /// The master's address, else that of the smallest id; empty if there is none.
    [[nodiscard]] std::string address() const
    {
        return brokerAddrs.empty() ? std::string() : brokerAddrs.begin()->second;
    }
    bool operator==(const BrokerData&) const = default;
};

/// Answer to 105: where a topic's queues are.
struct TopicRouteData
{
    std::string orderTopicConf; ///< "broker:queues;..."; empty = none
    std::vector<QueueData> queueDatas;
    std::vector<BrokerData> brokerDatas;

    /// The standard form: strict JSON with quoted keys, compact. Every known client reads it.
    [[nodiscard]] std::string encode() const;
    /// Java's own form, for clients below version 401: numeric keys bare.
    [[nodiscard]] std::string encodePlain() const;
    [[nodiscard]] static Result<TopicRouteData> decode(std::string_view body);
    bool operator==(const TopicRouteData&) const = default;
};

} // namespace gantry
