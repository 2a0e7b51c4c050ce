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

/// Damaged entries looked at on each side of the one that was asked for: a whole file of Apache's size.
constexpr std::int64_t kEntriesMax = 300'000;
constexpr std::size_t kQuestionsMax = 10'000;
constexpr std::size_t kLostRangesMax = 100'000;
/// What cannot be read now may be readable soon; after so many attempts it counts as lost.
constexpr int kAttemptsMax = 10;
constexpr std::chrono::seconds kRetry{1};
constexpr std::int32_t kSizeHint = 4096;
constexpr std::int64_t kPage = 4096;
constexpr std::size_t kChunk = 1024 * 1024;
/// So many records that say they are behind the range end the reading; the number of a single one may be wrong.
constexpr int kBehindMin = 2;

} // namespace

QueueMender::QueueMender(Parts parts)
    : m_parts(std::move(parts))
{}

bool QueueMender::ask(const ConsumeQueuePtr& queue, std::int64_t queueOffset)
{
    const std::lock_guard guard(m_mutex);
    if (const auto lost = m_lost.find(queue->number()); lost != m_lost.end()) {
        const auto behind = lost->second.upper_bound(queueOffset);
        if (behind != lost->second.begin() && queueOffset < std::prev(behind)->second) {
            return false;
        }
    }
    const bool isAsked = std::ranges::any_of(
        m_questions, [&](const Question& asked) { return asked.queue == queue && asked.queueOffset == queueOffset; });
    if (isAsked || m_isStopping || m_questions.size() >= kQuestionsMax) {
        return true;
    }
    try {
        if (!m_parts.isDriven && !m_thread.joinable()) {
            m_thread = std::thread([this] { run(); });
        }
    } catch (const std::system_error& error) {
        log::error("store", "no thread to make queue entries anew: {}", error.what());
        return true;
    }
    m_questions.push_back({queue, queueOffset, 0, {}});
    m_changed.notify_one();
    return true;
}

void QueueMender::run()
{
    nameThisThread("gantry-mend");
    lowerPriorityOfThisThread();
    std::unique_lock lock(m_mutex);
    while (!m_isStopping) {
        if (m_questions.empty()) {
            m_changed.wait(lock);
            continue;
        }
        const auto first = std::ranges::min_element(m_questions, {}, &Question::notBefore);
        if (first->notBefore > std::chrono::steady_clock::now()) {
            m_changed.wait_until(lock, Time(first->notBefore));
            continue;
        }
        lock.unlock();
        step();
        lock.lock();
    }
}

/// The oldest one whose time has come.
std::optional<QueueMender::Question> QueueMender::next()
{
    const std::lock_guard guard(m_mutex);
    const Time now = m_parts.isDriven ? Time::max() : std::chrono::steady_clock::now();
    const auto due = std::ranges::find_if(m_questions, [now](const Question& question) { return question.notBefore <= now; });
    return due != m_questions.end() ? std::optional(*due) : std::nullopt;
}

bool QueueMender::step()
{
    const auto question = next();
    if (!question) {
        return false;
    }
    const bool isAnswered = answer(*question);
    {
        const std::lock_guard guard(m_mutex);
        const auto isIt = [&](const Question& asked) {
            return asked.queue == question->queue && asked.queueOffset == question->queueOffset;
        };
        std::erase_if(m_questions, isIt);
        if (!isAnswered) {
            m_questions.push_back(*question);
            ++m_questions.back().attempts;
            m_questions.back().notBefore = std::chrono::steady_clock::now() + kRetry;
        }
    }
    if (isAnswered) {
        m_parts.announce({question->queue->topic(), question->queue->queueId(), question->queueOffset, 0, 0, {}});
    }
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

bool QueueMender::answer(const Question& question)
{
    const ConsumeQueue& queue = *question.queue;
    const auto range = rangeAround(question);
    if (!range || m_isStopping) {
        return true; // somebody else's question had it, or retention
    }
    const Found found = readLog(queue, *range);
    if (m_isStopping) {
        return true;
    }
    mend(question, *range, found.entries);
    RawQueueEntry entry;
    const bool isMended = isGood(queue, question.queueOffset, entry);
    if (!found.isComplete && question.attempts + 1 < kAttemptsMax) {
        return isMended; // what else was not found may be where the disk does not give anything now: nothing is lost yet
    }
    std::int64_t at = range->from;
    for (const auto& [number, mended] : found.entries) {
        noteLost(queue, at, number);
        at = number + 1;
    }
    noteLost(queue, at, range->to);
    if (!isMended && found.entries.contains(question.queueOffset)) {
        noteLost(queue, question.queueOffset, question.queueOffset + 1); // nobody shall ask for ever
    }
    return true;
}

void QueueMender::mend(const Question& question, const Range& range, const Entries& entries)
{
    const ConsumeQueue& queue = *question.queue;
    if (!entries.empty() && !question.queue->mend(entries)) {
        return; // its topic was deleted
    }
    m_parts.metrics.queueEntriesMended.fetch_add(entries.size(), std::memory_order_relaxed);
    log::warning("store", "entries {} to {} of queue {} of {} are damaged: {} made anew from the CommitLog, {} not found there", range.from,
                 range.to - 1, queue.queueId(), queue.topic(), entries.size(),
                 range.to - range.from - static_cast<std::int64_t>(entries.size()));
    if (!m_parts.health.isPoisoned()) {
        if (Result<> written = m_parts.write([&] { return m_parts.queues.writeMended(question.queue); }); !written) {
            log::error("store", "entries made anew stay in memory: {}", written.error().message);
            if (written.error().code == Errc::StorePoisoned) {
                m_parts.health.poison(written.error());
            }
        }
    }
    for (const auto& [at, entry] : entries) {
        m_parts.announce({queue.topic(), queue.queueId(), at, entry.tagsCode, 0, {}});
    }
}

/// Nothing when the entry is good by now, or gone.
std::optional<QueueMender::Range> QueueMender::rangeAround(const Question& question) const
{
    const ConsumeQueue& queue = *question.queue;
    const std::int64_t at = question.queueOffset;
    const std::int64_t min = queue.minOffset();
    const std::int64_t max = queue.maxOffset();
    RawQueueEntry entry;
    if (at < min || at >= max || isGood(queue, at, entry)) {
        return std::nullopt;
    }
    Range range{at, at + 1, m_parts.log.minOffset(), m_parts.log.flushedOffset(), false}; // files never point behind that
    for (const std::int64_t first = std::max(min, at - kEntriesMax); range.from > first && !m_isStopping; --range.from) {
        if (isGood(queue, range.from - 1, entry)) {
            range.logBegin = std::max(range.logBegin, entry.end());
            range.followsGood = true;
            break;
        }
    }
    for (const std::int64_t end = std::min(max, at + kEntriesMax); range.to < end && !m_isStopping; ++range.to) {
        if (isGood(queue, range.to, entry)) {
            range.logEnd = std::min(range.logEnd, entry.offset);
            break;
        }
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

QueueMender::Found QueueMender::readLog(const ConsumeQueue& queue, const Range& range) const
{
    Found found;
    RecordScanner scanner(m_parts.log.segments(), true, kChunk);
    RecordScanner careful(m_parts.log.segments(), true, static_cast<std::size_t>(kPage)); // loses no more than it must to a bad sector
    int behind = 0;
    for (std::int64_t at = range.logBegin; at < range.logEnd && !m_isStopping;) {
        const std::int64_t begin = m_parts.log.minOffset();
        const auto item = scanner.at(at, range.logEnd);
        if (item && (item->kind == RecordScanner::Kind::Record || item->hasHeader)) {
            const RecordView& record = item->record;
            at += record.totalSize;
            if (record.queueId != queue.queueId() || record.topic != queue.topic() || !RecordDispatcher::isQueued(record)) {
                continue;
            }
            if (range.followsGood && record.queueOffset >= range.to && ++behind == kBehindMin) {
                break;
            }
            if (record.queueOffset >= range.from && record.queueOffset < range.to && item->kind == RecordScanner::Kind::Record) {
                found.entries[record.queueOffset] = {record.physicalOffset, record.totalSize, m_parts.dispatcher.tagsCode(record)};
            }
        } else if (item && item->kind == RecordScanner::Kind::Blank) {
            const auto file = m_parts.log.segments().find(at);
            at = file ? file->endOffset() : begin;
        } else if (item && item->kind == RecordScanner::Kind::NoFile) {
            const auto next = m_parts.log.segments().findFrom(std::max(at, begin));
            if (!next) {
                break;
            }
            at = std::max(next->fromOffset(), begin); // deleted meanwhile, or missing
        } else {
            // Damaged, or not readable: page by page to the next record.
            found.isComplete = found.isComplete && item.has_value();
            Result<std::int64_t> next = std::int64_t{-1};
            for (std::int64_t from = at + 1; from < range.logEnd && !m_isStopping;) {
                const std::int64_t to = std::min(range.logEnd, (from / kPage + 1) * kPage);
                next = careful.findRecord(from, to, range.logEnd);
                found.isComplete = found.isComplete && next.has_value();
                if (next && *next >= 0) {
                    break;
                }
                from = to;
            }
            at = next && *next >= 0 ? *next : range.logEnd;
            scanner.reset();
        }
    }
    return found;
}

void QueueMender::noteLost(const ConsumeQueue& queue, std::int64_t from, std::int64_t to)
{
    if (from >= to) {
        return;
    }
    const std::lock_guard guard(m_mutex);
    if (m_lostRanges >= kLostRangesMax) {
        m_lost.clear(); // they are asked for again
        m_lostRanges = 0;
    }
    auto& ranges = m_lost[queue.number()];
    auto next = ranges.upper_bound(from);
    if (next != ranges.begin() && std::prev(next)->second >= from) {
        --next;
    }
    for (; next != ranges.end() && next->first <= to; next = ranges.erase(next), --m_lostRanges) { // those that touch become one
        from = std::min(from, next->first);
        to = std::max(to, next->second);
    }
    ranges.emplace(from, to);
    ++m_lostRanges;
}

} // namespace gantry
