// SPDX-License-Identifier: Apache-2.0
#include "broker/rebalance_lock_manager.h"

#include <algorithm>

namespace gantry {

RebalanceLockManager::RebalanceLockManager(Clock& clock)
    : m_clock(clock)
{}

std::vector<MessageQueue> RebalanceLockManager::lock(std::string_view group, const std::vector<MessageQueue>& queues,
                                                     std::string_view clientId)
{
    std::vector<MessageQueue> held;
    held.reserve(queues.size());
    const std::scoped_lock guard(m_mutex);
    auto& locks = m_groups.try_emplace(std::string(group)).first->second;
    for (const auto& queue : queues) {
        auto& lock = locks[queue];
        if (lock.clientId.empty() || lock.clientId == clientId || isExpired(lock)) {
            lock.clientId = clientId;
            lock.refreshed = m_clock.steady();
            held.push_back(queue);
        }
    }
    return held;
}

void RebalanceLockManager::unlock(std::string_view group, const std::vector<MessageQueue>& queues, std::string_view clientId)
{
    const std::scoped_lock guard(m_mutex);
    const auto locks = m_groups.find(group);
    if (locks == m_groups.end()) {
        return;
    }
    for (const auto& queue : queues) {
        const auto lock = locks->second.find(queue);
        if (lock != locks->second.end() && lock->second.clientId == clientId) {
            locks->second.erase(lock);
        }
    }
    if (locks->second.empty()) {
        m_groups.erase(locks);
    }
}

bool RebalanceLockManager::isAnyHeld(std::string_view group) const
{
    const std::scoped_lock guard(m_mutex);
    const auto locks = m_groups.find(group);
    return locks != m_groups.end() && std::any_of(locks->second.begin(), locks->second.end(),
                                                  [this](const auto& item) { return !isExpired(item.second); });
}

bool RebalanceLockManager::isHeldBy(std::string_view group, const MessageQueue& queue, std::string_view clientId) const
{
    const std::scoped_lock guard(m_mutex);
    const auto locks = m_groups.find(group);
    if (locks == m_groups.end()) {
        return false;
    }
    const auto lock = locks->second.find(queue);
    return lock != locks->second.end() && lock->second.clientId == clientId && !isExpired(lock->second);
}

} // namespace gantry
