// SPDX-License-Identifier: Apache-2.0
#include "namesrv/route_table.h"

#include "base/log.h"

#include <algorithm>
#include <iterator>

namespace gantry {

namespace {

/// Far above real clusters; they keep a peer that invents names from filling the memory.
constexpr std::size_t kBrokersMax = 10'000;
constexpr std::size_t kTopicsMax = 500'000;

QueueData queueDataOf(const std::string& brokerName, const TopicConfig& topic)
{
    QueueData queues;
    queues.brokerName = brokerName;
    queues.readQueueNums = topic.readQueueNums;
    queues.writeQueueNums = topic.writeQueueNums;
    queues.perm = topic.perm;
    queues.topicSysFlag = topic.topicSysFlag;
    return queues;
}

} // namespace

RouteTable::RouteTable(Clock& clock, std::chrono::milliseconds defaultExpiry)
    : m_clock(clock)
    , m_defaultExpiry(defaultExpiry)
{}

Result<> RouteTable::checkLimits(const BrokerRegistration& registration) const
{
    if (m_live.size() >= kBrokersMax &&
        !m_live.contains({registration.cluster, registration.address})) {
        return fail(Errc::LimitExceeded, "{} brokers are registered already; {} is refused",
                    kBrokersMax, registration.address);
    }
    if (m_topics.size() + registration.topics.size() > kTopicsMax) {
        const auto isNew = [this](const TopicConfig& topic) {
            return !m_topics.contains(topic.topicName);
        };
        const auto added =
            static_cast<std::size_t>(std::ranges::count_if(registration.topics, isNew));
        if (m_topics.size() + added > kTopicsMax) {
            return fail(Errc::LimitExceeded,
                        "the route table holds {} topics at most; {}'s registration has more",
                        kTopicsMax, registration.address);
        }
    }
    return {};
}

/// True when another address holds the broker id with a later term of office (controller mode).
bool RouteTable::isOutdated(const BrokerRegistration& registration) const
{
    const auto group = m_groups.find(registration.brokerName);
    if (group == m_groups.end()) {
        return false;
    }
    const auto holder = group->second.addresses.find(registration.brokerId);
    if (holder == group->second.addresses.end() || holder->second == registration.address) {
        return false;
    }
    const auto live = m_live.find({registration.cluster, holder->second});
    return live != m_live.end() &&
           live->second.dataVersion.stateVersion > registration.dataVersion.stateVersion;
}

RouteTable::Group& RouteTable::groupFor(const BrokerRegistration& registration)
{
    Group& group = m_groups[registration.brokerName];
    if (!group.cluster.empty() && group.cluster != registration.cluster) {
        // The name moved to another cluster; leaving it in both would never be cleaned up.
        if (const auto old = m_clusters.find(group.cluster); old != m_clusters.end()) {
            old->second.erase(registration.brokerName);
            if (old->second.empty()) {
                m_clusters.erase(old);
            }
        }
    }
    group.cluster = registration.cluster;
    group.enableActingMaster = registration.enableActingMaster.value_or(false);
    m_clusters[registration.cluster].insert(registration.brokerName);
    return group;
}

Result<RegistrationReply> RouteTable::registerBroker(BrokerRegistration registration)
{
    const std::lock_guard lock(m_mutex);
    if (isOutdated(registration)) {
        log::warning("namesrv",
                     "{} wants to be broker {} of {}, but a later one holds that id; ignored",
                     registration.address, registration.brokerId, registration.brokerName);
        m_live.erase({registration.cluster, registration.address});
        return RegistrationReply{};
    }
    const auto known = m_groups.find(registration.brokerName);
    const bool hasId =
        known != m_groups.end() && known->second.addresses.contains(registration.brokerId);
    if (!hasId && registration.topics.size() == 1) {
        return fail(Errc::Unavailable,
                    "broker {} of {} at {} is not registered yet and sent a table of one topic; it "
                    "must send all its topics",
                    registration.brokerId, registration.brokerName, registration.address);
    }
    GANTRY_CHECK(checkLimits(registration));

    Group& group = groupFor(registration);
    // One address has one id: a slave that became master keeps its address.
    std::erase_if(group.addresses, [&](const auto& entry) {
        return entry.second == registration.address && entry.first != registration.brokerId;
    });
    group.addresses[registration.brokerId] = registration.address;

    const bool isMaster = registration.brokerId == kMasterId;
    const bool isPrimeSlave = registration.enableActingMaster.has_value() && !isMaster &&
                              registration.brokerId == group.addresses.begin()->first;
    if (isMaster || isPrimeSlave) {
        takeTopics(registration, group, !hasId, isPrimeSlave);
    }
    refresh(registration);
    return replyFor(registration, group);
}

void RouteTable::takeTopics(const BrokerRegistration& registration, const Group& group,
                            bool isFirst, bool isPrimeSlave)
{
    if (registration.deleteMissingTopics) {
        dropMissingTopics(registration);
    }
    const auto live = m_live.find({registration.cluster, registration.address});
    const bool isChanged =
        isFirst || live == m_live.end() || live->second.dataVersion != registration.dataVersion;
    for (const TopicConfig& topic : registration.topics) {
        TopicQueues& queues = m_topics[topic.topicName];
        // An unchanged table must not undo what wipeWritePerm or a deleted topic did meanwhile,
        // except for a topic that lost this broker altogether.
        if (!isChanged && queues.contains(registration.brokerName)) {
            continue;
        }
        QueueData data = queueDataOf(registration.brokerName, topic);
        if (isPrimeSlave && group.enableActingMaster) {
            data.perm &= ~perm::kWrite;
        }
        queues.insert_or_assign(registration.brokerName, std::move(data));
    }
}

void RouteTable::dropMissingTopics(const BrokerRegistration& registration)
{
    std::set<std::string_view> sent;
    for (const TopicConfig& topic : registration.topics) {
        sent.insert(topic.topicName);
    }
    dropQueues(registration.brokerName,
               [&](const std::string& topic) { return !sent.contains(topic); });
}

void RouteTable::refresh(const BrokerRegistration& registration)
{
    const auto [entry, isNew] = m_live.try_emplace({registration.cluster, registration.address});
    Live& live = entry->second;
    live.lastHeard = m_clock.steady();
    live.lastHeardWallMs = m_clock.wallMs();
    live.expiry = registration.expiry.value_or(m_defaultExpiry);
    live.dataVersion = registration.dataVersion;
    live.connectionId = registration.connectionId;
    live.haAddress = registration.haAddress;
    ++live.registrations;
    if (isNew) {
        log::info("namesrv", "broker {} ({}) of cluster {} registered from {}",
                  registration.brokerName, registration.brokerId, registration.cluster,
                  registration.address);
    }
}

RegistrationReply RouteTable::replyFor(const BrokerRegistration& registration,
                                       const Group& group) const
{
    RegistrationReply reply;
    const auto master = group.addresses.find(kMasterId);
    if (registration.brokerId == kMasterId || master == group.addresses.end()) {
        return reply;
    }
    if (const auto live = m_live.find({registration.cluster, master->second});
        live != m_live.end()) {
        reply.masterAddress = master->second;
        reply.haAddress = live->second.haAddress;
    }
    return reply;
}

void RouteTable::dropQueues(std::string_view brokerName,
                            const std::function<bool(const std::string& topic)>& isMeant)
{
    for (auto topic = m_topics.begin(); topic != m_topics.end();) {
        TopicQueues& queues = topic->second;
        if (const auto own = queues.find(brokerName);
            own != queues.end() && isMeant(topic->first)) {
            queues.erase(own);
        }
        topic = queues.empty() ? m_topics.erase(topic) : std::next(topic);
    }
}

void RouteTable::remove(std::string_view cluster, std::string_view address,
                        std::string_view brokerName)
{
    m_live.erase({std::string(cluster), std::string(address)});
    const auto found = m_groups.find(brokerName);
    if (found == m_groups.end()) {
        return;
    }
    Group& group = found->second;
    const auto removed =
        std::erase_if(group.addresses, [&](const auto& entry) { return entry.second == address; });
    if (removed > 0) {
        log::info("namesrv", "broker {} at {} is gone", brokerName, address);
    }
    if (!group.addresses.empty()) {
        if (group.enableActingMaster && group.addresses.begin()->first != kMasterId) {
            for (auto& [topic, queues] : m_topics) {
                if (const auto data = queues.find(brokerName); data != queues.end()) {
                    data->second.perm &= ~perm::kWrite; // only slaves are left
                }
            }
        }
        return;
    }
    if (const auto names = m_clusters.find(group.cluster); names != m_clusters.end()) {
        if (const auto name = names->second.find(brokerName); name != names->second.end()) {
            names->second.erase(name);
        }
        if (names->second.empty()) {
            m_clusters.erase(names);
        }
    }
    dropQueues(brokerName, [](const std::string&) { return true; });
    m_groups.erase(found);
}

void RouteTable::removeKey(const AddressKey& key)
{
    for (const auto& [name, group] : m_groups) {
        const auto isIt = [&](const auto& entry) { return entry.second == key.second; };
        if (group.cluster == key.first && std::ranges::any_of(group.addresses, isIt)) {
            remove(key.first, key.second, std::string(name));
            return;
        }
    }
    m_live.erase(key);
}

void RouteTable::unregisterBroker(std::string_view cluster, std::string_view address,
                                  std::string_view brokerName)
{
    const std::lock_guard lock(m_mutex);
    remove(cluster, address, brokerName);
}

void RouteTable::connectionClosed(std::uint64_t connectionId)
{
    const std::lock_guard lock(m_mutex);
    std::vector<AddressKey> gone;
    for (const auto& [key, live] : m_live) {
        if (live.connectionId == connectionId) {
            gone.push_back(key);
        }
    }
    for (const AddressKey& key : gone) {
        removeKey(key);
    }
}

std::vector<std::uint64_t> RouteTable::removeExpired()
{
    const std::lock_guard lock(m_mutex);
    const auto now = m_clock.steady();
    std::vector<AddressKey> expired;
    std::vector<std::uint64_t> connections;
    for (const auto& [key, live] : m_live) {
        if (live.lastHeard + live.expiry < now) {
            log::warning("namesrv",
                         "nothing heard from the broker at {} for {} ms; its routes are removed",
                         key.second, live.expiry.count());
            expired.push_back(key);
            connections.push_back(live.connectionId);
        }
    }
    for (const AddressKey& key : expired) {
        removeKey(key);
    }
    return connections;
}

void RouteTable::touch(std::string_view cluster, std::string_view address)
{
    const std::lock_guard lock(m_mutex);
    if (const auto live = m_live.find({std::string(cluster), std::string(address)});
        live != m_live.end()) {
        live->second.lastHeard = m_clock.steady();
        live->second.lastHeardWallMs = m_clock.wallMs();
    }
}

std::optional<DataVersion> RouteTable::dataVersion(std::string_view cluster,
                                                   std::string_view address) const
{
    const std::lock_guard lock(m_mutex);
    const auto live = m_live.find({std::string(cluster), std::string(address)});
    return live == m_live.end() ? std::nullopt : std::optional(live->second.dataVersion);
}

std::optional<TopicRouteData> RouteTable::route(std::string_view topic) const
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_topics.find(topic);
    if (found == m_topics.end()) {
        return std::nullopt;
    }
    TopicRouteData route;
    for (const auto& [name, queues] : found->second) {
        route.queueDatas.push_back(queues);
        const auto group = m_groups.find(name);
        if (group == m_groups.end()) {
            continue;
        }
        BrokerData broker;
        broker.cluster = group->second.cluster;
        broker.brokerName = name;
        broker.brokerAddrs = group->second.addresses;
        broker.enableActingMaster = group->second.enableActingMaster;
        route.brokerDatas.push_back(std::move(broker));
    }
    return route.brokerDatas.empty() ? std::nullopt : std::optional(std::move(route));
}

ClusterInfo RouteTable::clusterInfo() const
{
    const std::lock_guard lock(m_mutex);
    ClusterInfo info;
    for (const auto& [name, group] : m_groups) {
        BrokerData& broker = info.brokerAddrTable[name];
        broker.cluster = group.cluster;
        broker.brokerName = name;
        broker.brokerAddrs = group.addresses;
        broker.enableActingMaster = group.enableActingMaster;
    }
    for (const auto& [cluster, names] : m_clusters) {
        info.clusterAddrTable[cluster].insert(names.begin(), names.end());
    }
    return info;
}

std::map<std::int64_t, std::string> RouteTable::members(std::string_view brokerName) const
{
    const std::lock_guard lock(m_mutex);
    const auto group = m_groups.find(brokerName);
    return group == m_groups.end() ? std::map<std::int64_t, std::string>{}
                                   : group->second.addresses;
}

void RouteTable::registerTopic(const std::string& topic, const std::vector<QueueData>& queues)
{
    const std::lock_guard lock(m_mutex);
    const auto isUnknown = [this](const QueueData& data) {
        return !m_groups.contains(data.brokerName);
    };
    if (queues.empty() || std::ranges::any_of(queues, isUnknown) || m_topics.size() >= kTopicsMax) {
        log::warning(
            "namesrv",
            "the queues given for topic {} are ignored: a broker among them is not registered",
            topic);
        return;
    }
    TopicQueues& target = m_topics[topic];
    for (const QueueData& data : queues) {
        target.insert_or_assign(data.brokerName, data);
    }
}

void RouteTable::deleteTopic(std::string_view topic, std::string_view cluster)
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_topics.find(topic);
    if (found == m_topics.end()) {
        return;
    }
    if (cluster.empty()) {
        m_topics.erase(found);
        return;
    }
    const auto names = m_clusters.find(cluster);
    if (names == m_clusters.end()) {
        return;
    }
    std::erase_if(found->second,
                  [&](const auto& entry) { return names->second.contains(entry.first); });
    if (found->second.empty()) {
        m_topics.erase(found);
    }
}

int RouteTable::setWritePermission(std::string_view brokerName, bool writable)
{
    const std::lock_guard lock(m_mutex);
    int concerned = 0;
    for (auto& [topic, queues] : m_topics) {
        if (const auto data = queues.find(brokerName); data != queues.end()) {
            data->second.perm = writable ? perm::kReadWrite : data->second.perm & ~perm::kWrite;
            ++concerned;
        }
    }
    return concerned;
}

std::vector<std::string> RouteTable::topics() const
{
    const std::lock_guard lock(m_mutex);
    std::vector<std::string> names;
    names.reserve(m_topics.size());
    for (const auto& [topic, queues] : m_topics) {
        names.push_back(topic);
    }
    return names;
}

std::vector<std::string> RouteTable::topicsOfCluster(std::string_view cluster) const
{
    const std::lock_guard lock(m_mutex);
    std::vector<std::string> names;
    const auto brokers = m_clusters.find(cluster);
    if (brokers == m_clusters.end()) {
        return names;
    }
    const auto isOfCluster = [&](const auto& entry) {
        return brokers->second.contains(entry.first);
    };
    for (const auto& [topic, queues] : m_topics) {
        if (std::ranges::any_of(queues, isOfCluster)) {
            names.push_back(topic);
        }
    }
    return names;
}

std::vector<std::string> RouteTable::topicsBySysFlag(std::int32_t with, std::int32_t without) const
{
    const std::lock_guard lock(m_mutex);
    std::vector<std::string> names;
    for (const auto& [topic, queues] : m_topics) {
        const std::int32_t flag = queues.empty() ? 0 : queues.begin()->second.topicSysFlag;
        if ((flag & with) == with && (flag & without) == 0) {
            names.push_back(topic);
        }
    }
    return names;
}

std::pair<std::vector<std::string>, std::string> RouteTable::systemTopics() const
{
    const std::lock_guard lock(m_mutex);
    std::vector<std::string> names;
    for (const auto& [cluster, brokers] : m_clusters) {
        names.push_back(cluster);
        names.insert(names.end(), brokers.begin(), brokers.end());
    }
    std::string address;
    for (const auto& [name, group] : m_groups) {
        if (!group.addresses.empty()) {
            address = group.addresses.begin()->second;
            break;
        }
    }
    return {std::move(names), std::move(address)};
}

void RouteTable::describe(NameServerView& view) const
{
    const std::lock_guard lock(m_mutex);
    view.topicCount = m_topics.size();
    std::map<std::string_view, std::size_t> topicsByBroker;
    for (const auto& [topic, queues] : m_topics) {
        for (const auto& [name, data] : queues) {
            ++topicsByBroker[name];
        }
    }
    for (const auto& [name, group] : m_groups) {
        for (const auto& [id, address] : group.addresses) {
            NameServerView::Broker broker;
            broker.cluster = group.cluster;
            broker.name = name;
            broker.id = id;
            broker.address = address;
            if (const auto live = m_live.find({group.cluster, address}); live != m_live.end()) {
                broker.lastHeartbeatMs = live->second.lastHeardWallMs;
                broker.registrations = live->second.registrations;
                broker.dataVersionCounter = live->second.dataVersion.counter;
            }
            const auto topics = topicsByBroker.find(name);
            broker.topics = topics == topicsByBroker.end() ? 0 : topics->second;
            view.brokers.push_back(std::move(broker));
        }
    }
}

} // namespace gantry
