// SPDX-License-Identifier: Apache-2.0
#include "store/flush_service.h"

#include "base/thread.h"
#include "store/seeded_bug.h"

#include <algorithm>
#include <future>
#include <iterator>
#include <utility>

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
    if (m_isDriven && !std::exchange(m_hasStopped, true) && !planted(SeededBug::CloseWithoutFlush)) {
        while (step()) {
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
    return flushOnce();
}

void FlushService::wait(std::span<PutWaiter> waiters)
{
    const auto last = std::ranges::max_element(waiters, {}, &PutWaiter::end);
    if (m_log.flushedOffset() < last->end && !planted(SeededBug::AckBeforeFlush)) {
        const std::lock_guard guard(m_mutex);
        if (!m_isStopped && !m_health.isPoisoned()) {
            const bool isFirst = m_waiters.empty();
            std::move(waiters.begin(), waiters.end(), std::back_inserter(m_waiters));
            if (isFirst) {
                m_wake.notify_all();
            }
            return;
        }
    }
    for (PutWaiter& waiter : waiters) {
        const bool isDurable = m_log.flushedOffset() >= waiter.end || planted(SeededBug::AckBeforeFlush);
        answer(std::span(&waiter, 1), isDurable ? Result<>{} : tl::unexpected<Error>(m_health.error()));
    }
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
    PutWaiter waiter;
    waiter.end = target;
    waiter.since = m_clock.steady();
    waiter.result.status = PutStatus::Ok;
    waiter.done = [&promise](PutResult result) { promise.set_value(std::move(result)); };
    wait(std::span(&waiter, 1));
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

bool FlushService::hasWaiter(const std::function<bool(const PutWaiter&)>& isMeant)
{
    const std::lock_guard guard(m_mutex);
    return std::any_of(m_inFlight.begin(), m_inFlight.end(), isMeant) || std::any_of(m_waiters.begin(), m_waiters.end(), isMeant);
}

void FlushService::expireWaiters()
{
    const auto limit = m_clock.steady() - m_config.syncFlushTimeout;
    const auto isExpired = [&](const PutWaiter& waiter) { return waiter.done && waiter.since < limit; };
    if (!hasWaiter(isExpired)) {
        return;
    }
    // "Not yet durable" must not mean "gone with the process": as under async flush it is in the page cache at least.
    m_log.tryWriteOut();
    const std::int64_t written = m_log.writtenOffset();
    std::vector<PutWaiter> expired;
    {
        const std::lock_guard guard(m_mutex);
        for (auto* list : {&m_inFlight, &m_waiters}) {
            for (PutWaiter& waiter : *list) {
                if (isExpired(waiter) && waiter.end <= written) {
                    expired.push_back(std::move(waiter));
                    waiter.done = nullptr;
                }
            }
        }
    }
    answer(expired, fail(Errc::Timeout, "the disk did not confirm within {} ms", m_config.syncFlushTimeout.count()));
}

void FlushService::answer(std::span<PutWaiter> waiters, const Result<>& outcome)
{
    const auto now = m_clock.steady();
    for (PutWaiter& waiter : waiters) {
        if (waiter.done && waiter.messages > 0) {
            m_metrics.putLatency.record(static_cast<std::uint64_t>(std::max<std::int64_t>(0, (now - waiter.since).count())));
        }
        waiter.answer(outcome, m_metrics);
    }
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
        const bool hasFailed = !flushOnce();
        lock.lock();
        if (m_isStopping && hasFailed && m_waiters.empty()) {
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

bool FlushService::flushOnce()
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
    answer(m_served, outcome);
    m_served.clear();
    return outcome.has_value();
}

} // namespace gantry
