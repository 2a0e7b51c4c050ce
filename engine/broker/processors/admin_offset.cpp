// SPDX-License-Identifier: Apache-2.0
#include "broker/processors/admin.h"

#include "base/log.h"
#include "base/saturating.h"
#include "broker/delay_service.h"
#include "protocol/bodies/consume_stats.h"
#include "protocol/bodies/offset_table.h"
#include "protocol/bodies/query_consume_queue.h"
#include "protocol/bodies/reset_offset.h"
#include "protocol/fastjson_dialect.h"
#include "protocol/headers/admin_broker.h"
#include "protocol/headers/admin_group.h"
#include "protocol/headers/admin_topic.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <set>

namespace gantry {

namespace {

std::vector<std::string> split(std::string_view text, char separator)
{
    std::vector<std::string> words;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(separator), text.size());
        if (end > 0) {
            words.emplace_back(text.substr(0, end));
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

/// An online group that does not subscribe to a topic (any more) has no progress there worth
/// showing.
bool isOutsideSubscription(const BrokerCore& core, std::string_view group, std::string_view topic)
{
    const auto online = core.consumers.group(group);
    return online && !online->subscriptions.empty() &&
           !online->subscriptions.contains(std::string(topic));
}

OffsetWrapper progressOf(const BrokerCore& core, std::string_view group, const MessageQueue& queue)
{
    OffsetWrapper progress;
    progress.brokerOffset =
        std::max<std::int64_t>(core.store->maxOffset(queue.topic, queue.queueId), 0);
    progress.consumerOffset = core.offsets.find(group, queue.topic, queue.queueId).value_or(0);
    progress.pullOffset =
        std::max(progress.consumerOffset,
                 core.offsets.pullOffset(group, queue.topic, queue.queueId).value_or(0));
    if (progress.consumerOffset > 0) {
        progress.lastTimestamp = std::max<std::int64_t>(
            core.store->storeTimestampOf(queue.topic, queue.queueId, progress.consumerOffset - 1),
            0);
    }
    return progress;
}

void addProgress(const BrokerCore& core, std::string_view group, const TopicConfig& topic,
                 ConsumeStats& stats)
{
    for (std::int32_t queueId = 0; queueId < topic.readQueueNums; ++queueId) {
        MessageQueue queue{topic.topicName, core.config.brokerName, queueId};
        const OffsetWrapper progress = progressOf(core, group, queue);
        stats.offsetTable.emplace(std::move(queue), progress);
    }
    stats.consumeTps += core.stats.groupGetTps(group, topic.topicName);
}

std::set<std::string> topicsToShow(const BrokerCore& core, const GetConsumeStatsHeader& header)
{
    const auto named = split(header.topicList.value_or(""), ';');
    if (!named.empty()) {
        return {named.begin(), named.end()}; // exactly these, subscribed or not
    }
    std::set<std::string> topics;
    if (const std::string one = header.topic.value_or("");
        one.find_first_not_of(' ') != std::string::npos) {
        topics.insert(one);
    } else {
        const auto all = core.offsets.topicsOf(header.consumerGroup);
        topics.insert(all.begin(), all.end());
    }
    std::erase_if(topics, [&](const std::string& topic) {
        return isOutsideSubscription(core, header.consumerGroup, topic);
    });
    return topics;
}

AdminResult consumeStats(const BrokerCore& core, const GetConsumeStatsHeader& header)
{
    ConsumeStats stats;
    for (const std::string& name : topicsToShow(core, header)) {
        if (const auto topic = core.topics.find(name)) {
            addProgress(core, header.consumerGroup, *topic, stats);
        }
    }
    return adminSuccess(stats.encode());
}

AdminResult brokerConsumeStats(const BrokerCore& core, const GetBrokerConsumeStatsHeader& header)
{
    ConsumeStatsList list;
    list.brokerAddr = core.address;
    const auto groups = core.groups.table(); // held while it is read
    for (const auto& [group, config] : *groups) {
        auto& ofGroup = list.consumeStats[group];
        for (const std::string& name : core.offsets.topicsOf(group)) {
            const auto topic = core.topics.find(name);
            if (!topic || (header.isOrder && !topic->order) ||
                isOutsideSubscription(core, group, name)) {
                continue;
            }
            ConsumeStats& stats = ofGroup.emplace_back();
            addProgress(core, group, *topic, stats);
            for (const auto& [queue, progress] : stats.offsetTable) {
                // Committed offsets are whatever consumers sent.
                list.totalDiff = saturatingAdd(list.totalDiff, saturatingSubtract(progress.brokerOffset, progress.consumerOffset));
                list.totalInflightDiff = saturatingAdd(list.totalInflightDiff, saturatingSubtract(progress.pullOffset, progress.consumerOffset));
            }
        }
    }
    return adminSuccess(list.encode());
}

/// Where the queue is to be reset to: the offset that was asked for, or that of a time (negative =
/// the end).
Result<std::int64_t> resetTarget(const BrokerCore& core, const ResetOffsetHeader& header,
                                 std::int32_t queueId)
{
    const std::int64_t wanted = header.queueId.value_or(-1) >= 0 ? header.offset.value_or(-1) : -1;
    if (wanted != -1) {
        const std::int64_t min = core.store->minOffset(header.topic, queueId);
        const std::int64_t max = core.store->maxOffset(header.topic, queueId);
        if (wanted < min || wanted > max + 1) {
            return fail(Errc::Internal, "Target offset {} not in consume queue range [{}-{}]",
                        wanted, min, max);
        }
        return wanted;
    }
    if (header.timestamp < 0) {
        return core.store->maxOffset(header.topic, queueId);
    }
    return core.store->offsetByTime(header.topic, queueId, header.timestamp, OffsetBoundary::Lower);
}

AdminResult resetOffset(BrokerCore& core, const ResetOffsetHeader& header)
{
    const auto topic = core.topics.find(header.topic);
    if (!topic) {
        return fail(Errc::NotFound, "Topic {} does not exist", header.topic);
    }
    if (!core.groups.find(header.group)) {
        return RemotingCommand::response(ResponseCode::SubscriptionGroupNotExist,
                                         fmt::format("Group {} does not exist", header.group));
    }
    const std::int32_t only = header.queueId.value_or(-1);
    if (only >= topic->readQueueNums) {
        return fail(Errc::InvalidArgument, "topic {} has the queues 0 to {}, not {}", header.topic,
                    topic->readQueueNums - 1, only);
    }
    const std::int32_t first = only >= 0 ? only : 0;
    const std::int32_t end = only >= 0 ? only + 1 : topic->readQueueNums;
    ResetOffsetBody body;
    for (std::int32_t queueId = first; queueId < end; ++queueId) {
        GANTRY_TRY(target, resetTarget(core, header, queueId));
        body.offsets[{header.topic, core.config.brokerName, queueId}] = target;
    }
    if (body.offsets.empty()) {
        return RemotingCommand::response(ResponseCode::SystemError, "No queues to reset.");
    }
    for (const auto& [queue, offset] : body.offsets) {
        core.offsets.assignReset(header.group, header.topic, queue.queueId, offset);
    }
    core.longPolling.wakeTopic(header.topic,
                               header.group); // pulls that wait at the old offset are told at once
    log::info("broker", "offsets of group {} in topic {} reset for {} queues", header.group,
              header.topic, body.offsets.size());
    return adminSuccess(body.encode());
}

AdminResult consumeTimeSpan(const BrokerCore& core, const QueryConsumeTimeSpanHeader& header)
{
    const auto topic = core.topics.find(header.topic);
    if (!topic) {
        return fail(Errc::NotFound, "topic[{}] not exist", header.topic);
    }
    const MessageStore& store = *core.store;
    QueryConsumeTimeSpanBody body;
    for (std::int32_t queueId = 0; queueId < topic->writeQueueNums; ++queueId) {
        const std::int64_t max = store.maxOffset(header.topic, queueId);
        const std::int64_t consumed =
            core.offsets.find(header.group, header.topic, queueId).value_or(-1);
        QueueTimeSpan& span = body.spans.emplace_back();
        span.queue = {header.topic, core.config.brokerName, queueId};
        span.minTimestamp =
            store.storeTimestampOf(header.topic, queueId, store.minOffset(header.topic, queueId));
        span.maxTimestamp = store.storeTimestampOf(header.topic, queueId, max - 1);
        span.consumeTimestamp = consumed > 0
                                    ? store.storeTimestampOf(header.topic, queueId, consumed - 1)
                                    : span.minTimestamp;
        if (const std::int64_t next = std::max<std::int64_t>(consumed, 0); next < max) {
            const std::int64_t waitingSince = store.storeTimestampOf(header.topic, queueId, next);
            span.delayTime = waitingSince > 0
                                 ? std::max<std::int64_t>(core.clock.wallMs() - waitingSince, 0)
                                 : 0;
        }
    }
    return adminSuccess(body.encode());
}

/// Per queue the least offset of all groups but the filtered ones; the largest number there is
/// where the compared group is behind that.
AdminResult correctionOffset(const BrokerCore& core, const QueryCorrectionOffsetHeader& header)
{
    const auto filtered = split(header.filterGroups.value_or(""), ',');
    std::map<std::int32_t, std::int64_t> least;
    for (const std::string& group : core.offsets.groupsOf(header.topic)) {
        if (std::ranges::find(filtered, group) != filtered.end()) {
            continue;
        }
        for (const auto& [queueId, offset] : core.offsets.offsets(group, header.topic)) {
            if (offset >= core.store->minOffset(header.topic, queueId)) {
                const auto [entry, isNew] = least.try_emplace(queueId, offset);
                entry->second = std::min(entry->second, offset);
            }
        }
    }
    for (const auto& [queueId, offset] : core.offsets.offsets(header.compareGroup, header.topic)) {
        if (const auto entry = least.find(queueId);
            entry != least.end() && entry->second > offset) {
            entry->second = std::numeric_limits<std::int64_t>::max();
        }
    }
    nlohmann::json offsets = nlohmann::json::object();
    for (const auto& [queueId, offset] : least) {
        offsets[numericKey(queueId)] = offset;
    }
    return adminSuccess(dumpFastjson({{"correctionOffsets", std::move(offsets)}}));
}

AdminResult cloneOffsets(BrokerCore& core, const CloneGroupOffsetHeader& header)
{
    const std::string one = header.topic.value_or("");
    const auto topics =
        one.empty() ? core.offsets.topicsOf(header.srcGroup) : std::vector<std::string>{one};
    for (const std::string& topic : topics) {
        if (core.topics.find(topic) && (header.offline.value_or(false) ||
                                        !isOutsideSubscription(core, header.srcGroup, topic))) {
            core.offsets.cloneGroup(header.srcGroup, header.destGroup, topic);
        }
    }
    return adminSuccess();
}

AdminResult allConsumerOffsets(const BrokerCore& core)
{
    return adminSuccess(core.offsets.toTable().encode());
}

AdminResult allDelayOffsets(const BrokerCore& core)
{
    return adminSuccess(core.delay->toTable().encode());
}

} // namespace

void addAdminOffsetHandlers(Dispatcher& dispatcher, BrokerCore& core)
{
    using Request = RemotingCommand;
    using enum RequestCode;
    addAdmin(dispatcher, core, GetConsumeStats, consumeStats);
    addAdmin(dispatcher, core, GetBrokerConsumeStats, brokerConsumeStats);
    addAdmin(dispatcher, core, InvokeBrokerToResetOffset, resetOffset);
    addAdmin(dispatcher, core, QueryConsumeTimeSpan, consumeTimeSpan);
    addAdmin(dispatcher, core, QueryCorrectionOffset, correctionOffset);
    addAdmin(dispatcher, core, CloneGroupOffset, cloneOffsets);
    addAdmin(dispatcher, core, GetAllConsumerOffset,
             [&core](const Request&) { return allConsumerOffsets(core); });
    addAdmin(dispatcher, core, GetAllDelayOffset,
             [&core](const Request&) { return allDelayOffsets(core); });
}

} // namespace gantry
