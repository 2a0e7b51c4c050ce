// SPDX-License-Identifier: Apache-2.0
#include "store/damaged_queues.h"

#include "base/log.h"

#include <algorithm>

namespace gantry {

Result<DamagedQueues> findDamagedQueues(const QueueEndsTable& table, ConsumeQueueStore& queues, std::int64_t logBegin,
                                        std::int64_t confirmed)
{
    DamagedQueues damaged;
    for (const QueueEndsTable::Queue& had : table.queues) {
        const ConsumeQueuePtr queue = queues.findOrCreate(had.topic, had.queueId);
        const ConsumeQueue::FileRange has = queue->fileRange();
        // Where the log has lost files since, the queue may have, too.
        const bool lacksBegin = has.firstFile < 0 || (has.firstFile > had.firstFile && logBegin == table.logBegin) ||
                                logBegin < table.logBegin; // a file whose removal did not become durable, or was put back
        if (!lacksBegin && has.end >= had.end) {
            continue;
        }
        log::error("store", "queue {} of {} has entries {} to {}; it had {} to {}", had.queueId, had.topic,
                   std::max<std::int64_t>(has.firstFile, 0) / kConsumeQueueEntrySize, has.end,
                   had.firstFile / kConsumeQueueEntrySize, had.end);
        GANTRY_CHECK(queue->truncate(confirmed));
        const std::int64_t kept = lacksBegin ? -1 : queue->maxCommitLogOffset();
        if (kept < 0) {
            GANTRY_CHECK(queue->dropAll());
        }
        const std::int64_t from = std::max(kept, logBegin);
        damaged.readFrom = damaged.readFrom < 0 ? from : std::min(damaged.readFrom, from);
        damaged.queues.insert(queue);
    }
    return damaged;
}

} // namespace gantry
