// SPDX-License-Identifier: Apache-2.0
#include "client/admin_client.h"
#include "client/client_instance_impl.h"
#include "message/message_id.h"
#include "message/record_codec.h"
#include "protocol/header_codec.h"
#include "protocol/headers/admin_group.h"
#include "protocol/headers/query_message.h"

#include <algorithm>
#include <limits>

/// Looking messages up by id and key.
namespace gantry {

namespace {

constexpr int kUniqueKeyCountMax = 32;

bool hasKey(const MessageExt& message, std::string_view key)
{
    std::string_view keys = message.keys();
    while (!keys.empty()) {
        const std::size_t end = std::min(keys.find(' '), keys.size());
        if (keys.substr(0, end) == key) {
            return true;
        }
        keys.remove_prefix(std::min(end + 1, keys.size()));
    }
    return false;
}

} // namespace

Result<std::vector<MessageExt>> AdminClient::query(const std::string& topic, const std::string& key,
                                                   int countMax, std::int64_t beginTimestampMs,
                                                   std::int64_t endTimestampMs, bool isUniqueKey)
{
    GANTRY_TRY(route, topicRoute(topic));
    QueryMessageHeader header;
    header.topic = topic;
    header.key = key;
    header.maxNum = countMax;
    header.beginTimestamp = beginTimestampMs;
    header.endTimestamp = endTimestampMs;
    header.uniqueKeyQuery = isUniqueKey;
    std::vector<MessageExt> found;
    for (const auto& broker : route.brokerDatas) {
        auto request = RemotingCommand::request(RequestCode::QueryMessage);
        encodeHeader(header, request.fields);
        const auto answer =
            ask(broker.address(), std::move(request), "querying messages of topic " + topic);
        if (!answer) {
            if (answer.error().remoteCode == static_cast<int>(ResponseCode::QueryNotFound)) {
                continue;
            }
            return tl::unexpected<Error>(answer.error());
        }
        GANTRY_TRY(messages, decodeMessages(answer->body));
        for (auto& message : messages) {
            // The index holds hashes, so other messages may come along.
            if (isUniqueKey ? message.uniqueKey() == key : hasKey(message, key)) {
                message.brokerName = broker.brokerName;
                found.push_back(std::move(message));
            }
        }
    }
    std::sort(found.begin(), found.end(), [](const MessageExt& left, const MessageExt& right) {
        return left.storeTimestampMs < right.storeTimestampMs;
    });
    return found;
}

Result<std::vector<MessageExt>> AdminClient::queryByKey(const std::string& topic,
                                                        const std::string& key, int countMax,
                                                        std::int64_t beginTimestampMs,
                                                        std::int64_t endTimestampMs)
{
    return query(topic, key, countMax, beginTimestampMs, endTimestampMs, false);
}

Result<MessageExt> AdminClient::viewMessageByUniqueKey(const std::string& topic,
                                                       const std::string& uniqueKey)
{
    GANTRY_TRY(found, query(topic, uniqueKey, kUniqueKeyCountMax, 0,
                            std::numeric_limits<std::int64_t>::max(), true));
    if (found.empty()) {
        return fail(Errc::NotFound, "topic {} has no message {}", topic, uniqueKey);
    }
    return std::move(found.front());
}

Result<MessageExt> AdminClient::viewMessage(const std::string& offsetMessageId)
{
    GANTRY_TRY(id, parseOffsetMessageId(offsetMessageId));
    ViewMessageHeader header;
    header.offset = id.commitLogOffset;
    auto request = RemotingCommand::request(RequestCode::ViewMessageById);
    encodeHeader(header, request.fields);
    GANTRY_TRY(answer, ask(id.storeHost.toText(), std::move(request),
                           "reading message " + offsetMessageId));
    GANTRY_TRY(messages, decodeMessages(answer.body));
    if (messages.empty()) {
        return fail(Errc::NotFound, "the broker has no message {}", offsetMessageId);
    }
    return std::move(messages.front());
}

Result<ConsumeMessageDirectlyResult>
AdminClient::consumeDirectly(const std::string& brokerAddress, const std::string& group,
                             const std::string& clientId, const std::string& offsetMessageId)
{
    ConsumeMessageDirectlyHeader header;
    header.consumerGroup = group;
    header.clientId = clientId;
    header.msgId = offsetMessageId;
    auto request = RemotingCommand::request(RequestCode::ConsumeMessageDirectly);
    encodeHeader(header, request.fields);
    GANTRY_TRY(answer, ask(brokerAddress, std::move(request),
                           "having message " + offsetMessageId + " consumed"));
    return ConsumeMessageDirectlyResult::decode(answer.body);
}

} // namespace gantry
