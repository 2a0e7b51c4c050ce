// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <array>
#include <cstring>

namespace gantry {

namespace {

constexpr std::uint32_t kReplacement = 0xFFFD;

/// Decodes one code point and moves `at` behind it.
std::uint32_t nextCodePoint(std::string_view text, std::size_t& at)
{
    const auto byteAt = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint32_t first = byteAt(at++);
    if (first < 0x80) {
        return first;
    }
    const int extra = first >= 0xF0 && first < 0xF5 ? 3 : first >= 0xE0 && first < 0xF0 ? 2 : first >= 0xC2 && first < 0xE0 ? 1 : 0;
    if (extra == 0 || at + static_cast<std::size_t>(extra) > text.size()) {
        return kReplacement;
    }
    std::uint32_t point = first & (0x3FU >> extra);
    for (int i = 0; i < extra; ++i) {
        const std::uint32_t next = byteAt(at + static_cast<std::size_t>(i));
        if ((next & 0xC0U) != 0x80U) {
            return kReplacement;
        }
        point = point << 6U | (next & 0x3FU);
    }
    at += static_cast<std::size_t>(extra);
    return point;
}

/// So many bytes at once: one by one each waits for the product of the one before, and every key of every message is hashed.
constexpr std::size_t kBlock = 8;

constexpr std::array<std::uint32_t, kBlock + 1> kPowers = [] {
    std::array<std::uint32_t, kBlock + 1> powers{1};
    for (std::size_t i = 1; i <= kBlock; ++i) {
        powers[i] = powers[i - 1] * 31;
    }
    return powers;
}();

bool isAsciiBlock(const char* text)
{
    std::uint64_t word = 0;
    std::memcpy(&word, text, sizeof(word));
    return (word & 0x8080808080808080U) == 0;
}

std::uint32_t blockHash(const char* text)
{
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < kBlock; ++i) {
        sum += static_cast<std::uint8_t>(text[i]) * kPowers[kBlock - 1 - i];
    }
    return sum;
}

} // namespace

std::int32_t javaHashCode(std::string_view utf8)
{
    std::uint32_t hash = 0;
    for (std::size_t at = 0; at < utf8.size();) {
        if (at + kBlock <= utf8.size() && isAsciiBlock(utf8.data() + at)) {
            hash = hash * kPowers[kBlock] + blockHash(utf8.data() + at);
            at += kBlock;
            continue;
        }
        const std::uint32_t point = nextCodePoint(utf8, at);
        if (point >= 0x10000) {
            hash = hash * 31 + (0xD800U + ((point - 0x10000U) >> 10U));
            hash = hash * 31 + (0xDC00U + ((point - 0x10000U) & 0x3FFU));
        } else {
            hash = hash * 31 + point;
        }
    }
    return static_cast<std::int32_t>(hash);
}

std::string fingerprint128(std::string_view bytes)
{
    const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
    return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

} // namespace gantry
