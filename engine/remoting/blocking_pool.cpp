// SPDX-License-Identifier: Apache-2.0
#include "remoting/blocking_pool.h"

#include "base/log.h"
#include "base/thread.h"
#include "remoting/log_throttle.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

namespace gantry {

BlockingPool::BlockingPool(const Options& options)
    : m_options(options)
    , m_threadMax(options.threadCount)
{
    const std::lock_guard guard(m_mutex);
    m_threads.reserve(options.threadCount);
    while (!options.isBackground && m_threads.size() < options.threadCount) {
        startThread();
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
        if (m_isStopping || m_tasks.size() >= m_options.queueMax) {
            return false;
        }
        if (m_idle <= m_tasks.size() && m_threads.size() < m_threadMax && !startWhereNeeded()) {
            return false;
        }
        m_tasks.push_back(std::move(task));
    }
    m_changed.notify_one();
    return true;
}

void BlockingPool::startThread()
{
    m_threads.emplace_back([this, index = m_threads.size()] { work(index); });
}

bool BlockingPool::startWhereNeeded()
{
    try {
        startThread();
    } catch (const std::system_error& error) {
        log::error(kLogModule, "no thread {}-{}: {}", m_options.name, m_threads.size(), error.what());
        m_threadMax = std::max<std::size_t>(m_threads.size(), 1); // those there are must do; the first is tried again
    }
    return !m_threads.empty();
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
    const std::lock_guard guard(m_mutex);
    return std::any_of(m_threads.begin(), m_threads.end(), [](const auto& thread) {
        return thread.get_id() == std::this_thread::get_id();
    });
}

void BlockingPool::work(std::size_t index)
{
    nameThisThread(fmt::format("{}-{}", m_options.name, index));
    if (m_options.isBackground) {
        lowerPriorityOfThisThread();
    }
    std::unique_lock lock(m_mutex);
    for (;;) {
        ++m_idle;
        m_changed.wait(lock, [this] { return m_isStopping || !m_tasks.empty(); });
        --m_idle;
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
