// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz_targets.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

/// libFuzzer's entry; FUZZ_TARGET names the decoder this program feeds.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    for (const gantry::fuzz::Target& target : gantry::fuzz::targets()) {
        if (std::strcmp(target.name, FUZZ_TARGET) == 0) {
            target.run({reinterpret_cast<const char*>(data), size});
        }
    }
    return 0;
}
