// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "message/message.h"

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace gantry::client {

/// Messages that go to a listener in one call. Immutable after it was made, but for the start time.
struct ConsumeBatch
{
    std::vector<MessageExt> messages;
    std::atomic<std::int64_t> startedMs{0}; ///< 0 = the listener has not got it yet
};
using ConsumeBatchPtr = std::shared_ptr<ConsumeBatch>;

/// How long a broker's lock of a queue counts as held after it was last confirmed; the broker waits
/// longer (60 s).
inline constexpr std::int64_t kQueueLockAliveMs = 30'000;
/// A queue that was not pulled for so long has lost its pull loop.
inline constexpr std::int64_t kPullExpiredMs = 120'000;

/// What was pulled from one queue and is not consumed yet, with the state rebalancing gave it.
/// Thread-safe. Concurrent and orderly consumption use different calls; one queue sees only one
/// kind.
class ProcessQueue
{
public:
    explicit ProcessQueue(std::int64_t nowMs);

    // State
    [[nodiscard]] bool isDropped() const { return m_dropped.load(); }
    void drop() { m_dropped.store(true); }
    /// As drop(); besides, what is still being consumed must not move the offset, which was set by
    /// somebody else.
    void abandon();
    [[nodiscard]] bool isAbandoned() const { return m_abandoned.load(); }
    [[nodiscard]] bool isLocked() const { return m_locked.load(); }
    void setLocked(bool locked, std::int64_t nowMs);
    [[nodiscard]] bool isLockExpired(std::int64_t nowMs) const
    {
        return nowMs - m_lastLockMs.load() > kQueueLockAliveMs;
    }
    [[nodiscard]] std::int64_t lastLockMs() const { return m_lastLockMs.load(); }
    void notePull(std::int64_t nowMs) { m_lastPullMs.store(nowMs); }
    [[nodiscard]] std::int64_t lastPullMs() const { return m_lastPullMs.load(); }
    [[nodiscard]] bool isPullExpired(std::int64_t nowMs) const
    {
        return nowMs - m_lastPullMs.load() > kPullExpiredMs;
    }
    [[nodiscard]] std::int64_t lastConsumeMs() const { return m_lastConsumeMs.load(); }
    void setNextPullOffset(std::int64_t offset) { m_nextPullOffset.store(offset); }
    [[nodiscard]] std::int64_t nextPullOffset() const { return m_nextPullOffset.load(); }
    /// Held while an orderly listener runs, so that the broker's lock is not given away under it.
    [[nodiscard]] std::timed_mutex& consumeMutex() { return m_consumeMutex; }
    /// How often the queue could not be given away because its listener was running.
    [[nodiscard]] std::int64_t countUnlockAttempt() { return ++m_unlockAttempts; }

    // Concurrent consumption
    void put(const std::vector<ConsumeBatchPtr>& batches);
    /// Takes consumed messages out; gives the offset that may be committed now, or -1 when nothing
    /// was held.
    std::int64_t remove(const std::vector<MessageExt>& messages, std::int64_t nowMs);
    /// The batch of the oldest message, if a listener has had it for longer than the time-out.
    [[nodiscard]] ConsumeBatchPtr expiredBatch(std::int64_t nowMs, std::int64_t timeoutMs) const;

    // Orderly consumption
    /// True when nobody is consuming, so the caller must start a consumer task.
    [[nodiscard]] bool putOrdered(std::vector<MessageExt> messages);
    /// The oldest messages. When there are none the queue counts as not being consumed any more.
    [[nodiscard]] std::vector<MessageExt> take(std::size_t countMax, std::int64_t nowMs);
    /// The taken messages are done: gives the offset to commit, or -1 when none were taken.
    std::int64_t commitTaken();
    /// The taken messages are to be consumed again.
    void putBack(std::vector<MessageExt> messages);

    struct Depth
    {
        std::size_t count = 0;      ///< cached, those with a listener included
        std::size_t bytes = 0;      ///< of their bodies
        std::int64_t minOffset = 0; ///< 0 when empty
        std::int64_t maxOffset = 0;
        std::int64_t span = 0;
        std::size_t takenCount = 0; ///< orderly: with the listener now
    };
    [[nodiscard]] Depth depth() const;
    void clear();

private:
    struct Slot
    {
        std::size_t bytes = 0;
        ConsumeBatchPtr batch;             ///< concurrent
        std::optional<MessageExt> message; ///< orderly
    };
    std::atomic<bool> m_dropped{false};
    std::atomic<bool> m_abandoned{false};
    std::atomic<bool> m_locked{false};
    std::atomic<std::int64_t> m_lastLockMs;
    std::atomic<std::int64_t> m_lastPullMs;
    std::atomic<std::int64_t> m_lastConsumeMs;
    std::atomic<std::int64_t> m_nextPullOffset{0};
    std::atomic<std::int64_t> m_unlockAttempts{0};
    std::timed_mutex m_consumeMutex;

    mutable std::mutex m_mutex;
    std::map<std::int64_t, Slot> m_slots;
    std::size_t m_bytes = 0;
    std::int64_t m_offsetMax = 0;
    bool m_isConsuming = false;
    std::size_t m_takenCount = 0;
    std::size_t m_takenBytes = 0;
    std::int64_t m_takenFirst = 0;
    std::int64_t m_takenLast = -1;
};

using ProcessQueuePtr = std::shared_ptr<ProcessQueue>;

} // namespace gantry::client
