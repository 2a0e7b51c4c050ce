// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

/// Headers of administrative requests about consumer and producer groups: 203, 204, 207, 208, 220-223, 307, 309, 314,
/// 343, 345, 352, 353.
/// Members are named as on the wire unless visit() says otherwise; see protocol/header_codec.h for how they are read.
namespace gantry {

/// 203.
struct GetConsumerConnectionListHeader
{
    std::string consumerGroup;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("consumerGroup", self.consumerGroup);
    }
};

/// 204.
struct GetProducerConnectionListHeader
{
    std::string producerGroup;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("producerGroup", self.producerGroup);
    }
};

/// 207.
struct DeleteSubscriptionGroupHeader
{
    std::string groupName;
    std::optional<bool> cleanOffset;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("groupName", self.groupName);
        visitor("cleanOffset", self.cleanOffset);
    }
};

/// 208.
struct GetConsumeStatsHeader
{
    std::string consumerGroup;
    std::optional<std::string> topic;
    std::optional<std::string> topicList; ///< joined with semicolons

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("consumerGroup", self.consumerGroup);
        visitor("topic", self.topic);
        visitor("topicList", self.topicList);
    }
};

/// 222 (administration to broker) and 220 (broker to client, one-way).
struct ResetOffsetHeader
{
    std::string topic;
    std::string group;
    std::optional<std::int32_t> queueId; ///< -1: all
    std::optional<std::int64_t> offset;
    std::int64_t timestamp = 0; ///< ms; -1: to the end
    bool isForce = false;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("topic", self.topic);
        visitor("group", self.group);
        visitor("queueId", self.queueId);
        visitor("offset", self.offset);
        visitor("timestamp", self.timestamp);
        visitor("isForce", self.isForce);
    }
};

/// 221 and 223.
struct GetConsumerStatusHeader
{
    std::string topic;
    std::string group;
    std::optional<std::string> clientAddr; ///< in 223: the id of one client

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("topic", self.topic);
        visitor("group", self.group);
        visitor("clientAddr", self.clientAddr);
    }
};

/// 307, relayed to the client.
struct GetConsumerRunningInfoHeader
{
    std::string consumerGroup;
    std::string clientId;
    std::optional<bool> jstackEnable;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("consumerGroup", self.consumerGroup);
        visitor("clientId", self.clientId);
        visitor("jstackEnable", self.jstackEnable);
    }
};

/// 309, relayed to the client.
struct ConsumeMessageDirectlyHeader
{
    std::string consumerGroup;
    std::optional<std::string> clientId;
    std::optional<std::string> msgId; ///< offset message id
    std::optional<std::string> brokerName;
    std::optional<std::string> topic;
    std::optional<std::int32_t> topicSysFlag;
    std::optional<std::int32_t> groupSysFlag;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("consumerGroup", self.consumerGroup);
        visitor("clientId", self.clientId);
        visitor("msgId", self.msgId);
        visitor("brokerName", self.brokerName);
        visitor("topic", self.topic);
        visitor("topicSysFlag", self.topicSysFlag);
        visitor("groupSysFlag", self.groupSysFlag);
    }
};

/// 314.
struct CloneGroupOffsetHeader
{
    std::string srcGroup;
    std::string destGroup;
    std::optional<std::string> topic;
    std::optional<bool> offline;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("srcGroup", self.srcGroup);
        visitor("destGroup", self.destGroup);
        visitor("topic", self.topic);
        visitor("offline", self.offline);
    }
};

/// 343.
struct QueryTopicsByConsumerHeader
{
    std::string group;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("group", self.group);
    }
};

/// 345.
struct QuerySubscriptionByConsumerHeader
{
    std::string group;
    std::optional<std::string> topic;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("group", self.group);
        visitor("topic", self.topic);
    }
};

/// 352.
struct GetSubscriptionGroupConfigHeader
{
    std::string group;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("group", self.group);
    }
};

/// 353.
struct UpdateGroupForbiddenHeader
{
    std::string group;
    std::string topic;
    std::optional<bool> readable;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("group", self.group);
        visitor("topic", self.topic);
        visitor("readable", self.readable);
    }
};

} // namespace gantry
