// SPDX-License-Identifier: Apache-2.0
#include "broker/processors/send_message.h"

#include "broker/message_building.h"
#include "broker/response_mapping.h"
#include "message/batch_codec.h"
#include "message/message_id.h"
#include "message/message_property.h"
#include "message/sys_flag.h"
#include "message/topic_name.h"
#include "protocol/header_codec.h"

#include <algorithm>

namespace gantry {

namespace {

constexpr std::string_view kTrue = "true";
constexpr std::string_view kFalse = "false";
constexpr std::size_t kGroupMax = 512;

Result<SendMessageHeader> decodeSendHeader(const RemotingCommand& request)
{
    if (request.code == static_cast<std::int32_t>(RequestCode::SendMessage)) {
        return decodeHeader<SendMessageHeader>(request.fields);
    }
    auto header = decodeHeader<SendMessageHeaderV2>(request.fields);
    if (!header) {
        return tl::unexpected<Error>(std::move(header.error()));
    }
    return SendMessageHeader(std::move(*header));
}

} // namespace

SendMessageProcessor::SendMessageProcessor(BrokerCore& core)
    : m_core(core)
    , m_puts(core.runtime.loopCount())
{
    for (LoopPuts& puts : m_puts) {
        puts.core = &m_core;
    }
}

void SendMessageProcessor::LoopPuts::onRoundEnd()
{
    isExpected = false;
    core->noteSending();
    core->store->finish(group);
}

PutGroup* SendMessageProcessor::groupOf(const Job& job)
{
    EventLoop& loop = job.responder.connection()->loop();
    if (!loop.isThisThread()) {
        return nullptr;
    }
    LoopPuts& puts = m_puts[loop.index()];
    puts.isExpected = puts.isExpected || loop.atRoundEnd(puts);
    return puts.isExpected ? &puts.group : nullptr;
}

void SendMessageProcessor::handle(const ConnectionPtr& connection, RemotingCommand request, Responder responder)
{
    auto header = decodeSendHeader(request);
    if (!header) {
        responder.reply(ResponseCode::SystemError, header.error().message);
        return;
    }
    auto job = std::make_shared<Job>();
    job->header = std::move(*header);
    job->body = std::move(request.body);
    job->clientVersion = request.version;
    job->bornHost = connection->peer();
    job->responder = std::move(responder);
    run(job, false);
}

/// With thousands of connections a round would keep the first one waiting, and hold much, for the last one.
void SendMessageProcessor::finishIfLarge(PutGroup* group)
{
    if (group != nullptr && group->size() >= kGroupMax) {
        m_core.store->finish(*group);
    }
}

void SendMessageProcessor::run(const JobPtr& job, bool mayWait)
{
    TopicPtr topic;
    auto outcome = findTopic(*job, mayWait, topic);
    if (outcome == Outcome::GoOn && isRetryTopic(job->header.topic)) {
        outcome = redirectDeadLetter(*job, mayWait, topic);
    }
    if (outcome == Outcome::NeedsDisk) {
        if (!m_core.runBlocking([this, job] { run(job, true); })) {
            job->responder.reply(ResponseCode::SystemBusy, "[OVERLOAD]too many requests wait for the disk, try again");
        }
        return;
    }
    if (outcome == Outcome::Answered) {
        return;
    }
    if (job->header.batch.value_or(false)) {
        putBatch(job, *topic);
    } else {
        putOne(job, *topic);
    }
}

SendMessageProcessor::Outcome SendMessageProcessor::findTopic(Job& job, bool mayWait, TopicPtr& topic)
{
    const auto& header = job.header;
    topic = m_core.topics.find(header.topic);
    if (!topic) {
        if (auto valid = validateTopicName(header.topic); !valid) {
            return refuse(job, ResponseCode::InvalidParameter, valid.error().message);
        }
    }
    if (isSendForbidden(header.topic)) {
        return refuse(job, ResponseCode::NoPermission, fmt::format("sending to topic[{}] is forbidden, the broker uses it itself", header.topic));
    }
    if (!m_core.isWritable()) {
        return refuse(job, ResponseCode::NoPermission, fmt::format("the broker[{}] sending message is forbidden", m_core.address));
    }
    job.sent = SentProperties::scan(header.properties ? std::string_view(*header.properties) : std::string_view{});
    if (job.sent.transactionPrepared == kTrue) {
        return refuse(job, ResponseCode::NoPermission,
                      fmt::format("the broker[{}] sending transaction message is forbidden: it does not handle transactions", m_core.address));
    }
    if (!topic) {
        if (!mayWait) {
            return Outcome::NeedsDisk;
        }
        const bool isRetry = isRetryTopic(header.topic);
        const int sysFlag = !header.unitMode.value_or(false) ? 0 : isRetry ? topicsysflag::kUnitSub : topicsysflag::kUnit;
        auto created = isRetry ? m_core.topics.findOrCreate(header.topic, 1, perm::kReadWrite, sysFlag)
                               : m_core.topics.createForSend(header.topic, header.defaultTopic, header.defaultTopicQueueNums, sysFlag);
        if (!created) {
            return refuse(job, responseCodeOf(created.error().code),
                          fmt::format("topic[{}] not exist, apply first please! {}", header.topic, created.error().message));
        }
        topic = std::move(*created);
    }
    if ((topic->perm & perm::kWrite) == 0) {
        return refuse(job, ResponseCode::NoPermission, fmt::format("the topic[{}] sending message is forbidden", header.topic));
    }
    if (header.queueId >= std::max(topic->writeQueueNums, topic->readQueueNums)) {
        return refuse(job, ResponseCode::InvalidParameter,
                      fmt::format("request queueId[{}] is illegal, topic[{}] has {} write and {} read queues", header.queueId, header.topic,
                                  topic->writeQueueNums, topic->readQueueNums));
    }
    return Outcome::GoOn;
}

SendMessageProcessor::Outcome SendMessageProcessor::redirectDeadLetter(Job& job, bool mayWait, TopicPtr& topic)
{
    auto& header = job.header;
    if (header.batch.value_or(false)) {
        return refuse(job, ResponseCode::MessageIllegal, fmt::format("batches to retry topic[{}] are not supported", header.topic));
    }
    const auto groupName = groupOfTopic(header.topic);
    const auto group = m_core.groups.find(groupName);
    if (!group) {
        return refuse(job, ResponseCode::SubscriptionGroupNotExist, fmt::format("subscription group not exist, {}", groupName));
    }
    int timesMax = group->retryMaxTimes;
    if (job.clientVersion >= kVersionWithMaxReconsumeTimes && header.maxReconsumeTimes) {
        timesMax = *header.maxReconsumeTimes;
    }
    // A group that holds queue locks consumes in order: its retries happen in the client, what comes here is given up.
    if (header.reconsumeTimes.value_or(0) <= timesMax && !m_core.locks.isAnyHeld(groupName)) {
        return Outcome::GoOn;
    }
    const auto deadLetters = deadLetterTopicOf(groupName);
    topic = m_core.topics.find(deadLetters);
    if (!topic) {
        if (!mayWait) {
            return Outcome::NeedsDisk;
        }
        auto created = m_core.topics.findOrCreate(deadLetters, 1, perm::kReadWrite);
        if (!created) {
            return refuse(job, ResponseCode::SystemError, created.error().message);
        }
        topic = std::move(*created);
    }
    header.topic = deadLetters;
    header.queueId = 0;
    header.properties = withEncodedProperty(header.properties.value_or(std::string{}), property::kDelayLevel, "-1");
    job.sent = SentProperties::scan(*header.properties);
    m_core.metrics.deadLetters.fetch_add(1, std::memory_order_relaxed);
    return Outcome::GoOn;
}

PutRequest SendMessageProcessor::makePut(const Job& job, const TopicConfig& topic) const
{
    PutRequest put;
    put.topic = topic.topicName;
    put.queueId = job.header.queueId >= 0 ? job.header.queueId : randomQueueId(topic.writeQueueNums);
    put.flag = job.header.flag;
    put.sysFlag = job.header.sysFlag;
    if (topic.topicFilterType == "MULTI_TAG") {
        put.sysFlag |= sysflag::kMultiTags;
    }
    put.bornTimestampMs = job.header.bornTimestamp;
    put.bornHost = job.bornHost;
    put.reconsumeTimes = job.header.reconsumeTimes.value_or(0);
    return put;
}

void SendMessageProcessor::putOne(const JobPtr& job, const TopicConfig& topic)
{
    const auto& sent = job->sent;
    if (job->body.empty()) {
        refuse(*job, ResponseCode::MessageIllegal, "the message has no body");
        return;
    }
    const auto delayLevel = parseDelayLevel(sent.delayLevel);
    if (sent.hasTimer && delayLevel <= 0) {
        refuse(*job, ResponseCode::SystemError, "timer message is not enabled on this broker; delay levels (DELAY) are");
        return;
    }
    PutRequest put = makePut(*job, topic);
    put.properties = completeSentProperties(sent, m_core.config.clusterName, job->uniqueKeys);
    put.waitForFlush = sent.waitStoreOk != kFalse;
    put.body = std::move(job->body);
    const auto queueId = put.queueId;
    if (delayLevel > 0) {
        moveToScheduleTopic(put, static_cast<std::int32_t>(m_core.delayLevels.size()));
    }
    PutGroup* const group = groupOf(*job);
    m_core.store->put(std::move(put), [this, job, queueId](const PutResult& result) {
        answer(*job, result, job->header.topic, queueId, job->uniqueKeys, 1);
    }, group);
    finishIfLarge(group);
}

void SendMessageProcessor::putBatch(const JobPtr& job, const TopicConfig& topic)
{
    auto items = decodeBatch(job->body);
    if (!items || items->empty()) {
        refuse(*job, ResponseCode::MessageIllegal, items ? std::string("the batch is empty") : items.error().message);
        return;
    }
    const PutRequest common = makePut(*job, topic);
    std::vector<PutRequest> puts;
    puts.reserve(items->size());
    std::string uniqueKeys;
    for (const auto& item : *items) {
        auto& put = puts.emplace_back(common);
        std::string uniqueKey;
        const auto sent = SentProperties::scan(item.properties);
        put.flag = item.flag;
        put.properties = completeSentProperties(sent, m_core.config.clusterName, uniqueKey);
        put.waitForFlush = sent.waitStoreOk != kFalse;
        put.body = item.body;
        uniqueKeys += (uniqueKeys.empty() ? "" : ",") + uniqueKey;
    }
    const auto count = puts.size();
    const auto queueId = common.queueId;
    PutGroup* const group = groupOf(*job);
    m_core.store->putBatch(std::move(puts), [this, job, queueId, count, uniqueKeys = std::move(uniqueKeys)](const PutResult& result) {
        answer(*job, result, job->header.topic, queueId, uniqueKeys, count);
    }, group);
    finishIfLarge(group);
}

void SendMessageProcessor::answer(Job& job, const PutResult& result, std::string_view topic, std::int32_t queueId, std::string_view uniqueKeys,
                                  std::size_t messages) const
{
    const auto code = responseCodeOf(result.status);
    if (!result.isStored()) {
        refuse(job, code, fmt::format("{}: {}", toString(result.status), result.reason));
        return;
    }
    m_core.metrics.countPut(topic, messages, static_cast<std::uint64_t>(result.size));
    auto response = RemotingCommand::response(code);
    if (code != ResponseCode::Success) {
        response.remark = result.reason;
    }
    std::string ids;
    if (result.batchCommitLogOffsets.empty()) {
        ids = formatOffsetMessageId(m_core.storeHost, result.commitLogOffset);
    } else {
        for (const auto offset : result.batchCommitLogOffsets) {
            ids += (ids.empty() ? "" : ",") + formatOffsetMessageId(m_core.storeHost, offset);
        }
    }
    response.fields.reserve(6, 128 + ids.size() + uniqueKeys.size());
    response.fields.add("msgId", ids);
    response.fields.add("queueId", static_cast<std::int64_t>(queueId));
    response.fields.add("queueOffset", result.queueOffset);
    response.fields.add("transactionId", uniqueKeys);
    response.fields.add("MSG_REGION", kRegion);
    response.fields.add("TRACE_ON", kTrue);
    job.responder.reply(std::move(response));
}

SendMessageProcessor::Outcome SendMessageProcessor::refuse(Job& job, ResponseCode code, std::string_view remark)
{
    auto response = RemotingCommand::response(code, remark);
    response.fields.add("MSG_REGION", kRegion);
    response.fields.add("TRACE_ON", kTrue);
    job.responder.reply(std::move(response));
    return Outcome::Answered;
}

} // namespace gantry
