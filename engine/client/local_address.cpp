// SPDX-License-Identifier: Apache-2.0
#include "client/local_address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <array>
#include <cstring>

namespace gantry::client {

std::string localAddress()
{
    std::string address = "127.0.0.1";
    ifaddrs* interfaces = nullptr;
    if (getifaddrs(&interfaces) != 0) {
        return address;
    }
    for (const ifaddrs* at = interfaces; at != nullptr; at = at->ifa_next) {
        const bool usable = at->ifa_addr != nullptr && at->ifa_addr->sa_family == AF_INET &&
                            (at->ifa_flags & IFF_LOOPBACK) == 0 && (at->ifa_flags & IFF_UP) != 0;
        if (!usable) {
            continue;
        }
        sockaddr_in socketAddress{};
        std::memcpy(&socketAddress, at->ifa_addr, sizeof(socketAddress));
        std::array<char, INET_ADDRSTRLEN> text{};
        if (inet_ntop(AF_INET, &socketAddress.sin_addr, text.data(), text.size()) != nullptr) {
            address = text.data();
            break;
        }
    }
    freeifaddrs(interfaces);
    return address;
}

} // namespace gantry::client
