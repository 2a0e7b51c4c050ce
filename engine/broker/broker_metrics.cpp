// SPDX-License-Identifier: Apache-2.0
#include "broker/broker_metrics.h"

#include <mutex>

namespace gantry {

TopicCounters& BrokerMetrics::topic(std::string_view name)
{
    {
        const std::shared_lock guard(m_mutex);
        if (const auto position = m_topics.find(name); position != m_topics.end()) {
            return *position->second;
        }
    }
    const std::unique_lock guard(m_mutex);
    auto& slot = m_topics[std::string(name)];
    if (!slot) {
        slot = std::make_unique<TopicCounters>();
    }
    return *slot;
}

BrokerMetrics::TopicTotals BrokerMetrics::totals(std::string_view name) const
{
    const std::shared_lock guard(m_mutex);
    const auto position = m_topics.find(name);
    if (position == m_topics.end()) {
        return {};
    }
    const auto& counters = *position->second;
    return {counters.messagesIn.load(std::memory_order_relaxed), counters.bytesIn.load(std::memory_order_relaxed),
            counters.messagesOut.load(std::memory_order_relaxed), counters.bytesOut.load(std::memory_order_relaxed)};
}

void BrokerMetrics::countPut(std::string_view topicName, std::uint64_t messages, std::uint64_t bytes)
{
    auto& counters = topic(topicName);
    counters.messagesIn.fetch_add(messages, std::memory_order_relaxed);
    counters.bytesIn.fetch_add(bytes, std::memory_order_relaxed);
    messagesIn.fetch_add(messages, std::memory_order_relaxed);
    bytesIn.fetch_add(bytes, std::memory_order_relaxed);
}

void BrokerMetrics::countGet(std::string_view topicName, std::uint64_t messages, std::uint64_t bytes)
{
    auto& counters = topic(topicName);
    counters.messagesOut.fetch_add(messages, std::memory_order_relaxed);
    counters.bytesOut.fetch_add(bytes, std::memory_order_relaxed);
    messagesOut.fetch_add(messages, std::memory_order_relaxed);
    bytesOut.fetch_add(bytes, std::memory_order_relaxed);
}

} // namespace gantry
