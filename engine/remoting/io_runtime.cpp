// SPDX-License-Identifier: Apache-2.0
#include "remoting/io_runtime.h"

#include "base/assert.h"
#include "remoting/blocking_pool.h"
#include "remoting/event_loop_impl.h"

#include <atomic>
#include <mutex>
#include <thread>

namespace gantry {

namespace {

/// The part of a timer that lives on the loop and as long as its wait does.
class LoopTimer final : public LoopResident, public std::enable_shared_from_this<LoopTimer>
{
public:
    LoopTimer(std::shared_ptr<EventLoopImpl> loop, std::chrono::milliseconds delay, bool repeats,
              std::function<void()> task)
        : m_loop(std::move(loop))
        , m_delay(delay)
        , m_repeats(repeats)
        , m_task(std::move(task))
        , m_timer(m_loop->context())
    {}

    void start()
    {
        if (!m_isCancelled) {
            m_loop->addResident(*this);
            wait();
        }
    }
    void requestCancel()
    {
        m_isCancelled = true;
        m_loop->post([self = shared_from_this()] { self->end(); });
    }
    void onLoopStopping() override
    {
        m_isCancelled = true;
        end();
    }

private:
    void wait()
    {
        m_timer.expires_after(m_delay);
        m_timer.async_wait([self = shared_from_this()](const asio::error_code& error) {
            if (!error) {
                self->fire();
            }
        });
    }
    void fire()
    {
        if (!m_isCancelled) {
            const EventLoopImpl::Batch batch(*m_loop);
            m_task();
        }
        if (m_repeats && !m_isCancelled) {
            wait();
        } else {
            end();
        }
    }
    void end()
    {
        m_timer.cancel();
        m_loop->removeResident(*this);
        m_task = nullptr;
    }

    const std::shared_ptr<EventLoopImpl> m_loop;
    const std::chrono::milliseconds m_delay;
    const bool m_repeats;
    std::function<void()> m_task;
    std::atomic<bool> m_isCancelled = false;
    asio::steady_timer m_timer;
};

class TimerHandle final : public Timer
{
public:
    explicit TimerHandle(std::shared_ptr<LoopTimer> timer)
        : m_timer(std::move(timer))
    {}
    ~TimerHandle() override { TimerHandle::cancel(); }
    TimerHandle(const TimerHandle&) = delete;
    TimerHandle& operator=(const TimerHandle&) = delete;
    void cancel() override
    {
        if (const auto timer = std::exchange(m_timer, nullptr)) {
            timer->requestCancel();
        }
    }

private:
    std::shared_ptr<LoopTimer> m_timer;
};

} // namespace

struct IoRuntime::Impl
{
    explicit Impl(const Options& options)
        : pool({options.blockingThreadCount, options.blockingQueueMax, "gantry-blk", false})
        , background({options.backgroundThreadCount, options.blockingQueueMax, "gantry-back", true})
    {}

    EventLoopImpl& next()
    {
        return *loops[nextIndex.fetch_add(1, std::memory_order_relaxed) % loops.size()];
    }

    std::unique_ptr<Timer> startTimer(std::chrono::milliseconds delay, bool repeats,
                                      std::function<void()> task)
    {
        auto& loop = next();
        auto timer =
            std::make_shared<LoopTimer>(loop.shared_from_this(), delay, repeats, std::move(task));
        loop.post([timer] { timer->start(); });
        return std::make_unique<TimerHandle>(std::move(timer));
    }

    std::vector<std::shared_ptr<EventLoopImpl>> loops;
    std::vector<std::thread> threads;
    std::atomic<std::size_t> nextIndex = 0;
    BlockingPool pool;
    BlockingPool background;
    std::mutex stopMutex;
};

IoRuntime::IoRuntime(Options options)
    : m_impl(std::make_unique<Impl>(options))
{
    GANTRY_ASSERT(options.loopCount > 0, "a runtime needs a loop");
    for (std::size_t i = 0; i < options.loopCount; ++i) {
        m_impl->loops.push_back(std::make_shared<EventLoopImpl>(m_impl->loops.size()));
    }
    for (std::size_t i = 0; i < options.loopCount; ++i) {
        m_impl->threads.emplace_back(
            [loop = m_impl->loops[i], i] { loop->run(fmt::format("gantry-net-{}", i)); });
    }
}

IoRuntime::~IoRuntime()
{
    stop();
}

EventLoop& IoRuntime::nextLoop()
{
    return m_impl->next();
}

EventLoop& IoRuntime::loop(std::size_t index)
{
    return *m_impl->loops.at(index);
}

std::size_t IoRuntime::loopCount() const
{
    return m_impl->loops.size();
}

bool IoRuntime::tryRunBlocking(UniqueFunction<void()> task)
{
    return m_impl->pool.tryRun(std::move(task));
}

bool IoRuntime::tryRunInBackground(UniqueFunction<void()> task)
{
    return m_impl->background.tryRun(std::move(task));
}

std::unique_ptr<Timer> IoRuntime::runAfter(std::chrono::milliseconds delay,
                                           std::function<void()> task)
{
    return m_impl->startTimer(delay, false, std::move(task));
}

std::unique_ptr<Timer> IoRuntime::runEvery(std::chrono::milliseconds period,
                                           std::function<void()> task)
{
    return m_impl->startTimer(period, true, std::move(task));
}

void IoRuntime::stop()
{
    GANTRY_ASSERT(EventLoopImpl::current() == nullptr && !m_impl->pool.isOneOfMyThreads() && !m_impl->background.isOneOfMyThreads(),
                  "a runtime cannot be stopped from one of its own threads");
    const std::lock_guard guard(m_impl->stopMutex);
    m_impl->pool.stop();
    m_impl->background.stop();
    for (const auto& loop : m_impl->loops) {
        loop->stop();
    }
    for (auto& thread : m_impl->threads) {
        if (thread.joinable()) {
            thread.join();
        }
    }
}

} // namespace gantry
