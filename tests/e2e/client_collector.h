// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "client/message_listener.h"

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace gantry::test {

/// Takes what listeners get and lets a test wait for it. Thread-safe; may collect from several
/// consumers.
class Collector
{
public:
    void add(const std::vector<MessageExt>& messages)
    {
        const std::lock_guard lock(m_mutex);
        for (const auto& message : messages) {
            m_all.push_back(message);
            m_bodies.insert(message.body);
            m_byQueue[{message.topic, message.brokerName, message.queueId}].push_back(message.body);
        }
        m_changed.notify_all();
    }
    [[nodiscard]] ConcurrentListener concurrent()
    {
        return [this](const std::vector<MessageExt>& messages, ConsumeContext&) {
            add(messages);
            return ConsumeResult::Success;
        };
    }
    [[nodiscard]] OrderlyListener orderly()
    {
        return [this](const std::vector<MessageExt>& messages, ConsumeContext&) {
            add(messages);
            return OrderlyResult::Success;
        };
    }
    /// Waits for so many different bodies.
    [[nodiscard]] bool hasBodies(std::size_t count,
                                 std::chrono::seconds timeout = std::chrono::seconds{60})
    {
        std::unique_lock lock(m_mutex);
        return m_changed.wait_for(lock, timeout, [&] { return m_bodies.size() >= count; });
    }
    [[nodiscard]] bool hasMessages(std::size_t count,
                                   std::chrono::seconds timeout = std::chrono::seconds{60})
    {
        std::unique_lock lock(m_mutex);
        return m_changed.wait_for(lock, timeout, [&] { return m_all.size() >= count; });
    }
    [[nodiscard]] std::vector<MessageExt> all() const
    {
        const std::lock_guard lock(m_mutex);
        return m_all;
    }
    [[nodiscard]] std::set<std::string> bodies() const
    {
        const std::lock_guard lock(m_mutex);
        return m_bodies;
    }
    [[nodiscard]] std::map<MessageQueue, std::vector<std::string>> byQueue() const
    {
        const std::lock_guard lock(m_mutex);
        return m_byQueue;
    }

private:
    mutable std::mutex m_mutex;
    std::condition_variable m_changed;
    std::vector<MessageExt> m_all;
    std::set<std::string> m_bodies;
    std::map<MessageQueue, std::vector<std::string>> m_byQueue;
};

} // namespace gantry::test
