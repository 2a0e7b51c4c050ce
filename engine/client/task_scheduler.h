// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/unique_function.h"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace gantry::client {

/// A few threads that run tasks at once or later. Threads begin when they are first needed.
/// Thread-safe.
class TaskScheduler
{
public:
    using Task = UniqueFunction<void()>;

    TaskScheduler(std::string threadName, std::size_t threadCount);
    ~TaskScheduler(); ///< stop(Pending::Drop)
    TaskScheduler(const TaskScheduler&) = delete;
    TaskScheduler& operator=(const TaskScheduler&) = delete;

    /// In order of posting when there is one thread. False after stop(): the task will not run.
    bool post(Task task);
    bool postAfter(std::chrono::milliseconds delay, Task task);
    /// A period begins when the last call ended; ends with stop().
    void postEvery(std::chrono::milliseconds firstDelay, std::chrono::milliseconds period,
                   std::function<void()> task);
    [[nodiscard]] bool isThisThread() const;

    enum class Pending {
        Drop,
        RunReady, ///< what was due runs before the threads end; delayed tasks are dropped
    };
    /// Idempotent; waits for running tasks unless one of them calls it.
    void stop(Pending pending);

private:
    struct State;
    static void run(const std::shared_ptr<State>& state);
    static void repeat(const std::weak_ptr<State>& weak, std::chrono::milliseconds period,
                       const std::shared_ptr<std::function<void()>>& task);
    static bool enqueue(const std::shared_ptr<State>& state, std::chrono::milliseconds delay,
                        Task task);
    /// Outlives this object when a task destroys it.
    std::shared_ptr<State> m_state;
};

} // namespace gantry::client
