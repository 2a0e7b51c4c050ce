// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/unique_function.h"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

namespace asio {
class io_context;
}

namespace gantry {

/// Something to be done once after a round of a loop: all requests that had arrived when it looked.
class RoundEnd
{
public:
    virtual ~RoundEnd() = default;
    virtual void onRoundEnd() = 0;
};

/// One event loop on one thread. Everything of a connection happens on the loop it was given to, so
/// connections need no locks. Code that runs on a loop must not block: no disk waits, no
/// synchronous remoting calls.
class EventLoop
{
public:
    virtual ~EventLoop() = default;
    /// Runs the task on the loop's thread, later; callable from any thread. After stop() tasks are
    /// dropped.
    virtual void post(UniqueFunction<void()> task) = 0;
    [[nodiscard]] virtual bool isThisThread() const = 0;
    /// 0 ... IoRuntime::loopCount() - 1.
    [[nodiscard]] virtual std::size_t index() const = 0;
    /// Calls it once at the end of the round under way, at the latest before the next posted task; false if there is none.
    /// On the loop's thread. It must live until then.
    [[nodiscard]] virtual bool atRoundEnd(RoundEnd& task) = 0;
    /// For code inside remoting/ (and ha/) only.
    [[nodiscard]] virtual asio::io_context& context() = 0;
};

/// Cancels on destruction. Destroying it from another thread than the loop's waits for no running
/// callback, so the callback must own what it touches.
class Timer
{
public:
    virtual ~Timer() = default;
    virtual void cancel() = 0;
};

/// The threads of one process part (a broker, an embedded cluster, a client): event loops and
/// small pools for work that may block. Shared by servers and clients; must outlive them.
class IoRuntime
{
public:
    struct Options
    {
        std::size_t loopCount = 2;
        std::size_t blockingThreadCount = 2;
        std::size_t blockingQueueMax = 10'000; ///< tasks waiting; beyond, tryRunBlocking() refuses, and tryRunInBackground()
        std::size_t backgroundThreadCount = 2; ///< made when they are needed
    };
    explicit IoRuntime(Options options);
    ~IoRuntime(); ///< stop() and join
    IoRuntime(const IoRuntime&) = delete;
    IoRuntime& operator=(const IoRuntime&) = delete;

    /// Round robin.
    [[nodiscard]] EventLoop& nextLoop();
    [[nodiscard]] EventLoop& loop(std::size_t index);
    [[nodiscard]] std::size_t loopCount() const;

    /// Runs the task on a blocking thread; false when the queue is full or the runtime is stopping.
    [[nodiscard]] bool tryRunBlocking(UniqueFunction<void()> task);
    /// The same on threads of lower priority: much work that nobody waits for by the millisecond and that must not take the
    /// processor from a loop.
    [[nodiscard]] bool tryRunInBackground(UniqueFunction<void()> task);

    /// Calls the task on a loop after the delay, once / again and again (a period begins when the
    /// last call ended).
    [[nodiscard]] std::unique_ptr<Timer> runAfter(std::chrono::milliseconds delay,
                                                  std::function<void()> task);
    [[nodiscard]] std::unique_ptr<Timer> runEvery(std::chrono::milliseconds period,
                                                  std::function<void()> task);

    /// Idempotent; returns when no task runs any more. Not from one of its own threads.
    void stop();

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace gantry
