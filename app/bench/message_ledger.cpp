// SPDX-License-Identifier: GPL-3.0-or-later
#include "message_ledger.h"

#include "send_frame.h"

namespace gantry::bench {

std::uint64_t MessageLedger::add(int queue, int count)
{
    const auto number = m_entries.size();
    for (int i = 0; i < count; ++i) {
        m_entries.push_back({kUnknown, static_cast<std::uint16_t>(queue), false});
    }
    m_counts.sent += static_cast<std::uint64_t>(count);
    return number;
}

void MessageLedger::acknowledge(std::uint64_t number, int count, std::int64_t queueOffset)
{
    for (int i = 0; i < count; ++i) {
        m_entries[number + static_cast<std::uint64_t>(i)].queueOffset = queueOffset + i;
    }
    m_counts.acknowledged += static_cast<std::uint64_t>(count);
}

void MessageLedger::refuse(std::uint64_t number, int count)
{
    for (int i = 0; i < count; ++i) {
        m_entries[number + static_cast<std::uint64_t>(i)].queueOffset = kRefused;
    }
    m_counts.refused += static_cast<std::uint64_t>(count);
}

void MessageLedger::found(std::string_view body, std::size_t bodyBytes, int queue, std::int64_t queueOffset)
{
    std::uint64_t number = 0;
    if (body.size() != bodyBytes || !parseNumber(body, number)) {
        ++m_counts.damaged;
        return;
    }
    if (number >= m_entries.size() || m_entries[number].queueOffset == kRefused) {
        ++m_counts.unexpected;
        return;
    }
    auto& entry = m_entries[number];
    if (entry.isFound) {
        ++m_counts.doubled;
        return;
    }
    entry.isFound = true;
    ++m_counts.found;
    if (entry.queue != queue || (entry.queueOffset != kUnknown && entry.queueOffset != queueOffset)) {
        ++m_counts.misplaced;
    }
}

MessageLedger::Counts MessageLedger::finish()
{
    m_counts.lost = 0;
    for (const auto& entry : m_entries) {
        m_counts.lost += entry.queueOffset >= 0 && !entry.isFound ? 1U : 0U;
    }
    return m_counts;
}

} // namespace gantry::bench
