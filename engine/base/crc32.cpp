// SPDX-License-Identifier: Apache-2.0
#include "base/crc32.h"

#include <isa-l/crc.h>

namespace gantry {

std::uint32_t crc32(ByteView bytes, std::uint32_t seed)
{
    return crc32_gzip_refl(seed, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

} // namespace gantry
