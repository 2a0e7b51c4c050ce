// SPDX-License-Identifier: Apache-2.0
#include "runtime/task_threads.h"

#include "base/thread.h"

namespace gantry {

TaskThreads::TaskThreads(const std::string& name, std::size_t threadCount, std::size_t waitingMax)
    : m_waitingMax(waitingMax)
{
    for (std::size_t i = 0; i < threadCount; ++i) {
        m_threads.emplace_back([this, name] { work(name); });
    }
}

TaskThreads::~TaskThreads()
{
    stop();
}

bool TaskThreads::run(UniqueFunction<void()> task)
{
    {
        const std::lock_guard guard(m_mutex);
        if (m_stopping || m_waiting.size() >= m_waitingMax) {
            return false;
        }
        m_waiting.push_back(std::move(task));
    }
    m_wake.notify_one();
    return true;
}

void TaskThreads::stop()
{
    {
        const std::lock_guard guard(m_mutex);
        m_stopping = true;
    }
    m_wake.notify_all();
    m_threads.clear(); // joins
}

void TaskThreads::work(const std::string& name)
{
    nameThisThread(name);
    std::unique_lock lock(m_mutex);
    while (true) {
        m_wake.wait(lock, [this] { return m_stopping || !m_waiting.empty(); });
        if (m_waiting.empty()) {
            return;
        }
        auto task = std::move(m_waiting.front());
        m_waiting.pop_front();
        lock.unlock();
        task();
        lock.lock();
    }
}

} // namespace gantry
