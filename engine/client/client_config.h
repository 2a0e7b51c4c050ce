// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace gantry {

/// What producers and consumers of one process share. Defaults are Apache's client defaults.
struct ClientConfig
{
    std::vector<std::string> nameServers; ///< "ip:port" each
    std::string instanceName;             ///< empty = pid#random; part of the clientId
    std::chrono::milliseconds pollNameServerInterval{30'000};
    std::chrono::milliseconds heartbeatInterval{30'000};
    std::chrono::milliseconds persistOffsetInterval{5'000};
    std::chrono::milliseconds requestTimeout{3'000};
    std::size_t callbackThreads = 2; ///< run send callbacks
};

} // namespace gantry
