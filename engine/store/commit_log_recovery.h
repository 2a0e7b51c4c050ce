// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/units.h"
#include "store/checkpoint.h"
#include "store/damaged_queues.h"
#include "store/record_dispatcher.h"
#include "store/record_scanner.h"
#include "store/seeded_bug.h"
#include "store/store_metrics.h"

#include <map>

namespace gantry {

/// Finds the end of the CommitLog, repairs what a crash left, and brings ConsumeQueues and index in
/// line with it (README, "Recovery"). Runs alone, before the store's threads.
class CommitLogRecovery
{
public:
    CommitLogRecovery(const StoreConfig& config, MappedFileQueue& segments,
                      ConsumeQueueStore& queues, IndexService& index, RecordDispatcher& dispatcher,
                      RecoveryReport& report, Checkpoint& checkpointFile, QueueEnds& queueEnds)
        : m_config(config)
        , m_segments(segments)
        , m_queues(queues)
        , m_index(index)
        , m_dispatcher(dispatcher)
        , m_report(report)
        , m_checkpointFile(checkpointFile)
        , m_queueEnds(queueEnds)
        , m_scanner(segments,
                    config.checkCrcOnRecover && !planted(SeededBug::RecoverySkipsCrc), kScanChunk)
    {}

    struct Outcome
    {
        std::int64_t end = 0; ///< where appending goes on
        std::int64_t lastStoreTimestampMs = 0;
    };
    /// `checkpoint` is what was loaded; lowered, in the file too, where the scan begins before what it vouches for.
    Result<Outcome> run(CheckpointValues& checkpoint);

private:
    struct Suspect
    {
        std::int64_t queueOffset = 0;
        RawQueueEntry entry;
        bool isDamaged = false;
    };

    /// Fits the cache, so that what was read is checked while it is near.
    static constexpr std::size_t kScanChunk = 512 * kKiB;
    static constexpr std::size_t kProbeChunk = 4 * kKiB; // for one record

    Result<std::int64_t> startAfterCleanExit(const CheckpointValues& checkpoint);
    Result<std::int64_t> startAfterCrash(const CheckpointValues& checkpoint);
    Result<std::int64_t> startByTime(const CheckpointValues& checkpoint);
    Result<> findDamagedQueues(const CheckpointValues& checkpoint);
    Result<bool> isRecordEnd(std::int64_t at);
    Result<std::int64_t> damagedRecordBefore(std::int64_t at);
    [[nodiscard]] std::int64_t endWithoutFile() const;
    void forgetIndexFrom(std::int64_t start);
    /// Scans from `start`; false if the ConsumeQueues lack entries from before it.
    Result<bool> scan(std::int64_t from, std::int64_t start);
    /// False if the queue lacks entries from before the scan's start.
    bool enter(const RecordView& record, bool isDamaged, bool mayLackOlder);
    Result<> mendBlank(std::int32_t length);
    [[nodiscard]] bool beginsThere(const ConsumeQueuePtr& queue);
    void enterSuspect(const ConsumeQueuePtr& queue, const RecordView& record, bool isDamaged);
    void reject(const ConsumeQueue& queue, const Suspect& suspect);
    void judgeLastSuspects();
    Result<> lowerCheckpoint(std::int64_t start, std::int64_t from, CheckpointValues& checkpoint);
    Result<std::int64_t> markDamagedQueues(std::int64_t formerGeneration, bool isLowered);
    void noteDamage(std::int64_t bytes);
    void reportDamage(std::int64_t offset);
    Result<bool> stepOverDamage(const RecordScanner::Item& item);
    Result<std::int64_t> findNext(std::int64_t at);
    Result<std::int64_t> findAnyNext(std::int64_t at);
    Result<> cutTail();
    Result<> zeroTail();
    Result<> rewrite(std::int64_t from, std::int64_t to);
    Result<> makeDurable(std::int64_t from);
    Result<> writeDispatched();

    const StoreConfig& m_config;
    MappedFileQueue& m_segments;
    ConsumeQueueStore& m_queues;
    IndexService& m_index;
    RecordDispatcher& m_dispatcher;
    RecoveryReport& m_report;
    Checkpoint& m_checkpointFile;
    QueueEnds& m_queueEnds;
    DamagedQueues m_damaged;
    QueueEndsTable m_hadEnds; ///< of the checkpoint that was loaded
    std::int64_t m_fullFrom = 0; ///< records before it are read for the sake of m_damaged only
    RecordScanner m_scanner;
    std::int64_t m_at = 0;
    std::int64_t m_lastTimestamp = 0;
    /// Before it everything was durable, says a checkpoint of ours: what is no record there is damaged, not torn.
    std::int64_t m_vouchedEnd = 0;
    /// Entries a queue may lack because of damage seen so far; a larger gap comes from a wrong
    /// header.
    std::int64_t m_holesPossible = 0;
    /// Wait for the queue's next record to judge them.
    std::map<ConsumeQueuePtr, Suspect, QueueOrder> m_suspects;
    std::map<ConsumeQueuePtr, bool, QueueOrder> m_begins; ///< see beginsThere()
    std::int64_t m_writtenEnd =
        -1; ///< of the file with the end: behind it are only zeros; -1 = not looked at
};

} // namespace gantry
