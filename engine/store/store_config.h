// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/units.h"
#include "message/host_address.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace gantry {

enum class FlushMode {
    Sync,  ///< acknowledged means on disk
    Async, ///< acknowledged means in the page cache; flushed within flushInterval
};

/// Everything a store needs to know; names and defaults follow Apache's MessageStoreConfig. Sizes in bytes.
struct StoreConfig
{
    std::filesystem::path rootDirectory;              ///< storePathRootDir
    std::filesystem::path commitLogDirectory;         ///< empty = <root>/commitlog
    std::int64_t commitLogFileSize = 1 * kGiB;        ///< mappedFileSizeCommitLog
    std::int64_t consumeQueueFileSize = 6'000'000;    ///< rounded up to a multiple of 20
    std::int32_t indexSlotCount = 5'000'000;          ///< maxHashSlotNum
    std::int32_t indexEntryCount = 20'000'000;        ///< maxIndexNum
    bool indexEnabled = true;                         ///< messageIndexEnable
    std::int64_t messageBytesMax = 4 * kMiB;          ///< maxMessageSize
    FlushMode flushMode = FlushMode::Async;           ///< flushDiskType
    std::chrono::milliseconds flushInterval{500};     ///< flushIntervalCommitLog: bound of the loss window
    std::chrono::milliseconds consumeQueueFlushInterval{1000};
    std::int64_t checkpointBytes = 256 * kMiB;        ///< of CommitLog between two checkpoints: what a start after a kill reads
    std::int64_t dispatchMappedBytes = 64 * kMiB;     ///< so far behind the writer everything is in memory: looked at in place
    std::size_t queueFilesSyncedOneByOne = 128;       ///< more ConsumeQueue files than these are synced with their disk
    std::chrono::milliseconds syncFlushTimeout{5000};
    std::int64_t zeroAheadBytes = 32 * kMiB;          ///< under sync flush zeros are written so far ahead of the log; 0: none
    std::chrono::hours reservedTime{72};              ///< fileReservedTime
    std::vector<int> deleteAtHours{4};                ///< deleteWhen, local time
    int diskDeleteRatio = 75;                         ///< diskMaxUsedSpaceRatio, %: delete expired files at any hour
    int diskForceDeleteRatio = 85;                    ///< diskSpaceCleanForciblyRatio: delete oldest files
    int diskWarningRatio = 90;                        ///< diskSpaceWarningLevelRatio: refuse writes
    bool checkCrcOnRecover = true;
    std::vector<std::chrono::milliseconds> delayLevels; ///< messageDelayLevel; index 0 is level 1. Empty = Apache's 18
    HostAddress storeHost;                            ///< brokerIP1:listenPort, goes into every record
    int transferMessagesInMemoryMax = 32;
    std::int64_t transferBytesInMemoryMax = 256 * kKiB;
    int transferMessagesOnDiskMax = 8;
    std::int64_t transferBytesOnDiskMax = 64 * kKiB;

    /// Of all records of one append: beside the bodies there are headers, topic and properties (Apache's reserve), and
    /// a file must hold them and the blank behind them.
    [[nodiscard]] std::int64_t appendBytesMax() const { return std::min(messageBytesMax + 64 * kKiB, commitLogFileSize - 8); }
};

/// "1s 5s 10s ..." of messageDelayLevel; s m h d. Errors name the word that is wrong.
[[nodiscard]] std::vector<std::chrono::milliseconds> defaultDelayLevels();

} // namespace gantry
