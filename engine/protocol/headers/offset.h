// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

/// Headers of the offset requests 14, 15, 29, 30, 31, 32.
/// Members are named as on the wire unless visit() says otherwise; see protocol/header_codec.h for how they are read.
namespace gantry {

/// 14.
struct QueryConsumerOffsetHeader
{
    std::string consumerGroup;
    std::string topic;
    std::int32_t queueId = 0;
    std::optional<bool> setZeroIfNotFound;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("consumerGroup", self.consumerGroup);
        visitor("topic", self.topic);
        visitor("queueId", self.queueId);
        visitor("setZeroIfNotFound", self.setZeroIfNotFound);
    }
};

/// 15.
struct UpdateConsumerOffsetHeader
{
    std::string consumerGroup;
    std::string topic;
    std::int32_t queueId = 0;
    std::int64_t commitOffset = 0;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("consumerGroup", self.consumerGroup);
        visitor("topic", self.topic);
        visitor("queueId", self.queueId);
        visitor("commitOffset", self.commitOffset);
    }
};

/// 29.
struct SearchOffsetHeader
{
    std::string topic;
    std::int32_t queueId = 0;
    std::int64_t timestamp = 0; ///< ms
    std::optional<std::string> boundaryType; ///< "LOWER" (when absent) or "UPPER", any case

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("topic", self.topic);
        visitor("queueId", self.queueId);
        visitor("timestamp", self.timestamp);
        visitor("boundaryType", self.boundaryType);
    }
};

/// 30.
struct GetMaxOffsetHeader
{
    std::string topic;
    std::int32_t queueId = 0;
    std::optional<bool> committed; ///< absent: true

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("topic", self.topic);
        visitor("queueId", self.queueId);
        visitor("committed", self.committed);
    }
};

/// 31.
struct GetMinOffsetHeader
{
    std::string topic;
    std::int32_t queueId = 0;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("topic", self.topic);
        visitor("queueId", self.queueId);
    }
};

/// 32.
struct GetEarliestMsgStoretimeHeader
{
    std::string topic;
    std::int32_t queueId = 0;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("topic", self.topic);
        visitor("queueId", self.queueId);
    }
};

/// Answer to 14, 29, 30, 31.
struct OffsetResponseHeader
{
    std::int64_t offset = 0;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("offset", self.offset);
    }
};

/// Answer to 32.
struct TimestampResponseHeader
{
    std::int64_t timestamp = 0; ///< ms; -1 if there is none

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("timestamp", self.timestamp);
    }
};

} // namespace gantry
