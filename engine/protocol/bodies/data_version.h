// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace gantry {

/// Says which state of a table this is; two tables are the same when all three parts are.
struct DataVersion
{
    std::int64_t stateVersion = 0;
    std::int64_t timestamp = 0; ///< ms, of the last step
    std::int64_t counter = 0;

    /// One step further.
    void next(std::int64_t nowMs)
    {
        timestamp = nowMs;
        ++counter;
    }
    [[nodiscard]] std::string encode() const;
    [[nodiscard]] static Result<DataVersion> decode(std::string_view body);
    bool operator==(const DataVersion&) const = default;
};

} // namespace gantry
