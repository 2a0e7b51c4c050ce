// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/byte_view.h"

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

namespace gantry {

namespace detail {

template <std::integral T>
constexpr T swapBytes(T value)
{
    using Unsigned = std::make_unsigned_t<T>;
    auto bits = static_cast<Unsigned>(value);
    if constexpr (sizeof(T) == 2) {
        bits = __builtin_bswap16(bits);
    } else if constexpr (sizeof(T) == 4) {
        bits = __builtin_bswap32(bits);
    } else if constexpr (sizeof(T) == 8) {
        bits = __builtin_bswap64(bits);
    }
    return static_cast<T>(bits);
}

} // namespace detail

/// Reads a big-endian integer at `at`; the caller has checked that it is there.
template <std::integral T>
T loadBig(const std::byte* at)
{
    T value;
    std::memcpy(&value, at, sizeof(T));
    return std::endian::native == std::endian::little ? detail::swapBytes(value) : value;
}

template <std::integral T>
void storeBig(std::byte* at, T value)
{
    const T swapped = std::endian::native == std::endian::little ? detail::swapBytes(value) : value;
    std::memcpy(at, &swapped, sizeof(T));
}

/// Reads big-endian values from a view and never past its end. After the first read that does not fit,
/// failed() stays true and every read gives zero or an empty view, so callers check once, at the end.
class ByteReader
{
public:
    explicit ByteReader(ByteView bytes)
        : m_bytes(bytes)
    {}

    template <std::integral T>
    T read()
    {
        if (!take(sizeof(T))) {
            return T{};
        }
        return loadBig<T>(m_bytes.data() + m_position - sizeof(T));
    }

    ByteView readBytes(std::size_t count)
    {
        if (!take(count)) {
            return {};
        }
        return m_bytes.subspan(m_position - count, count);
    }

    std::string_view readText(std::size_t count) { return asText(readBytes(count)); }
    void skip(std::size_t count) { take(count); }

    [[nodiscard]] bool failed() const { return m_failed; }
    [[nodiscard]] std::size_t position() const { return m_position; }
    [[nodiscard]] std::size_t remaining() const { return m_failed ? 0 : m_bytes.size() - m_position; }

private:
    bool take(std::size_t count)
    {
        if (m_failed || count > m_bytes.size() - m_position) {
            m_failed = true;
            return false;
        }
        m_position += count;
        return true;
    }

    ByteView m_bytes;
    std::size_t m_position = 0;
    bool m_failed = false;
};

/// Appends big-endian values to a string used as a byte buffer.
class ByteWriter
{
public:
    explicit ByteWriter(std::string& out)
        : m_out(out)
    {}

    template <std::integral T>
    void write(T value)
    {
        std::byte raw[sizeof(T)];
        storeBig(raw, value);
        m_out.append(reinterpret_cast<const char*>(raw), sizeof(T));
    }

    void writeText(std::string_view text) { m_out.append(text); }
    void writeBytes(ByteView bytes) { m_out.append(asText(bytes)); }

    /// Overwrites what was written earlier, e.g. a length known only at the end.
    template <std::integral T>
    void patch(std::size_t position, T value)
    {
        storeBig(reinterpret_cast<std::byte*>(m_out.data()) + position, value);
    }

    [[nodiscard]] std::size_t size() const { return m_out.size(); }

private:
    std::string& m_out;
};

} // namespace gantry
