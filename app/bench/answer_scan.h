// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/byte_view.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gantry::bench {

/// What of an answer is looked at, without decoding the rest. Views point into the frame.
struct Answer
{
    std::int32_t code = -1;
    std::int32_t opaque = 0;
    bool isResponse = false;
    std::string_view header; ///< as it came, JSON or binary
    bool isBinary = false;
    std::string_view body;

    /// The number an extension field holds; nothing if it is absent.
    [[nodiscard]] std::optional<std::int64_t> number(std::string_view field) const;
    [[nodiscard]] std::string remark() const;
};

/// `frame` begins behind the length word. Nothing if it is no answer one can read.
[[nodiscard]] std::optional<Answer> scanAnswer(ByteView frame);

} // namespace gantry::bench
