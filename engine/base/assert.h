// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <string>

namespace gantry::detail {
/// Prints the condition, place, reason and a backtrace to standard error and aborts.
[[noreturn]] void assertionFailed(const char* condition, const char* file, int line, const std::string& reason);
} // namespace gantry::detail

/// Always on, in release too: a broken invariant of ours stops the program before it can lie or lose data.
/// Never for bytes from disk or network; those are errors to return.
#define GANTRY_ASSERT(condition, ...)                                                              \
    do {                                                                                           \
        if (!(condition)) [[unlikely]] {                                                           \
            ::gantry::detail::assertionFailed(#condition, __FILE__, __LINE__, fmt::format(__VA_ARGS__)); \
        }                                                                                          \
    } while (false)
