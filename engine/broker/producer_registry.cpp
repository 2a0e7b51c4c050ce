// SPDX-License-Identifier: Apache-2.0
#include "broker/producer_registry.h"

#include "base/log.h"

#include <iterator>

namespace gantry {

ProducerRegistry::ProducerRegistry(Clock& clock)
    : m_clock(clock)
{}

void ProducerRegistry::registerProducer(std::string_view group, const ClientInfo& client)
{
    const std::scoped_lock guard(m_mutex);
    // A connection that closed before this heartbeat got here has been taken out already and must not come back.
    if (!client.connection->isOpen()) {
        return;
    }
    auto& info = m_groups.try_emplace(std::string(group)).first->second[client.connection->id()];
    info = client;
    info.lastHeartbeatMs = m_clock.wallMs();
}

void ProducerRegistry::unregisterProducer(std::string_view group, const Connection& connection)
{
    const std::scoped_lock guard(m_mutex);
    const auto clients = m_groups.find(group);
    if (clients != m_groups.end()) {
        clients->second.erase(connection.id());
        if (clients->second.empty()) {
            m_groups.erase(clients);
        }
    }
}

void ProducerRegistry::onConnectionClosed(const Connection& connection)
{
    const std::scoped_lock guard(m_mutex);
    for (auto& [group, clients] : m_groups) {
        clients.erase(connection.id());
    }
    std::erase_if(m_groups, [](const auto& item) { return item.second.empty(); });
}

void ProducerRegistry::removeExpired(std::chrono::milliseconds expiry)
{
    std::vector<ConnectionPtr> expired;
    {
        const std::scoped_lock guard(m_mutex);
        const auto oldest = m_clock.wallMs() - expiry.count();
        for (auto& [group, clients] : m_groups) {
            std::erase_if(clients, [&](const auto& item) {
                if (item.second.lastHeartbeatMs >= oldest) {
                    return false;
                }
                expired.push_back(item.second.connection);
                return true;
            });
        }
        std::erase_if(m_groups, [](const auto& item) { return item.second.empty(); });
    }
    for (const auto& connection : expired) {
        log::warning("broker", "producer at {} sent no heartbeat for {} s; closing its connection", connection->peer().toText(),
                     expiry.count() / 1000);
        connection->close();
    }
}

std::vector<ClientInfo> ProducerRegistry::clients(std::string_view group) const
{
    const std::scoped_lock guard(m_mutex);
    std::vector<ClientInfo> result;
    if (const auto clients = m_groups.find(group); clients != m_groups.end()) {
        for (const auto& [id, client] : clients->second) {
            result.push_back(client);
        }
    }
    return result;
}

std::map<std::string, std::vector<ClientInfo>> ProducerRegistry::all() const
{
    const std::scoped_lock guard(m_mutex);
    std::map<std::string, std::vector<ClientInfo>> result;
    for (const auto& [group, clients] : m_groups) {
        auto& list = result[group];
        for (const auto& [id, client] : clients) {
            list.push_back(client);
        }
    }
    return result;
}

ConnectionPtr ProducerRegistry::pickConnection(std::string_view group)
{
    const std::scoped_lock guard(m_mutex);
    const auto clients = m_groups.find(group);
    if (clients == m_groups.end()) {
        return nullptr;
    }
    const auto size = clients->second.size();
    for (std::size_t tries = 0; tries < size; ++tries) {
        const auto steps = static_cast<std::ptrdiff_t>(m_nextPick++ % size);
        const auto& connection = std::next(clients->second.begin(), steps)->second.connection;
        if (connection->isOpen()) {
            return connection;
        }
    }
    return nullptr;
}

ConnectionPtr ProducerRegistry::findClient(std::string_view clientId) const
{
    const std::scoped_lock guard(m_mutex);
    for (const auto& [group, clients] : m_groups) {
        for (const auto& [id, client] : clients) {
            if (client.clientId == clientId && client.connection->isOpen()) {
                return client.connection;
            }
        }
    }
    return nullptr;
}

} // namespace gantry
