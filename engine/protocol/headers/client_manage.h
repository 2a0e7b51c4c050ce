// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

/// Headers of heartbeats and group membership: 34, 35, 38, 40.
/// Members are named as on the wire unless visit() says otherwise; see protocol/header_codec.h for how they are read.
namespace gantry {

/// Answer to 34.
struct HeartbeatResponseHeader
{
    std::optional<bool> supportsHeartbeatV2;
    std::optional<bool> subscriptionChanged;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("IS_SUPPORT_HEART_BEAT_V2", self.supportsHeartbeatV2);
        visitor("IS_SUB_CHANGE", self.subscriptionChanged);
    }
};

/// 35.
struct UnregisterClientHeader
{
    std::string clientId;
    std::optional<std::string> producerGroup;
    std::optional<std::string> consumerGroup;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("clientID", self.clientId);
        visitor("producerGroup", self.producerGroup);
        visitor("consumerGroup", self.consumerGroup);
    }
};

/// 38.
struct GetConsumerListByGroupHeader
{
    std::string consumerGroup;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("consumerGroup", self.consumerGroup);
    }
};

/// 40, broker to client, one-way.
struct NotifyConsumerIdsChangedHeader
{
    std::string consumerGroup;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("consumerGroup", self.consumerGroup);
    }
};

} // namespace gantry
