// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "protocol/bodies/data_version.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gantry {

/// A consumer group as a broker keeps it. Defaults are Apache's.
struct SubscriptionGroupConfig
{
    std::string groupName;
    bool consumeEnable = true;
    bool consumeFromMinEnable = true;
    bool consumeBroadcastEnable = true;
    bool consumeMessageOrderly = false;
    std::int32_t retryQueueNums = 1;
    std::int32_t retryMaxTimes = 16;
    std::int64_t brokerId = 0;
    std::int64_t whichBrokerWhenConsumeSlowly = 1;
    bool notifyConsumerIdsChangedEnable = true;
    std::int32_t groupSysFlag = 0;
    std::int32_t consumeTimeoutMinute = 15;
    std::map<std::string, std::string> attributes;
    std::string groupRetryPolicy = R"({"type":"CUSTOMIZED"})"; ///< JSON text, kept as it came
    std::string subscriptionDataSet;                           ///< JSON text, kept as it came; empty = absent

    [[nodiscard]] std::string encode() const;
    [[nodiscard]] static Result<SubscriptionGroupConfig> decode(std::string_view body);
    bool operator==(const SubscriptionGroupConfig&) const = default;
};

/// Every group of a broker: answer to 201, content of subscriptionGroup.json.
struct SubscriptionGroupTable
{
    DataVersion dataVersion;
    std::map<std::string, SubscriptionGroupConfig> groups;                  ///< by name
    std::map<std::string, std::map<std::string, std::int32_t>> forbidden;   ///< group -> topic -> bits

    [[nodiscard]] std::string encode() const;
    [[nodiscard]] std::string encodeFile() const; ///< indented
    [[nodiscard]] static Result<SubscriptionGroupTable> decode(std::string_view body);
    bool operator==(const SubscriptionGroupTable&) const = default;
};

/// Body of 225.
[[nodiscard]] Result<std::vector<SubscriptionGroupConfig>> decodeSubscriptionGroupList(std::string_view body);

} // namespace gantry
