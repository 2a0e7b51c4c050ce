// SPDX-License-Identifier: Apache-2.0
#include "store/flush_service.h"

#include "base/thread.h"
#include "store/seeded_bug.h"

#include <future>
#include <iterator>

namespace gantry {

FlushService::FlushService(const StoreConfig& config, CommitLog& log, StoreHealth& health,
                           Clock& clock, StoreMetrics& metrics, bool isDriven)
    : m_config(config)
    , m_log(log)
    , m_health(health)
    , m_clock(clock)
    , m_metrics(metrics)
    , m_isDriven(isDriven)
{}

void FlushService::start()
{
    m_flushedTimestamp = m_log.lastStoreTimestampMs();
    if (!m_isDriven) {
        m_thread = std::thread([this] { run(); });
    }
}

void FlushService::stop()
{
    {
        const std::lock_guard guard(m_mutex);
        m_isStopping = true;
        m_wake.notify_all();
    }
    if (m_thread.joinable()) {
        m_thread.join();
    }
    if (m_isDriven && !planted(SeededBug::CloseWithoutFlush)) {
        while (step() && !m_health.isPoisoned()) {
        }
        const std::lock_guard guard(m_mutex);
        m_isStopped = true;
    }
}

bool FlushService::step()
{
    {
        const std::lock_guard guard(m_mutex);
        if (m_waiters.empty() && m_log.flushedOffset() >= m_log.tail()) {
            return false;
        }
        m_inFlight.swap(m_waiters);
        m_isDirty = false;
    }
    flushOnce();
    return true;
}

void FlushService::wait(std::int64_t end, std::chrono::steady_clock::time_point since,
                        PutResult result, PutCallback done)
{
    Waiter waiter{end, since, std::move(result), std::move(done)};
    if (m_log.flushedOffset() >= end || planted(SeededBug::AckBeforeFlush)) {
        answer(waiter, {});
        return;
    }
    {
        const std::lock_guard guard(m_mutex);
        if (!m_isStopped && !m_health.isPoisoned()) {
            m_waiters.push_back(std::move(waiter));
            if (m_waiters.size() == 1) {
                m_wake.notify_all();
            }
            return;
        }
    }
    answer(waiter,
           m_log.flushedOffset() >= end ? Result<>{} : tl::unexpected<Error>(m_health.error()));
}

void FlushService::wakeForDirty()
{
    const std::lock_guard guard(m_mutex);
    m_wake.notify_all();
}

Result<> FlushService::flushNow()
{
    const std::int64_t target = m_log.tail();
    if (m_log.flushedOffset() >= target) {
        return {};
    }
    std::promise<PutResult> promise;
    wait(target, m_clock.steady(), PutResult{PutStatus::Ok, {}, 0, 0, 0, 0, {}},
         [&promise](PutResult result) { promise.set_value(std::move(result)); });
    if (m_isDriven) {
        step();
    }
    const PutResult result = promise.get_future().get();
    if (result.status == PutStatus::Ok) {
        return {};
    }
    return fail(m_health.isPoisoned() ? Errc::StorePoisoned : Errc::Timeout,
                "the CommitLog was not flushed: {}", result.reason);
}

void FlushService::expireWaiters()
{
    const auto limit = m_clock.steady() - m_config.syncFlushTimeout;
    std::vector<Waiter> expired;
    {
        const std::lock_guard guard(m_mutex);
        for (auto* list : {&m_inFlight, &m_waiters}) {
            for (Waiter& waiter : *list) {
                if (waiter.done && waiter.since < limit) {
                    expired.push_back(std::move(waiter));
                    waiter.done = nullptr;
                }
            }
        }
    }
    for (Waiter& waiter : expired) {
        answer(waiter, fail(Errc::Timeout, "the disk did not confirm within {} ms",
                            m_config.syncFlushTimeout.count()));
    }
}

void FlushService::answer(Waiter& waiter, const Result<>& outcome)
{
    if (!waiter.done) {
        return; // expired
    }
    if (!outcome) {
        waiter.result.status = outcome.error().code == Errc::Timeout
                                   ? PutStatus::FlushDiskTimeout
                                   : PutStatus::ServiceNotAvailable;
        waiter.result.reason = outcome.error().message;
    }
    waiter.done(std::move(waiter.result));
}

void FlushService::run()
{
    nameThisThread("gantry-flush");
    std::unique_lock lock(m_mutex);
    while (true) {
        m_wake.wait(lock,
                    [this] { return m_isStopping || !m_waiters.empty() || m_isDirty.load(); });
        if (!m_isStopping && m_waiters.empty() && m_config.flushMode == FlushMode::Async) {
            // Only dirty: more may join until the loss window is over.
            m_wake.wait_for(lock, m_config.flushInterval,
                            [this] { return m_isStopping || !m_waiters.empty(); });
        }
        if (m_isStopping && m_waiters.empty() && m_log.flushedOffset() >= m_log.tail()) {
            m_isStopped = true;
            return;
        }
        m_inFlight.swap(m_waiters);
        m_isDirty = false; // before the tail is read: what comes later is dirty again
        lock.unlock();
        flushOnce();
        lock.lock();
        if (m_isStopping && m_health.isPoisoned() && m_waiters.empty()) {
            m_isStopped = true;
            return;
        }
    }
}

std::chrono::milliseconds FlushService::lossWindow() const
{
    using Steady = std::chrono::steady_clock;
    const std::int64_t flushing = m_flushingSince.load();
    const std::int64_t since = flushing != 0 ? flushing : m_dirtySince.load();
    if (since == 0) {
        return std::chrono::milliseconds{0};
    }
    const auto age = m_clock.steady() - Steady::time_point(Steady::duration(since));
    return std::max(std::chrono::duration_cast<std::chrono::milliseconds>(age),
                    std::chrono::milliseconds{0});
}

void FlushService::flushOnce()
{
    if (const std::int64_t since = m_dirtySince.exchange(0); m_flushingSince.load() == 0) {
        m_flushingSince = since;
    }
    const std::int64_t timestamp = m_log.lastStoreTimestampMs(); // before the tail
    const std::uint64_t messages = m_metrics.messagesPut.load(std::memory_order_relaxed);
    const std::int64_t target = m_log.tail();
    const bool hadWork = target > m_log.flushedOffset();
    const auto begin = std::chrono::steady_clock::now();
    const Result<> outcome = m_log.flushTo(target);
    if (outcome) {
        const std::int64_t age = m_flushingSince.load() != 0 ? lossWindow().count() : 0;
        // Only this thread writes it.
        m_metrics.lossWindowMaxMs.store(std::max(age, m_metrics.lossWindowMaxMs.load()));
        m_flushingSince = 0;
    }
    if (hadWork && outcome) {
        m_metrics.flushLatency.record(
            static_cast<std::uint64_t>((std::chrono::steady_clock::now() - begin).count()));
        m_metrics.flushes.fetch_add(1, std::memory_order_relaxed);
        m_metrics.messagesPerFlushSum.fetch_add(messages - m_messagesSeen,
                                                std::memory_order_relaxed);
        m_messagesSeen = messages;
        m_flushedTimestamp.store(timestamp, std::memory_order_release);
        if (m_onFlushed) {
            m_onFlushed();
        }
    }
    {
        const std::lock_guard guard(m_mutex);
        m_served.swap(m_inFlight);
        if (!outcome) {
            // Poisoned: those who came meanwhile get the same answer.
            std::move(m_waiters.begin(), m_waiters.end(), std::back_inserter(m_served));
            m_waiters.clear();
        }
    }
    for (Waiter& waiter : m_served) {
        answer(waiter, outcome);
    }
    m_served.clear();
}

} // namespace gantry
