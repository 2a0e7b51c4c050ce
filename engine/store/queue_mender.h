// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/commit_log.h"
#include "store/consume_queue_store.h"
#include "store/message_store.h"
#include "store/record_dispatcher.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

namespace gantry {

/// Makes ConsumeQueue entries anew that a reader found damaged: their records are still in the CommitLog, between those of
/// the entries before and behind. That part of the log is read on a thread that lives from the first such entry on.
class QueueMender
{
public:
    struct Parts
    {
        const StoreConfig& config;
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

    /// The entry is damaged, or does not fit the record it points at. True: it is being made anew, read it again later.
    /// False: the log does not have its message (or too much is waiting); pass over it. Any thread; takes one lock.
    [[nodiscard]] bool ask(const ConsumeQueuePtr& queue, std::int64_t queueOffset);
    /// What the thread does for one question; false if there is none. In a driven store.
    bool step();
    /// Joins; questions are not answered any more. Idempotent.
    void stop();

private:
    using Entries = ConsumeQueue::Entries;
    struct Range
    {
        std::int64_t from = 0;
        std::int64_t to = 0;
    };
    struct Question
    {
        ConsumeQueuePtr queue;
        std::int64_t queueOffset = 0;
    };

    void run();
    void answer(const Question& question);
    Result<> mend(const Question& question, const Range& range);
    [[nodiscard]] Range rangeAround(const Question& question) const;
    [[nodiscard]] bool isGood(const ConsumeQueue& queue, std::int64_t queueOffset, RawQueueEntry& entry) const;
    [[nodiscard]] std::int64_t logBeginOf(const ConsumeQueue& queue, std::int64_t from) const;
    [[nodiscard]] std::int64_t logEndOf(const ConsumeQueue& queue, std::int64_t to) const;
    Result<Entries> readLog(const ConsumeQueue& queue, const Range& range) const;
    void noteLost(const ConsumeQueue& queue, std::int64_t queueOffset);

    const Parts m_parts;
    std::atomic<bool> m_isStopping{false};
    std::mutex m_mutex; // guards what follows
    std::condition_variable m_changed;
    std::deque<Question> m_questions; // the first one is being answered
    std::set<std::pair<std::uint64_t, std::int64_t>> m_lost; // queue and number: not in the log
    std::thread m_thread;
};

} // namespace gantry
