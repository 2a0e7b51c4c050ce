// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <functional>
#include <string>
#include <string_view>

/// Engine logging. Thread-safe; a message below the level costs one relaxed load.
namespace gantry::log {

enum class Level { Debug, Info, Warning, Error, Off };

void setLevel(Level level);
[[nodiscard]] bool isEnabled(Level level);
/// Standard error is the default; a daemon also writes a rotating file.
void addRotatingFile(const std::string& path, std::size_t bytesMax, std::size_t fileCount);
/// Receives every line that passes the level, e.g. for the window's log; called on the logging thread.
void setObserver(std::function<void(Level, std::string_view module, std::string_view text)> observer);
void write(Level level, std::string_view module, const std::string& text);

template <typename... Args>
void debug(std::string_view module, fmt::format_string<Args...> text, Args&&... args)
{
    if (isEnabled(Level::Debug)) {
        write(Level::Debug, module, fmt::format(text, std::forward<Args>(args)...));
    }
}
template <typename... Args>
void info(std::string_view module, fmt::format_string<Args...> text, Args&&... args)
{
    if (isEnabled(Level::Info)) {
        write(Level::Info, module, fmt::format(text, std::forward<Args>(args)...));
    }
}
template <typename... Args>
void warning(std::string_view module, fmt::format_string<Args...> text, Args&&... args)
{
    if (isEnabled(Level::Warning)) {
        write(Level::Warning, module, fmt::format(text, std::forward<Args>(args)...));
    }
}
template <typename... Args>
void error(std::string_view module, fmt::format_string<Args...> text, Args&&... args)
{
    if (isEnabled(Level::Error)) {
        write(Level::Error, module, fmt::format(text, std::forward<Args>(args)...));
    }
}

} // namespace gantry::log
