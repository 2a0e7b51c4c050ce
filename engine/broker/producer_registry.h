// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"
#include "broker/client_info.h"

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace gantry {

/// The live producers of each group, known from heartbeats. Thread-safe.
class ProducerRegistry
{
public:
    explicit ProducerRegistry(Clock& clock);

    void registerProducer(std::string_view group, const ClientInfo& client);
    void unregisterProducer(std::string_view group, const Connection& connection);
    /// Forgets the connection in every group.
    void onConnectionClosed(const Connection& connection);
    /// Forgets clients without a heartbeat for so long; closes their connections.
    void removeExpired(std::chrono::milliseconds expiry);

    [[nodiscard]] std::vector<ClientInfo> clients(std::string_view group) const;
    [[nodiscard]] std::map<std::string, std::vector<ClientInfo>> all() const;
    /// Some live connection of the group, another one each time; null if there is none.
    [[nodiscard]] ConnectionPtr pickConnection(std::string_view group);
    /// The connection of one client process, for request-reply; null if unknown.
    [[nodiscard]] ConnectionPtr findClient(std::string_view clientId) const;

private:
    Clock& m_clock;
    mutable std::mutex m_mutex;
    std::map<std::string, std::map<std::uint64_t, ClientInfo>, std::less<>> m_groups; ///< connection id -> client
    std::uint64_t m_nextPick = 0;
};

} // namespace gantry
