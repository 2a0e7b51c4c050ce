// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

/// Headers of administrative requests about topics: 17, 202, 215, 300, 303, 321, 323, 351.
/// Members are named as on the wire unless visit() says otherwise; see protocol/header_codec.h for how they are read.
namespace gantry {

/// 17.
struct CreateTopicHeader
{
    std::string topic;
    std::string defaultTopic;
    std::int32_t readQueueNums = 0;
    std::int32_t writeQueueNums = 0;
    std::int32_t perm = 0;
    std::string topicFilterType; ///< "SINGLE_TAG" or "MULTI_TAG"
    std::optional<std::int32_t> topicSysFlag;
    bool order = false;
    std::optional<std::string> attributes; ///< "+key=value,-key"
    std::optional<bool> force;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("topic", self.topic);
        visitor("defaultTopic", self.defaultTopic);
        visitor("readQueueNums", self.readQueueNums);
        visitor("writeQueueNums", self.writeQueueNums);
        visitor("perm", self.perm);
        visitor("topicFilterType", self.topicFilterType);
        visitor("topicSysFlag", self.topicSysFlag);
        visitor("order", self.order);
        visitor("attributes", self.attributes);
        visitor("force", self.force);
    }
};

/// 202.
struct GetTopicStatsHeader
{
    std::string topic;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("topic", self.topic);
    }
};

/// 215.
struct DeleteTopicHeader
{
    std::string topic;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("topic", self.topic);
    }
};

/// 300.
struct QueryTopicConsumeByWhoHeader
{
    std::string topic;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("topic", self.topic);
    }
};

/// 303.
struct QueryConsumeTimeSpanHeader
{
    std::string topic;
    std::string group;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("topic", self.topic);
        visitor("group", self.group);
    }
};

/// 321.
struct QueryConsumeQueueHeader
{
    std::string topic;
    std::int32_t queueId = 0;
    std::int64_t index = 0;
    std::int32_t count = 0;
    std::optional<std::string> consumerGroup;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("topic", self.topic);
        visitor("queueId", self.queueId);
        visitor("index", self.index);
        visitor("count", self.count);
        visitor("consumerGroup", self.consumerGroup);
    }
};

/// 323.
struct ResumeCheckHalfMessageHeader
{
    std::optional<std::string> topic;
    std::optional<std::string> msgId; ///< offset message id

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("topic", self.topic);
        visitor("msgId", self.msgId);
    }
};

/// 351.
struct GetTopicConfigHeader
{
    std::string topic;
    std::optional<bool> localOnly;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("topic", self.topic);
        visitor("lo", self.localOnly);
    }
};

} // namespace gantry
