// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace gantry {

class ByteWriter;

/// An IP address and port as messages carry them (bornHost, storeHost). Never a host name.
struct HostAddress
{
    std::array<std::uint8_t, 16> ip{}; ///< IPv4 uses the first four bytes
    bool isV6 = false;
    std::int32_t port = 0;             ///< 32 bits, as stored

    [[nodiscard]] std::string toText() const; ///< "127.0.0.1:10911", "[::1]:10911"
    /// Accepts what toText() gives; names are not looked up.
    [[nodiscard]] static Result<HostAddress> parse(std::string_view text);
    [[nodiscard]] std::size_t storedSize() const { return (isV6 ? 16U : 4U) + 4U; }
    auto operator<=>(const HostAddress&) const = default;
};

/// As records and message ids hold it: 4 or 16 bytes of address, 4 of port.
void writeHost(ByteWriter& writer, const HostAddress& host);

} // namespace gantry
