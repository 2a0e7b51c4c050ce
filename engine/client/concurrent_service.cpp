// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"
#include "client/consume_service.h"
#include "client/consumer_core.h"

#include <algorithm>
#include <iterator>

namespace gantry::client {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLocalRetryDelay{5'000};
constexpr int kExpiredPerRound = 16;
constexpr int kExpiredDelayLevel = 3;

class ConcurrentService final : public ConsumeService
{
public:
    ConcurrentService(ConsumerCore& core, ConcurrentListener listener)
        : m_core(core)
        , m_listener(std::move(listener))
    {}

    void start() override
    {
        const milliseconds period = m_core.options().consumeTimeout;
        m_core.pool().postEvery(period, period, [weak = m_core.weak_from_this(), this] {
            if (const auto core = weak.lock(); core && core->isRunning()) {
                handBackExpired();
            }
        });
    }

    void submit(const MessageQueue& queue, const ProcessQueuePtr& processQueue,
                std::vector<MessageExt> messages) override
    {
        std::vector<ConsumeBatchPtr> batches;
        const auto sizeMax =
            static_cast<std::size_t>(std::max(m_core.options().consumeBatchMax, 1));
        for (std::size_t begin = 0; begin < messages.size(); begin += sizeMax) {
            auto batch = std::make_shared<ConsumeBatch>();
            const std::size_t end = std::min(begin + sizeMax, messages.size());
            for (std::size_t i = begin; i < end; ++i) {
                m_core.restoreTopic(messages[i]);
                batch->messages.push_back(std::move(messages[i]));
            }
            batches.push_back(std::move(batch));
        }
        processQueue->put(batches);
        for (const auto& batch : batches) {
            enqueue(queue, processQueue, batch, milliseconds{0});
        }
    }

    ConsumeMessageDirectlyResult consumeDirectly(MessageExt message) override
    {
        m_core.restoreTopic(message);
        ConsumeContext context{
            {message.topic, message.brokerName, message.queueId}, m_core.group(), 0, -1};
        ConsumeMessageDirectlyResult result;
        result.order = false;
        result.autoCommit = true;
        const std::int64_t begin = m_core.nowMs();
        try {
            result.consumeResult =
                m_listener({std::move(message)}, context) == ConsumeResult::Success
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
    void enqueue(const MessageQueue& queue, const ProcessQueuePtr& processQueue,
                 const ConsumeBatchPtr& batch, milliseconds delay)
    {
        // A listener may stop its own consumer, so the running task keeps the core and with it this
        // service.
        m_core.pool().postAfter(delay, [this, core = m_core.shared_from_this(), queue, processQueue,
                                        batch] { consume(queue, processQueue, batch); });
    }

    void consume(const MessageQueue& queue, const ProcessQueuePtr& processQueue,
                 const ConsumeBatchPtr& batch)
    {
        if (processQueue->isDropped()) {
            return;
        }
        ConsumeContext context{queue, m_core.group(), 0, -1};
        const std::int64_t begin = m_core.nowMs();
        batch->startedMs.store(begin);
        ConsumeResult result = ConsumeResult::RetryLater;
        try {
            result = m_listener(batch->messages, context);
        } catch (const std::exception& thrown) {
            log::warning("client", "group {}: the listener threw: {}", m_core.group(),
                         thrown.what());
        } catch (...) {
            log::warning("client", "group {}: the listener threw", m_core.group());
        }
        const std::int64_t end = m_core.nowMs();
        m_core.stats().noteConsumed(queue.topic, result == ConsumeResult::Success,
                                    batch->messages.size(), end - begin, end);
        if (processQueue->isDropped()) {
            return; // its new owner consumes the messages again
        }
        settle(queue, processQueue, batch, result, context.delayLevelWhenNextConsume);
    }

    void settle(const MessageQueue& queue, const ProcessQueuePtr& processQueue,
                const ConsumeBatchPtr& batch, ConsumeResult result, int delayLevel)
    {
        std::vector<MessageExt> kept;
        if (result != ConsumeResult::Success) {
            kept = giveBack(queue, *batch, delayLevel);
        }
        std::int64_t committable = -1;
        if (kept.empty()) {
            committable = processQueue->remove(batch->messages, m_core.nowMs());
        } else {
            auto again = std::make_shared<ConsumeBatch>();
            again->messages = std::move(kept);
            std::vector<MessageExt> done;
            std::copy_if(batch->messages.begin(), batch->messages.end(), std::back_inserter(done),
                         [&](const MessageExt& message) {
                             return std::none_of(again->messages.begin(), again->messages.end(),
                                                 [&](const MessageExt& other) {
                                                     return other.queueOffset ==
                                                            message.queueOffset;
                                                 });
                         });
            processQueue->put({again}); // replaces the batch of these offsets
            committable = processQueue->remove(done, m_core.nowMs());
            enqueue(queue, processQueue, again, kLocalRetryDelay);
        }
        if (committable >= 0 && !processQueue->isDropped()) {
            m_core.offsetStore().update(queue, committable, true);
        }
    }

    /// Gives what could not be handed back, to be tried again here.
    std::vector<MessageExt> giveBack(const MessageQueue& queue, const ConsumeBatch& batch,
                                     int delayLevel)
    {
        std::vector<MessageExt> kept;
        for (const auto& message : batch.messages) {
            if (!m_core.isClustering()) {
                log::warning("client",
                             "group {}: message {} of {} failed; broadcasting does not retry",
                             m_core.group(), message.messageId(), queue.topic);
                continue;
            }
            const auto handed = m_core.sendBack().handBack(message, delayLevel);
            if (!handed) {
                log::warning("client", "group {}: message {} stays here: {}", m_core.group(),
                             message.messageId(), handed.error().message);
                kept.push_back(message);
                ++kept.back().reconsumeTimes;
            }
        }
        return kept;
    }

    /// A listener that hangs must not hold the group's offset back for ever.
    void handBackExpired()
    {
        for (const auto& [queue, processQueue] : m_core.processQueues()) {
            for (int i = 0; i < kExpiredPerRound; ++i) {
                const auto batch = processQueue->expiredBatch(
                    m_core.nowMs(), m_core.options().consumeTimeout.count());
                if (!batch || processQueue->isDropped()) {
                    break;
                }
                bool handed = true;
                for (const auto& message : batch->messages) {
                    handed = handed &&
                             m_core.sendBack().handBack(message, kExpiredDelayLevel).has_value();
                }
                if (!handed) {
                    break;
                }
                log::warning("client",
                             "group {}: message {} was with the listener for too long, handed back",
                             m_core.group(), batch->messages.front().messageId());
                const std::int64_t committable =
                    processQueue->remove(batch->messages, m_core.nowMs());
                if (committable >= 0 && !processQueue->isDropped()) {
                    m_core.offsetStore().update(queue, committable, true);
                }
            }
        }
    }

    ConsumerCore& m_core;
    ConcurrentListener m_listener;
};

} // namespace

std::unique_ptr<ConsumeService> makeConcurrentService(ConsumerCore& core,
                                                      ConcurrentListener listener)
{
    return std::make_unique<ConcurrentService>(core, std::move(listener));
}

} // namespace gantry::client
