// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"
#include "store/commit_log.h"
#include "store/put_group.h"
#include "store/store_metrics.h"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

namespace gantry {

/// Makes the CommitLog durable on one thread and tells those who wait for it. Group commit: a flush
/// serves everybody who came while the previous one ran; there is no timer in it. Without waiters,
/// what was written is flushed within StoreConfig::flushInterval. Thread-safe.
class FlushService
{
public:
    FlushService(const StoreConfig& config, CommitLog& log, StoreHealth& health, Clock& clock,
                 StoreMetrics& metrics, bool isDriven);
    ~FlushService() { stop(); }
    FlushService(const FlushService&) = delete;
    FlushService& operator=(const FlushService&) = delete;

    /// Called on the flush thread after every successful flush.
    void setFlushedListener(std::function<void()> listener) { m_onFlushed = std::move(listener); }
    void start();
    /// Flushes what is there, answers all waiters, joins.
    void stop();
    /// One flush, on the calling thread; false if nothing was written since the last, or if it failed. Instead of the
    /// thread, in a driven store.
    bool step();

    /// Each is answered once the log is durable up to its end, or with ServiceNotAvailable / FlushDiskTimeout. They are
    /// moved from.
    void wait(std::span<PutWaiter> waiters);
    /// Something was appended that nobody waits for.
    void noteDirty()
    {
        if (!m_isDirty.exchange(true)) {
            m_dirtySince.store(m_clock.steady().time_since_epoch().count());
            wakeForDirty();
        }
    }
    /// Blocks until everything written so far is durable.
    Result<> flushNow();
    /// Answers waiters that have waited longer than syncFlushTimeout. Called every now and then by
    /// another thread, because this one may hang in the very flush they wait for.
    void expireWaiters();
    /// How long the oldest bytes that are not durable have been written.
    [[nodiscard]] std::chrono::milliseconds lossWindow() const;
    /// Store time of some record before the flushed offset.
    [[nodiscard]] std::int64_t flushedTimestampMs() const
    {
        return m_flushedTimestamp.load(std::memory_order_acquire);
    }

private:
    void run();
    void wakeForDirty();
    [[nodiscard]] bool hasWaiter(const std::function<bool(const PutWaiter&)>& isMeant);
    bool flushOnce();
    void answer(std::span<PutWaiter> waiters, const Result<>& outcome);

    const StoreConfig& m_config;
    CommitLog& m_log;
    StoreHealth& m_health;
    Clock& m_clock;
    StoreMetrics& m_metrics;
    const bool m_isDriven;
    std::function<void()> m_onFlushed;
    std::atomic<bool> m_isDirty{false};
    std::atomic<std::int64_t> m_flushedTimestamp{0};
    /// Steady clock, 0 = nothing: since when there are bytes for the next flush, and for the one under way.
    std::atomic<std::int64_t> m_dirtySince{0};
    std::atomic<std::int64_t> m_flushingSince{0};

    std::mutex m_mutex; // guards what follows
    std::condition_variable m_wake;
    std::vector<PutWaiter> m_waiters;  // for the next flush
    std::vector<PutWaiter> m_inFlight; // for the one under way
    bool m_isStopping = false;
    bool m_isStopped = false;
    std::thread m_thread;
    bool m_hasStopped = false; // driven: the files may be closed
    std::uint64_t m_messagesSeen = 0; // flush thread, as the next
    std::vector<PutWaiter> m_served;
};

} // namespace gantry
