// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "namesrv/name_server.h"
#include "protocol/bodies/cluster_info.h"
#include "protocol/bodies/topic_config.h"
#include "protocol/bodies/topic_route.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gantry {

/// One REGISTER_BROKER as the route table sees it.
struct BrokerRegistration
{
    std::string cluster;
    std::string brokerName;
    std::int64_t brokerId = 0;
    std::string address; ///< "ip:port"
    std::string haAddress;
    std::optional<std::chrono::milliseconds> expiry; ///< how long the broker may be silent
    std::optional<bool> enableActingMaster;          ///< absent = a broker older than 5.0
    DataVersion dataVersion;
    std::vector<TopicConfig> topics; ///< all of them, or only the changed ones
    std::uint64_t connectionId = 0;
    bool deleteMissingTopics = false; ///< topics of the broker that are not in `topics` go away
};

/// What a slave learns from its registration; both empty for a master.
struct RegistrationReply
{
    std::string masterAddress;
    std::string haAddress;
};

/// Who routes what: brokers by name and id, their topics' queues, and when each was last heard of.
/// Knows no sockets. Thread-safe; one mutex, no call leaves the class while it is held.
class RouteTable
{
public:
    RouteTable(Clock& clock, std::chrono::milliseconds defaultExpiry);

    /// Errors leave everything as it was: LimitExceeded; Unavailable when a broker that is not
    /// known yet sends a table of exactly one topic (a change that overtook the registration
    /// itself). A broker whose stateVersion is behind the one that holds its id is ignored: success
    /// with an empty reply.
    [[nodiscard]] Result<RegistrationReply> registerBroker(BrokerRegistration registration);
    void unregisterBroker(std::string_view cluster, std::string_view address,
                          std::string_view brokerName);
    /// Removes every broker whose latest registration came over the connection.
    void connectionClosed(std::uint64_t connectionId);
    /// Removes the brokers that were silent for too long; returns their connections, which are of
    /// no use any more.
    [[nodiscard]] std::vector<std::uint64_t> removeExpired();
    /// A heartbeat or a question from a broker: it is alive.
    void touch(std::string_view cluster, std::string_view address);

    /// Nothing if the broker is not registered.
    [[nodiscard]] std::optional<DataVersion> dataVersion(std::string_view cluster,
                                                         std::string_view address) const;

    /// Nothing when no live broker has the topic.
    [[nodiscard]] std::optional<TopicRouteData> route(std::string_view topic) const;
    [[nodiscard]] ClusterInfo clusterInfo() const;
    /// Addresses by broker id; empty for an unknown name.
    [[nodiscard]] std::map<std::int64_t, std::string> members(std::string_view brokerName) const;

    /// Adds or replaces the topic's queues; ignored when one of the brokers is not registered.
    void registerTopic(const std::string& topic, const std::vector<QueueData>& queues);
    /// Of all clusters when `cluster` is empty.
    void deleteTopic(std::string_view topic, std::string_view cluster);
    /// How many topics of the broker it concerned. Stays until the broker's next changed
    /// registration.
    int setWritePermission(std::string_view brokerName, bool writable);

    [[nodiscard]] std::vector<std::string> topics() const;
    [[nodiscard]] std::vector<std::string> topicsOfCluster(std::string_view cluster) const;
    /// Topics whose system flag has all bits of `with` and none of `without`.
    [[nodiscard]] std::vector<std::string> topicsBySysFlag(std::int32_t with,
                                                           std::int32_t without) const;
    /// Cluster and broker names (each is a system topic), and the address of some broker.
    [[nodiscard]] std::pair<std::vector<std::string>, std::string> systemTopics() const;

    /// The brokers and topicCount parts of a view.
    void describe(NameServerView& view) const;

private:
    using AddressKey = std::pair<std::string, std::string>; ///< cluster, address
    struct Live
    {
        std::chrono::steady_clock::time_point lastHeard;
        std::int64_t lastHeardWallMs = 0;
        std::chrono::milliseconds expiry{0};
        DataVersion dataVersion;
        std::uint64_t connectionId = 0;
        std::string haAddress;
        std::int64_t registrations = 0;
    };
    struct Group ///< the members of one broker name
    {
        std::string cluster;
        std::map<std::int64_t, std::string> addresses;
        bool enableActingMaster = false;
    };
    using TopicQueues = std::map<std::string, QueueData, std::less<>>; ///< by broker name

    [[nodiscard]] Result<> checkLimits(const BrokerRegistration& registration) const;
    [[nodiscard]] bool isOutdated(const BrokerRegistration& registration) const;
    Group& groupFor(const BrokerRegistration& registration);
    void takeTopics(const BrokerRegistration& registration, const Group& group, bool isFirst,
                    bool isPrimeSlave);
    void dropMissingTopics(const BrokerRegistration& registration);
    void refresh(const BrokerRegistration& registration);
    [[nodiscard]] RegistrationReply replyFor(const BrokerRegistration& registration,
                                             const Group& group) const;
    void remove(std::string_view cluster, std::string_view address, std::string_view brokerName);
    void removeKey(const AddressKey& key);
    void dropQueues(std::string_view brokerName,
                    const std::function<bool(const std::string& topic)>& isMeant);

    Clock& m_clock;
    const std::chrono::milliseconds m_defaultExpiry;
    mutable std::mutex m_mutex;
    std::map<std::string, Group, std::less<>> m_groups;
    std::map<AddressKey, Live> m_live;
    std::map<std::string, TopicQueues, std::less<>> m_topics;
    std::map<std::string, std::set<std::string, std::less<>>, std::less<>> m_clusters;
};

} // namespace gantry
