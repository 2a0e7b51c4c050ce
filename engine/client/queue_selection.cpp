// SPDX-License-Identifier: Apache-2.0
#include "client/queue_selection.h"

namespace gantry::client {

const MessageQueue* QueueSelection::select(const std::vector<MessageQueue>& queues,
                                           std::string_view failedBroker)
{
    if (queues.empty()) {
        return nullptr;
    }
    if (!failedBroker.empty()) {
        for (std::size_t i = 0; i < queues.size(); ++i) {
            const MessageQueue& queue = queues[m_next.fetch_add(1) % queues.size()];
            if (queue.brokerName != failedBroker) {
                return &queue;
            }
        }
    }
    return &queues[m_next.fetch_add(1) % queues.size()];
}

} // namespace gantry::client
