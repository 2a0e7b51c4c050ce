// SPDX-License-Identifier: Apache-2.0
#include "store/recovery_dispatcher.h"

#include "base/log.h"
#include "base/units.h"
#include "store/record_scanner.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace gantry {

namespace {

constexpr std::int64_t kSmallGap = 64;
constexpr std::size_t kProbeChunk = 4 * kKiB; // for one record
constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

bool isKnown(const ConsumeQueuePtr& queue)
{
    return queue && queue->maxCommitLogOffset() >= 0;
}

} // namespace

void RecoveryDispatcher::begin(std::int64_t fullFrom, const DamagedQueues& rebuilt, const QueueEndsTable& ends)
{
    m_fullFrom = fullFrom;
    m_rebuilt = &rebuilt;
    m_ends = &ends;
    m_endOf.clear();
    m_holesPossible = 0;
    m_waiting.clear();
}

void RecoveryDispatcher::noteDamage(std::int64_t bytes)
{
    m_holesPossible += bytes / static_cast<std::int64_t>(record_layout::kFixedSizeV1) + 1;
}

bool RecoveryDispatcher::enter(const RecordView& record, bool isDamaged, bool mayLackOlder)
{
    ConsumeQueuePtr queue = m_queues.find(record.topic, record.queueId);
    const bool isRebuilt = queue && m_rebuilt->queues.contains(queue); // as far as the log has what it lacks
    if (record.physicalOffset < m_fullFrom && !isRebuilt) {
        return true; // its queue has it, or was deleted
    }
    if (queue && record.physicalOffset < queue->loadedBegin() && beginsThere(queue)) {
        m_dispatcher.index(record); // of a topic that was deleted and came back since
        return true;
    }
    const bool isQueued = RecordDispatcher::isQueued(record);
    if (isQueued && !RecordDispatcher::isPossible(record)) {
        if (!isDamaged) { // or it has been reported
            m_leftOut(record.physicalOffset);
            ++m_holesPossible;
        }
        isDamaged ? m_dispatcher.dispatchDamaged(record) : m_dispatcher.dispatch(record);
        return true;
    }
    const bool wasKnown = isKnown(queue);
    const std::int64_t lacking = record.queueOffset - (wasKnown ? queue->maxOffset() : 0);
    if (isQueued && mayLackOlder && !isRebuilt && lacking > m_holesPossible && !hasAllItHad(record, queue)) {
        return false; // the queue's files are gone, or older than the checkpoint says
    }
    if (isQueued) {
        queue = queue ? queue : m_queues.findOrCreate(record.topic, record.queueId);
        if (record.physicalOffset >= queue->maxCommitLogOffset() && !judge(queue, record, isDamaged)) {
            return true;
        }
    }
    isDamaged ? m_dispatcher.dispatchDamaged(record) : m_dispatcher.dispatch(record, queue);
    return true;
}

/// Whether the record is what it says. False if it waits for others to tell.
bool RecoveryDispatcher::judge(const ConsumeQueuePtr& queue, const RecordView& record, bool isDamaged)
{
    if (const auto waiting = m_waiting.find(queue); waiting != m_waiting.end() && !settle(queue, waiting, record, isDamaged)) {
        return false;
    }
    const std::int64_t gap = record.queueOffset - queue->maxOffset();
    const bool isNext = isKnown(queue) ? gap == 0 && !isDamaged : record.queueOffset == 0;
    if (isNext) {
        return true;
    }
    // What is left of a damaged record may be older than the queue's numbers: a hole whose places were given away again. A
    // queue may begin with any number, for the log before it was deleted, and begin anew with 0.
    if (!isKnown(queue) || isDamaged || gap > 0 || record.queueOffset == 0) {
        wait(queue, record, isDamaged);
        return false;
    }
    refuse(queue, record);
    return false;
}

/// It says that it is what another record is already.
void RecoveryDispatcher::refuse(const ConsumeQueuePtr& queue, const RecordView& record)
{
    ++m_holesPossible;
    m_dispatcher.index(record);
    reject(*queue, suspectOf(record, false));
}

/// Whether both can be what they say.
bool RecoveryDispatcher::areInOrder(const ConsumeQueuePtr& queue, const Waiting& waiting) const
{
    if (!waiting.second || waiting.second->queueOffset <= waiting.first.queueOffset) {
        return false;
    }
    // With number 0 a queue begins anew, which takes all that it has; then its next numbers are ones that it had.
    const bool beginsAnew = waiting.first.queueOffset == 0 && isKnown(queue);
    return waiting.second->queueOffset - waiting.first.queueOffset - 1 <= gapMax() &&
           (!beginsAnew || waiting.second->queueOffset < queue->maxOffset());
}

/// Decides about those that wait; false if the record must wait with them.
bool RecoveryDispatcher::settle(const ConsumeQueuePtr& queue, WaitingQueues::iterator waiting, const RecordView& record, bool isDamaged)
{
    const Waiting judged = waiting->second;
    const bool followsFirst = follows(queue, judged.first, record, isDamaged);
    const bool followsSecond = judged.second && follows(queue, *judged.second, record, isDamaged);
    const bool followsQueue = isKnown(queue) && record.queueOffset == queue->maxOffset() && !isDamaged;
    if (!followsFirst && !followsSecond && !followsQueue) {
        const bool isKnownNumber = isKnown(queue) && record.queueOffset != 0 && record.queueOffset < queue->maxOffset();
        isKnownNumber && !isDamaged && judged.first.queueOffset != 0 ? refuse(queue, record) : wait(queue, record, isDamaged);
        return false;
    }
    m_waiting.erase(waiting);
    const bool contradict = followsFirst && followsSecond && judged.second->queueOffset <= judged.first.queueOffset;
    const bool isSecondNext = followsSecond && judged.second->queueOffset + 1 == record.queueOffset;
    const bool isFirstRight = (followsFirst && !(contradict && isSecondNext)) || (followsSecond && areInOrder(queue, judged));
    isFirstRight ? append(queue, judged.first) : reject(*queue, judged.first);
    if (judged.second) {
        followsSecond && !(contradict && !isSecondNext) ? append(queue, *judged.second) : reject(*queue, *judged.second);
    }
    return true;
}

/// Whether the queue has what it had at the checkpoint, so that the number must be wrong, or records between are damaged.
bool RecoveryDispatcher::hasAllItHad(const RecordView& record, const ConsumeQueuePtr& queue)
{
    if (m_endOf.empty()) {
        // Of a table made while queues were made anew the others may have been left out.
        if (m_ends->queues.empty() || std::ranges::any_of(m_ends->queues, &QueueEndsTable::Queue::isMadeAnew)) {
            return false;
        }
        for (const QueueEndsTable::Queue& had : m_ends->queues) {
            m_endOf[{had.topic, had.queueId}] = had.end;
        }
    }
    const auto had = m_endOf.find({std::string(record.topic), record.queueId});
    return had == m_endOf.end() || (queue && queue->maxOffset() >= had->second);
}

/// Whether the log has the queue's first message where the files say. They may be older than the log's end, which was cut
/// and written again since.
bool RecoveryDispatcher::beginsThere(const ConsumeQueuePtr& queue)
{
    const auto known = m_begins.find(queue);
    if (known != m_begins.end()) {
        return known->second;
    }
    const std::int64_t begin = queue->loadedBegin();
    RecordScanner scanner(m_segments, true, kProbeChunk);
    const auto item = scanner.at(begin, kNoLimit);
    bool isBegin = false;
    if (item && (item->kind == RecordScanner::Kind::Record || item->hasHeader)) {
        isBegin = item->record.topic == queue->topic() && item->record.queueId == queue->queueId() && item->record.queueOffset == 0;
    } else if (!item || item->kind == RecordScanner::Kind::Damaged) {
        isBegin = isBeginDamaged(std::max(m_fullFrom, m_segments.minOffset()), begin);
    }
    m_begins.emplace(queue, isBegin);
    return isBegin;
}

/// Whether there was a record at `begin`, which is none now: no other one reaches over that place. `from` is where a record
/// begins.
bool RecoveryDispatcher::isBeginDamaged(std::int64_t from, std::int64_t begin) const
{
    constexpr std::size_t kChunk = 256 * kKiB;
    RecordScanner scanner(m_segments, true, kChunk);
    for (std::int64_t at = from; at < begin;) {
        const auto item = scanner.at(at, kNoLimit);
        if (!item) {
            return true; // cannot be read now: nothing shows that the files are wrong
        }
        const MappedFilePtr file = m_segments.find(at);
        if (item->kind == RecordScanner::Kind::Record) {
            at += item->record.totalSize;
        } else if (item->kind == RecordScanner::Kind::Blank && file) {
            at = file->endOffset();
        } else if (item->kind == RecordScanner::Kind::NoFile) {
            const MappedFilePtr next = m_segments.findFrom(at);
            at = next ? next->fromOffset() : begin;
        } else {
            const auto next = scanner.findRecord(at + 1, begin, kNoLimit);
            at = next && *next >= 0 ? *next : begin;
        }
        if (at > begin) {
            return false;
        }
    }
    const auto behind = scanner.findRecord(begin + 1, kNoLimit, kNoLimit);
    return !behind || *behind >= 0; // or the log never came so far
}

RecoveryDispatcher::Suspect RecoveryDispatcher::suspectOf(const RecordView& record, bool isDamaged) const
{
    return {record.queueOffset, {record.physicalOffset, record.totalSize, m_dispatcher.tagsCode(record)}, isDamaged};
}

/// Numbers that a queue may lack.
std::int64_t RecoveryDispatcher::gapMax() const
{
    return std::max(m_holesPossible, kSmallGap);
}

bool RecoveryDispatcher::follows(const ConsumeQueuePtr& queue, const Suspect& suspect, const RecordView& record, bool isDamaged) const
{
    const std::int64_t lacking = record.queueOffset - suspect.queueOffset - 1;
    const bool beginsAnew = suspect.queueOffset == 0 && isKnown(queue); // takes all that the queue has
    return lacking >= 0 && lacking <= (isDamaged || beginsAnew ? 0 : gapMax());
}

/// The queue's next records tell whether it is so.
void RecoveryDispatcher::wait(const ConsumeQueuePtr& queue, const RecordView& record, bool isDamaged)
{
    if (!isDamaged) { // or damage was counted when it was stepped over
        ++m_holesPossible;
        m_dispatcher.index(record);
    }
    const Suspect suspect = suspectOf(record, isDamaged);
    const auto [waiting, isFirst] = m_waiting.try_emplace(queue, Waiting{suspect, {}});
    if (isFirst) {
        return;
    }
    if (waiting->second.second) {
        areInOrder(queue, waiting->second) ? append(queue, waiting->second.first) : reject(*queue, waiting->second.first);
        waiting->second.first = *waiting->second.second;
    }
    waiting->second.second = suspect;
}

void RecoveryDispatcher::append(const ConsumeQueuePtr& queue, const Suspect& suspect)
{
    if (m_queues.append(queue, suspect.queueOffset, suspect.entry) != ConsumeQueue::Appended::Yes) {
        reject(*queue, suspect);
    } else if (!suspect.isDamaged) {
        --m_holesPossible; // it is what it says
    }
}

void RecoveryDispatcher::reject(const ConsumeQueue& queue, const Suspect& suspect)
{
    if (suspect.isDamaged) {
        return; // has been reported
    }
    m_leftOut(suspect.entry.offset);
    log::error("store",
               "the record at CommitLog offset {} says it is number {} of queue {} of {}, which has {}; it is left out of the queue",
               suspect.entry.offset, suspect.queueOffset, queue.queueId(), queue.topic(), queue.maxOffset());
}

/// With nothing behind it. A small gap costs nothing but numbers. A first message makes a queue begin anew only if the queue
/// was not on disk yet, as after a topic was deleted, and if no single bit makes the number that was due a 0.
bool RecoveryDispatcher::isBelieved(const ConsumeQueuePtr& queue, const Suspect& suspect) const
{
    if (!isKnown(queue)) {
        return true;
    }
    const std::int64_t due = queue->maxOffset();
    if (suspect.queueOffset == 0) {
        return !queue->wasLoaded() && !suspect.isDamaged && !std::has_single_bit(static_cast<std::uint64_t>(due));
    }
    return suspect.queueOffset >= due && suspect.queueOffset - due <= gapMax();
}

void RecoveryDispatcher::finish()
{
    for (const auto& [queue, waiting] : m_waiting) {
        const bool isSecondBelieved = waiting.second && isBelieved(queue, *waiting.second);
        const bool contradict = isSecondBelieved && waiting.second->queueOffset <= waiting.first.queueOffset;
        const bool isFirstBetter = contradict && waiting.second->isDamaged && !waiting.first.isDamaged;
        const bool isFirstRight = (!contradict || isFirstBetter) && isBelieved(queue, waiting.first);
        isFirstRight ? append(queue, waiting.first) : reject(*queue, waiting.first);
        if (waiting.second) {
            isSecondBelieved && !isFirstBetter ? append(queue, *waiting.second) : reject(*queue, *waiting.second);
        }
    }
    m_waiting.clear();
}

} // namespace gantry
