// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/consumer_part.h"
#include "client/message_listener.h"
#include "client/process_queue.h"

#include <memory>
#include <vector>

namespace gantry::client {

class ConsumerCore;

/// Brings pulled messages to the listener on the consumer's threads and settles what becomes of
/// them.
class ConsumeService
{
public:
    virtual ~ConsumeService() = default;
    /// Takes over what was pulled from the queue. Does not wait.
    virtual void submit(const MessageQueue& queue, const ProcessQueuePtr& processQueue,
                        std::vector<MessageExt> messages) = 0;
    /// Calls the listener with one message now, on the calling thread, without any consequence.
    [[nodiscard]] virtual ConsumeMessageDirectlyResult consumeDirectly(MessageExt message) = 0;
    /// Periodic work (expired messages, lock renewal) begins.
    virtual void start() = 0;
    /// Lets go of the listener; after the consumer's threads have ended.
    virtual void release() = 0;
};

[[nodiscard]] std::unique_ptr<ConsumeService> makeConcurrentService(ConsumerCore& core,
                                                                    ConcurrentListener listener);
[[nodiscard]] std::unique_ptr<ConsumeService> makeOrderlyService(ConsumerCore& core,
                                                                 OrderlyListener listener);

} // namespace gantry::client
