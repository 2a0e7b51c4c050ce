// SPDX-License-Identifier: Apache-2.0
#include "client/broker_calls.h"

#include "protocol/bodies/heartbeat_data.h"
#include "protocol/bodies/lock_batch.h"
#include "protocol/bodies/name_lists.h"
#include "protocol/header_codec.h"
#include "protocol/headers/client_manage.h"
#include "protocol/headers/consumer_send_back.h"
#include "protocol/headers/offset.h"

namespace gantry::client::calls {

namespace {

template <typename Header>
Result<std::int64_t> askOffset(RemotingClient& remoting, const std::string& address,
                               RequestCode code, const Header& header, Milliseconds timeout,
                               std::string_view what)
{
    auto request = RemotingCommand::request(code);
    encodeHeader(header, request.fields);
    GANTRY_TRY(answer, invoke(remoting, address, std::move(request), timeout, what));
    GANTRY_TRY(found, decodeHeader<OffsetResponseHeader>(answer.fields));
    return found.offset;
}

} // namespace

Result<RemotingCommand> invoke(RemotingClient& remoting, const std::string& address,
                               RemotingCommand request, Milliseconds timeout, std::string_view what)
{
    auto answer = remoting.invokeSync(address, std::move(request), timeout);
    if (!answer) {
        return failWith(std::move(answer.error()), what);
    }
    if (answer->code != static_cast<std::int32_t>(ResponseCode::Success)) {
        return tl::unexpected<Error>(remoteError(*answer, what));
    }
    return answer;
}

Result<std::int64_t> consumerOffset(RemotingClient& remoting, const std::string& address,
                                    const std::string& group, const MessageQueue& queue,
                                    Milliseconds timeout, bool zeroWhenYoung)
{
    const QueryConsumerOffsetHeader header{group, queue.topic, queue.queueId, zeroWhenYoung};
    auto offset = askOffset(remoting, address, RequestCode::QueryConsumerOffset, header, timeout,
                            "asking for a consume offset");
    if (!offset && offset.error().remoteCode == static_cast<int>(ResponseCode::QueryNotFound)) {
        return -1;
    }
    return offset;
}

RemotingCommand updateOffsetRequest(const std::string& group, const MessageQueue& queue,
                                    std::int64_t offset)
{
    auto request = RemotingCommand::request(RequestCode::UpdateConsumerOffset);
    encodeHeader(UpdateConsumerOffsetHeader{group, queue.topic, queue.queueId, offset},
                 request.fields);
    return request;
}

Result<std::int64_t> maxOffset(RemotingClient& remoting, const std::string& address,
                               const MessageQueue& queue, Milliseconds timeout)
{
    return askOffset(remoting, address, RequestCode::GetMaxOffset,
                     GetMaxOffsetHeader{queue.topic, queue.queueId, std::nullopt}, timeout,
                     "asking for the end of a queue");
}

Result<std::int64_t> minOffset(RemotingClient& remoting, const std::string& address,
                               const MessageQueue& queue, Milliseconds timeout)
{
    return askOffset(remoting, address, RequestCode::GetMinOffset,
                     GetMinOffsetHeader{queue.topic, queue.queueId}, timeout,
                     "asking for the start of a queue");
}

Result<std::int64_t> searchOffset(RemotingClient& remoting, const std::string& address,
                                  const MessageQueue& queue, std::int64_t timestampMs,
                                  Milliseconds timeout)
{
    return askOffset(remoting, address, RequestCode::SearchOffsetByTimestamp,
                     SearchOffsetHeader{queue.topic, queue.queueId, timestampMs, std::nullopt},
                     timeout, "searching an offset by time");
}

Result<std::vector<std::string>> consumerIds(RemotingClient& remoting, const std::string& address,
                                             const std::string& group, Milliseconds timeout)
{
    auto request = RemotingCommand::request(RequestCode::GetConsumerListByGroup);
    encodeHeader(GetConsumerListByGroupHeader{group}, request.fields);
    GANTRY_TRY(answer, invoke(remoting, address, std::move(request), timeout,
                              "asking for a group's members"));
    GANTRY_TRY(list, ConsumerIdList::decode(answer.body));
    return std::move(list.consumerIds);
}

Result<std::vector<MessageQueue>> lockQueues(RemotingClient& remoting, const std::string& address,
                                             const std::string& group, const std::string& clientId,
                                             const std::vector<MessageQueue>& queues,
                                             Milliseconds timeout)
{
    auto request = RemotingCommand::request(RequestCode::LockBatchMq);
    request.body = LockBatchRequest{group, clientId, false, queues}.encode();
    GANTRY_TRY(answer, invoke(remoting, address, std::move(request), timeout, "locking queues"));
    GANTRY_TRY(locked, LockBatchResponse::decode(answer.body));
    return std::move(locked.lockedQueues);
}

RemotingCommand unlockRequest(const std::string& group, const std::string& clientId,
                              const std::vector<MessageQueue>& queues)
{
    auto request = RemotingCommand::request(RequestCode::UnlockBatchMq);
    request.body = LockBatchRequest{group, clientId, false, queues}.encode();
    return request;
}

Result<> sendMessageBack(RemotingClient& remoting, const std::string& address,
                         const std::string& group, const MessageExt& message, int delayLevel,
                         int maxReconsumeTimes, Milliseconds timeout)
{
    ConsumerSendMsgBackHeader header;
    header.offset = message.commitLogOffset;
    header.group = group;
    header.delayLevel = delayLevel;
    header.originMsgId = message.messageId();
    header.originTopic = message.topic;
    header.unitMode = false;
    header.maxReconsumeTimes = maxReconsumeTimes;
    auto request = RemotingCommand::request(RequestCode::ConsumerSendMsgBack);
    encodeHeader(header, request.fields);
    GANTRY_CHECK(invoke(remoting, address, std::move(request), timeout, "handing a message back"));
    return {};
}

Result<> checkSubscription(RemotingClient& remoting, const std::string& address,
                           const std::string& clientId, const std::string& group,
                           const SubscriptionData& subscription, Milliseconds timeout)
{
    auto request = RemotingCommand::request(RequestCode::CheckClientConfig);
    request.body = CheckClientConfigRequest{clientId, group, subscription}.encode();
    GANTRY_CHECK(invoke(remoting, address, std::move(request), timeout,
                        "checking the subscription of topic " + subscription.topic));
    return {};
}

RemotingCommand unregisterRequest(const std::string& clientId, const std::string& producerGroup,
                                  const std::string& consumerGroup)
{
    UnregisterClientHeader header;
    header.clientId = clientId;
    if (!producerGroup.empty()) {
        header.producerGroup = producerGroup;
    }
    if (!consumerGroup.empty()) {
        header.consumerGroup = consumerGroup;
    }
    auto request = RemotingCommand::request(RequestCode::UnregisterClient);
    encodeHeader(header, request.fields);
    return request;
}

} // namespace gantry::client::calls
