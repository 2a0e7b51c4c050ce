// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "client/name_server_client.h"
#include "message/message_queue.h"
#include "protocol/bodies/topic_route.h"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace gantry::client {

/// A topic's route and the queues that follow from it. Never changes.
struct TopicRoute
{
    TopicRouteData data;
    std::vector<MessageQueue>
        publishQueues; ///< writable, on brokers with a master, by broker then id
    std::vector<MessageQueue> subscribeQueues; ///< readable
    bool isTemplate =
        false; ///< the topic does not exist; this is what it will get when it is made by sending
};
using TopicRoutePtr = std::shared_ptr<const TopicRoute>;

[[nodiscard]] std::vector<MessageQueue> publishQueuesOf(const std::string& topic,
                                                        const TopicRouteData& route);
[[nodiscard]] std::vector<MessageQueue> subscribeQueuesOf(const std::string& topic,
                                                          const TopicRouteData& route);
/// The template topic's route with its queue counts capped, as a topic made by sending gets them.
[[nodiscard]] TopicRouteData templateRoute(TopicRouteData route, std::int32_t queueCountMax);

/// Routes of the topics in use and the brokers they name. Thread-safe. Those that give a Result may
/// ask a NameServer and wait; they must not run on an event loop.
class RouteCache
{
public:
    RouteCache(NameServerClient& nameServer, std::chrono::milliseconds timeout);

    /// What is known now; null if nothing.
    [[nodiscard]] TopicRoutePtr find(const std::string& topic) const;
    /// Known or asked for; Errc::NotFound if no broker serves the topic.
    [[nodiscard]] Result<TopicRoutePtr> get(const std::string& topic);
    /// For sending: a topic that does not exist gets the template's route.
    [[nodiscard]] Result<TopicRoutePtr> getForPublish(const std::string& topic,
                                                      std::int32_t defaultQueueCount);
    /// Asks now, unless another thread's answer arrives while waiting for its turn.
    [[nodiscard]] Result<TopicRoutePtr> refresh(const std::string& topic);
    /// Asks for every topic that was used lately; forgets others and brokers no route names.
    void refreshAll();

    /// The master's address.
    [[nodiscard]] std::optional<std::string> masterAddress(const std::string& brokerName) const;
    struct BrokerAddress
    {
        std::string address;
        bool isSlave = false;
    };
    /// The broker with that id, else any of the same name.
    [[nodiscard]] std::optional<BrokerAddress> readAddress(const std::string& brokerName,
                                                           std::int64_t brokerId) const;
    /// brokerName -> brokerId -> address.
    [[nodiscard]] std::map<std::string, std::map<std::int64_t, std::string>> brokers() const;

    /// Called without a lock on the thread that learned it: the topic whose queues changed.
    void setChangeListener(std::function<void(const std::string& topic)> listener);
    /// Called without a lock when a broker address appears that was not known.
    void setBrokerListener(std::function<void()> listener);

private:
    struct Entry
    {
        TopicRoutePtr route;
        std::chrono::steady_clock::time_point usedAt;
        std::uint64_t revision = 0;
    };
    [[nodiscard]] Result<TopicRouteData> ask(const std::string& topic);
    TopicRoutePtr store(const std::string& topic, TopicRouteData data, bool isTemplate);

    NameServerClient& m_nameServer;
    const std::chrono::milliseconds m_timeout;
    std::timed_mutex m_askMutex; ///< one question at a time; taken before m_mutex
    mutable std::mutex m_mutex;
    mutable std::map<std::string, Entry> m_entries;
    std::map<std::string, std::map<std::int64_t, std::string>> m_brokers;
    std::uint64_t m_revision = 0;
    std::function<void(const std::string&)> m_changed;
    std::function<void()> m_brokerAdded;
};

} // namespace gantry::client
