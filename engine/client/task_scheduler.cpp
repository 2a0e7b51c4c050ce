// SPDX-License-Identifier: Apache-2.0
#include "client/task_scheduler.h"

#include "base/thread.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace gantry::client {

using Clock = std::chrono::steady_clock;

struct TaskScheduler::State
{
    std::string threadName;
    std::size_t threadCountMax = 1;
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<Task> ready;
    std::multimap<Clock::time_point, Task> delayed;
    std::vector<std::thread> threads;
    std::size_t idleCount = 0;
    bool stopping = false;

    void moveDue(Clock::time_point now)
    {
        while (!delayed.empty() && delayed.begin()->first <= now) {
            ready.push_back(std::move(delayed.begin()->second));
            delayed.erase(delayed.begin());
        }
    }
};

TaskScheduler::TaskScheduler(std::string threadName, std::size_t threadCount)
    : m_state(std::make_shared<State>())
{
    m_state->threadName = std::move(threadName);
    m_state->threadCountMax = std::max<std::size_t>(threadCount, 1);
}

TaskScheduler::~TaskScheduler()
{
    stop(Pending::Drop);
}

bool TaskScheduler::enqueue(const std::shared_ptr<State>& state, std::chrono::milliseconds delay,
                            Task task)
{
    const std::lock_guard lock(state->mutex);
    if (state->stopping) {
        return false;
    }
    if (delay.count() <= 0) {
        state->ready.push_back(std::move(task));
    } else {
        state->delayed.emplace(Clock::now() + delay, std::move(task));
    }
    // A sleeping thread may wait for a later time than this one, so it is woken for delayed tasks,
    // too.
    const bool enough = state->idleCount > 0 && state->idleCount >= state->ready.size();
    if (!enough && state->threads.size() < state->threadCountMax) {
        state->threads.emplace_back([state] { run(state); });
    } else {
        state->wake.notify_one();
    }
    return true;
}

bool TaskScheduler::post(Task task)
{
    return enqueue(m_state, std::chrono::milliseconds{0}, std::move(task));
}

bool TaskScheduler::postAfter(std::chrono::milliseconds delay, Task task)
{
    return enqueue(m_state, delay, std::move(task));
}

void TaskScheduler::repeat(const std::weak_ptr<State>& weak, std::chrono::milliseconds period,
                           const std::shared_ptr<std::function<void()>>& task)
{
    (*task)();
    if (const auto state = weak.lock()) {
        enqueue(state, period, [weak, period, task] { repeat(weak, period, task); });
    }
}

void TaskScheduler::postEvery(std::chrono::milliseconds firstDelay,
                              std::chrono::milliseconds period, std::function<void()> task)
{
    auto shared = std::make_shared<std::function<void()>>(std::move(task));
    const std::weak_ptr<State> weak = m_state;
    enqueue(m_state, firstDelay, [weak, period, shared] { repeat(weak, period, shared); });
}

bool TaskScheduler::isThisThread() const
{
    const std::lock_guard lock(m_state->mutex);
    return std::any_of(
        m_state->threads.begin(), m_state->threads.end(),
        [](const std::thread& thread) { return thread.get_id() == std::this_thread::get_id(); });
}

void TaskScheduler::run(const std::shared_ptr<State>& state)
{
    nameThisThread(state->threadName);
    std::unique_lock lock(state->mutex);
    while (true) {
        state->moveDue(Clock::now());
        if (!state->ready.empty()) {
            Task task = std::move(state->ready.front());
            state->ready.pop_front();
            if (!state->ready.empty() && state->idleCount > 0) {
                state->wake.notify_one(); // several became due at once
            }
            lock.unlock();
            task();
            task = Task(); // what it owns goes before the lock is taken again
            lock.lock();
            continue;
        }
        if (state->stopping) {
            return;
        }
        ++state->idleCount;
        if (state->delayed.empty()) {
            state->wake.wait(lock);
        } else {
            const Clock::time_point next = state->delayed.begin()->first; // another thread may take it meanwhile
            state->wake.wait_until(lock, next);
        }
        --state->idleCount;
    }
}

void TaskScheduler::stop(Pending pending)
{
    std::vector<std::thread> threads;
    std::deque<Task> droppedReady;
    std::multimap<Clock::time_point, Task> droppedDelayed;
    {
        const std::lock_guard lock(m_state->mutex);
        m_state->stopping = true;
        droppedDelayed.swap(m_state->delayed);
        if (pending == Pending::Drop) {
            droppedReady.swap(m_state->ready);
        }
        threads.swap(m_state->threads);
    }
    m_state->wake.notify_all();
    for (auto& thread : threads) {
        if (thread.get_id() == std::this_thread::get_id()) {
            thread.detach();
        } else {
            thread.join();
        }
    }
}

} // namespace gantry::client
