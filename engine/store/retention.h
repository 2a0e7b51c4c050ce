// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/commit_log.h"
#include "store/consume_queue_store.h"
#include "store/index_service.h"
#include "store/reput_service.h"
#include "store/store_metrics.h"

#include <chrono>
#include <map>
#include <mutex>

namespace gantry {

/// Deletes old files and stops writes before the disk is full (README, "Retention"). Thread-safe.
class Retention
{
public:
    struct Parts
    {
        const StoreConfig& config;
        FileSystem& files;
        Clock& clock;
        StoreHealth& health;
        CommitLog& log;
        ConsumeQueueStore& queues;
        IndexService& index;
        ReputService& reput;
    };
    explicit Retention(Parts parts)
        : m_parts(parts)
        , m_agreedAt(parts.clock.steady())
        , m_agreedWallMs(parts.clock.wallMs())
    {}

    /// Before the first message of this process.
    void start()
    {
        m_ownFrom = m_parts.log.tail();
        m_lastRound = m_parts.clock.steady();
    }
    /// One round; `atAnyHour` deletes expired files also outside deleteWhen. Returns files deleted,
    /// of all kinds.
    int run(bool atAnyHour);
    [[nodiscard]] RetentionReport report() const;
    /// Used share of the disk with the directory, 0..1; -1 = unknown.
    [[nodiscard]] static double diskRatio(FileSystem& files,
                                          const std::filesystem::path& directory);

private:
    [[nodiscard]] bool isDeleteHour() const;
    void lookAtClocks();
    void correctTimes();
    [[nodiscard]] Result<> touch(const std::filesystem::path& path);
    [[nodiscard]] bool isExpired(const MappedFile& file) const;
    void judgeDisk(double ratio);
    int deleteLogFiles(bool mayDeleteExpired, bool mustFree, std::string& problem);
    void note(int logFiles, int others, bool wasForced, std::string problem);

    const Parts m_parts;
    std::int64_t m_ownFrom = 0; // CommitLog offset where this process began to write
    std::mutex m_mutex; // one round at a time; guards what follows
    std::chrono::steady_clock::time_point m_agreedAt; // when both clocks last went together
    std::int64_t m_agreedWallMs = 0;
    std::int64_t m_expiryNowMs = 0;
    std::chrono::steady_clock::time_point m_lastRound;
    /// By the file's offset: it was still written after this.
    std::map<std::int64_t, std::chrono::steady_clock::time_point> m_writtenAfter;
    std::int64_t m_droppedBefore = 0; // queues and index speak of nothing before it

    mutable std::mutex m_reportMutex; // guards what follows; a round may take long
    RetentionReport m_report;
};

} // namespace gantry
