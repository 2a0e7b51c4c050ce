// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "message/subscription.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gantry {

/// One consumer group of a client.
struct ConsumerData
{
    std::string groupName;
    ConsumeType consumeType = ConsumeType::Passively;
    MessageModel messageModel = MessageModel::Clustering;
    ConsumeFromWhere consumeFromWhere = ConsumeFromWhere::LastOffset;
    std::vector<SubscriptionData> subscriptions;
    bool unitMode = false;

    bool operator==(const ConsumerData&) const = default;
};

/// Body of 34. Read leniently: enums by name or number, numbers as text, sets absent.
struct HeartbeatData
{
    std::string clientId;
    std::vector<ConsumerData> consumers;
    std::vector<std::string> producerGroups;
    std::int32_t fingerprint = 0;  ///< not 0: the second form of heartbeats
    bool withoutSub = false;       ///< keep what an earlier heartbeat subscribed

    [[nodiscard]] std::string encode() const;
    [[nodiscard]] static Result<HeartbeatData> decode(std::string_view body);
    bool operator==(const HeartbeatData&) const = default;
};

/// Body of 46.
struct CheckClientConfigRequest
{
    std::string clientId;
    std::string group;
    SubscriptionData subscription;

    [[nodiscard]] std::string encode() const;
    [[nodiscard]] static Result<CheckClientConfigRequest> decode(std::string_view body);
};

} // namespace gantry
