// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "message/message.h"
#include "message/message_queue.h"

#include <functional>
#include <vector>

namespace gantry {

struct ConsumeContext
{
    MessageQueue queue;
    std::string group;
    /// For RetryLater: 0 = the broker decides by attempt (3 + attempts), > 0 = this delay level, -1
    /// = dead letter now.
    int delayLevelWhenNextConsume = 0;
    /// For Suspend (orderly): how long the queue pauses, ms; -1 = the consumer's default.
    std::int64_t suspendMs = -1;
};

enum class ConsumeResult {
    Success,
    RetryLater, ///< concurrent: the broker redelivers after a delay, finally as a dead letter
};
enum class OrderlyResult {
    Success,
    Suspend, ///< try the same messages again after a pause; the queue waits
};

/// Consumes the messages (usually one). Called on consumer threads, several at once for concurrent
/// consumption, one per queue for orderly. Must tolerate being given a message again. Throwing is
/// treated as RetryLater / Suspend.
using ConcurrentListener =
    std::function<ConsumeResult(const std::vector<MessageExt>&, ConsumeContext&)>;
using OrderlyListener =
    std::function<OrderlyResult(const std::vector<MessageExt>&, ConsumeContext&)>;

} // namespace gantry
