// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace gantry {

struct BrokerStatsItem
{
    std::int64_t sum = 0;
    double tps = 0.0;
    double averagePerTime = 0.0; ///< "avgpt"

    bool operator==(const BrokerStatsItem&) const = default;
};

/// Answer to 315.
struct BrokerStatsData
{
    BrokerStatsItem statsMinute;
    BrokerStatsItem statsHour;
    BrokerStatsItem statsDay;

    [[nodiscard]] std::string encode() const;
    [[nodiscard]] static Result<BrokerStatsData> decode(std::string_view body);
    bool operator==(const BrokerStatsData&) const = default;
};

} // namespace gantry
