// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"
#include "broker/client_info.h"
#include "message/subscription.h"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace gantry {

/// What one heartbeat says about one consumer group.
struct ConsumerRegistration
{
    std::string group;
    ConsumeType consumeType = ConsumeType::Passively;
    MessageModel model = MessageModel::Clustering;
    ConsumeFromWhere fromWhere = ConsumeFromWhere::LastOffset;
    std::vector<SubscriptionData> subscriptions;
    bool withoutSubscriptions = false; ///< a V2 heartbeat that keeps the subscriptions sent earlier
    std::int32_t fingerprint = 0;      ///< of the client's heartbeat; 0 = a V1 heartbeat
};

/// One consumer group that has live members, copied out.
struct ConsumerGroupInfo
{
    std::string group;
    ConsumeType consumeType = ConsumeType::Passively;
    MessageModel model = MessageModel::Clustering;
    ConsumeFromWhere fromWhere = ConsumeFromWhere::LastOffset;
    std::vector<ClientInfo> members;
    std::map<std::string, SubscriptionData> subscriptions; ///< by topic
};

/// The live consumers of each group and what they subscribe to, known from heartbeats. Thread-safe.
class ConsumerRegistry
{
public:
    /// The members of a group or its subscriptions changed. Called without a lock held, on the thread of the cause.
    using ChangeListener = std::function<void(const std::string& group, const std::vector<ConnectionPtr>& members)>;

    explicit ConsumerRegistry(Clock& clock);
    /// Before traffic.
    void setChangeListener(ChangeListener listener) { m_listener = std::move(listener); }

    /// What a pull needs to know of its group; views of the registry at one moment.
    struct PullInfo
    {
        MessageModel model = MessageModel::Clustering;
        std::shared_ptr<const SubscriptionData> subscription; ///< null: the group does not subscribe to the topic
    };

    /// False if the heartbeat could not be taken because the connection is closed. `subscriptionsNeeded` (may be null)
    /// becomes true when the client has to send its subscriptions in full with the next heartbeat.
    bool registerConsumer(const ConsumerRegistration& registration, const ClientInfo& client, bool* subscriptionsNeeded = nullptr);
    void unregisterConsumer(std::string_view group, const Connection& connection);
    void onConnectionClosed(const Connection& connection);
    /// Forgets clients without a heartbeat for so long; closes their connections.
    void removeExpired(std::chrono::milliseconds expiry);

    [[nodiscard]] bool isOnline(std::string_view group) const;
    /// Nothing if the group has no live members.
    [[nodiscard]] std::optional<PullInfo> pullInfo(std::string_view group, std::string_view topic) const;
    [[nodiscard]] std::optional<ConsumerGroupInfo> group(std::string_view group) const;
    [[nodiscard]] std::vector<ConsumerGroupInfo> all() const;
    [[nodiscard]] std::vector<std::string> clientIds(std::string_view group) const;
    [[nodiscard]] std::vector<ConnectionPtr> connections(std::string_view group) const;
    /// The connection of one member; null if it is not there.
    [[nodiscard]] std::optional<ClientInfo> findClient(std::string_view group, std::string_view clientId) const;
    /// Online groups that subscribe to the topic.
    [[nodiscard]] std::vector<std::string> groupsOfTopic(std::string_view topic) const;
    /// The client id that a connection announced, empty before its first heartbeat as a consumer.
    [[nodiscard]] std::string clientIdOf(std::uint64_t connectionId) const;

private:
    struct Group
    {
        ConsumeType consumeType = ConsumeType::Passively;
        MessageModel model = MessageModel::Clustering;
        ConsumeFromWhere fromWhere = ConsumeFromWhere::LastOffset;
        std::int32_t fingerprint = 0; ///< the last one announced by any member
        std::map<std::uint64_t, ClientInfo> members;
        std::map<std::string, std::shared_ptr<const SubscriptionData>, std::less<>> subscriptions;
    };
    struct Change
    {
        std::string group;
        std::vector<ConnectionPtr> members;
    };
    using Groups = std::map<std::string, Group, std::less<>>;

    static bool updateSubscriptions(Group& group, const std::vector<SubscriptionData>& subscriptions);
    static Change changeOf(const std::string& name, const Group& group);
    static ConsumerGroupInfo infoOf(const std::string& name, const Group& group);
    void removeMembers(const std::function<bool(const ClientInfo&)>& isGone);
    void announce(const std::vector<Change>& changes) const;

    Clock& m_clock;
    ChangeListener m_listener;
    mutable std::shared_mutex m_mutex;
    Groups m_groups;
};

} // namespace gantry
