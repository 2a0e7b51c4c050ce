// SPDX-License-Identifier: Apache-2.0
#include "client/consumer_stats.h"

namespace gantry::client {

namespace {

void add(ConsumerStats::Totals& sum, const ConsumerStats::Totals& part)
{
    sum.consumedOk += part.consumedOk;
    sum.consumedFailed += part.consumedFailed;
    sum.consumeCalls += part.consumeCalls;
    sum.consumeMs += part.consumeMs;
    sum.pulled += part.pulled;
    sum.pulls += part.pulls;
    sum.pullMs += part.pullMs;
}

double ratio(std::uint64_t part, double whole)
{
    return whole > 0 ? static_cast<double>(part) / whole : 0.0;
}

} // namespace

ConsumerStats::Totals& ConsumerStats::slotOf(TopicStats& stats, std::int64_t nowMs)
{
    const std::int64_t number = nowMs / kSlotMs;
    Slot& slot = stats.window[static_cast<std::size_t>(number) % stats.window.size()];
    if (slot.number != number) {
        slot = Slot{number, {}};
    }
    return slot.totals;
}

void ConsumerStats::noteConsumed(const std::string& topic, bool ok, std::size_t messages,
                                 std::int64_t tookMs, std::int64_t nowMs)
{
    Totals part;
    (ok ? part.consumedOk : part.consumedFailed) = messages;
    part.consumeCalls = 1;
    part.consumeMs = tookMs > 0 ? static_cast<std::uint64_t>(tookMs) : 0;
    const std::lock_guard lock(m_mutex);
    TopicStats& stats = m_topics[topic];
    add(stats.totals, part);
    add(slotOf(stats, nowMs), part);
}

void ConsumerStats::notePulled(const std::string& topic, std::size_t messages, std::int64_t tookMs,
                               std::int64_t nowMs)
{
    Totals part;
    part.pulled = messages;
    part.pulls = 1;
    part.pullMs = tookMs > 0 ? static_cast<std::uint64_t>(tookMs) : 0;
    const std::lock_guard lock(m_mutex);
    TopicStats& stats = m_topics[topic];
    add(stats.totals, part);
    add(slotOf(stats, nowMs), part);
}

ConsumerStats::Totals ConsumerStats::totals() const
{
    const std::lock_guard lock(m_mutex);
    Totals sum;
    for (const auto& [topic, stats] : m_topics) {
        add(sum, stats.totals);
    }
    return sum;
}

ConsumerStats::Rates ConsumerStats::rates(const std::string& topic, std::int64_t nowMs) const
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_topics.find(topic);
    if (found == m_topics.end()) {
        return {};
    }
    Totals sum;
    const std::int64_t oldest =
        nowMs / kSlotMs - static_cast<std::int64_t>(found->second.window.size());
    for (const auto& slot : found->second.window) {
        if (slot.number > oldest) {
            add(sum, slot.totals);
        }
    }
    constexpr double kSeconds = static_cast<double>(kWindowMs) / 1000.0;
    Rates rates;
    rates.pullMsMean = ratio(sum.pullMs, static_cast<double>(sum.pulls));
    rates.pulledPerSecond = ratio(sum.pulled, kSeconds);
    rates.consumeMsMean = ratio(sum.consumeMs, static_cast<double>(sum.consumeCalls));
    rates.okPerSecond = ratio(sum.consumedOk, kSeconds);
    rates.failedPerSecond = ratio(sum.consumedFailed, kSeconds);
    rates.failed = found->second.totals.consumedFailed;
    return rates;
}

} // namespace gantry::client
