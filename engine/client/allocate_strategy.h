// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "message/message_queue.h"

#include <string>
#include <string_view>
#include <vector>

namespace gantry {

/// How a group's members share queues. All members must use the same one.
enum class AllocateStrategy {
    Average, ///< "AVG": consecutive queues, the first members get one more; Apache's default
    AverageByCircle, ///< "AVG_BY_CIRCLE": dealt out one by one
};
[[nodiscard]] std::string_view toString(AllocateStrategy strategy);

/// The queues that belong to `clientId`. Both lists must be sorted the same way by every member.
/// Empty when the client is not among the members.
[[nodiscard]] std::vector<MessageQueue> allocateQueues(AllocateStrategy strategy,
                                                       const std::string& clientId,
                                                       const std::vector<MessageQueue>& queues,
                                                       const std::vector<std::string>& members);

} // namespace gantry
