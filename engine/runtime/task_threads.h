// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/unique_function.h"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace gantry {

/// A few threads for the session's verbs, which may wait for answers and disks. Bounded: run() refuses when too much
/// waits. Not the I/O runtime's blocking pool, because verbs wait for what that pool may have to do.
class TaskThreads
{
public:
    TaskThreads(const std::string& name, std::size_t threadCount, std::size_t waitingMax);
    ~TaskThreads(); ///< stop()
    TaskThreads(const TaskThreads&) = delete;
    TaskThreads& operator=(const TaskThreads&) = delete;

    /// False: too much is waiting or stop() was called; the task is not taken.
    [[nodiscard]] bool run(UniqueFunction<void()> task);
    /// Runs what is waiting to its end, then joins. Idempotent; not from one of its tasks.
    void stop();

private:
    void work(const std::string& name);

    const std::size_t m_waitingMax;
    std::mutex m_mutex; ///< guards the rest
    std::condition_variable m_wake;
    std::deque<UniqueFunction<void()>> m_waiting;
    bool m_stopping = false;
    std::vector<std::jthread> m_threads;
};

} // namespace gantry
