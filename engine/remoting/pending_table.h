// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "remoting/connection.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace gantry {

/// The requests of one connection that wait for a response, by opaque and by deadline. Not
/// thread-safe: it lives on the connection's loop.
///
/// Opaques count up. A request's place is `opaque mod capacity`; an opaque whose place is still
/// taken by a slow request is skipped, so there are no collisions, no probing and no allocation per
/// request.
class PendingTable
{
public:
    using Time = std::chrono::steady_clock::time_point;

    struct Entry
    {
        std::int32_t opaque = 0;
        std::int32_t code = 0;      ///< of the request, for the error text
        std::int64_t timeoutMs = 0; ///< likewise
        Time deadline{};
        Connection::InvokeCallback done; ///< empty = the place is free
    };

    explicit PendingTable(std::size_t sizeMax);

    [[nodiscard]] std::size_t size() const { return m_size; }
    [[nodiscard]] bool isFull() const { return m_size >= m_sizeMax; }
    /// The opaque to send. The table must not be full and `entry.done` must not be empty.
    [[nodiscard]] std::int32_t add(Entry entry);
    /// The entry of a response, nothing when nobody waits for it (any more).
    [[nodiscard]] std::optional<Entry> take(std::int32_t opaque);
    /// Deadline of the next entry to expire.
    [[nodiscard]] std::optional<Time> earliestDeadline();
    /// Moves the entries whose deadline is not after `now` to `expired`, in the order of their
    /// deadlines.
    void takeExpired(Time now, std::vector<Entry>& expired);
    [[nodiscard]] std::vector<Entry> takeAll();
    /// Gives memory back if nothing is pending.
    void trim();

private:
    struct Due
    {
        Time deadline;
        std::int32_t opaque;
        friend bool operator>(const Due& a, const Due& b) { return a.deadline > b.deadline; }
    };
    [[nodiscard]] Entry& placeOf(std::int32_t opaque);
    [[nodiscard]] bool isLive(const Due& due);
    void grow();
    void dropAnswered();
    void popDue();

    std::vector<Entry> m_places; // a power of two
    std::vector<Due> m_due;      // heap; may hold entries that were answered meanwhile
    std::size_t m_size = 0;
    std::size_t m_sizeMax;
    std::int32_t m_nextOpaque = 1;
};

} // namespace gantry
