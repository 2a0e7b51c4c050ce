// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"
#include "client/consume_service.h"
#include "client/consumer_core.h"

#include <algorithm>

namespace gantry::client {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstLockRenewal{1'000};
constexpr milliseconds kLockRenewal{20'000};
constexpr milliseconds kLockTryDelay{10};
constexpr milliseconds kAfterLock{10};
constexpr milliseconds kAfterLockFailure{3'000};
/// One queue may keep a thread so long; then others get their turn.
constexpr std::int64_t kContinuousMs = 60'000;
constexpr milliseconds kTurnPause{10};
constexpr std::int64_t kSuspendMsMin = 10;
constexpr std::int64_t kSuspendMsMax = 30'000;

class OrderlyService final : public ConsumeService
{
public:
    OrderlyService(ConsumerCore& core, OrderlyListener listener)
        : m_core(core)
        , m_listener(std::move(listener))
    {}

    void start() override
    {
        if (!m_core.isClustering()) {
            return;
        }
        m_core.instance().workers().postAfter(kFirstLockRenewal,
                                              [weak = m_core.weak_from_this()] { renew(weak); });
    }

    void submit(const MessageQueue& queue, const ProcessQueuePtr& processQueue,
                std::vector<MessageExt> messages) override
    {
        for (auto& message : messages) {
            m_core.restoreTopic(message);
        }
        if (processQueue->putOrdered(std::move(messages))) {
            enqueue(queue, processQueue, milliseconds{0});
        }
    }

    ConsumeMessageDirectlyResult consumeDirectly(MessageExt message) override
    {
        m_core.restoreTopic(message);
        ConsumeContext context{
            {message.topic, message.brokerName, message.queueId}, m_core.group(), 0, -1};
        ConsumeMessageDirectlyResult result;
        result.order = true;
        result.autoCommit = true;
        const std::int64_t begin = m_core.nowMs();
        try {
            result.consumeResult =
                m_listener({std::move(message)}, context) == OrderlyResult::Success
                    ? ConsumeResultCode::Success
                    : ConsumeResultCode::Later;
        } catch (const std::exception& thrown) {
            result.consumeResult = ConsumeResultCode::ThrowException;
            result.remark = thrown.what();
        }
        result.spentTimeMillis = m_core.nowMs() - begin;
        return result;
    }

    void release() override { m_listener = nullptr; }

private:
    static void renew(const std::weak_ptr<ConsumerCore>& weak)
    {
        const auto core = weak.lock();
        if (!core || !core->isRunning()) {
            return;
        }
        core->rebalance().lockAll();
        core->instance().workers().postAfter(kLockRenewal, [weak] { renew(weak); });
    }

    void enqueue(const MessageQueue& queue, const ProcessQueuePtr& processQueue, milliseconds delay)
    {
        // A listener may stop its own consumer, so the running task keeps the core and with it this
        // service.
        m_core.pool().postAfter(delay, [this, core = m_core.shared_from_this(), queue,
                                        processQueue] { consume(queue, processQueue); });
    }

    [[nodiscard]] bool holdsQueue(const ProcessQueue& processQueue) const
    {
        return !m_core.isClustering() ||
               (processQueue.isLocked() && !processQueue.isLockExpired(m_core.nowMs()));
    }

    /// At most one such task per queue exists, so messages cannot overtake each other.
    void consume(const MessageQueue& queue, const ProcessQueuePtr& processQueue)
    {
        const std::int64_t begin = m_core.nowMs();
        const std::unique_lock consuming(processQueue->consumeMutex());
        while (!processQueue->isDropped() && m_core.isRunning()) {
            if (!holdsQueue(*processQueue)) {
                lockAndGoOn(queue, processQueue);
                return;
            }
            if (m_core.nowMs() - begin > kContinuousMs) {
                enqueue(queue, processQueue, kTurnPause);
                return;
            }
            auto messages = processQueue->take(
                static_cast<std::size_t>(std::max(m_core.options().consumeBatchMax, 1)),
                m_core.nowMs());
            if (messages.empty() || !consumeOnce(queue, processQueue, std::move(messages))) {
                return;
            }
        }
    }

    /// False when the queue pauses (its task is scheduled then).
    bool consumeOnce(const MessageQueue& queue, const ProcessQueuePtr& processQueue,
                     std::vector<MessageExt> messages)
    {
        ConsumeContext context{queue, m_core.group(), 0, -1};
        const std::int64_t begin = m_core.nowMs();
        OrderlyResult result = OrderlyResult::Suspend;
        try {
            result = m_listener(messages, context);
        } catch (const std::exception& thrown) {
            log::warning("client", "group {}: the listener threw: {}", m_core.group(),
                         thrown.what());
        } catch (...) {
            log::warning("client", "group {}: the listener threw", m_core.group());
        }
        const std::int64_t end = m_core.nowMs();
        m_core.stats().noteConsumed(queue.topic, result == OrderlyResult::Success, messages.size(),
                                    end - begin, end);
        if (result == OrderlyResult::Suspend && mustTryAgain(messages)) {
            processQueue->putBack(std::move(messages));
            const std::int64_t pause = context.suspendMs >= 0
                                           ? context.suspendMs
                                           : m_core.options().suspendCurrentQueue.count();
            enqueue(queue, processQueue,
                    milliseconds{std::clamp(pause, kSuspendMsMin, kSuspendMsMax)});
            return false;
        }
        const std::int64_t committable = processQueue->commitTaken();
        if (committable >= 0 && !processQueue->isAbandoned()) {
            // Also when the queue was dropped meanwhile: its lock is ours until the consume mutex
            // is free.
            m_core.offsetStore().update(queue, committable, false);
        }
        return true;
    }

    /// Messages that failed too often go to the dead letters by way of the retry topic; false when
    /// all did.
    bool mustTryAgain(std::vector<MessageExt>& messages)
    {
        bool again = false;
        for (auto& message : messages) {
            const bool isDead = message.reconsumeTimes >= m_core.sendBack().maxReconsumeTimes();
            if (isDead) {
                const auto sent = m_core.sendBack().sendToRetryTopic(message);
                if (sent) {
                    continue;
                }
                log::warning("client", "group {}: message {} stays here: {}", m_core.group(),
                             message.messageId(), sent.error().message);
            }
            ++message.reconsumeTimes;
            again = true;
        }
        return again;
    }

    void lockAndGoOn(const MessageQueue& queue, const ProcessQueuePtr& processQueue)
    {
        // The lock call waits, and the consumer's threads are for listeners.
        m_core.instance().workers().postAfter(
            kLockTryDelay, [weak = m_core.weak_from_this(), this, queue, processQueue] {
                const auto core = weak.lock();
                if (!core || !core->isRunning() || processQueue->isDropped()) {
                    return;
                }
                enqueue(queue, processQueue,
                        core->rebalance().lock(queue) ? kAfterLock : kAfterLockFailure);
            });
    }

    ConsumerCore& m_core;
    OrderlyListener m_listener;
};

} // namespace

std::unique_ptr<ConsumeService> makeOrderlyService(ConsumerCore& core, OrderlyListener listener)
{
    return std::make_unique<OrderlyService>(core, std::move(listener));
}

} // namespace gantry::client
