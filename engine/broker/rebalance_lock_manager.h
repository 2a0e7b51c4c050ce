// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"
#include "message/message_queue.h"

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace gantry {

/// Which client of a group may consume which queue, for orderly consumption. A lock ends 60 s after its last refresh,
/// so a client that vanished blocks nobody for longer. Thread-safe.
class RebalanceLockManager
{
public:
    static constexpr std::chrono::seconds kLockExpiry{60};

    explicit RebalanceLockManager(Clock& clock);

    /// Takes or refreshes the locks; returns the queues that the client now holds.
    [[nodiscard]] std::vector<MessageQueue> lock(std::string_view group, const std::vector<MessageQueue>& queues,
                                                 std::string_view clientId);
    /// Gives back those that the client holds.
    void unlock(std::string_view group, const std::vector<MessageQueue>& queues, std::string_view clientId);
    /// Whether somebody of the group holds an unexpired lock, i.e. the group consumes in order right now.
    [[nodiscard]] bool isAnyHeld(std::string_view group) const;
    [[nodiscard]] bool isHeldBy(std::string_view group, const MessageQueue& queue, std::string_view clientId) const;

private:
    struct Lock
    {
        std::string clientId;
        std::chrono::steady_clock::time_point refreshed;
    };
    [[nodiscard]] bool isExpired(const Lock& lock) const { return m_clock.steady() - lock.refreshed > kLockExpiry; }

    Clock& m_clock;
    mutable std::mutex m_mutex;
    std::map<std::string, std::map<MessageQueue, Lock>, std::less<>> m_groups;
};

} // namespace gantry
