// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "client/process_queue.h"
#include "client/pull_message.h"
#include "message/message_queue.h"

#include <chrono>
#include <cstdint>
#include <memory>

namespace gantry::client {

class ConsumerCore;

/// Pulls each owned queue again and again, one request at a time per queue, until its process queue
/// is dropped. Never waits: requests are answered on loops, pauses are timers.
class PullLoop
{
public:
    explicit PullLoop(ConsumerCore& core)
        : m_core(core)
    {}

    void start(const MessageQueue& queue, const ProcessQueuePtr& processQueue, std::int64_t offset,
               std::chrono::milliseconds delay);

private:
    struct Task
    {
        MessageQueue queue;
        ProcessQueuePtr processQueue;
        std::int64_t offset = 0;
        std::int64_t brokerId = 0;  ///< the broker last suggested
        bool isOffsetFixed = false; ///< orderly: asked for again once the lock was held
        std::int64_t sentMs = 0;
    };
    using TaskPtr = std::shared_ptr<Task>;

    void later(const TaskPtr& task, std::chrono::milliseconds delay);
    void step(const TaskPtr& task);
    [[nodiscard]] bool isFull(const ProcessQueue& processQueue) const;
    void fixOffset(const TaskPtr& task);
    void request(const TaskPtr& task);
    void answered(const TaskPtr& task, Result<RemotingCommand> answer);
    void digest(const TaskPtr& task, const RemotingCommand& answer);
    void moveOffset(const TaskPtr& task, std::int64_t offset);
    void pullFailed(const TaskPtr& task, const Error& error);

    ConsumerCore& m_core;
};

} // namespace gantry::client
