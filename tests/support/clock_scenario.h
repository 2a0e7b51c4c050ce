// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace gantry::test {

struct ClockAmounts
{
    int jumps = 0;
    int deletedFiles = 0;
};

/// Weeks of a store whose wall clock is set an hour or ten years back or forward, stands still and is set right again,
/// all from one seed; restarts while it is right. Empty, or which message went before its time.
std::string runClockScenario(std::uint64_t seed, ClockAmounts& amounts);

} // namespace gantry::test
