// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/message_search.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace gantry {

struct RetrySearch
{
    std::string group;
    int attemptsMax = 16;          ///< the group's retryMaxTimes
    std::int64_t nowMs = 0;
    int countMax = 200;            ///< of each kind
    /// Where the group stands in a queue of its retry topic; -1 = nowhere.
    std::function<std::int64_t(const std::string& brokerName, std::int32_t queueId)> consumerOffset;
};

/// What waits in delay levels and in the retry topic, and what lies in the dead-letter topic.
[[nodiscard]] RetryPage findRetries(const std::vector<StoreRef>& stores, const RetrySearch& search, const CancelToken& cancel);

} // namespace gantry
