// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gantry {

/// Java's String.hashCode of the UTF-8 text: over its UTF-16 code units, h = 31 * h + unit, wrapping.
/// RocketMQ stores it as a tag's code and as an index key's hash. Invalid UTF-8 counts as U+FFFD.
[[nodiscard]] std::int32_t javaHashCode(std::string_view utf8);

/// XXH3-128 as 32 lower-case hex digits; specified and stable, so it may be stored.
[[nodiscard]] std::string fingerprint128(std::string_view bytes);

} // namespace gantry
