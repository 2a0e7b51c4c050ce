// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/checkpoint.h"
#include "store/record_dispatcher.h"
#include "store/record_scanner.h"
#include "store/store_metrics.h"

namespace gantry {

/// Finds the end of the CommitLog, repairs what a crash left, and brings ConsumeQueues and index in line with it
/// (README, "Recovery"). Runs alone, before the store's threads.
class CommitLogRecovery
{
public:
    CommitLogRecovery(const StoreConfig& config, MappedFileQueue& segments, ConsumeQueueStore& queues,
                      IndexService& index, RecordDispatcher& dispatcher, RecoveryReport& report)
        : m_config(config)
        , m_segments(segments)
        , m_queues(queues)
        , m_index(index)
        , m_dispatcher(dispatcher)
        , m_report(report)
        , m_scanner(segments, config.checkCrcOnRecover)
    {}

    struct Outcome
    {
        std::int64_t end = 0;                 ///< where appending goes on
        std::int64_t lastStoreTimestampMs = 0;
    };
    Result<Outcome> run(const CheckpointValues& checkpoint);

private:
    Result<std::int64_t> startAfterCleanExit();
    Result<std::int64_t> startAfterCrash(const CheckpointValues& checkpoint);
    /// Scans from `start`; false if the ConsumeQueues lack entries from before it.
    void forgetIndexFrom(std::int64_t start);
    Result<bool> scan(std::int64_t start, bool isFirstFile);
    Result<bool> stepOverDamage(const RecordScanner::Item& item);
    Result<std::int64_t> findNext();
    Result<> cutTail();
    Result<> zeroTail();
    Result<> writeDispatched();

    const StoreConfig& m_config;
    MappedFileQueue& m_segments;
    ConsumeQueueStore& m_queues;
    IndexService& m_index;
    RecordDispatcher& m_dispatcher;
    RecoveryReport& m_report;
    RecordScanner m_scanner;
    std::int64_t m_at = 0;
    std::int64_t m_lastTimestamp = 0;
    std::int64_t m_writtenEnd = -1; ///< of the file with the end: behind it are only zeros; -1 = not looked at
};

} // namespace gantry
