// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/clock.h"

#include <atomic>
#include <chrono>
#include <cstdint>

namespace gantry {

/// A clock that stands still until a test moves it. Both faces move together. Thread-safe.
class ManualClock final : public Clock
{
public:
    explicit ManualClock(std::int64_t startWallMs = 1'700'000'000'000)
        : m_startWallMs(startWallMs)
    {}

    [[nodiscard]] std::int64_t wallMs() const override
    {
        return m_startWallMs + m_elapsedMs.load() + m_jumpedMs.load();
    }
    [[nodiscard]] std::chrono::steady_clock::time_point steady() const override
    {
        // One hour in, so that a test may look back without going below the epoch.
        return std::chrono::steady_clock::time_point{} +
               std::chrono::milliseconds(3'600'000 + m_elapsedMs.load());
    }
    void advance(std::chrono::milliseconds by) { m_elapsedMs += by.count(); }
    /// Somebody sets the wall clock; time itself stands still.
    void undoJumps() { m_jumpedMs = 0; }
    void jumpWall(std::chrono::milliseconds by) { m_jumpedMs += by.count(); }

private:
    const std::int64_t m_startWallMs;
    std::atomic<std::int64_t> m_elapsedMs{0};
    std::atomic<std::int64_t> m_jumpedMs{0};
};

} // namespace gantry
