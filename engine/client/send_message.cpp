// SPDX-License-Identifier: Apache-2.0
#include "client/send_message.h"

#include "base/compress.h"
#include "message/batch_codec.h"
#include "message/message_id.h"
#include "message/sys_flag.h"
#include "message/topic_name.h"
#include "protocol/header_codec.h"
#include "protocol/headers/send_message.h"
#include "remoting/remoting_client.h"

#include <charconv>

namespace gantry {

std::string_view toString(SendStatus status)
{
    switch (status) {
    case SendStatus::SendOk:
        return "SEND_OK";
    case SendStatus::FlushDiskTimeout:
        return "FLUSH_DISK_TIMEOUT";
    case SendStatus::FlushSlaveTimeout:
        return "FLUSH_SLAVE_TIMEOUT";
    case SendStatus::SlaveNotAvailable:
        return "SLAVE_NOT_AVAILABLE";
    }
    return "UNKNOWN";
}

} // namespace gantry

namespace gantry::client {

namespace {

Result<> checkMessage(const Message& message, const Producer::Options& options)
{
    GANTRY_CHECK(validateTopicName(message.topic));
    if (isSendForbidden(message.topic)) {
        return fail(Errc::InvalidArgument, "topic {} belongs to the broker; nobody may send to it",
                    message.topic);
    }
    if (message.body.empty()) {
        return fail(Errc::InvalidArgument,
                    "the message has an empty body; RocketMQ clients refuse that");
    }
    if (message.body.size() > options.messageBytesMax) {
        return fail(Errc::InvalidArgument, "the message body has {} bytes, {} are allowed",
                    message.body.size(), options.messageBytesMax);
    }
    return {};
}

std::optional<std::int32_t> takeNumber(PropertyList& properties, std::string_view key)
{
    const auto text = properties.find(key);
    if (!text) {
        return std::nullopt;
    }
    std::int32_t value = 0;
    std::from_chars(text->data(), text->data() + text->size(), value);
    properties.remove(key);
    return value;
}

void ensureUniqueKey(Message& message)
{
    if (message.uniqueKey().empty()) {
        message.properties.set(property::kUniqueKey, makeUniqueMessageId());
    }
}

} // namespace

Result<PreparedMessage> prepareMessage(Message message, const Producer::Options& options,
                                       std::int64_t nowMs)
{
    GANTRY_CHECK(checkMessage(message, options));
    ensureUniqueKey(message);
    PreparedMessage prepared;
    prepared.messageId = std::string(message.uniqueKey());
    prepared.flag = message.flag;
    prepared.bornTimestampMs = nowMs;
    if (isRetryTopic(message.topic)) {
        // Towards a retry topic these two are header fields, not properties.
        prepared.reconsumeTimes =
            takeNumber(message.properties, property::kReconsumeTime).value_or(0);
        prepared.maxReconsumeTimes = takeNumber(message.properties, property::kMaxReconsumeTimes);
    }
    if (message.properties.value(property::kTransactionPrepared) == "true") {
        prepared.sysFlag |= sysflag::kTransactionPrepared;
    }
    if (message.body.size() >= options.compressOverBytes) {
        auto smaller = compress(message.body, CompressionType::Zlib, options.compressLevel);
        if (!smaller) {
            return failWith(std::move(smaller.error()), "compressing the message body");
        }
        message.body = std::move(*smaller);
        // Compression type 0 means zlib, too, and is the only one that 4.x consumers know.
        prepared.sysFlag |= sysflag::kCompressed;
    }
    prepared.topic = std::move(message.topic);
    prepared.body = std::move(message.body);
    prepared.properties = message.properties.encode();
    return prepared;
}

Result<PreparedMessage> prepareBatch(std::vector<Message> messages,
                                     const Producer::Options& options, std::int64_t nowMs)
{
    if (messages.empty()) {
        return fail(Errc::InvalidArgument, "the batch has no messages");
    }
    PreparedMessage prepared;
    prepared.topic = messages.front().topic;
    const std::string wait(messages.front().properties.value(property::kWaitStoreOk));
    if (isRetryTopic(prepared.topic)) {
        return fail(Errc::InvalidArgument, "a batch cannot be sent to the retry topic {}",
                    prepared.topic);
    }
    for (auto& message : messages) {
        GANTRY_CHECK(checkMessage(message, options));
        if (message.topic != prepared.topic) {
            return fail(Errc::InvalidArgument, "a batch has one topic, this one has {} and {}",
                        prepared.topic, message.topic);
        }
        if (message.delayLevel() > 0) {
            return fail(Errc::InvalidArgument,
                        "a batch cannot be delayed; send its messages one by one");
        }
        if (message.properties.value(property::kWaitStoreOk) != wait) {
            return fail(Errc::InvalidArgument, "the messages of a batch must agree on {}",
                        property::kWaitStoreOk);
        }
        ensureUniqueKey(message);
        prepared.messageId +=
            (prepared.messageId.empty() ? "" : ",") + std::string(message.uniqueKey());
    }
    prepared.isBatch = true;
    prepared.bornTimestampMs = nowMs;
    prepared.body = encodeBatch(messages);
    if (prepared.body.size() > options.messageBytesMax) {
        return fail(Errc::InvalidArgument,
                    "the batch has {} bytes, {} are allowed; send smaller batches",
                    prepared.body.size(), options.messageBytesMax);
    }
    PropertyList properties;
    properties.set(property::kWaitStoreOk, wait.empty() ? "true" : wait);
    prepared.properties = properties.encode();
    return prepared;
}

RemotingCommand sendRequest(const PreparedMessage& message, const Producer::Options& options,
                            const MessageQueue& queue)
{
    SendMessageHeaderV2 header;
    header.producerGroup = options.group;
    header.topic = message.topic;
    header.defaultTopic = std::string(kAutoCreateTopic);
    header.defaultTopicQueueNums = options.defaultTopicQueueCount;
    header.queueId = queue.queueId;
    header.sysFlag = message.sysFlag;
    header.bornTimestamp = message.bornTimestampMs;
    header.flag = message.flag;
    header.properties = message.properties;
    header.reconsumeTimes = message.reconsumeTimes;
    header.unitMode = false;
    header.maxReconsumeTimes = message.maxReconsumeTimes;
    header.batch = message.isBatch;
    header.brokerName = queue.brokerName;
    auto request = RemotingCommand::request(message.isBatch ? RequestCode::SendBatchMessage
                                                            : RequestCode::SendMessageV2);
    encodeHeader(header, request.fields);
    request.body = message.body;
    return request;
}

Result<SendResult> parseSendResponse(const RemotingCommand& response,
                                     const PreparedMessage& message, const MessageQueue& queue)
{
    SendResult result;
    switch (static_cast<ResponseCode>(response.code)) {
    case ResponseCode::Success:
        result.status = SendStatus::SendOk;
        break;
    case ResponseCode::FlushDiskTimeout:
        result.status = SendStatus::FlushDiskTimeout;
        break;
    case ResponseCode::FlushSlaveTimeout:
        result.status = SendStatus::FlushSlaveTimeout;
        break;
    case ResponseCode::SlaveNotAvailable:
        result.status = SendStatus::SlaveNotAvailable;
        break;
    default:
        return tl::unexpected<Error>(remoteError(response, "sending to topic " + message.topic));
    }
    GANTRY_TRY(header, decodeHeader<SendMessageResponseHeader>(response.fields));
    result.messageId = header.batchUniqId.value_or(message.messageId);
    result.offsetMessageId = std::move(header.msgId);
    result.queue = {message.topic, queue.brokerName, header.queueId};
    result.queueOffset = header.queueOffset;
    return result;
}

bool isSendRetryable(const Error& error, SendMode mode)
{
    switch (error.code) {
    case Errc::ConnectFailed:
    case Errc::ConnectionClosed:
    case Errc::Timeout:
    case Errc::Unavailable:
        return true;
    case Errc::Remote:
        break;
    default:
        return false;
    }
    if (mode == SendMode::Async) {
        return false;
    }
    switch (static_cast<ResponseCode>(error.remoteCode)) {
    case ResponseCode::TopicNotExist:
    case ResponseCode::ServiceNotAvailable:
    case ResponseCode::SystemError:
    case ResponseCode::SystemBusy:
    case ResponseCode::NoPermission:
    case ResponseCode::NoBuyerId:
    case ResponseCode::NotInCurrentUnit:
    case ResponseCode::GoAway:
        return true;
    default:
        return false;
    }
}

} // namespace gantry::client
