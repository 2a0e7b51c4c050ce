// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

#include <string>
#include <string_view>

namespace gantry {

/// The formats a message's sysFlag can name.
enum class CompressionType { Zlib, Lz4Frame, Zstd };

[[nodiscard]] Result<std::string> compress(std::string_view input, CompressionType type, int level);
/// Fails with LimitExceeded when the output would pass `sizeMax`, whatever the input claims.
[[nodiscard]] Result<std::string> decompress(std::string_view input, CompressionType type, std::size_t sizeMax);

} // namespace gantry
