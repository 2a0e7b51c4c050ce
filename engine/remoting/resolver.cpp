// SPDX-License-Identifier: Apache-2.0
#include "remoting/resolver.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace gantry {

Result<std::vector<Tcp::endpoint>> resolveHost(const std::string& host, const std::string& service)
{
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* list = nullptr;
    if (const int status = ::getaddrinfo(host.c_str(), service.c_str(), &hints, &list);
        status != 0) {
        return fail(Errc::NotFound, "the name '{}' was not found: {}", host,
                    ::gai_strerror(status));
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
    std::vector<Tcp::endpoint> endpoints;
    for (const auto* entry = list; entry != nullptr; entry = entry->ai_next) {
        Tcp::endpoint endpoint;
        if (entry->ai_addrlen <= endpoint.capacity()) {
            std::memcpy(endpoint.data(), entry->ai_addr, entry->ai_addrlen);
            endpoint.resize(entry->ai_addrlen);
            endpoints.push_back(endpoint);
        }
    }
    if (endpoints.empty()) {
        return fail(Errc::NotFound, "the name '{}' has no address", host);
    }
    // Brokers listen on IPv4 unless told otherwise.
    std::stable_partition(endpoints.begin(), endpoints.end(),
                          [](const auto& endpoint) { return endpoint.address().is_v4(); });
    return endpoints;
}

} // namespace gantry
