// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "client/producer.h"
#include "protocol/command.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What sending is made of, without any network.
namespace gantry::client {

/// A message, or a batch, in the form it travels in; made once, sent perhaps several times.
struct PreparedMessage
{
    std::string topic;
    std::string body;       ///< perhaps compressed; of a batch its encoded form
    std::string properties; ///< encoded
    std::int32_t flag = 0;
    std::int32_t sysFlag = 0;
    bool isBatch = false;
    std::string messageId; ///< unique key; of a batch joined with commas
    std::int64_t bornTimestampMs = 0;
    std::int32_t reconsumeTimes = 0;
    std::optional<std::int32_t> maxReconsumeTimes;
};

/// Checks the message as Apache's client does, gives it its unique key and compresses a large body.
[[nodiscard]] Result<PreparedMessage>
prepareMessage(Message message, const Producer::Options& options, std::int64_t nowMs);
[[nodiscard]] Result<PreparedMessage>
prepareBatch(std::vector<Message> messages, const Producer::Options& options, std::int64_t nowMs);

[[nodiscard]] RemotingCommand sendRequest(const PreparedMessage& message,
                                          const Producer::Options& options,
                                          const MessageQueue& queue);
/// Answers that mean "not stored" become errors.
[[nodiscard]] Result<SendResult> parseSendResponse(const RemotingCommand& response,
                                                   const PreparedMessage& message,
                                                   const MessageQueue& queue);

/// Whether another queue is worth trying after the failure. An asynchronous send tries again only
/// when no answer came.
enum class SendMode { Sync, Async };
[[nodiscard]] bool isSendRetryable(const Error& error, SendMode mode);

} // namespace gantry::client
