// SPDX-License-Identifier: Apache-2.0
#include "broker/processors/send_back.h"

#include "broker/message_building.h"
#include "message/message_id.h"
#include "message/message_property.h"
#include "message/topic_name.h"
#include "protocol/header_codec.h"

#include <algorithm>

namespace gantry {

namespace {

constexpr int kFirstRetryLevel = 3;

} // namespace

SendBackProcessor::SendBackProcessor(BrokerCore& core)
    : m_core(core)
{}

void SendBackProcessor::handle(const ConnectionPtr&, RemotingCommand request, Responder responder)
{
    auto header = decodeHeader<ConsumerSendMsgBackHeader>(request.fields);
    if (!header) {
        responder.reply(ResponseCode::SystemError, header.error().message);
        return;
    }
    auto job = std::make_shared<Job>();
    job->header = std::move(*header);
    job->clientVersion = request.version;
    job->responder = std::move(responder);
    // Reads an old message and may create a topic: both may wait for the disk.
    if (!m_core.runBlocking([this, job] { run(job); })) {
        job->responder.reply(ResponseCode::SystemBusy, "[OVERLOAD]too many requests wait for the disk, try again");
    }
}

void SendBackProcessor::run(const std::shared_ptr<Job>& job) const
{
    const auto& header = job->header;
    auto& responder = job->responder;
    const auto group = m_core.groups.findOrCreate(header.group);
    if (!group) {
        responder.reply(ResponseCode::SubscriptionGroupNotExist, fmt::format("subscription group not exist, {}", header.group));
        return;
    }
    if (!m_core.isWritable()) {
        responder.reply(ResponseCode::NoPermission, fmt::format("the broker[{}] sending message is forbidden", m_core.address));
        return;
    }
    if (group->retryQueueNums <= 0) {
        responder.reply(ResponseCode::Success);
        return;
    }
    const auto bytes = m_core.store->recordAt(header.offset);
    if (!bytes) {
        responder.reply(ResponseCode::SystemError, fmt::format("look message by offset failed, {}", header.offset));
        return;
    }
    const auto parsed = parseRecord(asBytes(*bytes), false);
    if (parsed.status != RecordStatus::Ok) {
        responder.reply(ResponseCode::SystemError, fmt::format("the message at offset {} is damaged", header.offset));
        return;
    }
    putAgain(job, parsed.record, *group);
}

bool SendBackProcessor::isGivenUp(const Job& job, const RecordView& record, const SubscriptionGroupConfig& group)
{
    int timesMax = group.retryMaxTimes;
    if (job.clientVersion >= kVersionWithMaxReconsumeTimes && job.header.maxReconsumeTimes) {
        timesMax = *job.header.maxReconsumeTimes;
    }
    return record.reconsumeTimes >= timesMax || job.header.delayLevel < 0;
}

void SendBackProcessor::putAgain(const std::shared_ptr<Job>& job, const RecordView& record, const SubscriptionGroupConfig& group) const
{
    const auto& header = job->header;
    const bool isDead = isGivenUp(*job, record, group);
    const auto name = isDead ? deadLetterTopicOf(header.group) : retryTopicOf(header.group);
    const int queueCount = isDead ? 1 : group.retryQueueNums;
    const auto topic = m_core.topics.findOrCreate(name, queueCount, perm::kReadWrite, header.unitMode.value_or(false) ? topicsysflag::kUnitSub : 0);
    if (!topic) {
        job->responder.reply(ResponseCode::SystemError, fmt::format("topic[{}] not exist: {}", name, topic.error().message));
        return;
    }
    if (((*topic)->perm & perm::kWrite) == 0) {
        job->responder.reply(ResponseCode::NoPermission, fmt::format("the topic[{}] sending message is forbidden", name));
        return;
    }
    auto put = putRequestOf(record);
    auto properties = PropertyList::decode(record.properties);
    if (properties.value(property::kRetryTopic).empty()) {
        properties.set(property::kRetryTopic, record.topic);
    }
    if (properties.value(property::kOriginMessageId).empty()) {
        properties.set(property::kOriginMessageId, formatOffsetMessageId(record.storeHost, record.physicalOffset));
    }
    properties.set(property::kWaitStoreOk, "false");
    const int level = isDead ? 0 : header.delayLevel > 0 ? header.delayLevel : kFirstRetryLevel + record.reconsumeTimes;
    properties.set(property::kDelayLevel, std::to_string(level));
    put.properties = properties.encode();
    put.topic = name;
    put.queueId = randomQueueId((*topic)->writeQueueNums);
    put.reconsumeTimes = record.reconsumeTimes + 1;
    moveToScheduleTopic(put, static_cast<std::int32_t>(m_core.delayLevels.size()));
    m_core.store->put(std::move(put), [this, job, isDead, name](const PutResult& result) {
        if (result.status != PutStatus::Ok) {
            job->responder.reply(ResponseCode::SystemError, fmt::format("{} {}", toString(result.status), result.reason));
            return;
        }
        m_core.metrics.sendBacks.fetch_add(1, std::memory_order_relaxed);
        m_core.stats.countSendBack(job->header.group, job->header.originTopic.value_or(name));
        if (isDead) {
            m_core.metrics.deadLetters.fetch_add(1, std::memory_order_relaxed);
        }
        m_core.metrics.countPut(name, 1, static_cast<std::uint64_t>(result.size));
        job->responder.reply(ResponseCode::Success);
    });
}

} // namespace gantry
