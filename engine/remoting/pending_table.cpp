// SPDX-License-Identifier: Apache-2.0
#include "remoting/pending_table.h"

#include "base/assert.h"

#include <algorithm>
#include <functional>
#include <limits>

namespace gantry {

namespace {
constexpr std::size_t kFirstCapacity = 16;
// Answered entries stay in the heap until their deadline unless they outnumber the waiting ones.
constexpr std::size_t kDueSlack = 1024;
} // namespace

PendingTable::PendingTable(std::size_t sizeMax)
    : m_sizeMax(sizeMax)
{}

PendingTable::Entry& PendingTable::placeOf(std::int32_t opaque)
{
    return m_places[static_cast<std::uint32_t>(opaque) & (m_places.size() - 1)];
}

std::int32_t PendingTable::add(Entry entry)
{
    GANTRY_ASSERT(!isFull() && entry.done, "size {} of {}", m_size, m_sizeMax);
    if (m_places.size() < 2 * (m_size + 1)) {
        grow();
    }
    const auto next = [this] {
        const auto opaque = m_nextOpaque;
        m_nextOpaque = opaque == std::numeric_limits<std::int32_t>::max() ? 1 : opaque + 1;
        return opaque;
    };
    auto opaque = next();
    while (placeOf(opaque).done) {
        opaque = next();
    }
    entry.opaque = opaque;
    m_due.push_back({entry.deadline, opaque});
    std::push_heap(m_due.begin(), m_due.end(), std::greater<>{});
    placeOf(opaque) = std::move(entry);
    ++m_size;
    if (m_due.size() > 2 * m_size + kDueSlack) {
        dropAnswered();
    }
    return opaque;
}

std::optional<PendingTable::Entry> PendingTable::take(std::int32_t opaque)
{
    if (m_places.empty()) {
        return std::nullopt;
    }
    auto& place = placeOf(opaque);
    if (place.opaque != opaque || !place.done) {
        return std::nullopt;
    }
    std::optional<Entry> taken(std::move(place));
    place.done = nullptr;
    --m_size;
    return taken;
}

bool PendingTable::isLive(const Due& due)
{
    const auto& place = placeOf(due.opaque);
    return place.opaque == due.opaque && place.done && place.deadline == due.deadline;
}

void PendingTable::popDue()
{
    std::pop_heap(m_due.begin(), m_due.end(), std::greater<>{});
    m_due.pop_back();
}

std::optional<PendingTable::Time> PendingTable::earliestDeadline()
{
    while (!m_due.empty() && !isLive(m_due.front())) {
        popDue();
    }
    return m_due.empty() ? std::nullopt : std::optional(m_due.front().deadline);
}

void PendingTable::takeExpired(Time now, std::vector<Entry>& expired)
{
    for (auto due = earliestDeadline(); due && *due <= now; due = earliestDeadline()) {
        auto entry = take(m_due.front().opaque);
        popDue();
        expired.push_back(std::move(*entry));
    }
}

std::vector<PendingTable::Entry> PendingTable::takeAll()
{
    std::vector<Entry> all;
    all.reserve(m_size);
    for (auto& place : m_places) {
        if (place.done) {
            all.push_back(std::move(place));
            place.done = nullptr;
        }
    }
    m_size = 0;
    trim();
    return all;
}

void PendingTable::trim()
{
    if (m_size == 0) {
        std::vector<Entry>().swap(m_places);
        std::vector<Due>().swap(m_due);
    }
}

void PendingTable::grow()
{
    std::vector<Entry> old(m_places.empty() ? kFirstCapacity : 2 * m_places.size());
    old.swap(m_places);
    // Different modulo N is different modulo 2N, so every entry has a place of its own again.
    for (auto& entry : old) {
        if (entry.done) {
            placeOf(entry.opaque) = std::move(entry);
        }
    }
}

void PendingTable::dropAnswered()
{
    std::erase_if(m_due, [this](const Due& due) { return !isLive(due); });
    std::make_heap(m_due.begin(), m_due.end(), std::greater<>{});
}

} // namespace gantry
