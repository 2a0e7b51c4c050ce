// SPDX-License-Identifier: Apache-2.0
#include "client/pull_message.h"

#include "message/record_codec.h"
#include "protocol/header_codec.h"
#include "protocol/headers/pull_message.h"
#include "remoting/remoting_client.h"

#include <algorithm>

namespace gantry::client {

namespace {

constexpr std::int32_t kPullBytesMax = 256 * 1024;

/// Brokers filter by the hash of the tag; different tags may share one.
bool isWanted(const MessageExt& message, const SubscriptionData* subscription)
{
    if (subscription == nullptr || subscription->tagsSet.empty() || subscription->classFilterMode ||
        subscription->expressionType != kExpressionTag) {
        return true;
    }
    const auto& tags = subscription->tagsSet;
    return std::find(tags.begin(), tags.end(), message.tags()) != tags.end();
}

} // namespace

RemotingCommand pullRequest(const PullQuery& query)
{
    PullMessageHeader header;
    header.consumerGroup = query.group;
    header.topic = query.queue.topic;
    header.queueId = query.queue.queueId;
    header.queueOffset = query.offset;
    header.maxMsgNums = query.messagesMax;
    header.commitOffset = query.commitOffset.value_or(0);
    header.suspendTimeoutMillis = query.suspendMs;
    header.sysFlag = (query.commitOffset ? pullflag::kCommitOffset : 0) |
                     (query.suspendMs > 0 ? pullflag::kSuspend : 0);
    header.maxMsgBytes = kPullBytesMax;
    if (query.subscription != nullptr) {
        header.subVersion = query.subscription->subVersion;
        header.expressionType = query.subscription->expressionType;
        if (query.postExpression) {
            header.subscription = query.subscription->subString;
            header.sysFlag |= pullflag::kSubscription;
        }
        if (query.subscription->classFilterMode) {
            header.sysFlag |= pullflag::kClassFilter;
        }
    }
    auto request = RemotingCommand::request(RequestCode::PullMessage);
    encodeHeader(header, request.fields);
    return request;
}

Result<PullAnswer> parsePullResponse(const RemotingCommand& response, const PullQuery& query)
{
    PullAnswer answer;
    switch (static_cast<ResponseCode>(response.code)) {
    case ResponseCode::Success:
        answer.result.status = PullStatus::Found;
        break;
    case ResponseCode::PullNotFound:
        answer.result.status = PullStatus::NoNewMessage;
        break;
    case ResponseCode::PullRetryImmediately:
        answer.result.status = PullStatus::NoMatchedMessage;
        break;
    case ResponseCode::PullOffsetMoved:
        answer.result.status = PullStatus::OffsetIllegal;
        break;
    default:
        return tl::unexpected<Error>(
            remoteError(response, fmt::format("pulling {} queue {} of broker {}", query.queue.topic,
                                              query.queue.queueId, query.queue.brokerName)));
    }
    GANTRY_TRY(header, decodeHeader<PullMessageResponseHeader>(response.fields));
    answer.suggestedBrokerId = header.suggestWhichBrokerId;
    answer.result.nextBeginOffset = header.nextBeginOffset;
    answer.result.minOffset = header.minOffset;
    answer.result.maxOffset = header.maxOffset;
    if (answer.result.status != PullStatus::Found) {
        return answer;
    }
    GANTRY_TRY(messages, decodeMessages(response.body));
    std::erase_if(messages, [&](const MessageExt& message) {
        return !isWanted(message, query.subscription);
    });
    for (auto& message : messages) {
        message.brokerName = query.queue.brokerName;
        message.properties.set(property::kMinOffset, std::to_string(header.minOffset));
        message.properties.set(property::kMaxOffset, std::to_string(header.maxOffset));
    }
    answer.result.messages = std::move(messages);
    return answer;
}

} // namespace gantry::client
