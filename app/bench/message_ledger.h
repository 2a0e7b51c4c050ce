// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::bench {

/// What became of every message of a run. Written by one thread.
class MessageLedger
{
public:
    struct Counts
    {
        std::uint64_t sent = 0;
        std::uint64_t acknowledged = 0;
        std::uint64_t refused = 0;
        std::uint64_t found = 0;
        std::uint64_t lost = 0;       ///< acknowledged, not found
        std::uint64_t doubled = 0;    ///< found more than once
        std::uint64_t unexpected = 0; ///< found, but refused or never sent
        std::uint64_t misplaced = 0;  ///< found elsewhere than acknowledged
        std::uint64_t damaged = 0;    ///< a body that was not sent
        std::uint64_t gaps = 0;       ///< queue offsets that are missing or out of order

        [[nodiscard]] bool areClean() const
        {
            return lost + doubled + unexpected + misplaced + damaged + gaps == 0;
        }
    };

    /// The next message's number.
    std::uint64_t add(int queue, int count);
    void acknowledge(std::uint64_t number, int count, std::int64_t queueOffset);
    void refuse(std::uint64_t number, int count);

    /// One message read back.
    void found(std::string_view body, std::size_t bodyBytes, int queue, std::int64_t queueOffset);
    void gap() { ++m_counts.gaps; }
    /// Call when all has been read.
    [[nodiscard]] Counts finish();
    [[nodiscard]] const Counts& counts() const { return m_counts; }

private:
    struct Entry
    {
        std::int64_t queueOffset = kUnknown;
        std::uint16_t queue = 0;
        bool isFound = false;
    };
    static constexpr std::int64_t kUnknown = -1; ///< sent, not answered: it may be there
    static constexpr std::int64_t kRefused = -2;
    std::vector<Entry> m_entries;
    Counts m_counts;
};

} // namespace gantry::bench
