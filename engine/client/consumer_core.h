// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/client_instance_impl.h"
#include "client/consume_service.h"
#include "client/consumer_part.h"
#include "client/consumer_stats.h"
#include "client/offset_store.h"
#include "client/process_queue.h"
#include "client/pull_loop.h"
#include "client/push_consumer.h"
#include "client/rebalance.h"
#include "client/send_back.h"
#include "client/task_scheduler.h"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace gantry::client {

/// A running push consumer: the state its parts share, and what the client instance and the
/// application ask of it. Pending tasks and answers hold it, so parts use core() freely; after
/// stop() they do nothing any more. Thread-safe.
class ConsumerCore final : public ConsumerPart, public std::enable_shared_from_this<ConsumerCore>
{
public:
    ConsumerCore(std::shared_ptr<ClientInstance::Impl> instance, PushConsumer::Options options);
    ~ConsumerCore() override;

    // The application's side
    void setListener(ConcurrentListener listener);
    void setListener(OrderlyListener listener);
    [[nodiscard]] Result<> subscribe(const std::string& topic, const std::string& expression,
                                     std::string_view type);
    void unsubscribe(const std::string& topic);
    [[nodiscard]] Result<> start();
    void stop();
    void setPaused(bool paused) { m_paused.store(paused); }
    [[nodiscard]] std::vector<PushConsumer::QueueStatus> queueStatus() const;
    [[nodiscard]] PushConsumer::Counters counters() const;

    // The instance's side
    [[nodiscard]] const std::string& group() const override { return m_options.group; }
    [[nodiscard]] ConsumerData heartbeatData() const override;
    [[nodiscard]] std::vector<std::string> topics() const override;
    void requestRebalance() override;
    void persistOffsets() override;
    void resetOffsets(const std::string& topic,
                      const std::map<MessageQueue, std::int64_t>& offsets) override;
    [[nodiscard]] std::map<MessageQueue, std::int64_t>
    offsets(const std::string& topic) const override;
    [[nodiscard]] ConsumerRunningInfo runningInfo() const override;
    void consumeDirectly(MessageExt message, DirectDone done) override;

    // The parts' side
    [[nodiscard]] const PushConsumer::Options& options() const { return m_options; }
    [[nodiscard]] ClientInstance::Impl& instance() { return *m_instance; }
    [[nodiscard]] std::int64_t nowMs() const { return m_instance->clock().wallMs(); }
    [[nodiscard]] bool isRunning() const { return m_running.load(); }
    [[nodiscard]] bool isPaused() const { return m_paused.load(); }
    [[nodiscard]] bool isOrderly() const { return m_orderly.load(); }
    [[nodiscard]] bool isClustering() const { return m_options.model == MessageModel::Clustering; }
    [[nodiscard]] bool usesQueueLocks() const { return isOrderly() && isClustering(); }
    [[nodiscard]] std::optional<SubscriptionData> subscription(const std::string& topic) const;
    [[nodiscard]] std::map<std::string, SubscriptionData> subscriptions() const;
    [[nodiscard]] OffsetStore& offsetStore() { return *m_offsets; }
    [[nodiscard]] ConsumerStats& stats() { return m_stats; }
    [[nodiscard]] TaskScheduler& pool() { return m_pool; }
    [[nodiscard]] ConsumeService& consumeService() { return *m_service; }
    [[nodiscard]] PullLoop& pullLoop() { return m_pullLoop; }
    [[nodiscard]] Rebalance& rebalance() { return m_rebalance; }
    [[nodiscard]] SendBack& sendBack() { return m_sendBack; }

    [[nodiscard]] std::map<MessageQueue, ProcessQueuePtr> processQueues() const;
    [[nodiscard]] ProcessQueuePtr processQueue(const MessageQueue& queue) const;
    /// False when there is one already.
    [[nodiscard]] bool addProcessQueue(const MessageQueue& queue,
                                       const ProcessQueuePtr& processQueue);
    void removeProcessQueue(const MessageQueue& queue);
    /// Ends consumption of the queue and stores an offset that did not come from consuming. Waits.
    void replaceOffset(const MessageQueue& queue, const ProcessQueuePtr& processQueue,
                       std::int64_t offset);
    /// A retried message gets its own topic back before a listener sees it.
    void restoreTopic(MessageExt& message) const;

private:
    [[nodiscard]] Result<> checkSetup() const;
    [[nodiscard]] Result<> checkSubscriptions();
    [[nodiscard]] Result<> openOffsets();
    void scheduleRebalance(std::chrono::milliseconds delay);
    void runRebalance();
    void announceSubscriptions();

    const std::shared_ptr<ClientInstance::Impl> m_instance;
    const PushConsumer::Options m_options;
    TaskScheduler m_pool;
    ConsumerStats m_stats;
    std::unique_ptr<OffsetStore> m_offsets;
    std::unique_ptr<ConsumeService> m_service;
    Rebalance m_rebalance;
    PullLoop m_pullLoop;
    SendBack m_sendBack;

    std::atomic<bool> m_running{false};
    std::atomic<bool> m_paused{false};
    std::atomic<bool> m_orderly{false};
    std::atomic<bool> m_rebalanceAsked{false};
    std::atomic<std::uint64_t> m_rebalanceRound{0}; ///< makes older scheduled rounds void
    std::atomic<int> m_unbalancedRounds{0};
    std::atomic<std::int64_t> m_startedMs{0};

    mutable std::mutex m_mutex;
    ConcurrentListener m_concurrentListener;
    OrderlyListener m_orderlyListener;
    bool m_wasStarted = false;
    std::map<std::string, SubscriptionData> m_subscriptions;
    std::map<MessageQueue, ProcessQueuePtr> m_queues;
};

} // namespace gantry::client
