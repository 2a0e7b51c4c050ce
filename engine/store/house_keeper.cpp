// SPDX-License-Identifier: Apache-2.0
#include "store/house_keeper.h"

#include "base/log.h"
#include "base/thread.h"
#include "store/seeded_bug.h"

#include <algorithm>

namespace gantry {

namespace {

/// With more queues to write than this the checkpoint writes them: a queue costs some microseconds however little there
/// is to write.
constexpr std::size_t kQueuesWrittenAtOnce = 2'000;
/// More than this in memory is written whatever the number of queues.
constexpr std::int64_t kTailBytesBeforeWrite = 32 * kMiB;
/// With more than this that cannot be written the store gives up.
constexpr std::int64_t kTailBytesMax = 64 * kMiB;
constexpr std::chrono::seconds kCheckpointInterval{10};
constexpr int kRestFactor = 20;
constexpr int kShortRestFactor = 2; ///< when much was dispatched; not with very many queues
/// The thread is woken again after this part of checkpointBytes.
constexpr std::int64_t kHurryParts = 8;
constexpr std::chrono::seconds kRetentionInterval{10};

} // namespace

HouseKeeper::HouseKeeper(Parts parts)
    : m_parts(parts)
{}

void HouseKeeper::start(const CheckpointValues& values, std::function<void()> retain)
{
    m_saved = values;
    m_generation = values.queueEndsGeneration;
    noteAttempt(values.confirmPhyOffset);
    m_retain = std::move(retain);
    m_nextCheckpoint = m_parts.clock.steady() + kCheckpointInterval;
    m_nextRetention = m_parts.clock.steady() + kRetentionInterval;
    if (m_parts.isDriven) {
        return;
    }
    m_thread = std::thread([this] { run(); });
}

void HouseKeeper::stop()
{
    {
        const std::lock_guard guard(m_mutex);
        m_isStopping = true;
        m_wake.notify_all();
    }
    if (m_thread.joinable()) {
        m_thread.join();
    }
}

void HouseKeeper::run()
{
    nameThisThread("gantry-house");
    std::unique_lock lock(m_mutex);
    while (!m_isStopping) {
        m_wake.wait_for(lock, m_parts.config.consumeQueueFlushInterval,
                        [this] { return m_isStopping || m_isHurried; });
        if (m_isStopping) {
            return;
        }
        m_isHurried = false;
        lock.unlock();
        step();
        lock.lock();
    }
}

void HouseKeeper::noteAttempt(std::int64_t dispatchedOffset)
{
    m_attemptedAt = dispatchedOffset;
    m_hurryAt = dispatchedOffset + m_parts.config.checkpointBytes;
}

void HouseKeeper::noteFlushed(std::int64_t offset)
{
    if (offset < m_hurryAt.load(std::memory_order_relaxed)) {
        return;
    }
    // Again a little later, should the dispatch be behind.
    m_hurryAt = offset + m_parts.config.checkpointBytes / kHurryParts;
    m_isHurried = true;
    const std::lock_guard guard(m_mutex); // or the thread may be about to wait
    m_wake.notify_all();
}

bool HouseKeeper::isCheckpointDue(std::chrono::steady_clock::time_point now) const
{
    const std::int64_t behind = m_parts.reput.dispatchedOffset() - m_attemptedAt;
    return now >= m_nextCheckpoint || (behind >= m_parts.config.checkpointBytes && now >= m_restsUntil);
}

bool HouseKeeper::step()
{
    m_parts.flush.expireWaiters();
    if (const std::unique_lock work(m_workMutex, std::try_to_lock); work) { // else next time: waiters must not wait for it
        writeQueues();
        saveIfDue();
    }
    if (const auto now = m_parts.clock.steady(); now >= m_nextRetention || m_parts.health.state() == StoreState::DiskFull) {
        m_retain();
        m_nextRetention = now + kRetentionInterval;
    }
    return true;
}

void HouseKeeper::saveIfDue()
{
    const auto now = m_parts.clock.steady();
    if (!isCheckpointDue(now)) {
        return;
    }
    const bool hasManyQueues = m_parts.queues.dirtyCount() > kQueuesWrittenAtOnce;
    (void)saveLocked(Save::IfNew); // failures poison the store and are logged there
    // With very many queues it takes long; it must not take the disk from the log.
    const auto took = m_parts.clock.steady() - now;
    m_nextCheckpoint = now + std::max<std::chrono::steady_clock::duration>(kCheckpointInterval, kRestFactor * took);
    m_restsUntil = hasManyQueues ? m_nextCheckpoint : now + kShortRestFactor * took;
}

Result<> HouseKeeper::whileNothingIsWritten(const std::function<Result<>()>& work)
{
    const std::lock_guard guard(m_workMutex);
    return work();
}

/// A failed write or sync is final. Space may come back, and so may whatever kept a file from being opened: the entries
/// stay in memory and are tried again, as long as they are not too many.
Result<> HouseKeeper::guardWrite(Result<> outcome)
{
    if (outcome) {
        m_lastFailure.clear();
        return outcome;
    }
    const Error& error = outcome.error();
    if (error.code == Errc::DiskFull) {
        m_parts.health.setDiskFull(error.message);
    } else if (error.code == Errc::StorePoisoned || m_parts.queues.tailBytes() > kTailBytesMax) {
        m_parts.health.poison(error);
    } else if (m_lastFailure != error.message) {
        m_lastFailure = error.message;
        log::error("store", "queues are not written, trying again: {}", error.message);
    }
    return outcome;
}

void HouseKeeper::writeQueues()
{
    if (m_parts.queues.dirtyCount() > kQueuesWrittenAtOnce &&
        m_parts.queues.tailBytes() < kTailBytesBeforeWrite) {
        return;
    }
    (void)guardWrite(m_parts.queues.writeTails(m_parts.log.flushedOffset()));
}

/// Their generation; 0 where there was no room, which costs nothing but that damage goes unnoticed.
Result<std::int64_t> HouseKeeper::saveQueueEnds()
{
    m_savedLogBegin = m_parts.log.minOffset();
    const Result<> saved = m_parts.queueEnds.save(++m_generation, {m_savedLogBegin, m_parts.queues.ends()});
    if (!saved && saved.error().code == Errc::StorePoisoned) {
        GANTRY_CHECK(guardWrite(saved));
    }
    return saved ? m_generation : 0;
}

Result<> HouseKeeper::saveCheckpoint(Save save)
{
    const std::lock_guard guard(m_workMutex);
    return saveLocked(save);
}

Result<> HouseKeeper::saveLocked(Save save)
{
    if (m_parts.health.isPoisoned()) {
        return tl::unexpected<Error>(m_parts.health.error());
    }
    // What is dispatched now is what this checkpoint vouches for; times are read before offsets
    // (see the readers).
    CheckpointValues values = m_saved;
    values.logicsMsgTimestamp = m_parts.reput.dispatchedTimestampMs();
    values.confirmPhyOffset = planted(SeededBug::CheckpointAhead)
                                  ? m_parts.log.tail()
                                  : m_parts.reput.dispatchedOffset();
    noteAttempt(values.confirmPhyOffset);
    // What the index lacks is not vouched for, so that the next recovery reads it again.
    const std::int64_t missingFrom = m_parts.index.missingFrom();
    if (missingFrom >= 0) {
        values.logicsMsgTimestamp = m_saved.logicsMsgTimestamp;
        values.confirmPhyOffset = std::min(m_saved.confirmPhyOffset, missingFrom);
    }
    if (save == Save::IfNew && m_isSaved && !m_parts.queues.hasUnsynced() &&
        m_savedLogBegin == m_parts.log.minOffset() && values.confirmPhyOffset == m_saved.confirmPhyOffset &&
        m_parts.flush.flushedTimestampMs() == m_saved.physicMsgTimestamp) {
        return {};
    }
    if (m_parts.log.flushedOffset() < values.confirmPhyOffset) {
        GANTRY_CHECK(m_parts.flush.flushNow());
    }
    values.physicMsgTimestamp = m_parts.flush.flushedTimestampMs();
    GANTRY_CHECK(guardWrite(m_parts.queues.writeTails(m_parts.log.flushedOffset())));
    if (!planted(SeededBug::QueueSyncDropped)) {
        GANTRY_CHECK(guardWrite(m_parts.queues.sync()));
    }
    values.indexMsgTimestamp = m_parts.index.sync().value_or(values.indexMsgTimestamp);
    if (m_parts.health.isPoisoned()) {
        return tl::unexpected<Error>(m_parts.health.error()); // the index failed: nothing to vouch for
    }
    GANTRY_TRY(generation, saveQueueEnds());
    values.queueEndsGeneration = generation;
    GANTRY_CHECK(guardWrite(m_parts.checkpoint.save(values)));
    m_saved = values;
    m_isSaved = true;
    return {};
}

} // namespace gantry
