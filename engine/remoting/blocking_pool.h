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
    BlockingPool(std::size_t threadCount, std::size_t queueMax);
    ~BlockingPool();
    BlockingPool(const BlockingPool&) = delete;
    BlockingPool& operator=(const BlockingPool&) = delete;

    [[nodiscard]] bool tryRun(UniqueFunction<void()> task);
    /// Drops what has not begun and waits for what has. Idempotent.
    void stop();
    [[nodiscard]] bool isOneOfMyThreads() const;

private:
    void work(std::size_t index);

    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::deque<UniqueFunction<void()>> m_tasks;
    bool m_isStopping = false;
    const std::size_t m_queueMax;
    std::vector<std::thread> m_threads;
};

} // namespace gantry
