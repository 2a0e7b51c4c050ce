// SPDX-License-Identifier: Apache-2.0
#include "broker/consumer_registry.h"

#include "base/log.h"

#include <algorithm>
#include <set>

namespace gantry {

ConsumerRegistry::ConsumerRegistry(Clock& clock)
    : m_clock(clock)
{}

bool ConsumerRegistry::registerConsumer(const ConsumerRegistration& registration, const ClientInfo& client, bool* subscriptionsNeeded)
{
    std::vector<Change> changes;
    {
        const std::unique_lock guard(m_mutex);
        // A connection that closed before its heartbeat got here has been taken out already and must not come back.
        if (!client.connection->isOpen()) {
            return false;
        }
        const auto [position, isNewGroup] = m_groups.try_emplace(registration.group);
        Group& group = position->second;
        if (subscriptionsNeeded != nullptr) {
            // Without a remembered subscription (we restarted) or with members that announce different ones, the short
            // form of the heartbeat cannot be trusted.
            const bool isLost = registration.withoutSubscriptions && group.subscriptions.empty();
            const bool isDifferent = !isNewGroup && group.fingerprint != 0 && group.fingerprint != registration.fingerprint;
            *subscriptionsNeeded = isLost || isDifferent;
        }
        group.consumeType = registration.consumeType;
        group.model = registration.model;
        group.fromWhere = registration.fromWhere;
        group.fingerprint = registration.fingerprint;

        const auto [member, isNewMember] = group.members.try_emplace(client.connection->id());
        const bool isRenamed = !isNewMember && member->second.clientId != client.clientId;
        member->second = client;
        member->second.lastHeartbeatMs = m_clock.wallMs();

        bool isChanged = isNewMember || isRenamed;
        if (!registration.withoutSubscriptions) {
            isChanged = updateSubscriptions(group, registration.subscriptions) || isChanged;
        }
        if (isChanged) {
            changes.push_back(changeOf(position->first, group));
        }
    }
    announce(changes);
    return true;
}

bool ConsumerRegistry::updateSubscriptions(Group& group, const std::vector<SubscriptionData>& subscriptions)
{
    bool isChanged = false;
    std::set<std::string_view> topics;
    for (const auto& subscription : subscriptions) {
        topics.insert(subscription.topic);
        const auto [position, isNew] = group.subscriptions.try_emplace(subscription.topic);
        if (isNew) {
            position->second = std::make_shared<const SubscriptionData>(subscription);
            isChanged = true;
        } else if (subscription.subVersion > position->second->subVersion) {
            // Only a newer version of the same subscription: every member sends its own, so nobody has to rebalance.
            position->second = std::make_shared<const SubscriptionData>(subscription);
        }
    }
    const auto removed = std::erase_if(group.subscriptions, [&](const auto& item) { return !topics.contains(item.first); });
    return isChanged || removed > 0;
}

void ConsumerRegistry::unregisterConsumer(std::string_view group, const Connection& connection)
{
    std::vector<Change> changes;
    {
        const std::unique_lock guard(m_mutex);
        const auto position = m_groups.find(group);
        if (position == m_groups.end() || position->second.members.erase(connection.id()) == 0) {
            return;
        }
        changes.push_back(changeOf(position->first, position->second));
        if (position->second.members.empty()) {
            m_groups.erase(position);
        }
    }
    announce(changes);
}

void ConsumerRegistry::onConnectionClosed(const Connection& connection)
{
    removeMembers([&](const ClientInfo& client) { return client.connection->id() == connection.id(); });
}

void ConsumerRegistry::removeExpired(std::chrono::milliseconds expiry)
{
    std::vector<ConnectionPtr> expired;
    const auto oldest = m_clock.wallMs() - expiry.count();
    removeMembers([&](const ClientInfo& client) {
        if (client.lastHeartbeatMs >= oldest) {
            return false;
        }
        expired.push_back(client.connection);
        return true;
    });
    for (const auto& connection : expired) {
        log::warning("broker", "consumer at {} sent no heartbeat for {} s; closing its connection", connection->peer().toText(),
                     expiry.count() / 1000);
        connection->close();
    }
}

void ConsumerRegistry::removeMembers(const std::function<bool(const ClientInfo&)>& isGone)
{
    std::vector<Change> changes;
    {
        const std::unique_lock guard(m_mutex);
        for (auto& [name, group] : m_groups) {
            if (std::erase_if(group.members, [&](const auto& item) { return isGone(item.second); }) > 0) {
                changes.push_back(changeOf(name, group));
            }
        }
        std::erase_if(m_groups, [](const auto& item) { return item.second.members.empty(); });
    }
    announce(changes);
}

bool ConsumerRegistry::isOnline(std::string_view group) const
{
    const std::shared_lock guard(m_mutex);
    return m_groups.find(group) != m_groups.end();
}

std::optional<ConsumerRegistry::PullInfo> ConsumerRegistry::pullInfo(std::string_view group, std::string_view topic) const
{
    const std::shared_lock guard(m_mutex);
    const auto position = m_groups.find(group);
    if (position == m_groups.end()) {
        return std::nullopt;
    }
    PullInfo info;
    info.model = position->second.model;
    if (const auto found = position->second.subscriptions.find(topic); found != position->second.subscriptions.end()) {
        info.subscription = found->second;
    }
    return info;
}

std::optional<ConsumerGroupInfo> ConsumerRegistry::group(std::string_view group) const
{
    const std::shared_lock guard(m_mutex);
    const auto position = m_groups.find(group);
    if (position == m_groups.end()) {
        return std::nullopt;
    }
    return infoOf(position->first, position->second);
}

std::vector<ConsumerGroupInfo> ConsumerRegistry::all() const
{
    const std::shared_lock guard(m_mutex);
    std::vector<ConsumerGroupInfo> result;
    result.reserve(m_groups.size());
    for (const auto& [name, group] : m_groups) {
        result.push_back(infoOf(name, group));
    }
    return result;
}

std::vector<std::string> ConsumerRegistry::clientIds(std::string_view group) const
{
    const std::shared_lock guard(m_mutex);
    std::vector<std::string> result;
    if (const auto position = m_groups.find(group); position != m_groups.end()) {
        for (const auto& [id, client] : position->second.members) {
            if (std::find(result.begin(), result.end(), client.clientId) == result.end()) {
                result.push_back(client.clientId);
            }
        }
    }
    return result;
}

std::vector<ConnectionPtr> ConsumerRegistry::connections(std::string_view group) const
{
    const std::shared_lock guard(m_mutex);
    const auto position = m_groups.find(group);
    return position == m_groups.end() ? std::vector<ConnectionPtr>{} : changeOf(position->first, position->second).members;
}

std::optional<ClientInfo> ConsumerRegistry::findClient(std::string_view group, std::string_view clientId) const
{
    const std::shared_lock guard(m_mutex);
    if (const auto position = m_groups.find(group); position != m_groups.end()) {
        for (const auto& [id, client] : position->second.members) {
            if (client.clientId == clientId) {
                return client;
            }
        }
    }
    return std::nullopt;
}

std::vector<std::string> ConsumerRegistry::groupsOfTopic(std::string_view topic) const
{
    const std::shared_lock guard(m_mutex);
    std::vector<std::string> result;
    for (const auto& [name, group] : m_groups) {
        if (group.subscriptions.find(topic) != group.subscriptions.end()) {
            result.push_back(name);
        }
    }
    return result;
}

std::string ConsumerRegistry::clientIdOf(std::uint64_t connectionId) const
{
    const std::shared_lock guard(m_mutex);
    for (const auto& [name, group] : m_groups) {
        if (const auto member = group.members.find(connectionId); member != group.members.end()) {
            return member->second.clientId;
        }
    }
    return {};
}

ConsumerRegistry::Change ConsumerRegistry::changeOf(const std::string& name, const Group& group)
{
    Change change{name, {}};
    change.members.reserve(group.members.size());
    for (const auto& [id, client] : group.members) {
        change.members.push_back(client.connection);
    }
    return change;
}

ConsumerGroupInfo ConsumerRegistry::infoOf(const std::string& name, const Group& group)
{
    ConsumerGroupInfo info;
    info.group = name;
    info.consumeType = group.consumeType;
    info.model = group.model;
    info.fromWhere = group.fromWhere;
    for (const auto& [id, client] : group.members) {
        info.members.push_back(client);
    }
    for (const auto& [topic, subscription] : group.subscriptions) {
        info.subscriptions.emplace(topic, *subscription);
    }
    return info;
}

void ConsumerRegistry::announce(const std::vector<Change>& changes) const
{
    if (m_listener) {
        for (const auto& change : changes) {
            m_listener(change.group, change.members);
        }
    }
}

} // namespace gantry
