// SPDX-License-Identifier: GPL-3.0-or-later
#include "answer_scan.h"

#include "base/byte_cursor.h"
#include "protocol/command_codec.h"

#include <array>
#include <charconv>
#include <cstring>

namespace gantry::bench {

namespace {

constexpr std::size_t kBinaryCodeAt = 0;
constexpr std::size_t kBinaryOpaqueAt = 5;
constexpr std::size_t kBinaryFlagAt = 9;
constexpr std::size_t kBinaryFixed = 13;

/// The integer after `"name":` or `"name":"`. A quote inside a value is escaped, so the pattern cannot lie there.
std::optional<std::int64_t> jsonNumber(std::string_view header, std::string_view name)
{
    std::array<char, 40> wanted{};
    const auto length = name.size() + 3;
    wanted[0] = '"';
    name.copy(wanted.data() + 1, name.size());
    wanted[name.size() + 1] = '"';
    wanted[name.size() + 2] = ':';
    // Not find(), which stops at every quote.
    const auto* const found = static_cast<const char*>(::memmem(header.data(), header.size(), wanted.data(), length));
    if (found == nullptr) {
        return std::nullopt;
    }
    const char* begin = found + length;
    const char* end = header.data() + header.size();
    if (begin != end && *begin == '"') {
        ++begin;
    }
    std::int64_t value = 0;
    if (std::from_chars(begin, end, value).ec != std::errc{}) {
        return std::nullopt;
    }
    return value;
}

std::optional<std::int64_t> binaryNumber(std::string_view header, std::string_view name)
{
    std::string wanted(2, '\0');
    storeBig(reinterpret_cast<std::byte*>(wanted.data()), static_cast<std::int16_t>(name.size()));
    wanted += name;
    const auto at = header.find(wanted);
    if (at == std::string_view::npos || at + wanted.size() + 4 > header.size()) {
        return std::nullopt;
    }
    const auto valueAt = at + wanted.size() + 4;
    std::int64_t value = 0;
    if (std::from_chars(header.data() + valueAt, header.data() + header.size(), value).ec != std::errc{}) {
        return std::nullopt;
    }
    return value;
}

} // namespace

std::optional<std::int64_t> Answer::number(std::string_view field) const
{
    return isBinary ? binaryNumber(header, field) : jsonNumber(header, field);
}

std::string Answer::remark() const
{
    std::string frame(4, '\0');
    const auto word = static_cast<std::uint32_t>(header.size()) | (isBinary ? 1U << 24 : 0U);
    storeBig(reinterpret_cast<std::byte*>(frame.data()), word);
    frame += header;
    const auto decoded = decodeCommand(asBytes(frame));
    return decoded ? decoded->command.remark : decoded.error().message;
}

std::optional<Answer> scanAnswer(ByteView frame)
{
    if (frame.size() < 4) {
        return std::nullopt;
    }
    const auto word = loadBig<std::uint32_t>(frame.data());
    const auto headerBytes = word & 0xFF'FFFFU;
    if (headerBytes > frame.size() - 4) {
        return std::nullopt;
    }
    Answer answer;
    answer.isBinary = (word >> 24) == 1;
    answer.header = asText(frame.subspan(4, headerBytes));
    answer.body = asText(frame.subspan(4 + headerBytes));
    if (answer.isBinary) {
        if (headerBytes < kBinaryFixed) {
            return std::nullopt;
        }
        const auto* at = frame.data() + 4;
        answer.code = loadBig<std::int16_t>(at + kBinaryCodeAt);
        answer.opaque = loadBig<std::int32_t>(at + kBinaryOpaqueAt);
        answer.isResponse = (loadBig<std::int32_t>(at + kBinaryFlagAt) & 1) != 0;
        return answer;
    }
    const auto code = jsonNumber(answer.header, "code");
    const auto opaque = jsonNumber(answer.header, "opaque");
    const auto flag = jsonNumber(answer.header, "flag");
    if (!code || !opaque || !flag) {
        return std::nullopt;
    }
    answer.code = static_cast<std::int32_t>(*code);
    answer.opaque = static_cast<std::int32_t>(*opaque);
    answer.isResponse = (*flag & 1) != 0;
    return answer;
}

} // namespace gantry::bench
