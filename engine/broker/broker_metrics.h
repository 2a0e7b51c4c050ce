// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace gantry {

/// Messages and bytes of one topic since the broker started.
struct alignas(64) TopicCounters
{
    std::atomic<std::uint64_t> messagesIn{0};
    std::atomic<std::uint64_t> bytesIn{0};
    std::atomic<std::uint64_t> messagesOut{0};
    std::atomic<std::uint64_t> bytesOut{0};
};

/// What the broker counts while it works. All calls are thread-safe and cheap.
class BrokerMetrics
{
public:
    alignas(64) std::atomic<std::uint64_t> messagesIn{0};
    std::atomic<std::uint64_t> bytesIn{0};
    alignas(64) std::atomic<std::uint64_t> messagesOut{0};
    std::atomic<std::uint64_t> bytesOut{0};
    alignas(64) std::atomic<std::uint64_t> requests{0};
    std::atomic<std::uint64_t> sendBacks{0};
    std::atomic<std::uint64_t> deadLetters{0};
    std::atomic<std::uint64_t> delayedDelivered{0};

    /// Made on first use; lives as long as the metrics.
    [[nodiscard]] TopicCounters& topic(std::string_view name);
    /// Zeros for a topic without traffic.
    struct TopicTotals
    {
        std::uint64_t messagesIn = 0;
        std::uint64_t bytesIn = 0;
        std::uint64_t messagesOut = 0;
        std::uint64_t bytesOut = 0;
    };
    [[nodiscard]] TopicTotals totals(std::string_view name) const;

    void countPut(std::string_view topicName, std::uint64_t messages, std::uint64_t bytes);
    void countGet(std::string_view topicName, std::uint64_t messages, std::uint64_t bytes);

private:
    struct Hash
    {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };
    mutable std::shared_mutex m_mutex;
    std::unordered_map<std::string, std::unique_ptr<TopicCounters>, Hash, std::equal_to<>> m_topics;
};

} // namespace gantry
