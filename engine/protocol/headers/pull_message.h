// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

/// Headers of 11 PULL_MESSAGE and 361 LITE_PULL_MESSAGE.
/// Members are named as on the wire unless visit() says otherwise; see protocol/header_codec.h for how they are read.
namespace gantry {

/// Bits of PullMessageHeader::sysFlag.
namespace pullflag {
inline constexpr std::int32_t kCommitOffset = 0x1;
inline constexpr std::int32_t kSuspend = 0x2;
inline constexpr std::int32_t kSubscription = 0x4;
inline constexpr std::int32_t kClassFilter = 0x8;
inline constexpr std::int32_t kLitePull = 0x10;
} // namespace pullflag

/// 11, 361.
struct PullMessageHeader
{
    std::string consumerGroup;
    std::string topic;
    std::int32_t queueId = 0;
    std::int64_t queueOffset = 0; ///< the next logical offset wanted
    std::int32_t maxMsgNums = 0;
    std::int32_t sysFlag = 0; ///< bits of namespace pullflag
    std::int64_t commitOffset = 0; ///< counts with pullflag::kCommitOffset
    std::int64_t suspendTimeoutMillis = 0; ///< counts with pullflag::kSuspend
    std::optional<std::string> subscription; ///< counts with pullflag::kSubscription
    std::int64_t subVersion = 0; ///< ms
    std::optional<std::string> expressionType; ///< absent: TAG
    std::optional<std::int32_t> maxMsgBytes;
    std::optional<std::int32_t> requestSource;
    std::optional<std::string> proxyForwardClientId; ///< the wire name is misspelt by Apache

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("consumerGroup", self.consumerGroup);
        visitor("topic", self.topic);
        visitor("queueId", self.queueId);
        visitor("queueOffset", self.queueOffset);
        visitor("maxMsgNums", self.maxMsgNums);
        visitor("sysFlag", self.sysFlag);
        visitor("commitOffset", self.commitOffset);
        visitor("suspendTimeoutMillis", self.suspendTimeoutMillis);
        visitor("subscription", self.subscription);
        visitor("subVersion", self.subVersion);
        visitor("expressionType", self.expressionType);
        visitor("maxMsgBytes", self.maxMsgBytes);
        visitor("requestSource", self.requestSource);
        visitor("proxyFrowardClientId", self.proxyForwardClientId);
    }
};

/// The four mandatory ones belong into every answer, not-found ones too.
struct PullMessageResponseHeader
{
    std::int64_t suggestWhichBrokerId = 0;
    std::int64_t nextBeginOffset = 0;
    std::int64_t minOffset = 0;
    std::int64_t maxOffset = 0;
    std::optional<std::int64_t> offsetDelta;
    std::optional<std::int32_t> topicSysFlag;
    std::optional<std::int32_t> groupSysFlag;
    /// With NO_PERMISSION: 1 broker, 2 group, 3 topic, 4 broadcasting, 5 subscription.
    std::optional<std::int32_t> forbiddenType;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("suggestWhichBrokerId", self.suggestWhichBrokerId);
        visitor("nextBeginOffset", self.nextBeginOffset);
        visitor("minOffset", self.minOffset);
        visitor("maxOffset", self.maxOffset);
        visitor("offsetDelta", self.offsetDelta);
        visitor("topicSysFlag", self.topicSysFlag);
        visitor("groupSysFlag", self.groupSysFlag);
        visitor("forbiddenType", self.forbiddenType);
    }
};

} // namespace gantry
