// SPDX-License-Identifier: Apache-2.0
#include "runtime/local_cluster.h"

#include "base/log.h"
#include "base/posix_file_system.h"
#include "base/thread.h"
#include "client/admin_client.h"
#include "client/producer.h"
#include "message/topic_name.h"
#include "runtime/cluster_nodes.h"
#include "runtime/demo_shop.h"
#include "runtime/resend.h"
#include "runtime/retry_search.h"
#include "runtime/snapshot_builder.h"
#include "runtime/snapshot_slot.h"
#include "runtime/task_threads.h"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace gantry {

namespace {

constexpr std::size_t kVerbThreads = 2;
constexpr std::size_t kVerbsWaitingMax = 256;

class LocalCluster final : public ClusterSession
{
public:
    explicit LocalCluster(LocalClusterConfig config)
        : m_config(std::move(config))
        , m_runtime({})
        , m_nodes(m_config, m_files, m_clock, m_runtime)
        , m_verbs("gantry-verb", kVerbThreads, kVerbsWaitingMax)
    {}
    ~LocalCluster() override { shutdown(); }

    [[nodiscard]] Result<> start();

    [[nodiscard]] SnapshotPtr latest() const override { return m_slot.latest(); }
    void setSnapshotListener(std::function<void()> listener) override { m_slot.setListener(std::move(listener)); }

    void createTopic(TopicSpec spec, Completion<void> done) override;
    void deleteTopic(std::string topic, Completion<void> done) override;
    void sendMessage(SendSpec spec, Completion<SentMessage> done) override;
    void browseQueue(MessageQueue queue, std::int64_t fromOffset, int countMax, CancelToken cancel, Completion<MessagePage> done) override;
    void browseTime(std::string topic, std::int64_t beginMs, std::int64_t endMs, int countMax, CancelToken cancel, Completion<MessagePage> done) override;
    void queryByKey(std::string topic, std::string key, int countMax, Completion<MessagePage> done) override;
    void queryById(std::string topic, std::string id, Completion<MessagePage> done) override;
    void retriesOf(std::string group, int countMax, CancelToken cancel, Completion<RetryPage> done) override;
    void resend(std::vector<MessageExt> deadLetters, Completion<int> done) override;
    void resetOffsets(std::string group, std::string topic, std::int64_t timestampMs, Completion<void> done) override;
    void dedupEntries(std::string group, std::string text, std::int64_t offset, int countMax, Completion<DedupPage> done) override;
    void setDedupMode(DedupMode mode, Completion<void> done) override;
    void pruneDedup(std::int64_t firstSeenBeforeMs, Completion<std::int64_t> done) override;
    [[nodiscard]] bool canRunDemo() const override { return true; }
    void startDemo(DemoOptions options, Completion<void> done) override;
    void stopDemo(Completion<void> done) override;
    void shutdown() override;

private:
    /// Runs the work on a verb thread and hands its result to `done`, also when there is no room for it.
    template <typename T, typename Work>
    void perform(Completion<T> done, Work work)
    {
        auto shared = std::make_shared<Completion<T>>(std::move(done));
        if (!m_verbs.run([shared, work = std::move(work)]() mutable { (*shared)(work()); })) {
            m_runtime.nextLoop().post([shared] { (*shared)(fail(Errc::Busy, "too many operations wait already; try again in a moment")); });
        }
    }

    void sampleUntilStopped();
    [[nodiscard]] ClusterObservation observe();
    [[nodiscard]] Result<> startDemoNow(const DemoOptions& options);
    [[nodiscard]] Result<> createTopicNow(const TopicSpec& spec);
    [[nodiscard]] Result<SentMessage> sendNow(SendSpec spec);

    const LocalClusterConfig m_config;
    PosixFileSystem m_files;
    SystemClock m_clock;
    IoRuntime m_runtime;
    ClusterNodes m_nodes;
    std::unique_ptr<DedupLog> m_dedup;
    std::unique_ptr<ClientInstance> m_instance; ///< the window's own client
    std::unique_ptr<AdminClient> m_admin;
    std::unique_ptr<Producer> m_producer;
    SnapshotSlot m_slot;
    TaskThreads m_verbs;

    std::mutex m_demoStartMutex; ///< one start or stop of the demo at a time
    mutable std::mutex m_demoMutex; ///< guards the next three
    std::shared_ptr<DemoShop> m_demo;
    DemoInfo m_lastDemo; ///< of the demo that ended last
    DedupMode m_dedupMode = DedupMode::OneTransaction;

    std::mutex m_samplerMutex; ///< guards m_stopping
    std::condition_variable m_samplerWake;
    bool m_stopping = false;
    std::jthread m_sampler;
    std::once_flag m_shutdownOnce;
};

Result<> LocalCluster::start()
{
    GANTRY_CHECK(m_files.createDirectories(m_config.dataDirectory));
    GANTRY_CHECK(m_nodes.start());
    GANTRY_TRY(dedup, DedupLog::open(m_config.dataDirectory / "dedup.sqlite", m_clock));
    m_dedup = std::move(dedup);
    ClientConfig client;
    client.nameServers = m_nodes.nameServerAddresses();
    client.instanceName = "workbench";
    m_instance = std::make_unique<ClientInstance>(m_runtime, client);
    m_admin = std::make_unique<AdminClient>(*m_instance);
    Producer::Options producer;
    producer.group = "GANTRY_WORKBENCH";
    m_producer = std::make_unique<Producer>(*m_instance, producer);
    GANTRY_CHECK(m_producer->start());
    m_sampler = std::jthread([this] { sampleUntilStopped(); });
    return {};
}

void LocalCluster::shutdown()
{
    std::call_once(m_shutdownOnce, [this] {
        m_slot.setListener({});
        {
            const std::lock_guard guard(m_samplerMutex);
            m_stopping = true;
        }
        m_samplerWake.notify_all();
        m_sampler = {};
        m_verbs.stop();
        {
            const std::lock_guard guard(m_demoMutex);
            std::exchange(m_demo, nullptr).reset();
        }
        m_producer.reset();
        m_admin.reset();
        m_instance.reset();
        m_nodes.stop();
        m_runtime.stop();
    });
}

void LocalCluster::sampleUntilStopped()
{
    nameThisThread("gantry-sampler");
    SnapshotBuilder builder;
    std::unique_lock lock(m_samplerMutex);
    while (!m_stopping) {
        lock.unlock();
        m_slot.publish(builder.build(observe()));
        lock.lock();
        m_samplerWake.wait_for(lock, m_config.snapshotInterval, [this] { return m_stopping; });
    }
}

ClusterObservation LocalCluster::observe()
{
    ClusterObservation observation;
    observation.nowMs = m_clock.wallMs();
    observation.title = "Embedded cluster";
    m_nodes.observe(observation);
    observation.ownClientIds.insert(m_instance->clientId());
    std::shared_ptr<DemoShop> demo;
    std::string mode;
    {
        const std::lock_guard guard(m_demoMutex);
        demo = m_demo;
        mode = std::string(toString(m_dedupMode));
        observation.demo = m_lastDemo;
    }
    if (demo) {
        observation.demo = demo->info();
        observation.ownClientIds.merge(demo->clientIds());
    }
    if (const auto counters = m_dedup->counters()) {
        for (const auto& entry : *counters) {
            observation.dedup.push_back({entry.group, mode, entry.deliveries, entry.effects, entry.refused});
        }
    }
    return observation;
}

Result<> LocalCluster::createTopicNow(const TopicSpec& spec)
{
    GANTRY_CHECK(validateTopicName(spec.name));
    if (spec.readQueues < 1 || spec.writeQueues < 1 || spec.readQueues > 1024 || spec.writeQueues > 1024) {
        return fail(Errc::InvalidArgument, "a topic has 1 to 1,024 queues per broker, not {} / {}", spec.readQueues, spec.writeQueues);
    }
    TopicConfig topic;
    topic.topicName = spec.name;
    topic.readQueueNums = spec.readQueues;
    topic.writeQueueNums = spec.writeQueues;
    topic.perm = spec.permission;
    topic.order = spec.isOrdered;
    const auto addresses = m_nodes.brokerAddresses();
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        const bool isWanted = spec.brokerNames.empty() ||
                              std::find(spec.brokerNames.begin(), spec.brokerNames.end(), m_nodes.stores()[i].brokerName) != spec.brokerNames.end();
        if (isWanted) {
            GANTRY_CHECK(m_admin->createTopic(addresses[i], topic));
        }
    }
    return {};
}

void LocalCluster::createTopic(TopicSpec spec, Completion<void> done)
{
    perform(std::move(done), [this, spec = std::move(spec)] { return createTopicNow(spec); });
}

void LocalCluster::deleteTopic(std::string topic, Completion<void> done)
{
    perform(std::move(done), [this, topic = std::move(topic)] { return m_admin->deleteTopic(topic); });
}

Result<SentMessage> LocalCluster::sendNow(SendSpec spec)
{
    auto sent = Result<SendResult>{};
    if (spec.queueId >= 0 && !spec.brokerName.empty()) {
        const MessageQueue queue{spec.message.topic, spec.brokerName, spec.queueId};
        sent = m_producer->send(std::move(spec.message), queue);
    } else {
        sent = m_producer->send(std::move(spec.message));
    }
    if (!sent) {
        return tl::unexpected<Error>(std::move(sent.error()));
    }
    return SentMessage{sent->messageId, sent->offsetMessageId, sent->queue, sent->queueOffset, std::string(toString(sent->status))};
}

void LocalCluster::sendMessage(SendSpec spec, Completion<SentMessage> done)
{
    perform(std::move(done), [this, spec = std::move(spec)]() mutable { return sendNow(std::move(spec)); });
}

void LocalCluster::browseQueue(MessageQueue queue, std::int64_t fromOffset, int countMax, CancelToken cancel, Completion<MessagePage> done)
{
    perform(std::move(done), [this, queue = std::move(queue), fromOffset, countMax, cancel] {
        return gantry::browseQueue(m_nodes.stores(), queue, fromOffset, countMax, cancel);
    });
}

void LocalCluster::browseTime(std::string topic, std::int64_t beginMs, std::int64_t endMs, int countMax, CancelToken cancel, Completion<MessagePage> done)
{
    perform(std::move(done), [this, topic = std::move(topic), beginMs, endMs, countMax, cancel] {
        return gantry::browseTime(m_nodes.stores(), topic, beginMs, endMs, countMax, cancel);
    });
}

void LocalCluster::queryByKey(std::string topic, std::string key, int countMax, Completion<MessagePage> done)
{
    perform(std::move(done), [this, topic = std::move(topic), key = std::move(key), countMax] { return searchKey(m_nodes.stores(), topic, key, countMax); });
}

void LocalCluster::queryById(std::string topic, std::string id, Completion<MessagePage> done)
{
    perform(std::move(done), [this, topic = std::move(topic), id = std::move(id)] { return searchId(m_nodes.stores(), topic, id); });
}

void LocalCluster::retriesOf(std::string group, int countMax, CancelToken cancel, Completion<RetryPage> done)
{
    perform(std::move(done), [this, group = std::move(group), countMax, cancel]() -> Result<RetryPage> {
        RetrySearch search;
        search.group = group;
        search.nowMs = m_clock.wallMs();
        search.countMax = countMax;
        std::map<std::pair<std::string, std::int32_t>, std::int64_t> offsets;
        if (const auto snapshot = m_slot.latest()) {
            for (const auto& info : snapshot->groups) {
                if (info.name != group) {
                    continue;
                }
                search.attemptsMax = info.retryMax;
                for (const auto& queue : info.queues) {
                    if (isRetryTopic(queue.queue.topic) && queue.consumerOffset) {
                        offsets[{queue.queue.brokerName, queue.queue.queueId}] = *queue.consumerOffset;
                    }
                }
            }
        }
        search.consumerOffset = [&offsets](const std::string& brokerName, std::int32_t queueId) {
            const auto found = offsets.find({brokerName, queueId});
            return found == offsets.end() ? std::int64_t{-1} : found->second;
        };
        return findRetries(m_nodes.stores(), search, cancel);
    });
}

void LocalCluster::resend(std::vector<MessageExt> deadLetters, Completion<int> done)
{
    perform(std::move(done), [this, deadLetters = std::move(deadLetters)]() -> Result<int> {
        int sent = 0;
        for (const auto& deadLetter : deadLetters) {
            auto result = m_producer->send(originalOf(deadLetter));
            if (!result) {
                return failWith(std::move(result.error()), fmt::format("{} of {} were sent again; then {}", sent, deadLetters.size(), deadLetter.messageId()));
            }
            ++sent;
        }
        return sent;
    });
}

void LocalCluster::resetOffsets(std::string group, std::string topic, std::int64_t timestampMs, Completion<void> done)
{
    perform(std::move(done), [this, group = std::move(group), topic = std::move(topic), timestampMs]() -> Result<> {
        GANTRY_CHECK(m_admin->resetOffsetByTime(topic, group, timestampMs));
        return {};
    });
}

void LocalCluster::dedupEntries(std::string group, std::string text, std::int64_t offset, int countMax, Completion<DedupPage> done)
{
    perform(std::move(done), [this, group = std::move(group), text = std::move(text), offset, countMax]() -> Result<DedupPage> {
        GANTRY_TRY(page, m_dedup->entries(group, text, offset, countMax));
        return DedupPage{std::move(page.entries), page.totalCount};
    });
}

void LocalCluster::setDedupMode(DedupMode mode, Completion<void> done)
{
    perform(std::move(done), [this, mode]() -> Result<> {
        const std::lock_guard guard(m_demoMutex);
        m_dedupMode = mode;
        if (m_demo) {
            m_demo->setDedupMode(mode);
        }
        return {};
    });
}

void LocalCluster::pruneDedup(std::int64_t firstSeenBeforeMs, Completion<std::int64_t> done)
{
    perform(std::move(done), [this, firstSeenBeforeMs] { return m_dedup->prune(firstSeenBeforeMs); });
}

Result<> LocalCluster::startDemoNow(const DemoOptions& options)
{
    const std::lock_guard starting(m_demoStartMutex);
    {
        const std::lock_guard guard(m_demoMutex);
        if (m_demo) {
            return {};
        }
        m_dedupMode = options.dedupMode;
    }
    DemoShop::Environment environment;
    environment.nameServers = m_nodes.nameServerAddresses();
    environment.brokerAddresses = m_nodes.brokerAddresses();
    environment.dedup = m_dedup.get();
    environment.runtime = &m_runtime;
    auto demo = DemoShop::start(environment, options);
    const std::lock_guard guard(m_demoMutex);
    if (!demo) {
        m_lastDemo.problem = demo.error().message;
        return failWith(std::move(demo.error()), "the demo shop cannot start");
    }
    m_demo = std::move(*demo);
    return {};
}

void LocalCluster::startDemo(DemoOptions options, Completion<void> done)
{
    perform(std::move(done), [this, options] { return startDemoNow(options); });
}

void LocalCluster::stopDemo(Completion<void> done)
{
    perform(std::move(done), [this]() -> Result<> {
        const std::lock_guard stopping(m_demoStartMutex);
        std::shared_ptr<DemoShop> demo;
        {
            const std::lock_guard guard(m_demoMutex);
            demo = std::exchange(m_demo, nullptr);
            if (demo) {
                m_lastDemo = demo->info();
                m_lastDemo.isRunning = false;
                m_lastDemo.problem.clear();
            }
        }
        if (demo) {
            demo->stop();
        }
        return {};
    });
}

} // namespace

Result<std::unique_ptr<ClusterSession>> startLocalCluster(LocalClusterConfig config)
{
    auto cluster = std::make_unique<LocalCluster>(std::move(config));
    GANTRY_CHECK(cluster->start());
    return cluster;
}

} // namespace gantry
