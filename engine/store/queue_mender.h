// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/commit_log.h"
#include "store/consume_queue_store.h"
#include "store/message_store.h"
#include "store/record_dispatcher.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

namespace gantry {

/// Makes ConsumeQueue entries anew that a reader found damaged: their records are still in the CommitLog, between those of
/// the good entries before and behind. That part of the log is read on a thread of lower priority, which lives from the
/// first such entry on.
class QueueMender
{
public:
    struct Parts
    {
        const CommitLog& log;
        ConsumeQueueStore& queues;
        const RecordDispatcher& dispatcher;
        StoreHealth& health;
        StoreMetrics& metrics;
        bool isDriven = false; ///< no thread: step()
        /// Runs the work while nobody else writes queues.
        std::function<Result<>(const std::function<Result<>()>&)> write;
        /// The entry can be read, or it is known that it never will.
        std::function<void(const MessageStore::Arrival&)> announce;
    };
    explicit QueueMender(Parts parts);
    ~QueueMender() { stop(); }
    QueueMender(const QueueMender&) = delete;
    QueueMender& operator=(const QueueMender&) = delete;

    /// The entry is damaged, or does not fit the record it points at. False: the log was read and does not have its message;
    /// pass over it. True: read it again a little later, whatever keeps it from being made anew now. Any thread; takes one
    /// lock.
    [[nodiscard]] bool ask(const ConsumeQueuePtr& queue, std::int64_t queueOffset);
    /// What the thread does for one question; false if there is none. In a driven store.
    bool step();
    /// Joins; questions are not answered any more. Idempotent.
    void stop();

private:
    using Entries = ConsumeQueue::Entries;
    using Time = std::chrono::steady_clock::time_point;
    struct Question
    {
        ConsumeQueuePtr queue;
        std::int64_t queueOffset = 0;
        int attempts = 0;
        Time notBefore{};
    };
    /// Damaged entries side by side, and the part of the log where their records are.
    struct Range
    {
        std::int64_t from = 0;
        std::int64_t to = 0;
        std::int64_t logBegin = 0;
        std::int64_t logEnd = 0;
        bool followsGood = false; ///< the entry before is good: what comes behind it in the log is in order
    };
    struct Found
    {
        Entries entries;
        bool isComplete = true; ///< all of the log that was to be read could be
    };

    void run();
    [[nodiscard]] std::optional<Question> next();
    /// False: ask again later.
    bool answer(const Question& question);
    void mend(const Question& question, const Range& range, const Entries& entries);
    [[nodiscard]] std::optional<Range> rangeAround(const Question& question) const;
    [[nodiscard]] bool isGood(const ConsumeQueue& queue, std::int64_t queueOffset, RawQueueEntry& entry) const;
    [[nodiscard]] Found readLog(const ConsumeQueue& queue, const Range& range) const;
    void noteLost(const ConsumeQueue& queue, std::int64_t from, std::int64_t to);

    const Parts m_parts;
    std::atomic<bool> m_isStopping{false};
    std::mutex m_mutex; // guards what follows
    std::condition_variable m_changed;
    std::deque<Question> m_questions; // being answered, too
    std::map<std::uint64_t, std::map<std::int64_t, std::int64_t>> m_lost; // by queue: begin to end of what the log does not have
    std::size_t m_lostRanges = 0;
    std::thread m_thread;
};

} // namespace gantry
