// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/checkpoint.h"
#include "store/commit_log.h"
#include "store/consume_queue_store.h"
#include "store/flush_service.h"
#include "store/index_service.h"
#include "store/queue_ends.h"
#include "store/reput_service.h"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace gantry {

/// The store's slow work on one thread: writing ConsumeQueues, the checkpoint, retention, watching
/// the disk.
class HouseKeeper
{
public:
    struct Parts
    {
        const StoreConfig& config;
        Clock& clock;
        StoreHealth& health;
        CommitLog& log;
        ConsumeQueueStore& queues;
        IndexService& index;
        FlushService& flush;
        ReputService& reput;
        Checkpoint& checkpoint;
        QueueEnds& queueEnds;
        bool isDriven = false; ///< no thread: step()
    };
    explicit HouseKeeper(Parts parts);
    ~HouseKeeper() { stop(); }
    HouseKeeper(const HouseKeeper&) = delete;
    HouseKeeper& operator=(const HouseKeeper&) = delete;

    /// `retain` runs every few seconds on this thread.
    void start(const CheckpointValues& values, std::function<void()> retain);
    void stop();
    /// What the thread does once per consumeQueueFlushInterval.
    bool step();
    /// The CommitLog is durable up to the offset; a checkpoint is made early when the last one is checkpointBytes back.
    /// Flush thread.
    void noteFlushed(std::int64_t offset);

    enum class Save {
        IfNew, ///< not when nothing was dispatched or flushed since the last one
        Always
    };
    /// Makes queues and index durable as far as they are dispatched, and says so in the checkpoint.
    Result<> saveCheckpoint(Save save = Save::IfNew);
    /// Runs it while no queue is written and no checkpoint made. The thread goes on with what else it has to do, so it may
    /// take long.
    Result<> whileNothingIsWritten(const std::function<Result<>()>& work);

private:
    void run();
    // These with m_workMutex.
    void writeQueues();
    void saveIfDue();
    Result<> saveLocked(Save save);
    void noteAttempt(std::int64_t dispatchedOffset);
    [[nodiscard]] bool isCheckpointDue(std::chrono::steady_clock::time_point now) const;
    Result<std::int64_t> saveQueueEnds();
    Result<> guardWrite(Result<> outcome);

    Parts m_parts;
    std::function<void()> m_retain;
    std::chrono::steady_clock::time_point m_nextCheckpoint; // these three: house thread
    std::chrono::steady_clock::time_point m_restsUntil;     // no checkpoint before, however much was written
    std::chrono::steady_clock::time_point m_nextRetention;
    std::mutex m_workMutex; // one pass at a time: house thread, sync(), close(), deleteTopic()
    std::string m_lastFailure; // logged once
    CheckpointValues m_saved;
    std::int64_t m_savedLogBegin = 0;
    std::int64_t m_generation = 0; // of the queue ends last written
    bool m_isSaved = false; // recovery may have written what no checkpoint has vouched for
    std::atomic<std::int64_t> m_attemptedAt{0}; // what was dispatched when the last checkpoint began
    std::atomic<std::int64_t> m_hurryAt{0};     // the flushed offset that wakes the thread next
    std::atomic<bool> m_isHurried{false};

    std::mutex m_mutex; // guards what follows
    std::condition_variable m_wake;
    bool m_isStopping = false;
    std::thread m_thread;
};

} // namespace gantry
