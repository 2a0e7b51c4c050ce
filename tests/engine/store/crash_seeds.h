// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QtGlobal>

#include <algorithm>
#include <cstdint>

namespace gantry::test {

struct Seeds
{
    std::uint64_t first;
    std::uint64_t end;
};

/// How often the long tests do what they do: GANTRY_CRASH_FACTOR times the amount of every submission, 1 if that is not
/// set; below 1 under sanitizers, which take their time.
inline double crashFactor()
{
    bool isNumber = false;
    const double factor = qEnvironmentVariable("GANTRY_CRASH_FACTOR").toDouble(&isNumber);
    return isNumber && factor > 0 ? factor : 1;
}

inline std::uint64_t scaled(std::uint64_t count)
{
    return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(static_cast<double>(count) * crashFactor()));
}

/// Every how many cases one is run, where there are no more than those of every submission.
inline std::uint64_t crashStride()
{
    return crashFactor() >= 1 ? 1 : static_cast<std::uint64_t>(1 / crashFactor());
}

/// Seeds for `count` runs of every submission. GANTRY_CRASH_SEED is the first one (that which a failure named, for
/// example), GANTRY_CRASH_COUNT the exact number.
inline Seeds seeds(std::uint64_t count)
{
    const auto first =
        static_cast<std::uint64_t>(std::max(0, qEnvironmentVariableIntValue("GANTRY_CRASH_SEED")));
    const auto exact =
        static_cast<std::uint64_t>(std::max(0, qEnvironmentVariableIntValue("GANTRY_CRASH_COUNT")));
    return {first, first + (exact > 0 ? exact : scaled(count))};
}

} // namespace gantry::test
