// SPDX-License-Identifier: Apache-2.0
#include "store/commit_log_recovery.h"

#include "base/log.h"
#include "base/units.h"

#include <algorithm>
#include <array>
#include <limits>

namespace gantry {

namespace {

constexpr std::size_t kDamagedOffsetsMax = 1000;
constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();
/// The year 2200: no store time, so a checkpoint with more is damaged.
constexpr std::int64_t kTimestampMax = 7'258'118'400'000;
/// ConsumeQueue entries held in memory while scanning, before they are written out. What is left in the end the house
/// thread writes: with very many queues that takes longer than the scan.
constexpr std::int64_t kScannedTailBytesMax = 48 * kMiB;

} // namespace

Result<CommitLogRecovery::Outcome> CommitLogRecovery::run(CheckpointValues& checkpoint)
{
    const std::vector<MappedFilePtr> files = m_segments.all();
    if (files.empty()) {
        // No log: whatever the queues say, there is nothing to read. Nor may the next start believe what is vouched for.
        GANTRY_CHECK(lowerCheckpoint(0, 0, checkpoint));
        GANTRY_CHECK(m_queues.truncate(0));
        m_queues.cutLater();
        forgetIndexFrom(0);
        return Outcome{};
    }
    const std::int64_t dispatched = m_queues.maxCommitLogOffset();
    std::int64_t damagedBefore = -1;
    m_vouchedEnd = checkpoint.isSealed ? checkpoint.confirmPhyOffset : 0;
    GANTRY_CHECK(findDamagedQueues(checkpoint));
    GANTRY_TRY(start, m_report.cleanExit ? startAfterCleanExit(checkpoint) : startAfterCrash(checkpoint));
    std::int64_t stride = 0; // in files
    while (true) {
        const std::int64_t from = m_damaged.readFrom >= 0 ? std::min(m_damaged.readFrom, start) : start;
        GANTRY_CHECK(lowerCheckpoint(start, from, checkpoint));
        GANTRY_CHECK(m_queues.truncate(start));
        if (!m_report.cleanExit) {
            forgetIndexFrom(start);
        }
        if (start > 0 && start == m_vouchedEnd) {
            GANTRY_TRY(damaged, damagedRecordBefore(start));
            damagedBefore = damaged;
        }
        GANTRY_TRY(isComplete, scan(from, start));
        if (isComplete) {
            break;
        }
        // The checkpoint promised too much: begin with the file's first record, then 1, 2, 4 ... files earlier.
        const MappedFilePtr earlier = m_segments.find(start - 1 - stride * m_segments.fileSize());
        stride = std::max<std::int64_t>(1, 2 * stride);
        start = earlier ? earlier->fromOffset() : files.front()->fromOffset();
        damagedBefore = -1;
    }
    // Read for the sake of a damaged queue it was seen already.
    if (damagedBefore >= 0 && std::ranges::find(m_report.damagedOffsets, damagedBefore) == m_report.damagedOffsets.end()) {
        reportDamage(damagedBefore);
    }
    m_entering.finish();
    std::sort(m_report.damagedOffsets.begin(), m_report.damagedOffsets.end());
    GANTRY_CHECK(cutTail());
    GANTRY_CHECK(makeDurable(start));
    if (m_index.lastOffset() >= m_at) {
        forgetIndexFrom(m_at); // the index is ahead of the log: it would take new records for known
    }
    if (!m_report.cleanExit || start < dispatched || !m_damaged.queues.empty()) {
        m_queues.cutLater();
    }
    return Outcome{m_at, m_lastTimestamp};
}

/// Everything up to the last ConsumeQueue entry was dispatched; only what lies behind needs a look.
Result<std::int64_t> CommitLogRecovery::startAfterCleanExit(const CheckpointValues& checkpoint)
{
    const std::int64_t first = m_segments.minOffset();
    const std::int64_t dispatched = m_queues.maxCommitLogOffset();
    if (m_vouchedEnd >= first && m_vouchedEnd >= dispatched && checkpoint.isSealed) {
        return m_vouchedEnd; // also where the last records belong to no queue, or to one that was deleted
    }
    if (dispatched <= first) {
        return first;
    }
    // The offset must be the end of a record: the beginning of another, of a blank, or of nothing.
    const MappedFilePtr file = m_segments.find(dispatched);
    if (!file) {
        const MappedFilePtr last = m_segments.last();
        return dispatched == last->endOffset() ? dispatched : last->fromOffset();
    }
    GANTRY_TRY(item, m_scanner.at(dispatched, kNoLimit));
    if (item.kind == RecordScanner::Kind::Damaged) {
        GANTRY_TRY(isZero, m_scanner.isZeroAt(dispatched));
        return isZero ? dispatched : file->fromOffset();
    }
    return dispatched;
}

/// What is made anew from `start` on is not durable until the next checkpoint; should this process die before, the next
/// one must begin no later. Only damaged queues are made anew from before `start`, so it is they that are marked, and the
/// rest of what is vouched for stays so; without room for the marks all begins at `from`.
Result<> CommitLogRecovery::lowerCheckpoint(std::int64_t start, std::int64_t from, CheckpointValues& checkpoint)
{
    CheckpointValues lowered = checkpoint;
    lowered.confirmPhyOffset = std::min(checkpoint.confirmPhyOffset, start);
    const bool isLowered = lowered.confirmPhyOffset < checkpoint.confirmPhyOffset;
    lowered.queueEndsGeneration = isLowered ? 0 : checkpoint.queueEndsGeneration;
    if (!m_damaged.queues.empty()) {
        GANTRY_TRY(generation, markDamagedQueues(checkpoint.queueEndsGeneration, isLowered));
        lowered.queueEndsGeneration = generation;
        if (generation == 0) {
            lowered.confirmPhyOffset = std::min(lowered.confirmPhyOffset, from);
            start = from;
        }
    }
    if (start <= m_segments.minOffset()) {
        lowered.physicMsgTimestamp = 0;
        lowered.logicsMsgTimestamp = 0;
    }
    if (lowered != checkpoint) {
        checkpoint = lowered;
        return m_checkpointFile.save(lowered);
    }
    return {};
}

/// The generation of a table that marks them; 0 where there was no room. It goes into the file that the checkpoint does
/// not name: should the process die before the checkpoint names it, the next start finds the same queues damaged by the
/// table before.
Result<std::int64_t> CommitLogRecovery::markDamagedQueues(std::int64_t formerGeneration, bool isLowered)
{
    if (formerGeneration <= 0) {
        return 0; // no room the time before, and the checkpoint is lowered already
    }
    // A lowered checkpoint does not vouch for the ends of the others.
    QueueEndsTable others = m_hadEnds;
    if (isLowered) {
        others.queues.clear();
    }
    const std::int64_t generation = formerGeneration + 1;
    const Result<> saved = m_queueEnds.save(generation, tableWhileMadeAnew(m_damaged, std::move(others)));
    if (!saved && saved.error().code == Errc::StorePoisoned) {
        return tl::unexpected<Error>(saved.error());
    }
    return saved ? generation : 0;
}

Result<std::int64_t> CommitLogRecovery::startAfterCrash(const CheckpointValues& checkpoint)
{
    if (!checkpoint.isSealed || planted(SeededBug::CheckpointTimesOnly)) {
        return startByTime(checkpoint);
    }
    const std::int64_t begin = std::max(checkpoint.confirmPhyOffset, m_segments.minOffset());
    GANTRY_TRY(isEnd, isRecordEnd(begin));
    const MappedFilePtr file = m_segments.find(begin - 1);
    if (isEnd || !file) {
        return begin;
    }
    log::warning("store", "nothing shows that a record ends at {}, where the checkpoint says so; the scan begins at {}",
                 begin, file->fromOffset());
    return file->fromOffset();
}

/// Whether a record may begin at the offset: one does, or a blank, or a file, or the last one in a queue ends there.
Result<bool> CommitLogRecovery::isRecordEnd(std::int64_t at)
{
    const MappedFilePtr file = m_segments.find(at);
    if (!file || at == file->fromOffset()) {
        return true;
    }
    GANTRY_TRY(item, m_scanner.at(at, kNoLimit));
    if (item.kind != RecordScanner::Kind::Damaged) {
        return true;
    }
    GANTRY_CHECK(m_queues.truncate(at)); // nothing behind is believed, wherever the scan begins
    return m_queues.maxCommitLogOffset() == at;
}

/// Where the scan begins it does not see the record before. -1 if that is whole, or of no queue.
Result<std::int64_t> CommitLogRecovery::damagedRecordBefore(std::int64_t at)
{
    for (const ConsumeQueuePtr& queue : m_queues.all()) {
        if (queue->maxCommitLogOffset() != at || queue->maxOffset() <= queue->minOffset()) {
            continue;
        }
        GANTRY_TRY(entry, queue->entryAt(queue->maxOffset() - 1));
        if (entry.end() != at || !m_segments.find(entry.offset)) {
            continue; // a filler behind it
        }
        GANTRY_TRY(item, m_scanner.at(entry.offset, kNoLimit));
        if (item.kind != RecordScanner::Kind::Record || hasTornText(item.record)) {
            log::error("store", "the CommitLog is damaged at {}", entry.offset);
            return entry.offset;
        }
    }
    return -1;
}

/// The newest file whose first record is older than everything the checkpoint vouches for.
Result<std::int64_t> CommitLogRecovery::startByTime(const CheckpointValues& checkpoint)
{
    const std::vector<MappedFilePtr> files = m_segments.all();
    std::int64_t start = files.front()->fromOffset();
    if (checkpoint.confirmPhyOffset > files.back()->endOffset() ||
        checkpoint.minTimestamp() > kTimestampMax) {
        log::warning("store", "the checkpoint cannot be true; the whole CommitLog is looked at");
        return start;
    }
    for (auto file = files.rbegin(); file != files.rend(); ++file) {
        GANTRY_TRY(item, m_scanner.at((*file)->fromOffset(), kNoLimit));
        const std::int64_t timestamp =
            item.kind == RecordScanner::Kind::Record ? item.record.storeTimestampMs : 0;
        if (timestamp > 0 && timestamp <= checkpoint.minTimestamp()) {
            start = (*file)->fromOffset();
            break;
        }
    }
    // A wall clock that was set back makes timestamps lie; the offset does not. Of another broker it is believed only
    // where it is the earlier one.
    if (!planted(SeededBug::CheckpointTimesOnly) &&
        checkpoint.confirmPhyOffset < start) {
        const MappedFilePtr file = m_segments.find(checkpoint.confirmPhyOffset);
        start =
            file && checkpoint.confirmPhyOffset > 0 ? std::min(start, file->fromOffset()) : start;
    }
    return start;
}

void CommitLogRecovery::forgetIndexFrom(std::int64_t start)
{
    if (planted(SeededBug::IndexNotForgotten)) {
        return;
    }
    m_index.rebuild(start, [this](std::int64_t offset) {
        const auto item = m_scanner.at(offset, kNoLimit);
        return item && item->kind == RecordScanner::Kind::Record ? item->record.storeTimestampMs
                                                                 : 0;
    });
}

bool CommitLogRecovery::lastEntryFits(const ConsumeQueue& queue)
{
    const auto entry = queue.entryAt(queue.maxOffset() - 1);
    const auto item = entry && entry->hasPlace() ? m_scanner.at(entry->offset, kNoLimit) : Result<RecordScanner::Item>(RecordScanner::Item{});
    if (!item || (item->kind != RecordScanner::Kind::Record && !item->hasHeader)) {
        return false;
    }
    const RecordView& record = item->record;
    return record.topic == queue.topic() && record.queueId == queue.queueId() && record.queueOffset == queue.maxOffset() - 1 &&
           record.totalSize == entry->size;
}

Result<> CommitLogRecovery::findDamagedQueues(const CheckpointValues& checkpoint)
{
    auto table = m_queueEnds.load(checkpoint.queueEndsGeneration);
    if (!table) {
        return {};
    }
    GANTRY_TRY(damaged, gantry::findDamagedQueues(*table, m_queues, m_segments.minOffset(), checkpoint.confirmPhyOffset,
                                                  [this](const ConsumeQueue& queue) { return lastEntryFits(queue); }));
    m_damaged = std::move(damaged);
    m_hadEnds = std::move(*table);
    if (!m_damaged.queues.empty()) {
        m_report.queuesRebuilt = static_cast<int>(m_damaged.queues.size());
        m_report.rebuiltFromOffset = m_damaged.readFrom;
        log::warning("store", "{} queues are made anew from the CommitLog, which is read from {} on for that",
                     m_damaged.queues.size(), m_damaged.readFrom);
    }
    return {};
}

/// From `from` on for damaged queues, from `start` on for all.
Result<bool> CommitLogRecovery::scan(std::int64_t from, std::int64_t start)
{
    const bool mayLackOlder = start > m_segments.minOffset();
    m_at = from;
    m_report.damagedOffsets.clear();
    m_entering.begin(start, m_damaged, m_hadEnds);
    while (true) {
        GANTRY_TRY(item, m_scanner.at(m_at, kNoLimit));
        if (item.kind == RecordScanner::Kind::NoFile) {
            const MappedFilePtr next = m_segments.findFrom(m_at);
            if (!next) {
                m_at = endWithoutFile();
                return true;
            }
            log::warning("store", "the CommitLog has no file for offsets {} to {}", m_at,
                         next->fromOffset());
            m_entering.noteDamage(next->fromOffset() - m_at);
            m_at = next->fromOffset();
        } else if (item.kind == RecordScanner::Kind::Blank) {
            GANTRY_CHECK(mendBlank(item.record.totalSize));
            m_at = m_segments.find(m_at)->endOffset();
        } else if (item.kind == RecordScanner::Kind::Damaged) {
            GANTRY_TRY(goesOn, stepOverDamage(item));
            if (!goesOn) {
                return true;
            }
        } else {
            if (hasTornText(item.record)) {
                GANTRY_TRY(goesOn, stepOverDamage({}));
                if (!goesOn) {
                    return true; // the last record, and part of it never reached the disk
                }
                continue;
            }
            if (!m_entering.enter(item.record, false, mayLackOlder && m_at >= start)) {
                return false;
            }
            ++m_report.scannedRecords;
            m_report.scannedBytes += item.record.totalSize;
            m_lastTimestamp = item.record.storeTimestampMs;
            m_at += item.record.totalSize;
            if (m_queues.tailBytes() > kScannedTailBytesMax) {
                GANTRY_CHECK(writeDispatched());
            }
        }
    }
}

/// Its length may lie in a sector that never reached the disk, its magic in the next one.
Result<> CommitLogRecovery::mendBlank(std::int32_t length)
{
    const std::int64_t rest = m_segments.find(m_at)->endOffset() - m_at;
    if (length == rest) {
        return {};
    }
    std::array<std::byte, sizeof(std::int32_t)> raw{};
    storeBig(raw.data(), static_cast<std::int32_t>(rest));
    return m_segments.writeAt(m_at, raw);
}

/// Where files are gone that had what the checkpoint vouches for, their offsets are not given away again. Files begin at
/// multiples of their size.
std::int64_t CommitLogRecovery::endWithoutFile() const
{
    const std::int64_t size = m_segments.fileSize();
    const std::int64_t end = (std::max(m_at, m_vouchedEnd) + size - 1) / size * size;
    if (end != m_at) {
        log::error("store", "the CommitLog has no file at {}, but it was written up to {}: going on at {}", m_at,
                   m_vouchedEnd, end);
    }
    return end;
}

void CommitLogRecovery::reportDamage(std::int64_t offset)
{
    if (m_report.damagedOffsets.size() < kDamagedOffsetsMax) {
        m_report.damagedOffsets.push_back(offset);
    }
}

/// The next good record behind `at`, -1 if none. One that looks torn counts only if another follows it.
Result<std::int64_t> CommitLogRecovery::findNext(std::int64_t at)
{
    GANTRY_TRY(next, findAnyNext(at));
    if (next < 0) {
        return -1;
    }
    GANTRY_TRY(item, m_scanner.at(next, kNoLimit));
    if (item.kind == RecordScanner::Kind::Record && hasTornText(item.record)) {
        GANTRY_TRY(follower, findNext(next));
        return follower < 0 ? -1 : next;
    }
    return next;
}

Result<std::int64_t> CommitLogRecovery::findAnyNext(std::int64_t at)
{
    const MappedFilePtr file = m_segments.find(at);
    // A page of zeros is damage; a megabyte of them a file that was prepared and never used.
    GANTRY_TRY(isEmpty, m_scanner.isZeroAt(at, static_cast<std::size_t>(kMiB)));
    if (at > file->fromOffset() || !isEmpty) {
        // An end that is exactly here was measured in the file before.
        if (m_writtenEnd <= at || m_writtenEnd > file->endOffset()) {
            GANTRY_TRY(writtenEnd, m_scanner.nonZeroEnd(at));
            m_writtenEnd = writtenEnd;
        }
        GANTRY_TRY(found, m_scanner.findRecord(at + 1, m_writtenEnd, kNoLimit));
        if (found >= 0) {
            return found;
        }
    }
    return m_scanner.findRecord(file->endOffset(), kNoLimit, kNoLimit);
}

/// True if a good record follows; false if the log ends here.
Result<bool> CommitLogRecovery::stepOverDamage(const RecordScanner::Item& item)
{
    const bool isVouchedFor = m_at < m_vouchedEnd;
    if ((m_report.cleanExit && !isVouchedFor) || planted(SeededBug::DamageEndsLog)) {
        return false; // nothing was being written: this is the end
    }
    const std::string header = item.hasHeader ? std::string(item.record.topic) : std::string{};
    RecordView record = item.record;
    record.topic = header;
    const std::string properties =
        item.hasHeader ? std::string(item.record.properties) : std::string{};
    record.properties = properties;
    GANTRY_TRY(next, findNext(m_at));
    if (isVouchedFor && (next < 0 || next > m_vouchedEnd)) {
        next = m_vouchedEnd; // behind it damage and torn tails are told apart anew
    }
    if (next < 0) {
        return false;
    }
    const MappedFilePtr file = m_segments.find(m_at);
    if (m_at == file->fromOffset() && next >= file->endOffset()) {
        // Whole files without a record between files with records.
        log::warning("store", "the CommitLog file at {} holds no record", m_at);
    }
    log::error("store", "the CommitLog is damaged at {}: going on at {}", m_at, next);
    reportDamage(m_at);
    m_entering.noteDamage(next - m_at);
    if (item.hasHeader && m_at + record.totalSize <= next) {
        m_entering.enter(record, true, false);
    }
    m_at = next;
    return true;
}

/// Nothing behind the end may look like data: a later crash could take it for records.
Result<> CommitLogRecovery::cutTail()
{
    for (const MappedFilePtr& file : m_segments.all()) {
        if (file->fromOffset() > m_at ||
            (file->fromOffset() == m_at && file != m_segments.first())) {
            // Prepared ahead, or torn from its first record on: made anew when it is needed.
            GANTRY_TRY(isZero, m_scanner.isZeroAt(file->fromOffset()));
            if (!isZero && m_report.truncatedAtOffset < 0) {
                m_report.truncatedAtOffset = m_at;
            }
            GANTRY_CHECK(m_segments.remove(file));
        }
    }
    if (m_report.cleanExit) {
        GANTRY_TRY(isZero, m_scanner.isZeroAt(m_at));
        if (isZero) {
            return {};
        }
    }
    // The scan for a later record may have measured a later file, which is gone by now.
    const MappedFilePtr last = m_segments.find(m_at);
    if (!last || m_writtenEnd < m_at || m_writtenEnd > last->endOffset()) {
        GANTRY_TRY(writtenEnd, m_scanner.nonZeroEnd(m_at));
        m_writtenEnd = writtenEnd;
    }
    m_scanner.reset();
    return m_writtenEnd > m_at && !planted(SeededBug::TailNotZeroed) ? zeroTail() : Result<>{};
}

/// What the process that died had written but not synced is still only in memory, and from now on it counts as flushed.
Result<> CommitLogRecovery::makeDurable(std::int64_t from)
{
    if (m_report.cleanExit || planted(SeededBug::RecoveredNotSynced)) {
        return {};
    }
    for (const MappedFilePtr& file : m_segments.all()) {
        if (file->endOffset() > from) {
            GANTRY_CHECK(m_report.wasPoisoned ? rewrite(std::max(from, file->fromOffset()),
                                                        std::min(file->endOffset(), m_at))
                                              : Result<>{});
            GANTRY_CHECK(m_segments.sync(file));
        }
    }
    return m_segments.fileSystem().syncDirectory(m_segments.directory());
}

/// After a failed sync the kernel holds pages for clean that the disk does not have; what it shows as the file's bytes
/// becomes true only by writing it again.
Result<> CommitLogRecovery::rewrite(std::int64_t from, std::int64_t to)
{
    std::string bytes;
    for (std::int64_t at = from; at < to; at += static_cast<std::int64_t>(bytes.size())) {
        bytes.resize(static_cast<std::size_t>(std::min<std::int64_t>(to - at, kMiB)));
        GANTRY_TRY(count, m_segments.readAt(at, std::as_writable_bytes(std::span(bytes))));
        if (count != bytes.size()) {
            return fail(Errc::Io, "the CommitLog cannot be read at {}", at);
        }
        GANTRY_CHECK(m_segments.writeAt(at, asBytes(bytes)));
    }
    return {};
}

Result<> CommitLogRecovery::zeroTail()
{
    m_report.truncatedAtOffset = m_at;
    log::warning("store", "the CommitLog's tail from {} to {} is not a whole record: cut", m_at,
                 m_writtenEnd);
    const std::string zeros(
        static_cast<std::size_t>(std::min<std::int64_t>(m_writtenEnd - m_at, kMiB)), '\0');
    for (std::int64_t at = m_at; at < m_writtenEnd;) {
        const auto length =
            std::min<std::int64_t>(m_writtenEnd - at, static_cast<std::int64_t>(zeros.size()));
        GANTRY_CHECK(
            m_segments.writeAt(at, asBytes(zeros).first(static_cast<std::size_t>(length))));
        at += length;
    }
    return {};
}

Result<> CommitLogRecovery::writeDispatched()
{
    return m_queues.writeTails(kNoLimit);
}

} // namespace gantry
