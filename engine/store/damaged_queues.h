// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/consume_queue_store.h"
#include "store/queue_ends.h"

#include <functional>
#include <set>

namespace gantry {

/// Queues that lack what they had at the last checkpoint. They have either the entries before what they lack, or none.
struct DamagedQueues
{
    std::set<ConsumeQueuePtr, QueueOrder> queues;
    std::int64_t readFrom = -1; ///< CommitLog offset from which on the log has what they lack, -1 if there is none
};

/// Compares what was loaded with the table, before anything is truncated; what cannot be kept of a queue is dropped.
/// `confirmed`: the checkpoint's confirmPhyOffset; what points behind it is not kept. `lastFits` says whether a queue's last
/// entry points at its message; asked only where it points behind `confirmed`.
Result<DamagedQueues> findDamagedQueues(const QueueEndsTable& table, ConsumeQueueStore& queues, std::int64_t logBegin,
                                        std::int64_t confirmed, const std::function<bool(const ConsumeQueue&)>& lastFits);

/// What the next start shall compare with until a checkpoint has the queues made anew: those are marked, the others as in
/// `before`.
[[nodiscard]] QueueEndsTable tableWhileMadeAnew(const DamagedQueues& damaged, QueueEndsTable before);

} // namespace gantry
