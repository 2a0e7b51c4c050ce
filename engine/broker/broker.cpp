// SPDX-License-Identifier: Apache-2.0
#include "broker/broker.h"

#include "base/log.h"
#include "broker/broker_core.h"
#include "broker/broker_view_builder.h"
#include "broker/delay_service.h"
#include "broker/name_server_link.h"
#include "broker/processors/admin.h"
#include "broker/processors/client_manage.h"
#include "broker/processors/consumer_offset.h"
#include "broker/processors/lock_queue.h"
#include "broker/processors/pull_message.h"
#include "broker/processors/query_message.h"
#include "broker/processors/send_back.h"
#include "broker/processors/send_message.h"
#include "message/topic_name.h"
#include "remoting/dispatcher.h"

#include <mutex>
#include <shared_mutex>

namespace gantry {

namespace {

constexpr std::chrono::milliseconds kSweepPeriod{200};
constexpr std::chrono::milliseconds kExpiryScanPeriod{10'000};
constexpr std::chrono::milliseconds kStatsPeriod{1'000};
constexpr int kFastPortDistance = 2;
constexpr int kHaPortDistance = 1;

} // namespace

struct Broker::Impl
{
    Impl(BrokerConfig brokerConfig, Dependencies brokerDependencies)
        : config(std::move(brokerConfig))
        , dependencies(brokerDependencies)
    {}

    [[nodiscard]] Result<> start();
    [[nodiscard]] Result<> openStore();
    [[nodiscard]] Result<> loadTables();
    [[nodiscard]] Result<> listen();
    void makeDispatcher();
    void connectParts();
    void startTimers();
    void every(std::chrono::milliseconds period, std::function<void(BrokerCore&)> task);
    void saveTables() const;
    void stop();
    [[nodiscard]] std::vector<ConnectionPtr> connections() const;

    BrokerConfig config;
    const Dependencies dependencies;

    // In the order in which they are made; stop() takes them apart the other way round.
    std::unique_ptr<BrokerCore> core;
    std::shared_ptr<Dispatcher> dispatcher;
    std::shared_ptr<PullMessageProcessor> pull;
    std::shared_ptr<ClientManageProcessor> clients;
    std::unique_ptr<RemotingServer> server;
    std::unique_ptr<RemotingServer> fastServer;
    std::vector<std::unique_ptr<Timer>> timers;

    mutable std::shared_mutex lifeMutex; // guards isRunning; views hold it shared while they look
    bool isRunning = false;
};

Result<> Broker::Impl::start()
{
    GANTRY_TRY(levels, parseDelayLevels(config.messageDelayLevel));
    config.store.delayLevels = levels;
    core = std::make_unique<BrokerCore>(config, dependencies.files, dependencies.clock, dependencies.runtime);
    core->delayLevels = std::move(levels);
    makeDispatcher();
    // Listening comes first because records carry our address and the port may be any free one. Until everything
    // else is there, requests are told to come back.
    GANTRY_CHECK(listen());
    GANTRY_CHECK(openStore());
    GANTRY_CHECK(loadTables());
    connectParts();
    core->startedAtMs = core->clock.wallMs();
    core->delay->start();
    core->isServing = true;
    core->nameServers->start(core->address, fmt::format("{}:{}", config.advertisedIp, server->port() + kHaPortDistance));
    startTimers();
    const std::unique_lock guard(lifeMutex);
    isRunning = true;
    return {};
}

Result<> Broker::Impl::listen()
{
    auto& bound = config.bindAddress;
    if (config.advertisedIp.empty()) {
        config.advertisedIp = bound == "0.0.0.0" || bound == "::" ? "127.0.0.1" : bound;
    }
    const RemotingServer::Listener listener{
        {},
        [shared = core.get()](const ConnectionPtr& connection) {
            shared->longPolling.onConnectionClosed(connection->id());
            shared->pacedPulls.onConnectionClosed(connection->id());
            shared->producers.onConnectionClosed(*connection);
            shared->consumers.onConnectionClosed(*connection);
        },
    };
    RemotingServer::Options options;
    options.bindAddress = bound;
    options.port = config.port;
    server = std::make_unique<RemotingServer>(core->runtime, options, dispatcher, listener);
    GANTRY_CHECK(server->start());
    const auto isV6 = config.advertisedIp.find(':') != std::string::npos;
    core->address = fmt::format(fmt::runtime(isV6 ? "[{}]:{}" : "{}:{}"), config.advertisedIp, server->port());
    auto host = HostAddress::parse(core->address);
    if (!host) {
        return fail(Errc::InvalidArgument, "brokerIP1={}: expected an IP address", config.advertisedIp);
    }
    core->storeHost = *host;
    core->config.advertisedIp = config.advertisedIp;
    if (config.fastPortEnabled) {
        options.port = static_cast<std::uint16_t>(server->port() - kFastPortDistance);
        fastServer = std::make_unique<RemotingServer>(core->runtime, options, dispatcher, listener);
        GANTRY_CHECK(fastServer->start());
    }
    return {};
}

Result<> Broker::Impl::openStore()
{
    auto storeConfig = config.store;
    storeConfig.storeHost = core->storeHost;
    GANTRY_TRY(store, MessageStore::open(std::move(storeConfig), {core->files, core->clock}));
    core->store = std::move(store);
    return {};
}

Result<> Broker::Impl::loadTables()
{
    GANTRY_CHECK(core->topics.load());
    GANTRY_CHECK(core->groups.load());
    GANTRY_CHECK(core->offsets.load());
    DelayService::Options options{config.store.rootDirectory / "config" / "delayOffset.json", core->delayLevels, config.delayOffsetFlushInterval};
    core->delay = std::make_unique<DelayService>(core->files, core->clock, *core->store, core->metrics, std::move(options));
    return core->delay->load();
}

void Broker::Impl::makeDispatcher()
{
    dispatcher = std::make_shared<Dispatcher>();
    pull = std::make_shared<PullMessageProcessor>(*core);
    clients = std::make_shared<ClientManageProcessor>(*core);
    const auto add = [this](std::initializer_list<RequestCode> codes, const std::shared_ptr<Processor>& processor) {
        for (const auto code : codes) {
            dispatcher->add(code, [shared = core.get(), processor](const ConnectionPtr& connection, RemotingCommand request, Responder responder) {
                shared->metrics.requests.fetch_add(1, std::memory_order_relaxed);
                if (!shared->isServing.load(std::memory_order_acquire)) {
                    responder.reply(ResponseCode::ServiceNotAvailable, shared->isStopping ? "the broker is shutting down" : "the broker is starting");
                    return;
                }
                processor->handle(connection, std::move(request), std::move(responder));
            });
        }
    };
    using enum RequestCode;
    add({SendMessage, SendMessageV2, SendBatchMessage}, std::make_shared<SendMessageProcessor>(*core));
    add({PullMessage, LitePullMessage}, pull);
    add({QueryConsumerOffset, UpdateConsumerOffset, SearchOffsetByTimestamp, GetMaxOffset, GetMinOffset, GetEarliestMsgStoretime},
        std::make_shared<ConsumerOffsetProcessor>(*core));
    add({HeartBeat, UnregisterClient, CheckClientConfig, GetConsumerListByGroup}, clients);
    add({LockBatchMq, UnlockBatchMq}, std::make_shared<LockQueueProcessor>(*core));
    add({ConsumerSendMsgBack}, std::make_shared<SendBackProcessor>(*core));
    add({QueryMessage, ViewMessageById}, std::make_shared<QueryMessageProcessor>(*core));
    addAdminHandlers(*dispatcher, *core);
}

void Broker::Impl::connectParts()
{
    BrokerCore& parts = *core;
    NameServerLink::Options options;
    options.addresses = config.nameServers;
    options.clusterName = config.clusterName;
    options.brokerName = config.brokerName;
    options.brokerId = config.brokerId;
    options.period = config.registerPeriod;
    const auto announcedTopics = [&parts] {
        auto table = parts.topics.toTable();
        for (auto& [name, topic] : table.topics) {
            // A broker that may not be written to or read from takes its topics' permissions away.
            const int missing = perm::kReadWrite & ~parts.permission.load(std::memory_order_relaxed);
            topic.perm &= ~missing;
        }
        return table;
    };
    parts.nameServers = std::make_unique<NameServerLink>(parts.runtime, std::move(options), announcedTopics,
                                                         [&parts](UniqueFunction<void()> task) { return parts.runBlocking(std::move(task)); });
    parts.topics.setChangeListener([&parts](const auto&) { parts.nameServers->registerSoon(); });
    parts.consumers.setChangeListener([this](const std::string& group, const std::vector<ConnectionPtr>& members) {
        clients->notifyMembers(group, members);
    });
    parts.longPolling.setCallbacks([this](HeldPull held) { pull->wake(std::move(held)); },
                                   [&parts](std::string_view topic, std::int32_t queueId) { return parts.store->maxOffset(topic, queueId); });
    parts.pacedPulls.setCallbacks([&parts] { return parts.isBeingSentTo() ? parts.coldReadPace.delay(parts.clock.steady()) : PacedPulls::Duration::zero(); },
                                  [this](const std::shared_ptr<HeldPull>& far) { return pull->beginFar(far); });
    parts.store->setArrivalListener([&parts](const MessageStore::Arrival& arrival) {
        if (arrival.topic == kScheduleTopic) {
            parts.delay->onArrival();
        }
        parts.longPolling.onArrival(arrival.topic, arrival.queueId, arrival.queueOffset, arrival.tagsCode);
    });
}

void Broker::Impl::every(std::chrono::milliseconds period, std::function<void(BrokerCore&)> task)
{
    timers.push_back(core->runtime.runEvery(period, [gate = core->gate, shared = core.get(), work = std::move(task)] {
        if (const auto pass = gate->enter()) {
            work(*shared);
        }
    }));
}

void Broker::Impl::startTimers()
{
    every(kSweepPeriod, [](BrokerCore& parts) { parts.longPolling.sweep(); });
    every(kStatsPeriod, [](BrokerCore& parts) { parts.stats.tick(parts.store->metrics(), *parts.topics.table()); });
    every(kExpiryScanPeriod, [](BrokerCore& parts) {
        parts.consumers.removeExpired(parts.config.clientExpiry);
        parts.producers.removeExpired(parts.config.clientExpiry);
    });
    every(config.offsetFlushInterval, [this](BrokerCore& parts) {
        if (!parts.runBlocking([this] { saveTables(); })) {
            log::warning("broker", "{}: consumer offsets are saved later, too much work waits for the disk", config.brokerName);
        }
    });
}

void Broker::Impl::saveTables() const
{
    for (const auto& saved : {core->offsets.persist(), core->groups.persist()}) {
        if (!saved) {
            log::error("broker", "{}: cannot save consumer offsets or groups: {}", config.brokerName, saved.error().message);
        }
    }
}

void Broker::Impl::stop()
{
    {
        const std::unique_lock guard(lifeMutex);
        isRunning = false;
    }
    if (!core) {
        return;
    }
    BrokerCore& parts = *core;
    if (parts.isStopping.exchange(true)) {
        return;
    }
    if (parts.nameServers) {
        parts.nameServers->stop(); // first, so that no client is sent here any more
    }
    parts.isServing = false;
    parts.longPolling.stop();
    parts.pacedPulls.stop();
    if (parts.store) {
        if (auto synced = parts.store->sync(); !synced) { // completes what waits for the disk, so that it is answered
            log::error("broker", "{}: {}", config.brokerName, synced.error().message);
        }
    }
    timers.clear();
    parts.gate->close();
    for (auto* each : {&server, &fastServer}) {
        if (*each) {
            (*each)->stop();
        }
    }
    parts.gate->wait();
    if (parts.delay) {
        parts.delay->stop();
    }
    if (parts.store) {
        saveTables();
        if (auto closed = parts.store->close(); !closed) {
            log::error("broker", "{}: the store did not close cleanly: {}", config.brokerName, closed.error().message);
        }
    }
}

std::vector<ConnectionPtr> Broker::Impl::connections() const
{
    auto all = server->connections();
    if (fastServer) {
        auto more = fastServer->connections();
        all.insert(all.end(), more.begin(), more.end());
    }
    return all;
}

Broker::Broker(BrokerConfig config, Dependencies dependencies)
    : m_impl(std::make_unique<Impl>(std::move(config), dependencies))
{}

Broker::~Broker()
{
    stop();
}

Result<> Broker::start()
{
    if (m_impl->core) {
        return fail(Errc::InvalidArgument, "the broker {} was started before", m_impl->config.brokerName);
    }
    auto started = m_impl->start();
    if (!started) {
        m_impl->stop();
        return failWith(std::move(started.error()), fmt::format("cannot start broker {}", m_impl->config.brokerName));
    }
    log::info("broker", "{} serves on {}, store in {}", m_impl->config.brokerName, m_impl->core->address,
              m_impl->config.store.rootDirectory.string());
    return {};
}

void Broker::stop()
{
    m_impl->stop();
}

std::string Broker::address() const
{
    return m_impl->core ? m_impl->core->address : std::string{};
}

const BrokerConfig& Broker::config() const
{
    return m_impl->config;
}

BrokerView Broker::view() const
{
    const std::shared_lock guard(m_impl->lifeMutex);
    if (m_impl->isRunning) {
        return buildBrokerView(*m_impl->core, m_impl->connections());
    }
    BrokerView view;
    view.clusterName = m_impl->config.clusterName;
    view.brokerName = m_impl->config.brokerName;
    view.brokerId = m_impl->config.brokerId;
    view.storeConfig = m_impl->config.store;
    return view;
}

MessageStore& Broker::store() const
{
    return *m_impl->core->store;
}

} // namespace gantry
