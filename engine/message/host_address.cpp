// SPDX-License-Identifier: Apache-2.0
#include "message/host_address.h"

#include "base/byte_cursor.h"

#include <arpa/inet.h>

#include <charconv>
#include <span>

namespace gantry {

std::string HostAddress::toText() const
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(isV6 ? AF_INET6 : AF_INET, ip.data(), text.data(), text.size());
    return isV6 ? fmt::format("[{}]:{}", text.data(), port) : fmt::format("{}:{}", text.data(), port);
}

Result<HostAddress> HostAddress::parse(std::string_view text)
{
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) {
        return fail(Errc::InvalidArgument, "'{}' is not an address and port (want 127.0.0.1:10911 or [::1]:10911)",
            text);
    }
    HostAddress address;
    const std::string_view portText = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(portText.data(), portText.data() + portText.size(), address.port);
    if (error != std::errc{} || end != portText.data() + portText.size() || address.port < 0) {
        return fail(Errc::InvalidArgument, "'{}' has no usable port after the colon", text);
    }
    std::string_view host = text.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        address.isV6 = true;
        host = host.substr(1, host.size() - 2);
    }
    if (inet_pton(address.isV6 ? AF_INET6 : AF_INET, std::string(host).c_str(), address.ip.data()) != 1) {
        return fail(Errc::InvalidArgument, "'{}' is not an IP address (names are not looked up here)", host);
    }
    return address;
}

void writeHost(ByteWriter& writer, const HostAddress& host)
{
    writer.writeBytes(std::as_bytes(std::span(host.ip)).first(host.isV6 ? 16 : 4));
    writer.write(host.port);
}

} // namespace gantry
