// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/units.h"
#include "store/checkpoint.h"
#include "store/damaged_queues.h"
#include "store/record_dispatcher.h"
#include "store/record_scanner.h"
#include "store/recovery_dispatcher.h"
#include "store/seeded_bug.h"
#include "store/store_metrics.h"


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
        , m_report(report)
        , m_checkpointFile(checkpointFile)
        , m_queueEnds(queueEnds)
        , m_entering(segments, queues, dispatcher, [this](std::int64_t offset) { reportDamage(offset); })
        , m_scanner(segments, checksBodies(), kScanChunk)
    {}

    struct Outcome
    {
        std::int64_t end = 0; ///< where appending goes on
        std::int64_t lastStoreTimestampMs = 0;
    };
    /// `checkpoint` is what was loaded; lowered, in the file too, where the scan begins before what it vouches for.
    Result<Outcome> run(CheckpointValues& checkpoint);

private:
    /// Fits the cache, so that what was read is checked while it is near.
    static constexpr std::size_t kScanChunk = 512 * kKiB;

    [[nodiscard]] bool checksBodies() const { return m_config.checkCrcOnRecover && !planted(SeededBug::RecoverySkipsCrc); }
    Result<std::int64_t> startAfterCleanExit(const CheckpointValues& checkpoint);
    Result<std::int64_t> startAfterCrash(const CheckpointValues& checkpoint);
    Result<std::int64_t> startByTime(const CheckpointValues& checkpoint);
    Result<> findDamagedQueues(const CheckpointValues& checkpoint);
    [[nodiscard]] bool lastEntryFits(const ConsumeQueue& queue);
    Result<bool> isRecordEnd(std::int64_t at);
    Result<std::int64_t> damagedRecordBefore(std::int64_t at);
    [[nodiscard]] std::int64_t endWithoutFile() const;
    void forgetIndexFrom(std::int64_t start);
    /// Scans from `start`; false if the ConsumeQueues lack entries from before it.
    Result<bool> scan(std::int64_t from, std::int64_t start);
    Result<> mendBlank(std::int32_t length);
    Result<> lowerCheckpoint(std::int64_t start, std::int64_t from, CheckpointValues& checkpoint);
    Result<std::int64_t> markDamagedQueues(std::int64_t formerGeneration, bool isLowered);
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
    RecoveryReport& m_report;
    Checkpoint& m_checkpointFile;
    QueueEnds& m_queueEnds;
    RecoveryDispatcher m_entering;
    DamagedQueues m_damaged;
    QueueEndsTable m_hadEnds; ///< of the checkpoint that was loaded
    RecordScanner m_scanner;
    std::int64_t m_at = 0;
    std::int64_t m_lastTimestamp = 0;
    /// Before it everything was durable, says a checkpoint of ours: what is no record there is damaged, not torn.
    std::int64_t m_vouchedEnd = 0;
    std::int64_t m_writtenEnd =
        -1; ///< of the file with the end: behind it are only zeros; -1 = not looked at
};

} // namespace gantry
