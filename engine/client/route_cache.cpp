// SPDX-License-Identifier: Apache-2.0
#include "client/route_cache.h"

#include "base/log.h"
#include "message/topic_name.h"
#include "protocol/command.h"

#include <algorithm>
#include <random>

namespace gantry::client {

namespace {

/// A route nobody used for so long is not asked for any more.
constexpr std::chrono::minutes kUnusedMax{10};

std::chrono::steady_clock::time_point now()
{
    return std::chrono::steady_clock::now();
}

} // namespace

RouteCache::RouteCache(NameServerClient& nameServer, std::chrono::milliseconds timeout)
    : m_nameServer(nameServer)
    , m_timeout(timeout)
{}

void RouteCache::setChangeListener(std::function<void(const std::string& topic)> listener)
{
    const std::lock_guard lock(m_mutex);
    m_changed = std::move(listener);
}

void RouteCache::setBrokerListener(std::function<void()> listener)
{
    const std::lock_guard lock(m_mutex);
    m_brokerAdded = std::move(listener);
}

TopicRoutePtr RouteCache::find(const std::string& topic) const
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_entries.find(topic);
    if (found == m_entries.end()) {
        return nullptr;
    }
    found->second.usedAt = now();
    return found->second.route;
}

Result<TopicRoutePtr> RouteCache::get(const std::string& topic)
{
    auto known = find(topic);
    if (known && !known->isTemplate) {
        return known;
    }
    return refresh(topic);
}

Result<TopicRoutePtr> RouteCache::getForPublish(const std::string& topic,
                                                std::int32_t defaultQueueCount)
{
    if (auto known = find(topic); known && !known->publishQueues.empty()) {
        return known;
    }
    auto route = refresh(topic);
    if (route || route.error().code != Errc::NotFound) {
        return route;
    }
    auto pattern = ask(std::string(kAutoCreateTopic));
    if (!pattern) {
        if (pattern.error().code == Errc::NotFound) {
            return fail(
                Errc::NotFound,
                "topic {} does not exist and no broker makes topics on sending; create the topic",
                topic);
        }
        return tl::unexpected<Error>(std::move(pattern.error()));
    }
    return store(topic, templateRoute(std::move(*pattern), defaultQueueCount), true);
}

Result<TopicRoutePtr> RouteCache::refresh(const std::string& topic)
{
    std::uint64_t before = 0;
    {
        const std::lock_guard lock(m_mutex);
        before = m_revision;
    }
    const std::unique_lock turn(m_askMutex, m_timeout);
    if (!turn.owns_lock()) {
        return fail(Errc::Timeout, "waiting for another question to the NameServer about topic {}",
                    topic);
    }
    {
        const std::lock_guard lock(m_mutex);
        const auto found = m_entries.find(topic);
        if (found != m_entries.end() && found->second.revision > before &&
            !found->second.route->isTemplate) {
            return found->second.route;
        }
    }
    GANTRY_TRY(data, ask(topic));
    return store(topic, std::move(data), false);
}

Result<TopicRouteData> RouteCache::ask(const std::string& topic)
{
    auto request = RemotingCommand::request(RequestCode::GetRouteInfoByTopic);
    request.fields.add("topic", topic);
    GANTRY_TRY(answer, m_nameServer.invoke(request, m_timeout));
    if (answer.code == static_cast<std::int32_t>(ResponseCode::TopicNotExist)) {
        return fail(Errc::NotFound, "no broker serves topic {}", topic);
    }
    if (answer.code != static_cast<std::int32_t>(ResponseCode::Success)) {
        return tl::unexpected<Error>(remoteError(answer, "asking for the route of topic " + topic));
    }
    return TopicRouteData::decode(answer.body);
}

TopicRoutePtr RouteCache::store(const std::string& topic, TopicRouteData data, bool isTemplate)
{
    auto route = std::make_shared<TopicRoute>();
    route->publishQueues = publishQueuesOf(topic, data);
    if (!isTemplate) {
        route->subscribeQueues = subscribeQueuesOf(topic, data);
    }
    route->isTemplate = isTemplate;
    route->data = std::move(data);

    std::function<void(const std::string&)> changed;
    std::function<void()> brokerAdded;
    {
        const std::lock_guard lock(m_mutex);
        for (const auto& broker : route->data.brokerDatas) {
            for (const auto& [id, address] : broker.brokerAddrs) {
                std::string& known = m_brokers[broker.brokerName][id];
                if (known != address) {
                    known = address;
                    brokerAdded = m_brokerAdded;
                }
            }
        }
        Entry& entry = m_entries[topic];
        if (entry.route && entry.route->subscribeQueues != route->subscribeQueues) {
            changed = m_changed;
        }
        entry.route = route;
        entry.revision = ++m_revision;
        entry.usedAt = now();
    }
    if (brokerAdded) {
        brokerAdded();
    }
    if (changed) {
        changed(topic);
    }
    return route;
}

void RouteCache::refreshAll()
{
    std::vector<std::string> topics;
    {
        const std::lock_guard lock(m_mutex);
        std::erase_if(m_entries,
                      [](const auto& entry) { return now() - entry.second.usedAt > kUnusedMax; });
        for (const auto& [topic, entry] : m_entries) {
            topics.push_back(topic);
        }
    }
    for (const auto& topic : topics) {
        std::unique_lock turn(m_askMutex);
        auto data = ask(topic);
        turn.unlock();
        if (data) {
            // Refreshing is not using; store() would keep the entry for ever.
            std::unique_lock lock(m_mutex);
            const auto entry = m_entries.find(topic);
            const auto usedAt = entry == m_entries.end() ? now() : entry->second.usedAt;
            lock.unlock();
            store(topic, std::move(*data), false);
            lock.lock();
            m_entries[topic].usedAt = usedAt;
        } else if (data.error().code != Errc::NotFound) {
            log::warning("client", "{}", data.error().message);
            return; // no NameServer answers; the next round tries again
        }
    }
    const std::lock_guard lock(m_mutex);
    std::map<std::string, std::map<std::int64_t, std::string>> named;
    for (const auto& [topic, entry] : m_entries) {
        for (const auto& broker : entry.route->data.brokerDatas) {
            named[broker.brokerName].insert(broker.brokerAddrs.begin(), broker.brokerAddrs.end());
        }
    }
    m_brokers = std::move(named);
}

std::optional<std::string> RouteCache::masterAddress(const std::string& brokerName) const
{
    const std::lock_guard lock(m_mutex);
    const auto broker = m_brokers.find(brokerName);
    if (broker == m_brokers.end()) {
        return std::nullopt;
    }
    const auto master = broker->second.find(0);
    return master == broker->second.end() ? std::nullopt : std::optional(master->second);
}

std::optional<RouteCache::BrokerAddress> RouteCache::readAddress(const std::string& brokerName,
                                                                 std::int64_t brokerId) const
{
    const std::lock_guard lock(m_mutex);
    const auto broker = m_brokers.find(brokerName);
    if (broker == m_brokers.end() || broker->second.empty()) {
        return std::nullopt;
    }
    auto chosen = broker->second.find(brokerId);
    if (chosen == broker->second.end()) {
        chosen = broker->second.begin();
    }
    return BrokerAddress{chosen->second, chosen->first != 0};
}

std::map<std::string, std::map<std::int64_t, std::string>> RouteCache::brokers() const
{
    const std::lock_guard lock(m_mutex);
    return m_brokers;
}

} // namespace gantry::client
