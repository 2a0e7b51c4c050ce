// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/checkpoint.h"
#include "store/commit_log.h"
#include "store/consume_queue_store.h"
#include "store/flush_service.h"
#include "store/index_service.h"
#include "store/reput_service.h"

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

    /// Makes queues and index durable as far as they are dispatched, and says so in the checkpoint.
    Result<> saveCheckpoint();

private:
    void run();
    void writeQueues();
    Result<> guardWrite(Result<> outcome);

    Parts m_parts;
    std::function<void()> m_retain;
    std::chrono::steady_clock::time_point m_nextCheckpoint; // these two: house thread
    std::chrono::steady_clock::time_point m_nextRetention;
    std::mutex m_workMutex; // one pass at a time: house thread, sync(), close()
    std::string m_lastFailure; // logged once
    CheckpointValues m_saved;
    bool m_isSaved = false; // recovery may have written what no checkpoint has vouched for

    std::mutex m_mutex; // guards what follows
    std::condition_variable m_wake;
    bool m_isStopping = false;
    std::thread m_thread;
};

} // namespace gantry
