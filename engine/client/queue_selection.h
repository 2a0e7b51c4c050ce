// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "message/message_queue.h"

#include <atomic>
#include <cstddef>
#include <string_view>
#include <vector>

namespace gantry::client {

/// Chooses queues in turn, not on the broker that failed just now. Thread-safe.
class QueueSelection
{
public:
    explicit QueueSelection(std::size_t start)
        : m_next(start)
    {}

    /// Null when there are no queues. `failedBroker` may be empty; it is taken after all when there
    /// is no other.
    [[nodiscard]] const MessageQueue* select(const std::vector<MessageQueue>& queues,
                                             std::string_view failedBroker);

private:
    std::atomic<std::size_t> m_next;
};

} // namespace gantry::client
