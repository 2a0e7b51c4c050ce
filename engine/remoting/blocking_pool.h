// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/unique_function.h"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace gantry {

/// A few threads for work that may block, behind a bounded queue. Thread-safe.
class BlockingPool
{
public:
    struct Options
    {
        std::size_t threadCount = 1;
        std::size_t queueMax = 1; ///< tasks that wait for a thread
        const char* name = "";    ///< of the threads, before their number
        bool isBackground = false; ///< of lower priority, and made when they are needed for the first time
    };
    explicit BlockingPool(const Options& options);
    ~BlockingPool();
    BlockingPool(const BlockingPool&) = delete;
    BlockingPool& operator=(const BlockingPool&) = delete;

    [[nodiscard]] bool tryRun(UniqueFunction<void()> task);
    /// Drops what has not begun and waits for what has. Idempotent.
    void stop();
    [[nodiscard]] bool isOneOfMyThreads() const;

private:
    void startThread(); // with m_mutex; throws std::system_error
    /// With m_mutex. False when there is no thread at all.
    bool startWhereNeeded();
    void work(std::size_t index);

    const Options m_options;
    mutable std::mutex m_mutex; // guards what follows
    std::condition_variable m_changed;
    std::deque<UniqueFunction<void()>> m_tasks;
    bool m_isStopping = false;
    std::size_t m_idle = 0; // threads that wait for a task
    std::size_t m_threadMax;
    std::vector<std::thread> m_threads;
};

} // namespace gantry
