// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/byte_view.h"

#include <cstdint>

namespace gantry {

/// CRC-32 of IEEE 802.3 (as zlib's crc32), continued from `seed` (0 to start).
[[nodiscard]] std::uint32_t crc32(ByteView bytes, std::uint32_t seed = 0);

/// The form RocketMQ stores: without the sign bit.
[[nodiscard]] inline std::int32_t storedCrc32(ByteView bytes)
{
    return static_cast<std::int32_t>(crc32(bytes) & 0x7FFF'FFFFU);
}

} // namespace gantry
