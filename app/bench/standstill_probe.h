// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <optional>
#include <thread>
#include <vector>

namespace gantry::bench {

/// Finds the times at which no processor of the machine ran anything. A host that limits how much a virtual machine may use
/// holds all its processors until the next period, which no counter in the machine tells, and every latency of the
/// moment is the host's then. A thread of real-time priority on each processor wakes every few milliseconds; where all
/// of them are late at once by more than any work of a kernel explains, the machine stood still.
class StandstillProbe
{
public:
    struct Found
    {
        double milliseconds = 0; ///< in all
        double longestMs = 0;
    };

    StandstillProbe();
    ~StandstillProbe();
    StandstillProbe(const StandstillProbe&) = delete;
    StandstillProbe& operator=(const StandstillProbe&) = delete;

    /// Stops it and says what it found since that time (ns, as nowNs()). Nothing where this process may not have real-time
    /// threads (root, or a limit of rtprio): they would be late for other reasons, too.
    [[nodiscard]] std::optional<Found> finish(std::int64_t from = 0);

private:
    struct Gap
    {
        std::int64_t from = 0; ///< ns
        std::int64_t to = 0;
    };
    /// The times that are in a gap of every list.
    [[nodiscard]] static std::vector<Gap> common(const std::deque<std::vector<Gap>>& lists);
    void watch(int processor, std::vector<Gap>& gaps);

    std::atomic<bool> m_isStopping{false};
    std::atomic<bool> m_isUnable{false};
    std::deque<std::vector<Gap>> m_gaps; // one for each thread; references stay
    std::vector<std::thread> m_threads;
};

} // namespace gantry::bench
