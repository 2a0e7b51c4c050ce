// SPDX-License-Identifier: Apache-2.0
#include "remoting/event_loop_impl.h"

#include "base/assert.h"
#include "base/thread.h"
#include "remoting/connection_impl.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace gantry {

namespace {
thread_local EventLoopImpl* threadLoop = nullptr;
constexpr std::size_t kKeptInboxItems = 1024;
} // namespace

EventLoopImpl::EventLoopImpl(std::size_t index)
    : m_index(index)
{
    // Asio makes what it needs (an epoll and an event descriptor) with the first descriptor and throws
    // if it cannot. Have it now, not when the process has run out of them.
    const int wakeUp = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (wakeUp < 0) {
        throw std::system_error(errno, std::system_category(), "eventfd");
    }
    try {
        m_wakeUp.assign(wakeUp);
    } catch (...) {
        ::close(wakeUp); // it is still ours
        throw;
    }
    m_wakeUp.non_blocking(true);
}

EventLoopImpl* EventLoopImpl::current()
{
    return threadLoop;
}

bool EventLoopImpl::enqueue(LoopItem item)
{
    bool isFirst = false;
    {
        const std::lock_guard guard(m_mutex);
        if (m_isStopped) {
            return false;
        }
        isFirst = m_inbox.empty();
        m_inbox.push_back(std::move(item));
    }
    if (isFirst) {
        wake();
    }
    return true;
}

bool EventLoopImpl::tryPost(UniqueFunction<void()> task)
{
    LoopItem item;
    item.task = std::move(task);
    return enqueue(std::move(item));
}

/// Not by asio::post(): from another thread that makes a call of the system while it holds the context's mutex. A thread of
/// low priority that loses the processor there keeps the loop waiting.
void EventLoopImpl::wake()
{
    if (isThisThread()) {
        asio::post(m_context, [this] { drain(); });
        return;
    }
    constexpr std::uint64_t kOne = 1;
    while (::write(m_wakeUp.native_handle(), &kOne, sizeof kOne) < 0 && errno == EINTR) {
    }
}

void EventLoopImpl::awaitWake()
{
    m_wakeUp.async_read_some(asio::buffer(&m_wakeUps, sizeof m_wakeUps), [this](const asio::error_code& error, std::size_t) {
        if (!error) {
            drain();
            awaitWake();
        }
    });
}

void EventLoopImpl::drain()
{
    {
        const std::lock_guard guard(m_mutex);
        m_draining.swap(m_inbox);
    }
    endRound(); // an item may be somebody who waits for what was begun before
    const Batch batch(*this);
    for (auto& item : m_draining) {
        perform(item);
    }
    m_draining.clear();
    if (m_draining.capacity() > kKeptInboxItems) {
        std::vector<LoopItem>().swap(m_draining);
    }
}

void EventLoopImpl::perform(LoopItem& item)
{
    if (!item.connection) {
        item.task();
    } else if (item.call.done) {
        item.connection->performCall(std::move(item.call), item.bytes);
    } else {
        item.connection->performSend(std::move(item.call.request), item.bytes);
    }
}

void EventLoopImpl::addDirty(std::shared_ptr<ConnectionImpl> connection)
{
    m_dirty.push_back(std::move(connection));
    if (m_batchDepth == 0 && !m_flushPosted) {
        m_flushPosted = true;
        asio::post(m_context, [this] {
            m_flushPosted = false;
            flushDirty();
        });
    }
}

bool EventLoopImpl::atRoundEnd(RoundEnd& task)
{
    if (m_batchDepth == 0) {
        return false;
    }
    m_roundEnds.push_back(&task);
    return true;
}

void EventLoopImpl::postRoundEnd()
{
    if (!m_roundEnds.empty() && !m_roundEndPosted) {
        // Behind the handlers of all sockets that are ready now: they are one round.
        m_roundEndPosted = true;
        asio::post(m_context, [this] {
            m_roundEndPosted = false;
            endRound();
        });
    }
}

void EventLoopImpl::endRound()
{
    if (m_roundEnds.empty()) {
        return;
    }
    const Batch batch(*this);
    std::vector<RoundEnd*> ends;
    std::swap(ends, m_roundEnds); // an answer may close a connection, which may end a round
    for (RoundEnd* const end : ends) {
        end->onRoundEnd();
    }
    ends.clear();
    if (m_roundEnds.empty()) {
        std::swap(ends, m_roundEnds); // keeps its memory
    }
}

void EventLoopImpl::flushDirty()
{
    // Flushing may close a connection, which may make others dirty.
    for (std::size_t i = 0; i < m_dirty.size(); ++i) {
        const auto connection = std::move(m_dirty[i]);
        connection->flush();
    }
    m_dirty.clear();
}

void EventLoopImpl::addResident(LoopResident& resident)
{
    GANTRY_ASSERT(resident.m_residentIndex == LoopResident::kNowhere, "index {}",
                  resident.m_residentIndex);
    resident.m_residentIndex = m_residents.size();
    m_residents.push_back(&resident);
}

void EventLoopImpl::removeResident(LoopResident& resident)
{
    const auto index = std::exchange(resident.m_residentIndex, LoopResident::kNowhere);
    if (index == LoopResident::kNowhere) {
        return;
    }
    m_residents[index] = m_residents.back();
    m_residents[index]->m_residentIndex = index;
    resident.m_residentIndex = LoopResident::kNowhere; // it may have been the last one itself
    m_residents.pop_back();
}

void EventLoopImpl::requestSweep(std::chrono::milliseconds period)
{
    if (m_sweepPeriod.count() != 0 && m_sweepPeriod <= period) {
        return;
    }
    m_sweepPeriod = period;
    armSweep();
}

void EventLoopImpl::armSweep()
{
    m_sweepTimer.expires_after(m_sweepPeriod);
    m_sweepTimer.async_wait([this](const asio::error_code& error) {
        if (!error) {
            sweep();
        }
    });
}

void EventLoopImpl::sweep()
{
    const Batch batch(*this);
    const auto now = std::chrono::steady_clock::now();
    // Backwards: a resident that goes is replaced by the last one, which was seen already.
    for (auto i = m_residents.size(); i-- > 0;) {
        if (i < m_residents.size()) {
            m_residents[i]->onSweep(now);
        }
    }
    if (m_residents.empty()) {
        m_sweepPeriod = std::chrono::milliseconds(0); // sleep until somebody asks again
    } else {
        armSweep();
    }
}

void EventLoopImpl::run(const std::string& threadName)
{
    nameThisThread(threadName);
    threadLoop = this;
    awaitWake();
    m_context.run();
    // Let the operations that shutDown() aborted complete, so that they release what they hold.
    m_context.restart();
    while (m_context.poll() != 0) {
    }
    threadLoop = nullptr;
}

void EventLoopImpl::stop()
{
    {
        const std::lock_guard guard(m_mutex);
        if (std::exchange(m_stopRequested, true)) {
            return;
        }
    }
    asio::post(m_context, [this] { shutDown(); });
}

void EventLoopImpl::shutDown()
{
    std::vector<LoopItem> last;
    {
        const std::lock_guard guard(m_mutex);
        m_isStopped = true;
        last.swap(m_inbox);
    }
    endRound();
    {
        const Batch batch(*this);
        for (auto& item : last) {
            perform(item);
        }
        last.clear();
        while (!m_residents.empty()) {
            auto& resident = *m_residents.back();
            removeResident(resident);
            resident.onLoopStopping();
        }
    }
    m_sweepTimer.cancel();
    m_wakeUp.cancel();
    m_work.reset();
    m_context.stop();
}

void runOnEveryLoop(IoRuntime& runtime, const std::function<void(EventLoopImpl&)>& task)
{
    GANTRY_ASSERT(EventLoopImpl::current() == nullptr, "waiting for loops on a loop never ends");
    const auto count = runtime.loopCount();
    const auto latch = std::make_shared<std::latch>(static_cast<std::ptrdiff_t>(count));
    for (std::size_t i = 0; i < count; ++i) {
        auto& loop = static_cast<EventLoopImpl&>(runtime.loop(i));
        loop.post([token = LatchToken(latch), &loop, &task] { task(loop); });
    }
    latch->wait();
}

} // namespace gantry
