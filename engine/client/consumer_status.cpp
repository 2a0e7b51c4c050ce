// SPDX-License-Identifier: Apache-2.0
#include "client/consumer_core.h"
#include "protocol/command.h"

/// What a consumer tells about itself: to brokers, to administrators, to the application.
namespace gantry::client {

ConsumerData ConsumerCore::heartbeatData() const
{
    ConsumerData data;
    data.groupName = m_options.group;
    data.consumeType = ConsumeType::Passively;
    data.messageModel = m_options.model;
    data.consumeFromWhere = m_options.fromWhere;
    for (const auto& [topic, subscription] : subscriptions()) {
        data.subscriptions.push_back(subscription);
    }
    return data;
}

std::map<MessageQueue, std::int64_t> ConsumerCore::offsets(const std::string& topic) const
{
    return isRunning() ? m_offsets->snapshot(topic) : std::map<MessageQueue, std::int64_t>{};
}

std::vector<PushConsumer::QueueStatus> ConsumerCore::queueStatus() const
{
    std::vector<PushConsumer::QueueStatus> all;
    for (const auto& [queue, processQueue] : processQueues()) {
        PushConsumer::QueueStatus status;
        status.queue = queue;
        status.cachedMessages = processQueue->depth().count;
        status.nextPullOffset = processQueue->nextPullOffset();
        status.committableOffset = m_offsets->cached(queue).value_or(-1);
        status.isLocked = usesQueueLocks() && processQueue->isLocked();
        all.push_back(std::move(status));
    }
    return all;
}

PushConsumer::Counters ConsumerCore::counters() const
{
    const auto totals = m_stats.totals();
    return {totals.consumedOk, totals.consumedFailed, totals.consumeCalls, totals.consumeMs,
            totals.pulled};
}

ConsumerRunningInfo ConsumerCore::runningInfo() const
{
    ConsumerRunningInfo info;
    std::string nameServers;
    for (const auto& address : m_instance->config().nameServers) {
        nameServers += (nameServers.empty() ? "" : ";") + address;
    }
    auto& properties = info.properties;
    properties["PROP_NAMESERVER_ADDR"] = nameServers;
    properties["PROP_CONSUME_TYPE"] = std::string(toString(ConsumeType::Passively));
    properties["PROP_CONSUMEORDERLY"] = isOrderly() ? "true" : "false";
    properties["PROP_THREADPOOL_CORE_SIZE"] = std::to_string(m_options.threads);
    properties["PROP_CONSUMER_START_TIMESTAMP"] = std::to_string(m_startedMs.load());
    properties["PROP_CLIENT_VERSION"] = "V5_3_3"; // what kProtocolVersion stands for
    properties["consumerGroup"] = m_options.group;
    properties["messageModel"] = std::string(toString(m_options.model));
    properties["consumeFromWhere"] = std::string(toString(m_options.fromWhere));
    properties["consumeMessageBatchMaxSize"] = std::to_string(m_options.consumeBatchMax);
    properties["pullBatchSize"] = std::to_string(m_options.pullBatch);
    properties["maxReconsumeTimes"] = std::to_string(m_options.maxReconsumeTimes);
    properties["pullThresholdForQueue"] = std::to_string(m_options.cachedMessagesPerQueueMax);
    properties["allocateMessageQueueStrategy"] = std::string(toString(m_options.allocateStrategy));

    for (const auto& [topic, subscription] : subscriptions()) {
        info.subscriptions.push_back(subscription);
        const auto rates = m_stats.rates(topic, nowMs());
        ConsumeStatus& status = info.statusTable[topic];
        status.pullRt = rates.pullMsMean;
        status.pullTps = rates.pulledPerSecond;
        status.consumeRt = rates.consumeMsMean;
        status.consumeOkTps = rates.okPerSecond;
        status.consumeFailedTps = rates.failedPerSecond;
        status.consumeFailedMsgs = static_cast<std::int64_t>(rates.failed);
    }
    for (const auto& [queue, processQueue] : processQueues()) {
        const auto depth = processQueue->depth();
        ProcessQueueInfo& queueInfo = info.mqTable[queue];
        queueInfo.commitOffset = m_offsets->cached(queue).value_or(-1);
        queueInfo.cachedMsgMinOffset = depth.minOffset;
        queueInfo.cachedMsgMaxOffset = depth.maxOffset;
        queueInfo.cachedMsgCount = static_cast<std::int32_t>(depth.count);
        queueInfo.cachedMsgSizeInMiB = static_cast<std::int32_t>(depth.bytes >> 20U);
        queueInfo.transactionMsgCount = static_cast<std::int32_t>(depth.takenCount);
        queueInfo.locked = processQueue->isLocked();
        queueInfo.lastLockTimestamp = processQueue->lastLockMs();
        queueInfo.dropped = processQueue->isDropped();
        queueInfo.lastPullTimestamp = processQueue->lastPullMs();
        queueInfo.lastConsumeTimestamp = processQueue->lastConsumeMs();
    }
    return info;
}

void ConsumerCore::consumeDirectly(MessageExt message, DirectDone done)
{
    const auto shared = std::make_shared<MessageExt>(std::move(message));
    m_pool.post([weak = weak_from_this(), shared, done = std::move(done)] {
        if (const auto self = weak.lock()) {
            done(self->m_service->consumeDirectly(std::move(*shared)));
        }
    });
}

} // namespace gantry::client
