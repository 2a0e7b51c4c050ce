// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "client/process_queue.h"
#include "message/message_queue.h"

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace gantry::client {

class ConsumerCore;

/// Decides which queues this member consumes and holds their broker locks. Calls may wait for
/// brokers; they run on worker threads.
class Rebalance
{
public:
    explicit Rebalance(ConsumerCore& core)
        : m_core(core)
    {}

    enum class Outcome {
        Balanced,
        Unbalanced, ///< something could not be asked or locked; try again soon
    };
    [[nodiscard]] Outcome run();
    /// Where consumption of the queue begins: the group's offset, else what the options say.
    [[nodiscard]] Result<std::int64_t> startOffset(const MessageQueue& queue);

    // Orderly consumption
    [[nodiscard]] bool lock(const MessageQueue& queue);
    /// Renews the locks of all queues.
    void lockAll();
    void unlock(const std::vector<MessageQueue>& queues);

private:
    [[nodiscard]] Outcome balanceTopic(const std::string& topic);
    [[nodiscard]] Outcome balanceShared(const std::string& topic,
                                        const std::vector<MessageQueue>& all,
                                        const std::string& memberAddress);
    [[nodiscard]] Outcome apply(const std::string& topic, const std::set<MessageQueue>& wanted);
    [[nodiscard]] bool dropUnwanted(const std::string& topic, const std::set<MessageQueue>& wanted);
    [[nodiscard]] bool add(const MessageQueue& queue);
    /// False when an orderly listener is still at work on it.
    [[nodiscard]] bool giveUp(const MessageQueue& queue, const ProcessQueuePtr& processQueue);

    ConsumerCore& m_core;
    std::mutex m_mutex; ///< one round at a time
};

} // namespace gantry::client
