// SPDX-License-Identifier: Apache-2.0
#include "base/hex.h"

namespace gantry {

std::string toHex(ByteView bytes)
{
    static constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string text(bytes.size() * 2, '\0');
    auto out = text.begin();
    for (const std::byte byte : bytes) {
        *out++ = kDigits[std::to_integer<unsigned>(byte) >> 4U];
        *out++ = kDigits[std::to_integer<unsigned>(byte) & 0xFU];
    }
    return text;
}

namespace {

int digitValue(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    if (digit >= 'A' && digit <= 'F') {
        return digit - 'A' + 10;
    }
    return -1;
}

} // namespace

std::optional<std::string> fromHex(std::string_view text)
{
    if (text.size() % 2 != 0) {
        return std::nullopt;
    }
    std::string bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = digitValue(text[i]);
        const int low = digitValue(text[i + 1]);
        if (high < 0 || low < 0) {
            return std::nullopt;
        }
        bytes.push_back(static_cast<char>(high * 16 + low));
    }
    return bytes;
}

} // namespace gantry
