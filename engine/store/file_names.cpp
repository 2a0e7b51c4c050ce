// SPDX-License-Identifier: Apache-2.0
#include "store/file_names.h"

#include <fmt/format.h>

#include <charconv>

namespace gantry {

namespace {

template <typename T>
std::optional<T> parseDigits(std::string_view text)
{
    T value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 0 ||
        text.front() == '-') {
        return std::nullopt;
    }
    return value;
}

} // namespace

std::string offsetFileName(std::int64_t offset)
{
    return fmt::format("{:020}", offset);
}

std::optional<std::int64_t> parseOffsetFileName(std::string_view name)
{
    return name.size() == 20 ? parseDigits<std::int64_t>(name) : std::nullopt;
}

std::optional<std::int32_t> parseQueueId(std::string_view name)
{
    if (name.empty() || (name.size() > 1 && name.front() == '0')) {
        return std::nullopt;
    }
    return parseDigits<std::int32_t>(name);
}

bool isDirectoryName(std::string_view topic)
{
    return !topic.empty() && topic != "." && topic != ".." && topic.size() <= 255 &&
           topic.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos;
}

} // namespace gantry
