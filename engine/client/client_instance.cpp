// SPDX-License-Identifier: Apache-2.0
#include "client/client_instance.h"

#include "base/log.h"
#include "client/broker_calls.h"
#include "client/client_instance_impl.h"
#include "client/local_address.h"

#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <random>

namespace gantry {

namespace {

constexpr std::chrono::milliseconds kFirstHeartbeat{1'000};
constexpr std::chrono::milliseconds kHeartbeatGather{20};
constexpr std::chrono::milliseconds kUnregisterTimeout{1'000};
constexpr std::int64_t kRefreshGapMs = 1'000;
/// The group by which Apache's client re-sends messages its consumers could not hand back.
constexpr std::string_view kInnerProducerGroup = "CLIENT_INNER_PRODUCER";

std::string randomInstanceName()
{
    std::random_device random;
    return fmt::format("{}#{:08x}{:08x}", getpid(), random(), random());
}

} // namespace

ClientInstance::ClientInstance(IoRuntime& runtime, ClientConfig config)
    : m_impl(Impl::make(runtime, std::move(config)))
{}

ClientInstance::~ClientInstance()
{
    shutdown();
}

const std::string& ClientInstance::clientId() const
{
    return m_impl->clientId();
}

const ClientConfig& ClientInstance::config() const
{
    return m_impl->config();
}

void ClientInstance::shutdown()
{
    m_impl->shutdown();
}

std::shared_ptr<ClientInstance::Impl> ClientInstance::Impl::make(IoRuntime& runtime,
                                                                 ClientConfig config)
{
    auto impl = std::make_shared<Impl>(runtime, std::move(config));
    impl->start();
    return impl;
}

ClientInstance::Impl::Impl(IoRuntime& runtime, ClientConfig config)
    : m_runtime(runtime)
    , m_config(std::move(config))
    , m_ip(client::localAddress())
    , m_clientId(m_ip + "@" +
                 (m_config.instanceName.empty() ? randomInstanceName() : m_config.instanceName))
    , m_timers("gantry-cl-timer", 1)
    , m_workers("gantry-cl-work", 1)
    , m_callbacks("gantry-cl-call", m_config.callbackThreads)
{}

ClientInstance::Impl::~Impl()
{
    shutdown();
}

std::string ClientInstance::Impl::lastingClientId() const
{
    return m_ip + "@" + (m_config.instanceName.empty() ? "DEFAULT" : m_config.instanceName);
}

void ClientInstance::Impl::start()
{
    m_remoting =
        std::make_unique<RemotingClient>(m_runtime, RemotingClient::Options{}, makeDispatcher());
    m_nameServer = std::make_unique<client::NameServerClient>(*m_remoting, m_config.nameServers);
    m_routes = std::make_unique<client::RouteCache>(*m_nameServer, m_config.requestTimeout);

    const std::weak_ptr<Impl> weak = weak_from_this();
    m_routes->setBrokerListener([weak] {
        if (const auto self = weak.lock()) {
            self->heartbeatSoon();
        }
    });
    m_routes->setChangeListener([weak](const std::string& topic) {
        const auto self = weak.lock();
        for (const auto& part :
             self ? self->consumers() : std::vector<std::shared_ptr<client::ConsumerPart>>{}) {
            const auto topics = part->topics();
            if (std::find(topics.begin(), topics.end(), topic) != topics.end()) {
                part->requestRebalance();
            }
        }
    });
    m_workers.postEvery(m_config.pollNameServerInterval, m_config.pollNameServerInterval, [weak] {
        if (const auto self = weak.lock()) {
            self->routes().refreshAll();
        }
    });
    m_timers.postEvery(kFirstHeartbeat, m_config.heartbeatInterval, [weak] {
        if (const auto self = weak.lock()) {
            self->heartbeat();
        }
    });
    m_timers.postEvery(m_config.persistOffsetInterval, m_config.persistOffsetInterval, [weak] {
        const auto self = weak.lock();
        for (const auto& part :
             self ? self->consumers() : std::vector<std::shared_ptr<client::ConsumerPart>>{}) {
            part->persistOffsets();
        }
    });
}

void ClientInstance::Impl::shutdown()
{
    if (m_stopped.exchange(true)) {
        return;
    }
    m_remoting->stop(); // ends every wait, so that the threads below can be joined soon
    m_workers.stop(client::TaskScheduler::Pending::Drop);
    m_timers.stop(client::TaskScheduler::Pending::Drop);
    m_callbacks.stop(client::TaskScheduler::Pending::RunReady);
}

Result<std::string> ClientInstance::Impl::writeAddress(const MessageQueue& queue)
{
    auto address = m_routes->masterAddress(queue.brokerName);
    if (!address) {
        GANTRY_CHECK(m_routes->refresh(queue.topic));
        address = m_routes->masterAddress(queue.brokerName);
    }
    if (!address) {
        return fail(Errc::Unavailable, "no master of broker {} is known to the NameServer",
                    queue.brokerName);
    }
    return *address;
}

Result<std::string> ClientInstance::Impl::readAddress(const MessageQueue& queue)
{
    auto address = m_routes->readAddress(queue.brokerName, 0);
    if (!address) {
        GANTRY_CHECK(m_routes->refresh(queue.topic));
        address = m_routes->readAddress(queue.brokerName, 0);
    }
    if (!address) {
        return fail(Errc::Unavailable, "broker {} is not known to the NameServer",
                    queue.brokerName);
    }
    return address->address;
}

void ClientInstance::Impl::refreshRouteSoon(const std::string& topic)
{
    {
        const std::lock_guard lock(m_mutex);
        const std::int64_t nowMs = clock().wallMs();
        std::erase_if(m_refreshedMs,
                      [&](const auto& entry) { return nowMs - entry.second > kRefreshGapMs; });
        if (!m_refreshedMs.emplace(topic, nowMs).second) {
            return;
        }
    }
    m_workers.post([weak = weak_from_this(), topic] {
        const auto self = weak.lock();
        if (!self) {
            return;
        }
        if (const auto route = self->routes().refresh(topic); !route) {
            log::debug("client", "{}", route.error().message);
        }
    });
}

void ClientInstance::Impl::addProducer(const std::string& group)
{
    {
        const std::lock_guard lock(m_mutex);
        ++m_producers[group];
    }
    heartbeatSoon();
}

void ClientInstance::Impl::removeProducer(const std::string& group)
{
    {
        const std::lock_guard lock(m_mutex);
        const auto found = m_producers.find(group);
        if (found == m_producers.end() || --found->second > 0) {
            return;
        }
        m_producers.erase(found);
    }
    unregister(group, {});
}

Result<> ClientInstance::Impl::addConsumer(const std::shared_ptr<client::ConsumerPart>& consumer)
{
    const std::lock_guard lock(m_mutex);
    auto& slot = m_consumers[consumer->group()];
    if (!slot.expired()) {
        return fail(Errc::AlreadyExists,
                    "group {} already has a consumer in client {}; give each member its own client "
                    "instance",
                    consumer->group(), m_clientId);
    }
    slot = consumer;
    return {};
}

void ClientInstance::Impl::removeConsumer(const std::string& group)
{
    {
        const std::lock_guard lock(m_mutex);
        if (m_consumers.erase(group) == 0) {
            return;
        }
    }
    unregister({}, group);
}

std::shared_ptr<client::ConsumerPart> ClientInstance::Impl::consumer(const std::string& group) const
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_consumers.find(group);
    return found == m_consumers.end() ? nullptr : found->second.lock();
}

std::vector<std::shared_ptr<client::ConsumerPart>> ClientInstance::Impl::consumers() const
{
    const std::lock_guard lock(m_mutex);
    std::vector<std::shared_ptr<client::ConsumerPart>> parts;
    for (const auto& [group, weak] : m_consumers) {
        if (auto part = weak.lock()) {
            parts.push_back(std::move(part));
        }
    }
    return parts;
}

HeartbeatData ClientInstance::Impl::heartbeatData() const
{
    HeartbeatData data;
    data.clientId = m_clientId;
    const auto parts = consumers();
    {
        const std::lock_guard lock(m_mutex);
        for (const auto& [group, count] : m_producers) {
            data.producerGroups.push_back(group);
        }
    }
    if (!parts.empty()) {
        data.producerGroups.emplace_back(kInnerProducerGroup);
    }
    for (const auto& part : parts) {
        data.consumers.push_back(part->heartbeatData());
    }
    return data;
}

std::size_t ClientInstance::Impl::heartbeat(const std::function<void()>& onAnswer)
{
    const HeartbeatData data = heartbeatData();
    if (data.producerGroups.empty() && data.consumers.empty()) {
        return 0;
    }
    std::size_t count = 0;
    auto request = RemotingCommand::request(RequestCode::HeartBeat);
    request.body = data.encode();
    for (const auto& [name, addresses] : m_routes->brokers()) {
        for (const auto& [id, address] : addresses) {
            if (id != kMasterId && data.consumers.empty()) {
                continue; // slaves serve consumers only
            }
            ++count;
            m_remoting->invokeAsync(
                address, request, m_config.requestTimeout,
                [onAnswer, address = address](const Result<RemotingCommand>& answer) {
                    if (!answer) {
                        log::debug("client", "heartbeat to {}: {}", address,
                                   answer.error().message);
                    } else if (onAnswer) {
                        onAnswer();
                    }
                });
        }
    }
    return count;
}

void ClientInstance::Impl::heartbeatSoon()
{
    if (m_heartbeatPending.exchange(true)) {
        return;
    }
    m_timers.postAfter(kHeartbeatGather, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) {
            self->m_heartbeatPending.store(false);
            self->heartbeat();
        }
    });
}

void ClientInstance::Impl::unregister(const std::string& producerGroup,
                                      const std::string& consumerGroup)
{
    struct Waiting
    {
        std::mutex mutex;
        std::condition_variable done;
        std::size_t left = 0;
    };
    const auto waiting = std::make_shared<Waiting>();
    std::vector<std::string> addresses;
    for (const auto& [name, byId] : m_routes->brokers()) {
        for (const auto& [id, address] : byId) {
            addresses.push_back(address);
        }
    }
    waiting->left = addresses.size();
    for (const auto& address : addresses) {
        m_remoting->invokeAsync(
            address, client::calls::unregisterRequest(m_clientId, producerGroup, consumerGroup),
            kUnregisterTimeout, [waiting](const Result<RemotingCommand>&) {
                const std::lock_guard lock(waiting->mutex);
                --waiting->left;
                waiting->done.notify_all();
            });
    }
    std::unique_lock lock(waiting->mutex);
    waiting->done.wait_for(lock, kUnregisterTimeout, [&] { return waiting->left == 0; });
}

} // namespace gantry
