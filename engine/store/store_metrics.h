// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/histogram.h"

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gantry {

/// Counters the store keeps while it works; read live by anybody. Times in nanoseconds.
struct StoreMetrics
{
    LatencyHistogram putLatency;     ///< put() called -> callback called
    LatencyHistogram appendLatency;  ///< under the append lock; every eighth append
    LatencyHistogram flushLatency;   ///< one fdatasync of the CommitLog
    std::atomic<std::uint64_t> messagesPut{0};
    std::atomic<std::uint64_t> bytesPut{0};
    std::atomic<std::uint64_t> putsFailed{0};
    std::atomic<std::uint64_t> flushes{0};
    std::atomic<std::uint64_t> messagesPerFlushSum{0};
    std::atomic<std::uint64_t> messagesGot{0};
    std::atomic<std::uint64_t> bytesGot{0};
    std::atomic<std::uint64_t> getsFound{0};
    std::atomic<std::uint64_t> getsMissed{0};
    std::atomic<std::uint64_t> recordsDispatched{0};
    std::atomic<std::uint64_t> damagedRecords{0};
    std::atomic<std::uint64_t> queueEntriesMended{0}; ///< damaged ConsumeQueue entries made anew from the CommitLog
    std::atomic<std::int64_t> lossWindowMaxMs{0}; ///< longest time that something written waited to be durable
};

enum class StoreState {
    Running,
    DiskFull,   ///< refuses writes until space returns
    Poisoned,   ///< a write or sync failed: refuses writes until restarted
    Closed,
};
[[nodiscard]] std::string_view toString(StoreState state);

/// How the store was opened.
struct RecoveryReport
{
    bool cleanExit = true;               ///< no abort file was there
    bool wasPoisoned = false;            ///< the process before could not make something durable
    std::int64_t scannedBytes = 0;
    std::int64_t scannedRecords = 0;
    std::int64_t truncatedAtOffset = -1; ///< where a torn tail was cut, -1 if none
    std::vector<std::int64_t> damagedOffsets; ///< records that are there but whose bytes are wrong (first 1,000)
    int queuesRebuilt = 0; ///< ConsumeQueues whose files lacked what the checkpoint says they had: made anew from the log
    std::int64_t rebuiltFromOffset = -1; ///< ... which was read from here on for that, -1 if none; may be much
    std::int64_t durationMs = 0;
};

/// What retention has done since the store was opened.
struct RetentionReport
{
    std::int64_t commitLogFilesDeleted = 0;
    std::int64_t queueAndIndexFilesDeleted = 0; ///< those that only spoke of deleted CommitLog files
    std::int64_t lastDeletedAtMs = -1;          ///< ms since 1970; -1 = nothing deleted yet
    bool lastWasForced = false;                 ///< the last file went because the disk was nearly full, not for its age
    std::string problem;                        ///< why an old file is still there; empty if none is
};

/// A consistent look at positions; all offsets are bytes of the CommitLog.
struct StorePositions
{
    StoreState state = StoreState::Closed;
    std::string stateReason;             ///< when not Running
    std::int64_t minOffset = 0;
    std::int64_t maxOffset = 0;          ///< written
    std::int64_t flushedOffset = 0;
    std::int64_t dispatchedOffset = 0;   ///< in ConsumeQueues and index
    /// Age of the oldest bytes in [flushedOffset, maxOffset): what a power cut now would cost. Under async flush at
    /// most flushInterval and the time of one flush, unless the disk hangs; 0 when everything is durable.
    std::int64_t lossWindowMs = 0;
    std::int64_t earliestStoreTimestampMs = -1;
    int commitLogFiles = 0;
    int consumeQueueFiles = 0;
    int indexFiles = 0;
    std::string indexError;              ///< why messages are not found by key any more; empty while they are
    double commitLogDiskRatio = -1;      ///< used share of its disk, 0..1; -1 = unknown
    double consumeQueueDiskRatio = -1;
    std::uint64_t diskTotalBytes = 0;
    std::uint64_t diskAvailableBytes = 0;
    RetentionReport retention;
};

} // namespace gantry
