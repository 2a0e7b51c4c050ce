// SPDX-License-Identifier: Apache-2.0
#include "client/pull_loop.h"

#include "base/log.h"
#include "client/consumer_core.h"
#include "message/topic_name.h"

namespace gantry::client {

namespace {

using std::chrono::milliseconds;

// Pauses of Apache's client.
constexpr milliseconds kFlowControlPause{50};
constexpr milliseconds kBrokerBusyPause{20};
constexpr milliseconds kSuspendedPause{1'000};
constexpr milliseconds kErrorPause{1'000};

} // namespace

void PullLoop::start(const MessageQueue& queue, const ProcessQueuePtr& processQueue,
                     std::int64_t offset, milliseconds delay)
{
    auto task = std::make_shared<Task>();
    task->queue = queue;
    task->processQueue = processQueue;
    task->offset = offset;
    processQueue->setNextPullOffset(offset);
    later(task, delay);
}

void PullLoop::later(const TaskPtr& task, milliseconds delay)
{
    m_core.instance().timers().postAfter(delay, [core = m_core.weak_from_this(), task] {
        if (const auto alive = core.lock()) {
            alive->pullLoop().step(task);
        }
    });
}

bool PullLoop::isFull(const ProcessQueue& processQueue) const
{
    const auto depth = processQueue.depth();
    const auto& options = m_core.options();
    return depth.count > options.cachedMessagesPerQueueMax ||
           depth.bytes > options.cachedBytesPerQueueMax ||
           (!m_core.isOrderly() && depth.span > options.concurrentSpanMax);
}

void PullLoop::step(const TaskPtr& task)
{
    ProcessQueue& processQueue = *task->processQueue;
    if (processQueue.isDropped() || !m_core.isRunning()) {
        return;
    }
    processQueue.notePull(m_core.nowMs());
    if (m_core.isPaused()) {
        later(task, kSuspendedPause);
    } else if (isFull(processQueue)) {
        later(task, kFlowControlPause);
    } else if (m_core.usesQueueLocks() && !processQueue.isLocked()) {
        later(task, kErrorPause);
    } else if (m_core.usesQueueLocks() && !task->isOffsetFixed) {
        fixOffset(task);
    } else {
        request(task);
    }
}

void PullLoop::fixOffset(const TaskPtr& task)
{
    // The queue's former owner may have committed after this member was assigned the queue.
    m_core.instance().workers().post([weak = m_core.weak_from_this(), task] {
        const auto core = weak.lock();
        if (!core) {
            return;
        }
        const auto offset = core->rebalance().startOffset(task->queue);
        if (!offset) {
            core->pullLoop().pullFailed(task, offset.error());
            return;
        }
        task->isOffsetFixed = true;
        task->offset = *offset;
        task->processQueue->setNextPullOffset(*offset);
        core->pullLoop().later(task, milliseconds{0});
    });
}

void PullLoop::request(const TaskPtr& task)
{
    const auto subscription = m_core.subscription(task->queue.topic);
    const auto address =
        m_core.instance().routes().readAddress(task->queue.brokerName, task->brokerId);
    if (!subscription || !address) {
        if (!address) {
            m_core.instance().refreshRouteSoon(task->queue.topic);
        }
        later(task, kErrorPause);
        return;
    }
    PullQuery query;
    query.group = m_core.group();
    query.queue = task->queue;
    query.offset = task->offset;
    query.messagesMax = m_core.options().pullBatch;
    query.suspendMs = m_core.options().brokerSuspend.count();
    query.subscription = &*subscription;
    if (m_core.isClustering() && !address->isSlave) {
        const auto committable = m_core.offsetStore().cached(task->queue);
        if (committable && *committable > 0) {
            query.commitOffset = committable;
        }
    }
    task->sentMs = m_core.nowMs();
    m_core.instance().remoting().invokeAsync(
        address->address, pullRequest(query), m_core.options().pullTimeout,
        [weak = m_core.weak_from_this(), task](Result<RemotingCommand> answer) {
            if (const auto core = weak.lock()) {
                core->pullLoop().answered(task, std::move(answer));
            }
        });
}

void PullLoop::answered(const TaskPtr& task, Result<RemotingCommand> answer)
{
    if (task->processQueue->isDropped() || !m_core.isRunning()) {
        return;
    }
    if (!answer) {
        pullFailed(task, answer.error());
        return;
    }
    // Decoding may have to decompress, which is no work for a loop.
    const auto shared = std::make_shared<const RemotingCommand>(std::move(*answer));
    const bool accepted =
        m_core.instance().runtime().tryRunBlocking([weak = m_core.weak_from_this(), task, shared] {
            if (const auto core = weak.lock()) {
                core->pullLoop().digest(task, *shared);
            }
        });
    if (!accepted) {
        digest(task, *shared);
    }
}

void PullLoop::digest(const TaskPtr& task, const RemotingCommand& command)
{
    const auto subscription = m_core.subscription(task->queue.topic);
    PullQuery query;
    query.queue = task->queue;
    query.subscription = subscription ? &*subscription : nullptr;
    auto answer = parsePullResponse(command, query);
    if (!answer) {
        pullFailed(task, answer.error());
        return;
    }
    PullResult& result = answer->result;
    task->brokerId = answer->suggestedBrokerId;
    if (result.status == PullStatus::OffsetIllegal) {
        moveOffset(task, result.nextBeginOffset);
        return;
    }
    task->offset = result.nextBeginOffset;
    task->processQueue->setNextPullOffset(result.nextBeginOffset);
    if (!result.messages.empty()) {
        m_core.stats().notePulled(task->queue.topic, result.messages.size(),
                                  m_core.nowMs() - task->sentMs, m_core.nowMs());
        m_core.consumeService().submit(task->queue, task->processQueue, std::move(result.messages));
    } else if (task->processQueue->depth().count == 0) {
        // Only unwanted messages up to here: the group need not see them again.
        m_core.offsetStore().update(task->queue, task->offset, true);
    }
    step(task);
}

void PullLoop::moveOffset(const TaskPtr& task, std::int64_t offset)
{
    log::warning("client",
                 "group {}: offset {} of {} queue {} on {} is out of range, going on at {}",
                 m_core.group(), task->offset, task->queue.topic, task->queue.queueId,
                 task->queue.brokerName, offset);
    task->processQueue->abandon();
    m_core.instance().workers().post([weak = m_core.weak_from_this(), task, offset] {
        const auto core = weak.lock();
        if (!core || core->processQueue(task->queue) != task->processQueue) {
            return; // rebalancing was faster
        }
        core->replaceOffset(task->queue, task->processQueue, offset);
        core->requestRebalance();
    });
}

void PullLoop::pullFailed(const TaskPtr& task, const Error& error)
{
    if (task->processQueue->isDropped() || !m_core.isRunning() || error.code == Errc::Cancelled) {
        return;
    }
    if (!isRetryTopic(task->queue.topic)) {
        log::warning("client", "group {}: {}", m_core.group(), error.message);
    }
    if (error.remoteCode == static_cast<int>(ResponseCode::SubscriptionNotExist) ||
        error.remoteCode == static_cast<int>(ResponseCode::SubscriptionNotLatest)) {
        m_core.instance().heartbeatSoon(); // a broker that restarted knows no subscriptions
    }
    const bool isBusy = error.remoteCode == static_cast<int>(ResponseCode::FlowControl);
    if (!isBusy && error.code != Errc::Timeout) {
        m_core.instance().refreshRouteSoon(task->queue.topic);
    }
    later(task, isBusy ? kBrokerBusyPause : kErrorPause);
}

} // namespace gantry::client
