// SPDX-License-Identifier: Apache-2.0
#include "store/reput_service.h"

#include "base/log.h"
#include "base/thread.h"
#include "store/seeded_bug.h"

namespace gantry {

namespace {

/// Where records come closer together than this, more will come: a pause saves a wake-up per record, which costs whoever
/// puts it as much as the put. A record that comes alone is dispatched at once.
constexpr std::chrono::microseconds kBusyPause{200};
constexpr std::size_t kBurst = 16; // in one round: so do these
/// Fits the processor's cache, so that what was read is parsed while it is near.
constexpr std::size_t kChunk = 256 * kKiB;
/// Between two attempts to read what could not be read.
constexpr std::chrono::milliseconds kReadRetry{1000};

} // namespace

ReputService::ReputService(const StoreConfig& config, CommitLog& log, RecordDispatcher& dispatcher,
                           StoreMetrics& metrics, bool isDriven)
    : m_config(config)
    , m_log(log)
    , m_dispatcher(dispatcher)
    , m_metrics(metrics)
    , m_isDriven(isDriven)
    , m_scanner(log.segments(), false, kChunk, config.dispatchMappedBytes)
{}

void ReputService::setListener(std::function<void(const MessageStore::Arrival&)> listener)
{
    const std::lock_guard guard(m_mutex);
    m_listener = listener
                     ? std::make_shared<const std::function<void(const MessageStore::Arrival&)>>(
                           std::move(listener))
                     : nullptr;
}

void ReputService::start(std::int64_t from, std::int64_t lastStoreTimestampMs)
{
    m_dispatched = from;
    m_timestamp = lastStoreTimestampMs;
    if (!m_isDriven) {
        m_thread = std::thread([this] { run(); });
    }
}

void ReputService::stop()
{
    m_isStopping = true;
    m_signal.notify();
    if (m_thread.joinable()) {
        m_thread.join();
    }
    while (m_isDriven && step()) {
    }
}

std::int64_t ReputService::limit() const
{
    const bool showsAll =
        m_config.flushMode == FlushMode::Async || planted(SeededBug::ShowUnflushed);
    return showsAll ? m_log.writtenOffset() : m_log.flushedOffset();
}

Result<> ReputService::waitFor(std::int64_t offset)
{
    while (m_isDriven && dispatchedOffset() < offset && step()) {
    }
    std::unique_lock lock(m_mutex);
    ++m_waiting;
    m_progress.wait(lock, [&] {
        return dispatchedOffset() >= offset || m_isStopping || m_readError || m_isDriven;
    });
    --m_waiting;
    if (dispatchedOffset() >= offset) {
        return {};
    }
    return m_readError ? tl::unexpected<Error>(*m_readError)
                       : fail(Errc::Cancelled, "the store is stopping");
}

void ReputService::run()
{
    nameThisThread("gantry-reput");
    auto quietSince = std::chrono::steady_clock::now();
    while (true) {
        const bool isLast = m_isStopping;
        const bool isBusy = std::chrono::steady_clock::now() - quietSince < kBusyPause;
        const std::size_t count = dispatchUpTo(limit());
        {
            const std::lock_guard guard(m_mutex);
            if (m_waiting > 0) {
                m_progress.notify_all();
            }
        }
        if (isLast && count == 0) {
            return;
        }
        if (count >= kBurst || (count > 0 && isBusy)) {
            std::this_thread::sleep_for(kBusyPause);
        } else if (count == 0 && hasReadError()) {
            m_signal.waitFor(kReadRetry);
        } else if (count == 0) {
            m_signal.wait();
            continue; // quiet since the last record, not since now
        }
        quietSince = std::chrono::steady_clock::now();
    }
}

bool ReputService::hasReadError()
{
    const std::lock_guard guard(m_mutex);
    return m_readError.has_value();
}

void ReputService::noteRead(const Result<>& outcome, std::int64_t at)
{
    const std::lock_guard guard(m_mutex);
    if (outcome) {
        m_readError.reset();
    } else if (!m_readError) { // once per failure, not once per attempt
        m_readError = outcome.error();
        log::error("store", "dispatch waits at {}: {}", at, m_readError->message);
    }
}

std::size_t ReputService::dispatchUpTo(std::int64_t limit)
{
    std::size_t count = 0;
    std::int64_t at = dispatchedOffset();
    Result<> readable;
    m_scanner.reset(); // bytes behind the last limit were not final
    const Listener listener = currentListener();
    while (at < limit) {
        auto item = m_scanner.at(at, limit);
        if (!item) {
            readable = tl::unexpected<Error>(std::move(item.error()));
            break;
        }
        ++count;
        std::int64_t timestamp = dispatchedTimestampMs();
        if (item->kind == RecordScanner::Kind::Record) {
            dispatchRecord(item->record, listener);
            timestamp = item->record.storeTimestampMs;
            at += item->record.totalSize;
        } else if (item->kind == RecordScanner::Kind::Blank) {
            at = m_log.segments().find(at)->endOffset();
        } else {
            readable = stepOverDamage(limit);
            if (!readable) {
                --count; // no progress: whoever stops must not wait for it
                break; // what lies behind may be good: not skipped because it cannot be read now
            }
            at = dispatchedOffset();
        }
        publish(at);
        m_timestamp.store(
            timestamp, std::memory_order_release); // after the offset, see dispatchedTimestampMs()
    }
    m_scanner.reset(); // holds no mapping while there is nothing to do
    noteRead(readable, at);
    return count;
}

ReputService::Listener ReputService::currentListener()
{
    const std::lock_guard guard(m_mutex);
    return m_listener;
}

void ReputService::announce(const MessageStore::Arrival& arrival)
{
    if (const Listener listener = currentListener()) {
        (*listener)(arrival);
    }
}

void ReputService::dispatchRecord(const RecordView& record, const Listener& listener)
{
    const RecordDispatcher::Outcome outcome = m_dispatcher.dispatch(record);
    m_metrics.recordsDispatched.fetch_add(1, std::memory_order_relaxed);
    if (!outcome.isConsumable) {
        return;
    }
    if (listener) {
        (*listener)({record.topic, record.queueId, record.queueOffset, outcome.tagsCode,
                     record.storeTimestampMs, record.properties});
    }
}

/// Bytes that were written by this process are not what was written: memory or disk is failing. The
/// good records behind must still be found.
Result<> ReputService::stepOverDamage(std::int64_t limit)
{
    const std::int64_t at = dispatchedOffset();
    GANTRY_TRY(next, m_scanner.findRecord(at + 1, limit, limit));
    m_metrics.damagedRecords.fetch_add(1, std::memory_order_relaxed);
    log::error("store", "no record at CommitLog offset {}, where one was written; going on at {}",
               at, next >= 0 ? next : limit);
    publish(next >= 0 ? next : limit);
    return {};
}

void ReputService::publish(std::int64_t offset)
{
    m_dispatched.store(offset, std::memory_order_release);
}

} // namespace gantry
