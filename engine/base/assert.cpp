// SPDX-License-Identifier: Apache-2.0
#include "base/assert.h"

#include <execinfo.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>

namespace gantry::detail {

void assertionFailed(const char* condition, const char* file, int line, const std::string& reason)
{
    std::fprintf(stderr, "gantry: assertion failed: %s at %s:%d: %s\n", condition, file, line, reason.c_str());
    std::array<void*, 64> frames{};
    const int count = ::backtrace(frames.data(), static_cast<int>(frames.size()));
    ::backtrace_symbols_fd(frames.data(), count, STDERR_FILENO);
    std::abort();
}

} // namespace gantry::detail
