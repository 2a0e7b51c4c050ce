// SPDX-License-Identifier: Apache-2.0
#include "broker/processors/pull_message.h"

#include "message/subscription.h"
#include "protocol/header_codec.h"

#include <algorithm>

namespace gantry {

namespace {

constexpr std::int64_t kBytesMax = 128 * kMiB;
/// Who reads further behind the end of the log than this catches up: it asks again at once, for as much as it can get, and
/// costs senders several times their usual latency when it is served between them.
constexpr std::int64_t kTailBytes = 64 * kMiB;
constexpr std::int64_t kSuspendMsMax = 5 * 60'000;

/// Values of the response field forbiddenType.
enum class Forbidden { Broker = 1, Group = 2, Topic = 3, Broadcast = 4, Subscription = 5 };

class TagFilter final : public MessageFilter
{
public:
    explicit TagFilter(std::shared_ptr<const SubscriptionData> subscription)
        : m_subscription(std::move(subscription))
    {}
    [[nodiscard]] bool matchesTagsCode(std::int64_t tagsCode) const override
    {
        const auto& codes = m_subscription->codeSet;
        return std::find(codes.begin(), codes.end(), static_cast<std::int32_t>(tagsCode)) != codes.end();
    }
    /// Different tags may share a code; consumers compare the tags themselves.
    [[nodiscard]] bool matchesRecord(ByteView) const override { return true; }

private:
    std::shared_ptr<const SubscriptionData> m_subscription;
};

bool isTagType(std::string_view expressionType)
{
    return expressionType.empty() || expressionType == kExpressionTag;
}

ResponseCode responseCodeOf(GetStatus status, std::int64_t queueOffset)
{
    switch (status) {
    case GetStatus::Found: return ResponseCode::Success;
    case GetStatus::NoMatchedMessage:
    case GetStatus::MessageWasRemoving: return ResponseCode::PullRetryImmediately;
    case GetStatus::OffsetFoundNull:
    case GetStatus::OffsetOverflowOne: return ResponseCode::PullNotFound;
    case GetStatus::NoMatchedLogicQueue:
    case GetStatus::NoMessageInQueue: return queueOffset == 0 ? ResponseCode::PullNotFound : ResponseCode::PullOffsetMoved;
    case GetStatus::OffsetOverflowBadly:
    case GetStatus::OffsetTooSmall:
    case GetStatus::OffsetReset: return ResponseCode::PullOffsetMoved;
    }
    return ResponseCode::SystemError;
}

bool refuse(Responder& responder, ResponseCode code, std::string_view remark)
{
    responder.reply(code, remark);
    return false;
}

bool forbid(Responder& responder, Forbidden type, std::string_view remark)
{
    auto response = RemotingCommand::response(ResponseCode::NoPermission, remark);
    PullMessageResponseHeader header;
    header.forbiddenType = static_cast<std::int32_t>(type);
    encodeHeader(header, response.fields);
    responder.reply(std::move(response));
    return false;
}

} // namespace

PullMessageProcessor::PullMessageProcessor(BrokerCore& core)
    : m_core(core)
{}

void PullMessageProcessor::handle(const ConnectionPtr& connection, RemotingCommand request, Responder responder)
{
    auto header = decodeHeader<PullMessageHeader>(request.fields);
    if (!header) {
        responder.reply(ResponseCode::SystemError, header.error().message);
        return;
    }
    Checked checked;
    if (!check(*header, responder, checked)) {
        return;
    }
    if ((header->sysFlag & pullflag::kCommitOffset) != 0) {
        m_core.offsets.commit(header->consumerGroup, header->topic, header->queueId, header->commitOffset);
    }
    m_core.offsets.notePull(header->consumerGroup, header->topic, header->queueId,
                            {connection->id(), m_core.clock.wallMs(), header->queueOffset});
    HeldPull pull;
    pull.header = std::move(*header);
    pull.filter = std::move(checked.filter);
    pull.responder = std::move(responder);
    readOrDefer(std::move(pull));
}

bool PullMessageProcessor::check(const PullMessageHeader& header, Responder& responder, Checked& checked) const
{
    if (!m_core.isReadable()) {
        return forbid(responder, Forbidden::Broker, fmt::format("the broker[{}] pulling message is forbidden", m_core.address));
    }
    checked.group = m_core.groups.findOrCreate(header.consumerGroup);
    if (!checked.group) {
        return refuse(responder, ResponseCode::SubscriptionGroupNotExist,
                      fmt::format("subscription group [{}] does not exist", header.consumerGroup));
    }
    if (!checked.group->consumeEnable) {
        return forbid(responder, Forbidden::Group, fmt::format("subscription group no permission, {}", header.consumerGroup));
    }
    checked.topic = m_core.topics.find(header.topic);
    if (!checked.topic) {
        return refuse(responder, ResponseCode::TopicNotExist, fmt::format("topic[{}] not exist, apply first please!", header.topic));
    }
    if ((checked.topic->perm & perm::kRead) == 0) {
        return forbid(responder, Forbidden::Topic, fmt::format("the topic[{}] pulling message is forbidden", header.topic));
    }
    if (header.queueId < 0 || header.queueId >= checked.topic->readQueueNums) {
        return refuse(responder, ResponseCode::InvalidParameter,
                      fmt::format("queueId[{}] is illegal, topic:[{}] topicConfig.readQueueNums:[{}]", header.queueId, header.topic,
                                  checked.topic->readQueueNums));
    }
    return checkSubscription(header, responder, checked);
}

bool PullMessageProcessor::checkSubscription(const PullMessageHeader& header, Responder& responder, Checked& checked) const
{
    std::shared_ptr<const SubscriptionData> subscription;
    if ((header.sysFlag & pullflag::kSubscription) != 0) {
        const auto type = header.expressionType ? std::string_view(*header.expressionType) : std::string_view{};
        const auto expression = header.subscription ? std::string_view(*header.subscription) : kSubscribeAll;
        subscription = std::make_shared<const SubscriptionData>(makeSubscription(header.topic, expression, type.empty() ? kExpressionTag : type));
    } else {
        const auto info = m_core.consumers.pullInfo(header.consumerGroup, header.topic);
        if (!info) {
            return refuse(responder, ResponseCode::SubscriptionNotExist,
                          fmt::format("the consumer's group info not exist, group: {}", header.consumerGroup));
        }
        if (info->model == MessageModel::Broadcasting && !checked.group->consumeBroadcastEnable) {
            return forbid(responder, Forbidden::Broadcast,
                          fmt::format("the consumer group[{}] can not consume by broadcast way", header.consumerGroup));
        }
        if (m_core.groups.isReadForbidden(header.consumerGroup, header.topic)) {
            return forbid(responder, Forbidden::Subscription,
                          fmt::format("the consumer group[{}] is forbidden for topic[{}]", header.consumerGroup, header.topic));
        }
        subscription = info->subscription;
        if (!subscription) {
            return refuse(responder, ResponseCode::SubscriptionNotExist,
                          fmt::format("the consumer's subscription not exist, group: {}, topic: {}", header.consumerGroup, header.topic));
        }
        if (subscription->subVersion < header.subVersion) {
            return refuse(responder, ResponseCode::SubscriptionNotLatest, "the consumer's subscription not latest");
        }
    }
    if (!isTagType(subscription->expressionType)) {
        return refuse(responder, ResponseCode::SystemError,
                      fmt::format("The broker does not support consumer to filter message by {}", subscription->expressionType));
    }
    if (!subscription->codeSet.empty() && !subscription->classFilterMode) {
        checked.filter = std::make_shared<const TagFilter>(std::move(subscription));
    }
    return true;
}

void PullMessageProcessor::readOrDefer(HeldPull pull)
{
    auto deferred = read(std::move(pull), Place::Loop);
    if (!deferred) {
        return;
    }
    if (deferred->isFar) {
        readFar(std::move(deferred->pull));
    } else {
        readNear(std::move(deferred->pull));
    }
}

void PullMessageProcessor::readNear(HeldPull pull)
{
    const auto shared = std::make_shared<HeldPull>(std::move(pull));
    const bool isRunning = m_core.runBlocking([this, shared] {
        // Only now, with the queue's entries, it may turn out to be far away.
        if (auto far = read(std::move(*shared), Place::Blocking)) {
            readFar(std::move(far->pull));
        }
    });
    if (!isRunning) {
        refuseToRead(*shared);
    }
}

void PullMessageProcessor::readFar(HeldPull pull)
{
    if (auto refused = m_core.pacedPulls.add(std::move(pull))) {
        refuseToRead(*refused);
    }
}

bool PullMessageProcessor::beginFar(const std::shared_ptr<HeldPull>& pull)
{
    return m_core.runInBackground([this, pull] {
        (void)read(std::move(*pull), Place::Background);
        m_core.pacedPulls.onRead();
    });
}

void PullMessageProcessor::refuseToRead(HeldPull& pull) const
{
    if (m_core.isStopping) {
        pull.responder.reply(ResponseCode::ServiceNotAvailable, "the broker is shutting down");
    } else {
        pull.responder.reply(ResponseCode::SystemBusy, "[OVERLOAD]too many requests wait for the disk, try again");
    }
}

std::optional<PullMessageProcessor::Deferred> PullMessageProcessor::read(HeldPull pull, Place place)
{
    if (place != Place::Loop && !pull.responder.connection()->isOpen()) { // closed while it waited
        pull.responder.drop();
        return std::nullopt;
    }
    const auto& header = pull.header;
    if (const auto reset = m_core.offsets.takeReset(header.consumerGroup, header.topic, header.queueId)) {
        GetResult result;
        result.status = GetStatus::OffsetReset;
        result.nextBeginOffset = *reset;
        result.minOffset = m_core.store->minOffset(header.topic, header.queueId);
        result.maxOffset = m_core.store->maxOffset(header.topic, header.queueId);
        answer(pull, std::move(result));
        return std::nullopt;
    }
    GetRequest request;
    const bool isBeingSentTo = m_core.isBeingSentTo();
    request.mayWait = place != Place::Loop;
    request.distanceMax = kTailBytes;
    // Not by the thread that takes what is sent, and not by those that others wait for.
    request.mayBeFar = place == Place::Background || (place == Place::Loop && !isBeingSentTo);
    request.topic = header.topic;
    request.queueId = header.queueId;
    request.offset = header.queueOffset;
    request.messagesMax = std::max(1, header.maxMsgNums);
    request.bytesMax = header.maxMsgBytes ? std::clamp<std::int64_t>(*header.maxMsgBytes, 100, kBytesMax) : kBytesMax;
    request.filter = pull.filter.get();
    const auto begun = m_core.clock.steady();
    auto result = m_core.store->get(request);
    if (place == Place::Background && isBeingSentTo) { // what nobody paces is no debt
        m_core.coldReadPace.account(begun, result.records.size(), m_core.store->metrics().bytesPut.load(std::memory_order_relaxed));
    }
    if (result.wouldWait) {
        return Deferred{std::move(pull), result.isFar};
    }
    const bool maySuspend = !pull.wasHeld && (header.sysFlag & pullflag::kSuspend) != 0 && header.suspendTimeoutMillis > 0;
    if (maySuspend && responseCodeOf(result.status, header.queueOffset) == ResponseCode::PullNotFound) {
        hold(std::move(pull), result);
    } else {
        answer(pull, std::move(result));
    }
    return std::nullopt;
}

void PullMessageProcessor::hold(HeldPull pull, const GetResult& result)
{
    const auto wait = m_core.config.longPolling
                          ? std::chrono::milliseconds(std::min<std::int64_t>(pull.header.suspendTimeoutMillis, kSuspendMsMax))
                          : m_core.config.shortPolling;
    pull.wasHeld = true;
    pull.isUnreadable = result.status == GetStatus::OffsetFoundNull;
    pull.heldSince = m_core.clock.steady();
    pull.deadline = pull.heldSince + wait;
    if (auto refused = m_core.longPolling.hold(std::move(pull))) {
        if (m_core.isStopping) {
            answer(*refused, result);
        } else {
            refused->responder.reply(ResponseCode::SystemBusy, "[OVERLOAD]too many pulls wait for messages of this queue");
        }
    }
}

void PullMessageProcessor::wake(HeldPull pull)
{
    auto pass = m_core.gate->enter();
    if (!pass) {
        pull.responder.drop();
        return;
    }
    auto& loop = pull.responder.connection()->loop();
    loop.post([this, held = std::move(*pass), woken = std::move(pull)]() mutable { readOrDefer(std::move(woken)); });
}

void PullMessageProcessor::answer(HeldPull& pull, GetResult result) const
{
    const auto code = responseCodeOf(result.status, pull.header.queueOffset);
    auto response = RemotingCommand::response(code, toString(result.status));
    response.fields.reserve(6, 160);
    response.fields.add("suggestWhichBrokerId", std::int64_t{0});
    response.fields.add("nextBeginOffset", result.nextBeginOffset);
    response.fields.add("minOffset", result.minOffset);
    response.fields.add("maxOffset", result.maxOffset);
    if (const auto topic = m_core.topics.find(pull.header.topic)) {
        response.fields.add("topicSysFlag", static_cast<std::int64_t>(topic->topicSysFlag));
    }
    if (const auto group = m_core.groups.find(pull.header.consumerGroup)) {
        response.fields.add("groupSysFlag", static_cast<std::int64_t>(group->groupSysFlag));
    }
    if (result.status == GetStatus::Found) {
        const auto messages = static_cast<std::uint64_t>(result.messageCount);
        m_core.metrics.countGet(pull.header.topic, messages, result.records.size());
        m_core.stats.countGroupGet(pull.header.consumerGroup, pull.header.topic, messages, result.records.size());
        response.body = std::move(result.records);
    }
    pull.responder.reply(std::move(response));
}

} // namespace gantry
