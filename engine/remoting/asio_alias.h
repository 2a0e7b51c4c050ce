// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one place that includes Asio. For .cpp files and internal headers of remoting/ (and ha/)
// only: it is heavy, and nothing above may depend on it.
#include "message/host_address.h"

#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>

#include <algorithm>

namespace gantry {

using Tcp = asio::ip::tcp;

[[nodiscard]] inline HostAddress toHostAddress(const Tcp::endpoint& endpoint)
{
    HostAddress address;
    address.port = endpoint.port();
    address.isV6 = endpoint.address().is_v6();
    if (address.isV6) {
        const auto bytes = endpoint.address().to_v6().to_bytes();
        std::copy(bytes.begin(), bytes.end(), address.ip.begin());
    } else {
        const auto bytes = endpoint.address().to_v4().to_bytes();
        std::copy(bytes.begin(), bytes.end(), address.ip.begin());
    }
    return address;
}

[[nodiscard]] inline Tcp::endpoint toEndpoint(const HostAddress& address)
{
    const auto port = static_cast<asio::ip::port_type>(address.port);
    if (address.isV6) {
        asio::ip::address_v6::bytes_type bytes{};
        std::copy(address.ip.begin(), address.ip.end(), bytes.begin());
        return {asio::ip::address_v6(bytes), port};
    }
    asio::ip::address_v4::bytes_type bytes{};
    std::copy_n(address.ip.begin(), bytes.size(), bytes.begin());
    return {asio::ip::address_v4(bytes), port};
}

} // namespace gantry
