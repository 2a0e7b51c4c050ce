// SPDX-License-Identifier: Apache-2.0
#include "store/queue_mender.h"

#include "base/log.h"
#include "base/thread.h"
#include "store/record_scanner.h"
#include "store/store_health.h"

#include <algorithm>
#include <system_error>

namespace gantry {

namespace {

/// Entries made anew for one question, and looked at to find a good one beside the damage.
constexpr std::int64_t kEntriesMax = 8192;
constexpr std::size_t kQuestionsMax = 1024;
constexpr std::size_t kLostMax = 100'000;
constexpr std::int32_t kSizeHint = 4096;
constexpr std::size_t kChunk = 1024 * 1024;

} // namespace

QueueMender::QueueMender(Parts parts)
    : m_parts(std::move(parts))
{}

bool QueueMender::ask(const ConsumeQueuePtr& queue, std::int64_t queueOffset)
{
    const std::lock_guard guard(m_mutex);
    if (m_isStopping || m_parts.health.isPoisoned() || m_lost.contains({queue->number(), queueOffset}) || m_lost.size() >= kLostMax) {
        return false;
    }
    const bool isAsked = std::ranges::any_of(
        m_questions, [&](const Question& asked) { return asked.queue == queue && asked.queueOffset == queueOffset; });
    if (isAsked) {
        return true;
    }
    if (m_questions.size() >= kQuestionsMax) {
        return false;
    }
    try {
        if (!m_parts.isDriven && !m_thread.joinable()) {
            m_thread = std::thread([this] { run(); });
        }
    } catch (const std::system_error& error) {
        log::error("store", "no thread to make queue entries anew: {}", error.what());
        return false;
    }
    m_questions.push_back({queue, queueOffset});
    m_changed.notify_one();
    return true;
}

void QueueMender::run()
{
    nameThisThread("gantry-mend");
    std::unique_lock lock(m_mutex);
    for (;;) {
        m_changed.wait(lock, [this] { return m_isStopping || !m_questions.empty(); });
        if (m_isStopping) {
            return;
        }
        lock.unlock();
        step();
        lock.lock();
    }
}

bool QueueMender::step()
{
    Question question;
    {
        const std::lock_guard guard(m_mutex);
        if (m_questions.empty()) {
            return false;
        }
        question = m_questions.front();
    }
    answer(question);
    const std::lock_guard guard(m_mutex);
    m_questions.pop_front();
    return true;
}

void QueueMender::stop()
{
    {
        const std::lock_guard guard(m_mutex);
        m_isStopping = true;
    }
    m_changed.notify_all();
    if (m_thread.joinable()) {
        m_thread.join();
    }
}

void QueueMender::answer(const Question& question)
{
    const ConsumeQueue& queue = *question.queue;
    const Range range = rangeAround(question);
    if (range.from == range.to) {
        return; // somebody else's question had it, or retention
    }
    if (Result<> mended = mend(question, range); !mended) {
        log::error("store", "entries {} to {} of queue {} of {} are damaged and cannot be made anew: {}", range.from, range.to - 1,
                   queue.queueId(), queue.topic(), mended.error().message);
        if (mended.error().code == Errc::StorePoisoned) {
            m_parts.health.poison(mended.error());
        }
        noteLost(queue, question.queueOffset);
    }
    m_parts.announce({queue.topic(), queue.queueId(), question.queueOffset, 0, 0, {}});
}

Result<> QueueMender::mend(const Question& question, const Range& range)
{
    const ConsumeQueuePtr& queue = question.queue;
    GANTRY_TRY(entries, readLog(*queue, range));
    GANTRY_CHECK(m_parts.write([&] { return m_parts.queues.overwrite(queue, entries); }));
    for (std::int64_t at = range.from; at < range.to; ++at) {
        if (!entries.contains(at)) {
            noteLost(*queue, at);
        }
    }
    m_parts.metrics.queueEntriesMended.fetch_add(entries.size(), std::memory_order_relaxed);
    log::warning("store", "entries {} to {} of queue {} of {} were damaged: {} made anew from the CommitLog, {} are not in it", range.from,
                 range.to - 1, queue->queueId(), queue->topic(), entries.size(),
                 range.to - range.from - static_cast<std::int64_t>(entries.size()));
    for (const auto& [at, entry] : entries) {
        m_parts.announce({queue->topic(), queue->queueId(), at, entry.tagsCode, 0, {}});
    }
    return {};
}

/// The damaged entries side by side that the question's is one of. Empty when it is good by now or gone.
QueueMender::Range QueueMender::rangeAround(const Question& question) const
{
    const ConsumeQueue& queue = *question.queue;
    const std::int64_t at = question.queueOffset;
    RawQueueEntry entry;
    if (at < queue.minOffset() || isGood(queue, at, entry)) {
        return {at, at};
    }
    Range range{at, at + 1};
    const std::int64_t first = std::max(queue.minOffset(), at - kEntriesMax / 2);
    const std::int64_t end = std::min(queue.maxOffset(), at + kEntriesMax / 2);
    while (range.from > first && !isGood(queue, range.from - 1, entry)) {
        --range.from;
    }
    while (range.to < end && !isGood(queue, range.to, entry)) {
        ++range.to;
    }
    return range;
}

/// It points at a record that says it is that message.
bool QueueMender::isGood(const ConsumeQueue& queue, std::int64_t queueOffset, RawQueueEntry& entry) const
{
    const auto read = queue.entryAt(queueOffset);
    if (!read || !read->isValid() || read->isFiller()) {
        return false;
    }
    entry = *read;
    const auto bytes = m_parts.log.record(entry.offset, kSizeHint);
    if (!bytes) {
        return false;
    }
    const RecordView record = parseRecord(asBytes(*bytes), false).record;
    return record.totalSize == entry.size && record.queueOffset == queueOffset && record.queueId == queue.queueId() &&
           record.topic == queue.topic();
}

std::int64_t QueueMender::logBeginOf(const ConsumeQueue& queue, std::int64_t from) const
{
    const std::int64_t first = std::max(queue.minOffset(), from - kEntriesMax);
    RawQueueEntry entry;
    for (std::int64_t at = from - 1; at >= first; --at) {
        if (isGood(queue, at, entry)) {
            return std::max(entry.end(), m_parts.log.minOffset());
        }
    }
    return m_parts.log.minOffset();
}

std::int64_t QueueMender::logEndOf(const ConsumeQueue& queue, std::int64_t to) const
{
    const std::int64_t flushed = m_parts.log.flushedOffset(); // files never point behind it
    const std::int64_t last = std::min(queue.maxOffset(), to + kEntriesMax);
    RawQueueEntry entry;
    for (std::int64_t at = to; at < last; ++at) {
        if (isGood(queue, at, entry)) {
            return std::min(entry.offset, flushed);
        }
    }
    return flushed;
}

Result<QueueMender::Entries> QueueMender::readLog(const ConsumeQueue& queue, const Range& range) const
{
    Entries entries;
    const std::int64_t end = logEndOf(queue, range.to);
    RecordScanner scanner(m_parts.log.segments(), true, kChunk);
    for (std::int64_t at = logBeginOf(queue, range.from); at < end;) {
        GANTRY_TRY(item, scanner.at(at, end));
        const RecordView& record = item.record;
        const bool isDamaged = item.kind == RecordScanner::Kind::Damaged;
        if (item.kind == RecordScanner::Kind::Record || (isDamaged && item.hasHeader)) {
            const bool isWanted = record.queueId == queue.queueId() && record.topic == queue.topic() &&
                                  record.queueOffset >= range.from && record.queueOffset < range.to && RecordDispatcher::isQueued(record);
            if (isWanted && !isDamaged) {
                entries[record.queueOffset] = {record.physicalOffset, record.totalSize, m_parts.dispatcher.tagsCode(record)};
            }
            at += record.totalSize;
        } else if (item.kind == RecordScanner::Kind::Blank) {
            const auto file = m_parts.log.segments().find(at);
            at = file ? file->endOffset() : m_parts.log.minOffset();
        } else if (item.kind == RecordScanner::Kind::NoFile && at < m_parts.log.minOffset()) {
            at = m_parts.log.minOffset(); // deleted meanwhile
        } else {
            GANTRY_TRY(next, scanner.findRecord(at + 1, end, end));
            at = next >= 0 ? next : end;
        }
        if (m_isStopping) {
            return fail(Errc::Cancelled, "the store is stopping");
        }
    }
    return entries;
}

void QueueMender::noteLost(const ConsumeQueue& queue, std::int64_t queueOffset)
{
    const std::lock_guard guard(m_mutex);
    if (m_lost.size() < kLostMax) {
        m_lost.emplace(queue.number(), queueOffset);
    }
}

} // namespace gantry
