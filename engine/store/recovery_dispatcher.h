// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/consume_queue_store.h"
#include "store/damaged_queues.h"
#include "store/record_dispatcher.h"

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace gantry {

/// Enters the records that recovery finds into ConsumeQueues and index. Nothing but the records themselves says which
/// number of their queue they are, and that has no checksum: one that does not follow waits for the queue's next records
/// to tell (README, "Recovery").
class RecoveryDispatcher
{
public:
    /// `leftOut` is told the CommitLog offset of records that are not what they say.
    RecoveryDispatcher(MappedFileQueue& segments, ConsumeQueueStore& queues, RecordDispatcher& dispatcher,
                       std::function<void(std::int64_t)> leftOut)
        : m_segments(segments)
        , m_queues(queues)
        , m_dispatcher(dispatcher)
        , m_leftOut(std::move(leftOut))
    {}

    /// Forgets what a scan before this one saw. Records before `fullFrom` are entered into the rebuilt queues only. `ends`:
    /// what the queues had at the checkpoint, if that is known.
    void begin(std::int64_t fullFrom, const DamagedQueues& rebuilt, const QueueEndsTable& ends);
    /// So many bytes of the log are no records; queues may lack what was there.
    void noteDamage(std::int64_t bytes);
    /// False if the queue lacks entries from before the scan's begin, which only a scan that `mayLackOlder` asks.
    bool enter(const RecordView& record, bool isDamaged, bool mayLackOlder);
    /// Nothing follows: decides about those that wait.
    void finish();

private:
    struct Suspect
    {
        std::int64_t queueOffset = 0;
        RawQueueEntry entry;
        bool isDamaged = false;
    };
    /// Records of a queue that do not follow what it has.
    struct Waiting
    {
        Suspect first;
        std::optional<Suspect> second; ///< does not follow the first
    };
    using WaitingQueues = std::map<ConsumeQueuePtr, Waiting, QueueOrder>;

    [[nodiscard]] bool hasAllItHad(const RecordView& record, const ConsumeQueuePtr& queue);
    [[nodiscard]] bool beginsThere(const ConsumeQueuePtr& queue);
    [[nodiscard]] bool isBeginDamaged(std::int64_t from, std::int64_t begin) const;
    [[nodiscard]] Suspect suspectOf(const RecordView& record, bool isDamaged) const;
    [[nodiscard]] bool follows(const ConsumeQueuePtr& queue, const Suspect& suspect, const RecordView& record, bool isDamaged) const;
    [[nodiscard]] bool isBelieved(const ConsumeQueuePtr& queue, const Suspect& suspect) const;
    [[nodiscard]] std::int64_t gapMax() const;
    bool judge(const ConsumeQueuePtr& queue, const RecordView& record, bool isDamaged);
    bool settle(const ConsumeQueuePtr& queue, WaitingQueues::iterator waiting, const RecordView& record, bool isDamaged);
    [[nodiscard]] bool areInOrder(const ConsumeQueuePtr& queue, const Waiting& waiting) const;
    void refuse(const ConsumeQueuePtr& queue, const RecordView& record);
    void wait(const ConsumeQueuePtr& queue, const RecordView& record, bool isDamaged);
    void append(const ConsumeQueuePtr& queue, const Suspect& suspect);
    void reject(const ConsumeQueue& queue, const Suspect& suspect);

    MappedFileQueue& m_segments;
    ConsumeQueueStore& m_queues;
    RecordDispatcher& m_dispatcher;
    const std::function<void(std::int64_t)> m_leftOut;
    const DamagedQueues* m_rebuilt = nullptr;
    const QueueEndsTable* m_ends = nullptr;
    std::map<std::pair<std::string, std::int32_t>, std::int64_t> m_endOf; ///< by topic and queue; made from m_ends when needed
    std::int64_t m_fullFrom = 0;
    /// Entries a queue may lack because of damage seen so far; a larger gap comes from a wrong header.
    std::int64_t m_holesPossible = 0;
    WaitingQueues m_waiting;
    std::map<ConsumeQueuePtr, bool, QueueOrder> m_begins; ///< see beginsThere()
};

} // namespace gantry
