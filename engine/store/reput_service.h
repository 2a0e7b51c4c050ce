// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/wake_signal.h"
#include "store/commit_log.h"
#include "store/message_store.h"
#include "store/record_dispatcher.h"
#include "store/record_scanner.h"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace gantry {

/// Follows the CommitLog and enters its records into queues and index, on one thread. Under sync
/// flush it sees only what is durable, and so do consumers.
class ReputService
{
public:
    ReputService(const StoreConfig& config, CommitLog& log, RecordDispatcher& dispatcher,
                 StoreMetrics& metrics, bool isDriven);
    ~ReputService() { stop(); }
    ReputService(const ReputService&) = delete;
    ReputService& operator=(const ReputService&) = delete;

    void setListener(std::function<void(const MessageStore::Arrival&)> listener);
    void start(std::int64_t from, std::int64_t lastStoreTimestampMs);
    /// Tells the listener of something that became readable otherwise. Any thread.
    void announce(const MessageStore::Arrival& arrival);
    /// Dispatches what may be seen, then joins.
    void stop();
    void notify() { m_signal.notify(); }
    /// Dispatches what may be seen, on the calling thread; false if there was nothing. Instead of the thread, in a
    /// driven store.
    bool step() { return dispatchUpTo(limit()) > 0; }

    [[nodiscard]] std::int64_t dispatchedOffset() const
    {
        return m_dispatched.load(std::memory_order_acquire);
    }
    /// Of some record before any dispatchedOffset() read afterwards.
    [[nodiscard]] std::int64_t dispatchedTimestampMs() const
    {
        return m_timestamp.load(std::memory_order_acquire);
    }
    /// Blocks until everything up to the offset is dispatched; the caller made sure that it may be
    /// seen. Fails when the log cannot be read.
    Result<> waitFor(std::int64_t offset);

private:
    using Listener = std::shared_ptr<const std::function<void(const MessageStore::Arrival&)>>;

    void run();
    [[nodiscard]] std::int64_t limit() const;
    std::size_t dispatchUpTo(std::int64_t limit);
    [[nodiscard]] Listener currentListener();
    void dispatchRecord(const RecordView& record, const Listener& listener);
    Result<> stepOverDamage(std::int64_t limit);
    void publish(std::int64_t offset);
    void noteRead(const Result<>& outcome, std::int64_t at);
    [[nodiscard]] bool hasReadError();

    const StoreConfig& m_config;
    CommitLog& m_log;
    RecordDispatcher& m_dispatcher;
    StoreMetrics& m_metrics;
    const bool m_isDriven;
    RecordScanner m_scanner; // dispatch thread
    WakeSignal m_signal;
    std::atomic<bool> m_isStopping{false};
    std::atomic<std::int64_t> m_dispatched{0};
    std::atomic<std::int64_t> m_timestamp{0};

    std::mutex m_mutex; // guards what follows
    std::condition_variable m_progress;
    int m_waiting = 0;
    std::optional<Error> m_readError; // of the last round
    Listener m_listener;
    std::thread m_thread;
};

} // namespace gantry
