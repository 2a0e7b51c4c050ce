// SPDX-License-Identifier: Apache-2.0
#include "remoting/blocking_pool.h"

#include "base/thread.h"

#include <fmt/format.h>

#include <algorithm>

namespace gantry {

BlockingPool::BlockingPool(std::size_t threadCount, std::size_t queueMax)
    : m_queueMax(queueMax)
{
    m_threads.reserve(threadCount);
    for (std::size_t i = 0; i < threadCount; ++i) {
        m_threads.emplace_back([this, i] { work(i); });
    }
}

BlockingPool::~BlockingPool()
{
    stop();
}

bool BlockingPool::tryRun(UniqueFunction<void()> task)
{
    {
        const std::lock_guard guard(m_mutex);
        if (m_isStopping || m_tasks.size() >= m_queueMax) {
            return false;
        }
        m_tasks.push_back(std::move(task));
    }
    m_changed.notify_one();
    return true;
}

void BlockingPool::stop()
{
    std::deque<UniqueFunction<void()>> dropped;
    {
        const std::lock_guard guard(m_mutex);
        m_isStopping = true;
        dropped.swap(m_tasks);
    }
    m_changed.notify_all();
    dropped.clear();
    for (auto& thread : m_threads) {
        if (thread.joinable()) {
            thread.join();
        }
    }
}

bool BlockingPool::isOneOfMyThreads() const
{
    return std::any_of(m_threads.begin(), m_threads.end(), [](const auto& thread) {
        return thread.get_id() == std::this_thread::get_id();
    });
}

void BlockingPool::work(std::size_t index)
{
    nameThisThread(fmt::format("gantry-blk-{}", index));
    std::unique_lock lock(m_mutex);
    for (;;) {
        m_changed.wait(lock, [this] { return m_isStopping || !m_tasks.empty(); });
        if (m_tasks.empty()) {
            return; // stopping
        }
        auto task = std::move(m_tasks.front());
        m_tasks.pop_front();
        lock.unlock();
        task();
        task = {};
        lock.lock();
    }
}

} // namespace gantry
