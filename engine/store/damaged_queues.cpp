// SPDX-License-Identifier: Apache-2.0
#include "store/damaged_queues.h"

#include "base/log.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace gantry {

Result<DamagedQueues> findDamagedQueues(const QueueEndsTable& table, ConsumeQueueStore& queues, std::int64_t logBegin,
                                        std::int64_t confirmed, const std::function<bool(const ConsumeQueue&)>& lastFits)
{
    DamagedQueues damaged;
    for (const QueueEndsTable::Queue& had : table.queues) {
        const ConsumeQueuePtr queue = queues.findOrCreate(had.topic, had.queueId);
        const ConsumeQueue::FileRange has = queue->fileRange();
        // Where the log has lost files since, the queue may have, too.
        const bool lacksBegin = had.isMadeAnew() || has.firstFile < 0 || (has.firstFile > had.firstFile && logBegin == table.logBegin) ||
                                logBegin < table.logBegin; // a file whose removal did not become durable, or was put back
        const bool isLastDamaged =
            !lacksBegin && has.end == had.end && queue->maxCommitLogOffset() > confirmed && !lastFits(*queue);
        if (!lacksBegin && has.end >= had.end && !isLastDamaged) {
            continue;
        }
        if (isLastDamaged) {
            log::error("store", "the last entry of queue {} of {}, {}, is damaged", had.queueId, had.topic, had.end - 1);
        } else if (had.isMadeAnew()) {
            log::warning("store", "queue {} of {} was being made anew when the process before ended", had.queueId, had.topic);
        } else {
            log::error("store", "queue {} of {} has entries {} to {}; it had {} to {}", had.queueId, had.topic,
                       std::max<std::int64_t>(has.firstFile, 0) / kConsumeQueueEntrySize, has.end,
                       had.firstFile / kConsumeQueueEntrySize, had.end);
        }
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

QueueEndsTable tableWhileMadeAnew(const DamagedQueues& damaged, QueueEndsTable before)
{
    std::set<std::pair<std::string_view, std::int32_t>> names;
    for (const ConsumeQueuePtr& queue : damaged.queues) {
        names.emplace(queue->topic(), queue->queueId());
    }
    std::erase_if(before.queues, [&names](const QueueEndsTable::Queue& had) {
        return names.contains({had.topic, had.queueId});
    });
    for (const ConsumeQueuePtr& queue : damaged.queues) {
        before.queues.push_back(QueueEndsTable::Queue::madeAnew(queue->topic(), queue->queueId()));
    }
    return before;
}

} // namespace gantry
