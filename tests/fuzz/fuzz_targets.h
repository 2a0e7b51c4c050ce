// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <string_view>

namespace gantry::fuzz {

/// One decoder under test. run() takes any bytes; it aborts when the decoder breaks a promise.
struct Target
{
    const char* name;
    void (*run)(std::string_view input);
};

[[nodiscard]] std::span<const Target> targets();

} // namespace gantry::fuzz
