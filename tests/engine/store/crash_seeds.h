// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QtGlobal>

#include <algorithm>
#include <cstdint>

namespace gantry::test {

struct Seeds
{
    std::uint64_t first;
    std::uint64_t end;
};

/// How often the long tests do what they do: GANTRY_CRASH_FACTOR times the amount of every submission.
inline std::uint64_t crashFactor()
{
    return static_cast<std::uint64_t>(
        std::max(1, qEnvironmentVariableIntValue("GANTRY_CRASH_FACTOR")));
}

/// Seeds for `count` runs of every submission. GANTRY_CRASH_SEED is the first one (that which a failure named, for
/// example), GANTRY_CRASH_COUNT the exact number.
inline Seeds seeds(std::uint64_t count)
{
    const auto first =
        static_cast<std::uint64_t>(std::max(0, qEnvironmentVariableIntValue("GANTRY_CRASH_SEED")));
    const auto exact =
        static_cast<std::uint64_t>(std::max(0, qEnvironmentVariableIntValue("GANTRY_CRASH_COUNT")));
    return {first, first + (exact > 0 ? exact : count * crashFactor())};
}

} // namespace gantry::test
