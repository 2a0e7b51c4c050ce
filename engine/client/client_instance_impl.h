// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"
#include "client/client_instance.h"
#include "client/consumer_part.h"
#include "client/name_server_client.h"
#include "client/route_cache.h"
#include "client/task_scheduler.h"
#include "remoting/dispatcher.h"
#include "remoting/remoting_client.h"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

namespace gantry {

/// What producers and consumers share. They hold it, so it lives until the last of their calls is
/// answered. Three schedulers: timers() for what never waits, workers() for what may wait for the
/// network, callbacks() for the application's send callbacks. Thread-safe.
class ClientInstance::Impl : public std::enable_shared_from_this<ClientInstance::Impl>
{
public:
    [[nodiscard]] static std::shared_ptr<Impl> make(IoRuntime& runtime, ClientConfig config);
    Impl(IoRuntime& runtime, ClientConfig config);
    ~Impl();
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    [[nodiscard]] const std::string& clientId() const { return m_clientId; }
    /// As clientId(), but the same after a restart: names the folder of broadcast offsets.
    [[nodiscard]] std::string lastingClientId() const;
    [[nodiscard]] const ClientConfig& config() const { return m_config; }
    [[nodiscard]] IoRuntime& runtime() { return m_runtime; }
    [[nodiscard]] Clock& clock() { return SystemClock::instance(); }
    [[nodiscard]] RemotingClient& remoting() { return *m_remoting; }
    [[nodiscard]] client::NameServerClient& nameServer() { return *m_nameServer; }
    [[nodiscard]] client::RouteCache& routes() { return *m_routes; }
    [[nodiscard]] client::TaskScheduler& timers() { return m_timers; }
    [[nodiscard]] client::TaskScheduler& workers() { return m_workers; }
    [[nodiscard]] client::TaskScheduler& callbacks() { return m_callbacks; }
    [[nodiscard]] bool isStopped() const { return m_stopped.load(); }

    /// The master that takes writes of the queue; asks for the topic's route when it is not known.
    /// May wait.
    [[nodiscard]] Result<std::string> writeAddress(const MessageQueue& queue);
    /// A broker that serves reads of the queue. May wait.
    [[nodiscard]] Result<std::string> readAddress(const MessageQueue& queue);
    /// Asks for the topic's route again in the background, at most once a second per topic.
    void refreshRouteSoon(const std::string& topic);

    void addProducer(const std::string& group);
    void removeProducer(const std::string& group);
    /// Errc::AlreadyExists: one member per group and client id.
    [[nodiscard]] Result<> addConsumer(const std::shared_ptr<client::ConsumerPart>& consumer);
    void removeConsumer(const std::string& group);
    [[nodiscard]] std::shared_ptr<client::ConsumerPart> consumer(const std::string& group) const;

    /// Tells every known broker who we are; gives how many there are. Does not wait; `onAnswer`
    /// runs on a loop for each broker that knows us now.
    std::size_t heartbeat(const std::function<void()>& onAnswer = {});
    /// Soon, several requests at once become one.
    void heartbeatSoon();

    void start();
    void shutdown();

private:
    [[nodiscard]] std::shared_ptr<const Dispatcher> makeDispatcher();
    [[nodiscard]] std::vector<std::shared_ptr<client::ConsumerPart>> consumers() const;
    [[nodiscard]] HeartbeatData heartbeatData() const;
    void unregister(const std::string& producerGroup, const std::string& consumerGroup);

    IoRuntime& m_runtime;
    const ClientConfig m_config;
    const std::string m_ip;
    const std::string m_clientId;
    client::TaskScheduler m_timers;
    client::TaskScheduler m_workers;
    client::TaskScheduler m_callbacks;
    std::unique_ptr<RemotingClient> m_remoting;
    std::unique_ptr<client::NameServerClient> m_nameServer;
    std::unique_ptr<client::RouteCache> m_routes;
    std::atomic<bool> m_stopped{false};
    std::atomic<bool> m_heartbeatPending{false};

    mutable std::mutex m_mutex;
    std::map<std::string, int> m_producers; ///< group -> how many
    std::map<std::string, std::weak_ptr<client::ConsumerPart>> m_consumers;
    std::map<std::string, std::int64_t>
        m_refreshedMs; ///< topic -> when refreshRouteSoon() last did something
};

} // namespace gantry
