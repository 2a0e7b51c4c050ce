// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "client/pull_consumer.h"
#include "message/subscription.h"
#include "protocol/command.h"

#include <cstdint>
#include <optional>

/// Pull requests and their answers, without any network.
namespace gantry::client {

struct PullQuery
{
    std::string group;
    MessageQueue queue;
    std::int64_t offset = 0;
    int messagesMax = 32;
    std::int64_t suspendMs = 0; ///< > 0: the broker may hold the request
    std::optional<std::int64_t> commitOffset;
    const SubscriptionData* subscription = nullptr;
    bool postExpression = false; ///< the broker does not know the subscription from heartbeats
};

[[nodiscard]] RemotingCommand pullRequest(const PullQuery& query);

struct PullAnswer
{
    PullResult result;
    std::int64_t suggestedBrokerId = 0;
};
/// Decodes and decompresses the messages, drops those whose tag is not subscribed to, and adds the
/// queue's bounds as properties. Answers that are no pull outcome become errors.
[[nodiscard]] Result<PullAnswer> parsePullResponse(const RemotingCommand& response,
                                                   const PullQuery& query);

} // namespace gantry::client
