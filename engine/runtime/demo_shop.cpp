// SPDX-License-Identifier: Apache-2.0
#include "runtime/demo_shop.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/thread.h"
#include "client/admin_client.h"
#include "client/producer.h"
#include "client/push_consumer.h"
#include "dedup/idempotent_consumer.h"
#include "runtime/demo_orders.h"

#include <sqlite3.h>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace gantry {

namespace {

constexpr const char* kShippingGroup = "shop-shipping";
constexpr const char* kAnalyticsGroup = "shop-analytics";
constexpr const char* kMailerGroup = "shop-mailer";
constexpr int kBillingAttemptsMax = 3;
constexpr int kQueuesPerBroker = 4;
/// Analytics work and rest in turns, so that lag can be seen to grow and shrink.
constexpr std::chrono::seconds kAnalyticsTurn{12};

bool chargeCustomer(const MessageExt& order, sqlite3& connection)
{
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(&connection, "INSERT INTO demo_charge (order_id, amount_cents, message_id) VALUES (?1, ?2, ?3)", -1, &statement, nullptr) !=
        SQLITE_OK) {
        return false;
    }
    const std::string key(order.keys());
    const std::string id = order.messageId();
    sqlite3_bind_text(statement, 1, key.data(), static_cast<int>(key.size()), nullptr);
    sqlite3_bind_int64(statement, 2, amountCentsOf(order));
    sqlite3_bind_text(statement, 3, id.data(), static_cast<int>(id.size()), nullptr);
    const bool done = sqlite3_step(statement) == SQLITE_DONE;
    sqlite3_finalize(statement);
    return done;
}

} // namespace

struct DemoShop::Impl
{
    Impl(const Environment& env, const DemoOptions& demoOptions)
        : environment(env)
        , options(demoOptions)
        , orders(static_cast<std::uint64_t>(SystemClock::instance().wallMs()))
    {}

    Result<> createTopicsAndGroups();
    Result<> startConsumers();
    Result<> startConsumer(std::unique_ptr<PushConsumer> consumer, const char* topic);
    PushConsumer::Options consumerOptions(const char* group) const;
    ConsumeResult bill(const std::vector<MessageExt>& messages, ConsumeContext& context);
    bool billOne(const MessageExt& order, sqlite3& connection);
    void placeOrders();
    void sendOrder(const Message& message, const std::string& customer);
    void reportProblem(const std::string& text);
    [[nodiscard]] std::unique_ptr<ClientInstance> makeInstance(const char* name) const;
    /// True when stop() was called meanwhile.
    bool pause(std::chrono::milliseconds time);

    const Environment environment;
    const DemoOptions options;
    std::unique_ptr<ClientInstance> producers;
    std::unique_ptr<ClientInstance> consumersOne; ///< two client ids, so that groups have two members
    std::unique_ptr<ClientInstance> consumersTwo;
    std::unique_ptr<IdempotentConsumer> billing;
    std::unique_ptr<Producer> producer;
    std::vector<std::unique_ptr<PushConsumer>> consumers;
    PushConsumer* analytics = nullptr;
    std::set<std::string> clientIds; ///< constant after start()

    DemoOrders orders; ///< of the order thread only
    std::atomic<std::int64_t> ordersSent{0};
    std::atomic<std::int64_t> ordersConsumed{0};
    std::atomic<std::int64_t> failuresOnPurpose{0};
    std::atomic<std::int64_t> duplicatesSent{0};

    mutable std::mutex mutex; ///< guards the rest
    std::condition_variable wake;
    bool stopping = false;
    std::string problem;
    std::jthread orderThread;
};

std::unique_ptr<ClientInstance> DemoShop::Impl::makeInstance(const char* name) const
{
    ClientConfig config;
    config.nameServers = environment.nameServers;
    config.instanceName = name;
    return std::make_unique<ClientInstance>(*environment.runtime, config);
}

bool DemoShop::Impl::pause(std::chrono::milliseconds time)
{
    std::unique_lock lock(mutex);
    return wake.wait_for(lock, time, [this] { return stopping; });
}

void DemoShop::Impl::reportProblem(const std::string& text)
{
    log::warning("demo", "{}", text);
    const std::lock_guard guard(mutex);
    problem = text;
}

Result<> DemoShop::Impl::createTopicsAndGroups()
{
    AdminClient admin(*producers);
    for (const auto& address : environment.brokerAddresses) {
        for (const char* name : {kDemoOrdersTopic, kDemoRemindersTopic}) {
            TopicConfig topic;
            topic.topicName = name;
            topic.readQueueNums = kQueuesPerBroker;
            topic.writeQueueNums = kQueuesPerBroker;
            topic.perm = 6;
            GANTRY_CHECK(admin.createTopic(address, topic));
        }
        SubscriptionGroupConfig group;
        group.groupName = kDemoBillingGroup;
        group.retryMaxTimes = kBillingAttemptsMax;
        GANTRY_CHECK(admin.createGroup(address, group));
    }
    return environment.dedup->execute(
        "CREATE TABLE IF NOT EXISTS demo_charge "
        "(order_id TEXT NOT NULL, amount_cents INTEGER NOT NULL, message_id TEXT NOT NULL)");
}

PushConsumer::Options DemoShop::Impl::consumerOptions(const char* group) const
{
    PushConsumer::Options consumer;
    consumer.group = group;
    consumer.threads = 2;
    consumer.fromWhere = ConsumeFromWhere::FirstOffset;
    return consumer;
}

Result<> DemoShop::Impl::startConsumer(std::unique_ptr<PushConsumer> consumer, const char* topic)
{
    GANTRY_CHECK(consumer->subscribe(topic));
    GANTRY_CHECK(consumer->start());
    consumers.push_back(std::move(consumer));
    return {};
}

Result<> DemoShop::Impl::startConsumers()
{
    billing = std::make_unique<IdempotentConsumer>(*environment.dedup, kDemoBillingGroup, options.dedupMode,
                                                   [this](const MessageExt& order, sqlite3& connection) { return billOne(order, connection); });
    for (auto* instance : {consumersOne.get(), consumersTwo.get()}) {
        auto billOptions = consumerOptions(kDemoBillingGroup);
        billOptions.maxReconsumeTimes = kBillingAttemptsMax;
        auto consumer = std::make_unique<PushConsumer>(*instance, billOptions);
        consumer->setListener(ConcurrentListener([this](const auto& messages, auto& context) { return bill(messages, context); }));
        GANTRY_CHECK(startConsumer(std::move(consumer), kDemoOrdersTopic));
    }
    auto shipping = std::make_unique<PushConsumer>(*consumersOne, consumerOptions(kShippingGroup));
    shipping->setListener(OrderlyListener([](const auto&, auto&) { return OrderlyResult::Success; }));
    GANTRY_CHECK(startConsumer(std::move(shipping), kDemoOrdersTopic));

    auto slow = std::make_unique<PushConsumer>(*consumersTwo, consumerOptions(kAnalyticsGroup));
    analytics = slow.get();
    slow->setListener(ConcurrentListener([](const auto&, auto&) { return ConsumeResult::Success; }));
    GANTRY_CHECK(startConsumer(std::move(slow), kDemoOrdersTopic));

    auto mailer = std::make_unique<PushConsumer>(*consumersTwo, consumerOptions(kMailerGroup));
    mailer->setListener(ConcurrentListener([](const auto&, auto&) { return ConsumeResult::Success; }));
    return startConsumer(std::move(mailer), kDemoRemindersTopic);
}

bool DemoShop::Impl::billOne(const MessageExt& order, sqlite3& connection)
{
    if (isPoisoned(order)) {
        failuresOnPurpose.fetch_add(1);
        return false;
    }
    // Only first attempts fail by chance, so that retries can be seen to succeed.
    if (order.reconsumeTimes == 0) {
        thread_local std::minstd_rand random(std::random_device{}());
        if (std::bernoulli_distribution(options.failureShare)(random)) {
            failuresOnPurpose.fetch_add(1);
            return false;
        }
    }
    return chargeCustomer(order, connection);
}

ConsumeResult DemoShop::Impl::bill(const std::vector<MessageExt>& messages, ConsumeContext& context)
{
    for (const auto& message : messages) {
        if (!billing->consume(message)) {
            // 1 s, 5 s, 10 s instead of Apache's 10 s, 30 s, 1 m, so that a class need not wait for its dead letters.
            context.delayLevelWhenNextConsume = std::min(message.reconsumeTimes + 1, kBillingAttemptsMax);
            return ConsumeResult::RetryLater;
        }
        ordersConsumed.fetch_add(1);
    }
    return ConsumeResult::Success;
}

void DemoShop::Impl::sendOrder(const Message& message, const std::string& customer)
{
    const auto hash = static_cast<std::uint32_t>(javaHashCode(customer));
    producer->sendAsync(
        message, [hash](const std::vector<MessageQueue>& queues) { return hash % queues.size(); },
        [this](const Result<SendResult>& result) {
            if (result) {
                ordersSent.fetch_add(1);
            } else {
                reportProblem(fmt::format("an order could not be sent: {}", result.error().message));
            }
        });
}

void DemoShop::Impl::placeOrders()
{
    nameThisThread("gantry-demo");
    const auto interval = std::chrono::milliseconds(static_cast<std::int64_t>(1000.0 / std::max(0.1, options.ordersPerSecond)));
    auto nextTurn = std::chrono::steady_clock::now() + kAnalyticsTurn;
    bool analyticsRest = false;
    for (std::int64_t count = 0; !pause(interval); ++count) {
        const auto order = orders.next(SystemClock::instance().wallMs());
        sendOrder(order.message, order.customer);
        if (orders.chance(options.duplicateShare)) {
            duplicatesSent.fetch_add(1);
            sendOrder(order.message, order.customer);
        }
        if (count % 5 == 0) {
            constexpr int kFiveSeconds = 2;
            producer->sendAsync(orders.reminderFor(order, kFiveSeconds + static_cast<int>(count % 3)), [](const Result<SendResult>&) {});
        }
        if (std::chrono::steady_clock::now() >= nextTurn) {
            nextTurn += kAnalyticsTurn;
            analyticsRest = !analyticsRest;
            analyticsRest ? analytics->suspend() : analytics->resume();
        }
    }
}

DemoShop::DemoShop(std::unique_ptr<Impl> impl)
    : m_impl(std::move(impl))
{}

Result<std::unique_ptr<DemoShop>> DemoShop::start(const Environment& environment, const DemoOptions& options)
{
    std::unique_ptr<DemoShop> shop(new DemoShop(std::make_unique<Impl>(environment, options)));
    Impl& impl = *shop->m_impl;
    impl.producers = impl.makeInstance("demo-shop");
    impl.consumersOne = impl.makeInstance("demo-clerk-1");
    impl.consumersTwo = impl.makeInstance("demo-clerk-2");
    impl.clientIds = {impl.producers->clientId(), impl.consumersOne->clientId(), impl.consumersTwo->clientId()};
    GANTRY_CHECK(impl.createTopicsAndGroups());
    Producer::Options producerOptions;
    producerOptions.group = "shop-checkout";
    impl.producer = std::make_unique<Producer>(*impl.producers, producerOptions);
    GANTRY_CHECK(impl.producer->start());
    GANTRY_CHECK(impl.startConsumers());
    impl.orderThread = std::jthread([&impl] { impl.placeOrders(); });
    return shop;
}

DemoShop::~DemoShop()
{
    stop();
}

void DemoShop::stop()
{
    {
        const std::lock_guard guard(m_impl->mutex);
        m_impl->stopping = true;
    }
    m_impl->wake.notify_all();
    m_impl->orderThread = {};
    m_impl->producer.reset();
    m_impl->analytics = nullptr;
    m_impl->consumers.clear();
    m_impl->consumersTwo.reset();
    m_impl->consumersOne.reset();
    m_impl->producers.reset();
}

void DemoShop::setDedupMode(DedupMode mode)
{
    m_impl->billing->setMode(mode);
}

DedupMode DemoShop::dedupMode() const
{
    return m_impl->billing->mode();
}

DemoInfo DemoShop::info() const
{
    DemoInfo info;
    info.ordersSent = m_impl->ordersSent.load();
    info.ordersConsumed = m_impl->ordersConsumed.load();
    info.failuresOnPurpose = m_impl->failuresOnPurpose.load();
    info.duplicatesSent = m_impl->duplicatesSent.load();
    const std::lock_guard guard(m_impl->mutex);
    info.isRunning = !m_impl->stopping;
    info.problem = m_impl->problem;
    return info;
}

std::set<std::string> DemoShop::clientIds() const
{
    return m_impl->clientIds;
}

} // namespace gantry
