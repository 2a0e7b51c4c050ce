// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace gantry::test {

/// How many threads of this process have a name that begins so.
inline int threadsNamed(std::string_view begin)
{
    int count = 0;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task", ignored)) {
        std::string name;
        std::getline(std::ifstream(entry.path() / "comm"), name);
        count += name.starts_with(begin) ? 1 : 0;
    }
    return count;
}

} // namespace gantry::test
