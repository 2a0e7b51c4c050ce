// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "message/message_queue.h"
#include "message/subscription.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gantry {

/// What a consumer holds of one queue.
struct ProcessQueueInfo
{
    std::int64_t commitOffset = 0;
    std::int64_t cachedMsgMinOffset = 0;
    std::int64_t cachedMsgMaxOffset = 0;
    std::int32_t cachedMsgCount = 0;
    std::int32_t cachedMsgSizeInMiB = 0;
    std::int64_t transactionMsgMinOffset = 0;
    std::int64_t transactionMsgMaxOffset = 0;
    std::int32_t transactionMsgCount = 0;
    bool locked = false;
    std::int64_t tryUnlockTimes = 0;
    std::int64_t lastLockTimestamp = 0;    ///< ms
    bool dropped = false;                  ///< "droped" on the wire; "dropped" is read, too
    std::int64_t lastPullTimestamp = 0;    ///< ms
    std::int64_t lastConsumeTimestamp = 0; ///< ms

    bool operator==(const ProcessQueueInfo&) const = default;
};

/// Rates of one topic in a consumer; times in ms, rates per second.
struct ConsumeStatus
{
    double pullRt = 0.0;
    double pullTps = 0.0;
    double consumeRt = 0.0;
    double consumeOkTps = 0.0;
    double consumeFailedTps = 0.0;
    std::int64_t consumeFailedMsgs = 0; ///< in the last hour

    bool operator==(const ConsumeStatus&) const = default;
};

/// Answer of a consumer to 307.
struct ConsumerRunningInfo
{
    std::map<std::string, std::string> properties; ///< PROP_... and the consumer's configuration
    std::vector<SubscriptionData> subscriptions;
    std::map<MessageQueue, ProcessQueueInfo> mqTable;
    std::map<std::string, ConsumeStatus> statusTable;     ///< by topic
    std::map<std::string, std::string> userConsumerInfo;
    std::string jstack;                                   ///< empty = absent

    [[nodiscard]] std::string encode() const;
    [[nodiscard]] static Result<ConsumerRunningInfo> decode(std::string_view body);
    bool operator==(const ConsumerRunningInfo&) const = default;
};

enum class ConsumeResultCode : std::int32_t { Success = 0, Later, Rollback, Commit, ThrowException, ReturnNull };
[[nodiscard]] std::string_view toString(ConsumeResultCode code); ///< "CR_SUCCESS", ...

/// Answer of a consumer to 309.
struct ConsumeMessageDirectlyResult
{
    bool order = false;
    bool autoCommit = true;
    ConsumeResultCode consumeResult = ConsumeResultCode::Success;
    std::string remark;              ///< empty = absent
    std::int64_t spentTimeMillis = 0;

    [[nodiscard]] std::string encode() const;
    [[nodiscard]] static Result<ConsumeMessageDirectlyResult> decode(std::string_view body);
    bool operator==(const ConsumeMessageDirectlyResult&) const = default;
};

} // namespace gantry
