// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/byte_view.h"

#include <optional>
#include <string>
#include <string_view>

namespace gantry {

/// Upper-case hex text, two digits per byte.
[[nodiscard]] std::string toHex(ByteView bytes);
/// Accepts both cases; nothing if the length is odd or a character is no hex digit.
[[nodiscard]] std::optional<std::string> fromHex(std::string_view text);

} // namespace gantry
