// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "message/message_queue.h"

#include <string>
#include <string_view>
#include <vector>

namespace gantry {

/// Body of 41 and 42.
struct LockBatchRequest
{
    std::string consumerGroup;
    std::string clientId;
    bool onlyThisBroker = false;
    std::vector<MessageQueue> queues;

    [[nodiscard]] std::string encode() const;
    [[nodiscard]] static Result<LockBatchRequest> decode(std::string_view body);
    bool operator==(const LockBatchRequest&) const = default;
};

/// Answer to 41.
struct LockBatchResponse
{
    std::vector<MessageQueue> lockedQueues;

    [[nodiscard]] std::string encode() const;
    [[nodiscard]] static Result<LockBatchResponse> decode(std::string_view body);
    bool operator==(const LockBatchResponse&) const = default;
};

} // namespace gantry
