// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace gantry::client {

/// Counts and times of one consumer per topic. Thread-safe; one short lock per listener call.
class ConsumerStats
{
public:
    struct Totals
    {
        std::uint64_t consumedOk = 0; ///< messages
        std::uint64_t consumedFailed = 0;
        std::uint64_t consumeCalls = 0;
        std::uint64_t consumeMs = 0; ///< spent in listener calls
        std::uint64_t pulled = 0;    ///< messages
        std::uint64_t pulls = 0;     ///< that found something
        std::uint64_t pullMs = 0;
    };
    /// Over the last minute, as RocketMQ shows them.
    struct Rates
    {
        double pullMsMean = 0;
        double pulledPerSecond = 0;
        double consumeMsMean = 0;
        double okPerSecond = 0;
        double failedPerSecond = 0;
        std::uint64_t failed = 0;
    };

    void noteConsumed(const std::string& topic, bool ok, std::size_t messages, std::int64_t tookMs,
                      std::int64_t nowMs);
    void notePulled(const std::string& topic, std::size_t messages, std::int64_t tookMs,
                    std::int64_t nowMs);
    [[nodiscard]] Totals totals() const;
    [[nodiscard]] Rates rates(const std::string& topic, std::int64_t nowMs) const;

private:
    static constexpr std::int64_t kWindowMs = 60'000;
    static constexpr std::int64_t kSlotMs = 5'000;
    struct Slot
    {
        std::int64_t number = -1;
        Totals totals;
    };
    struct TopicStats
    {
        Totals totals;
        std::array<Slot, kWindowMs / kSlotMs> window;
    };
    static Totals& slotOf(TopicStats& stats, std::int64_t nowMs);
    mutable std::mutex m_mutex;
    std::map<std::string, TopicStats> m_topics;
};

} // namespace gantry::client
