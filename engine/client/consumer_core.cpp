// SPDX-License-Identifier: Apache-2.0
#include "client/consumer_core.h"

#include "base/log.h"
#include "client/broker_calls.h"
#include "message/topic_name.h"

#include <algorithm>
#include <cstdlib>

namespace gantry::client {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kUnbalancedDelay{500};
constexpr milliseconds kHeartbeatAnswerWait{1'000};
constexpr int kBatchMax = 1024;
constexpr milliseconds kReplaceOffsetWait{1'000};

std::filesystem::path offsetDirectory(const PushConsumer::Options& options)
{
    if (!options.broadcastOffsetDirectory.empty()) {
        return options.broadcastOffsetDirectory;
    }
    const char* home = std::getenv("HOME");
    return std::filesystem::path(home != nullptr ? home : ".") / ".rocketmq_offsets";
}

} // namespace

ConsumerCore::ConsumerCore(std::shared_ptr<ClientInstance::Impl> instance,
                           PushConsumer::Options options)
    : m_instance(std::move(instance))
    , m_options(std::move(options))
    , m_pool("gantry-consume", m_options.threads)
    , m_rebalance(*this)
    , m_pullLoop(*this)
    , m_sendBack(*this)
{}

ConsumerCore::~ConsumerCore() = default;

void ConsumerCore::setListener(ConcurrentListener listener)
{
    const std::lock_guard lock(m_mutex);
    m_concurrentListener = std::move(listener);
    m_orderlyListener = nullptr;
}

void ConsumerCore::setListener(OrderlyListener listener)
{
    const std::lock_guard lock(m_mutex);
    m_orderlyListener = std::move(listener);
    m_concurrentListener = nullptr;
}

Result<> ConsumerCore::subscribe(const std::string& topic, const std::string& expression,
                                 std::string_view type)
{
    GANTRY_CHECK(validateTopicName(topic));
    auto subscription = makeSubscription(topic, expression, type);
    {
        const std::lock_guard lock(m_mutex);
        const auto known = m_subscriptions.find(topic);
        subscription.subVersion = nowMs();
        if (known != m_subscriptions.end()) {
            subscription.subVersion =
                std::max(subscription.subVersion, known->second.subVersion + 1);
        }
        m_subscriptions[topic] = std::move(subscription);
    }
    announceSubscriptions();
    return {};
}

void ConsumerCore::unsubscribe(const std::string& topic)
{
    {
        const std::lock_guard lock(m_mutex);
        m_subscriptions.erase(topic);
    }
    announceSubscriptions();
}

void ConsumerCore::announceSubscriptions()
{
    if (!isRunning()) {
        return;
    }
    const std::size_t asked = m_instance->heartbeat([weak = weak_from_this()] {
        if (const auto self = weak.lock()) {
            self->requestRebalance();
        }
    });
    // Brokers tell who the members are only after they have heard of us.
    scheduleRebalance(asked > 0 && isClustering() ? kHeartbeatAnswerWait : milliseconds{0});
}

Result<> ConsumerCore::checkSetup() const
{
    GANTRY_CHECK(validateGroupName(m_options.group));
    if (m_instance->isStopped()) {
        return fail(Errc::Unavailable, "the client instance of consumer group {} is shut down",
                    m_options.group);
    }
    if (m_options.consumeBatchMax < 1 || m_options.consumeBatchMax > kBatchMax ||
        m_options.pullBatch < 1 || m_options.pullBatch > kBatchMax) {
        return fail(Errc::InvalidArgument, "group {}: batch sizes must be between 1 and {}",
                    m_options.group, kBatchMax);
    }
    const std::lock_guard lock(m_mutex);
    if (m_wasStarted) {
        return fail(Errc::InvalidArgument,
                    "the consumer of group {} was started before; make a new one", m_options.group);
    }
    if (!m_concurrentListener && !m_orderlyListener) {
        return fail(Errc::InvalidArgument, "the consumer of group {} has no listener",
                    m_options.group);
    }
    return {};
}

Result<> ConsumerCore::openOffsets()
{
    m_offsets = isClustering()
                    ? makeRemoteOffsetStore(m_instance, m_options.group)
                    : makeLocalOffsetStore(offsetDirectory(m_options),
                                           m_instance->lastingClientId(), m_options.group);
    return m_offsets->load();
}

Result<> ConsumerCore::checkSubscriptions()
{
    for (const auto& [topic, subscription] : subscriptions()) {
        // Also makes the brokers known that the first heartbeat goes to. A topic may come into
        // being later.
        const auto route = m_instance->routes().get(topic);
        if (subscription.expressionType == kExpressionTag || !route) {
            continue;
        }
        for (const auto& broker : (*route)->data.brokerDatas) {
            if (!broker.brokerAddrs.empty()) {
                GANTRY_CHECK(calls::checkSubscription(
                    m_instance->remoting(), broker.brokerAddrs.begin()->second,
                    m_instance->clientId(), m_options.group, subscription,
                    m_instance->config().requestTimeout));
            }
        }
    }
    return {};
}

Result<> ConsumerCore::start()
{
    GANTRY_CHECK(checkSetup());
    GANTRY_CHECK(openOffsets());
    GANTRY_CHECK(checkSubscriptions());
    {
        const std::lock_guard lock(m_mutex);
        m_orderly.store(m_orderlyListener != nullptr);
        if (isClustering()) {
            const std::string retryTopic = retryTopicOf(m_options.group);
            auto subscription = makeSubscription(retryTopic, kSubscribeAll);
            subscription.subVersion = nowMs();
            m_subscriptions[retryTopic] = std::move(subscription);
        }
        m_service = m_orderlyListener ? makeOrderlyService(*this, m_orderlyListener)
                                      : makeConcurrentService(*this, m_concurrentListener);
    }
    GANTRY_CHECK(m_instance->addConsumer(shared_from_this()));
    {
        const std::lock_guard lock(m_mutex);
        m_wasStarted = true;
        m_concurrentListener = nullptr;
        m_orderlyListener = nullptr;
    }
    m_startedMs.store(nowMs());
    m_running.store(true);
    m_service->start();
    announceSubscriptions();
    return {};
}

void ConsumerCore::stop()
{
    if (!m_running.exchange(false)) {
        return;
    }
    const auto queues = processQueues();
    for (const auto& [queue, processQueue] : queues) {
        processQueue->drop();
    }
    const bool isOwnThread = m_pool.isThisThread();
    m_pool.stop(TaskScheduler::Pending::Drop);
    for (const auto& [queue, processQueue] : queues) {
        if (!processQueue->isAbandoned()) {
            m_offsets->persist(queue);
        }
    }
    if (usesQueueLocks()) {
        std::vector<MessageQueue> locked;
        for (const auto& [queue, processQueue] : queues) {
            locked.push_back(queue);
        }
        m_rebalance.unlock(locked);
    }
    m_instance->removeConsumer(m_options.group);
    const std::lock_guard lock(m_mutex);
    m_queues.clear();
    if (!isOwnThread) {
        m_service->release();
    }
}

void ConsumerCore::requestRebalance()
{
    if (!isRunning() || m_rebalanceAsked.exchange(true)) {
        return;
    }
    m_instance->workers().post([weak = weak_from_this()] {
        if (const auto self = weak.lock()) {
            self->runRebalance();
        }
    });
}

void ConsumerCore::runRebalance()
{
    m_rebalanceAsked.store(false);
    if (!isRunning()) {
        return;
    }
    if (m_rebalance.run() == Rebalance::Outcome::Balanced) {
        m_unbalancedRounds.store(0);
        scheduleRebalance(m_options.rebalanceInterval);
    } else {
        const int round = std::min(m_unbalancedRounds.fetch_add(1), 10);
        scheduleRebalance(std::min(kUnbalancedDelay * (1 << round), m_options.rebalanceInterval));
    }
}

void ConsumerCore::scheduleRebalance(milliseconds delay)
{
    const std::uint64_t round = ++m_rebalanceRound;
    m_instance->workers().postAfter(delay, [weak = weak_from_this(), round] {
        if (const auto self = weak.lock(); self && self->m_rebalanceRound.load() == round) {
            self->requestRebalance();
        }
    });
}

void ConsumerCore::persistOffsets()
{
    if (!isRunning()) {
        return;
    }
    std::set<MessageQueue> queues;
    for (const auto& [queue, processQueue] : processQueues()) {
        queues.insert(queue);
    }
    m_offsets->persistAll(queues);
}

void ConsumerCore::replaceOffset(const MessageQueue& queue, const ProcessQueuePtr& processQueue,
                                 std::int64_t offset)
{
    processQueue->abandon();
    const std::unique_lock idle(processQueue->consumeMutex(), kReplaceOffsetWait);
    processQueue->clear();
    m_offsets->updateAndFreeze(queue, offset);
    if (const auto stored = m_offsets->persistNow(queue); !stored) {
        log::warning("client", "group {}: {}", m_options.group, stored.error().message);
    }
    m_offsets->remove(queue);
    removeProcessQueue(queue);
}

void ConsumerCore::resetOffsets(const std::string& topic,
                                const std::map<MessageQueue, std::int64_t>& offsets)
{
    m_instance->workers().post([weak = weak_from_this(), topic, offsets] {
        const auto self = weak.lock();
        if (!self || !self->isRunning()) {
            return;
        }
        for (const auto& [queue, processQueue] : self->processQueues()) {
            const auto found = offsets.find(queue);
            if (queue.topic == topic && found != offsets.end()) {
                log::info("client", "group {}: {} queue {} on {} is reset to {}", self->group(),
                          topic, queue.queueId, queue.brokerName, found->second);
                self->replaceOffset(queue, processQueue, found->second);
            }
        }
        self->requestRebalance();
    });
}

std::optional<SubscriptionData> ConsumerCore::subscription(const std::string& topic) const
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_subscriptions.find(topic);
    return found == m_subscriptions.end() ? std::nullopt : std::optional(found->second);
}

std::map<std::string, SubscriptionData> ConsumerCore::subscriptions() const
{
    const std::lock_guard lock(m_mutex);
    return m_subscriptions;
}

std::vector<std::string> ConsumerCore::topics() const
{
    std::vector<std::string> names;
    for (const auto& [topic, subscription] : subscriptions()) {
        names.push_back(topic);
    }
    return names;
}

std::map<MessageQueue, ProcessQueuePtr> ConsumerCore::processQueues() const
{
    const std::lock_guard lock(m_mutex);
    return m_queues;
}

ProcessQueuePtr ConsumerCore::processQueue(const MessageQueue& queue) const
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_queues.find(queue);
    return found == m_queues.end() ? nullptr : found->second;
}

bool ConsumerCore::addProcessQueue(const MessageQueue& queue, const ProcessQueuePtr& processQueue)
{
    const std::lock_guard lock(m_mutex);
    return m_running.load() && m_queues.emplace(queue, processQueue).second;
}

void ConsumerCore::removeProcessQueue(const MessageQueue& queue)
{
    const std::lock_guard lock(m_mutex);
    m_queues.erase(queue);
}

void ConsumerCore::restoreTopic(MessageExt& message) const
{
    const auto original = message.properties.find(property::kRetryTopic);
    if (original && !original->empty() && message.topic == retryTopicOf(m_options.group)) {
        message.topic = std::string(*original);
    }
}

} // namespace gantry::client
