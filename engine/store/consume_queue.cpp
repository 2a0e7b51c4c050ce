// SPDX-License-Identifier: Apache-2.0
#include "store/consume_queue.h"

#include "base/log.h"
#include "message/record_codec.h"
#include "store/store_health.h"

#include <fmt/format.h>

#include <algorithm>

namespace gantry {

namespace {

/// A message says it lies this far behind its queue's end: rather a wrong header than a million
/// lost messages.
constexpr std::int64_t kGapEntriesMax = 1'000'000;
constexpr std::size_t kTailCapacityKept = 1024;

std::span<std::byte> writable(std::string& text)
{
    return std::as_writable_bytes(std::span(text.data(), text.size()));
}

void appendEntry(std::string& out, const RawQueueEntry& entry)
{
    std::byte raw[kConsumeQueueEntrySize];
    storeQueueEntry(raw, entry);
    out.append(reinterpret_cast<const char*>(raw), sizeof(raw));
}

RawQueueEntry entryIn(std::string_view raw, std::int64_t index)
{
    return loadQueueEntry(asBytes(raw).data() + index * kConsumeQueueEntrySize);
}

std::int64_t entryCount(std::string_view raw)
{
    return static_cast<std::int64_t>(raw.size()) / kConsumeQueueEntrySize;
}

} // namespace

ConsumeQueue::ConsumeQueue(ConsumeQueueContext& context, std::shared_ptr<const std::string> topic,
                           std::int32_t queueId, std::uint64_t number)
    : m_context(context)
    , m_topic(std::move(topic))
    , m_queueId(queueId)
    , m_number(number)
{}

ConsumeQueue::~ConsumeQueue()
{
    m_context.tailBytes.fetch_sub(static_cast<std::int64_t>(m_tail.size()));
}

std::filesystem::path ConsumeQueue::directory() const
{
    return fmt::format("{}/{}/{}", m_context.directory.native(), *m_topic, m_queueId);
}

std::filesystem::path ConsumeQueue::pathOf(std::int64_t fromOffset) const
{
    return fmt::format("{}/{}/{}/{:020}", m_context.directory.native(), *m_topic, m_queueId, fromOffset);
}

Result<std::shared_ptr<File>> ConsumeQueue::openFile(std::int64_t fromOffset) const
{
    return m_context.cache.open({m_number, fromOffset}, OpenMode::ReadWrite,
                                [&] { return pathOf(fromOffset); });
}

/// Opens the file to write at `position`; a new file gets its full length, and fillers before the
/// position.
Result<std::shared_ptr<File>> ConsumeQueue::openForWrite(std::int64_t fromOffset,
                                                         std::int64_t position)
{
    bool exists = false;
    {
        const std::lock_guard guard(m_mutex);
        exists = m_lastFile >= fromOffset;
    }
    if (exists) {
        return openFile(fromOffset);
    }
    GANTRY_CHECK(m_context.files.createDirectories(directory()));
    GANTRY_TRY(file, m_context.cache.open({m_number, fromOffset}, OpenMode::Create,
                                          [&] { return pathOf(fromOffset); }));
    GANTRY_CHECK(writeOutcome(file->resize(static_cast<std::uint64_t>(m_context.fileSize))));
    std::string fillers;
    for (std::int64_t at = 0; at < position; at += kConsumeQueueEntrySize) {
        appendEntry(fillers, kFillerEntry);
    }
    if (!fillers.empty()) {
        GANTRY_CHECK(writeOutcome(file->writeAt(0, asBytes(fillers))));
    }
    m_hasNewNames = true;
    const std::lock_guard guard(m_mutex);
    m_firstFile = m_firstFile < 0 ? fromOffset : m_firstFile;
    m_lastFile = fromOffset;
    m_context.fileCount.fetch_add(1);
    return file;
}

ConsumeQueue::Appended ConsumeQueue::append(std::int64_t queueOffset, const RawQueueEntry& entry)
{
    std::unique_lock lock(m_mutex);
    if (entry.end() <= m_maxCommitLogOffset) {
        return Appended::AlreadyThere;
    }
    std::int64_t end = m_maxOffset.load(std::memory_order_relaxed);
    if (queueOffset < end) {
        // Recovery may find that the files begin too late: the names of earlier ones did not reach the disk.
        const bool isEmpty = m_maxCommitLogOffset < 0 && m_tail.empty();
        if (queueOffset != 0 && !isEmpty) {
            return Appended::AlreadyThere;
        }
        // With number 0 the topic was deleted and came back.
        lock.unlock();
        if (Result<> restarted = restart(); !restarted) {
            log::error("store", "queue {} of {} cannot begin anew: {}", m_queueId, *m_topic,
                       restarted.error().message);
            return Appended::AlreadyThere;
        }
        lock.lock();
        end = 0;
    }
    const bool isFirst = m_maxCommitLogOffset < 0 && m_lastFile < 0 && m_tail.empty();
    if (isFirst) {
        m_written = queueOffset;
        m_minOffset.store(queueOffset, std::memory_order_release);
        end = queueOffset;
    }
    if (queueOffset - end > kGapEntriesMax) {
        return Appended::GapTooLarge;
    }
    if (m_minCommitLogOffset < 0 && m_minOffset.load(std::memory_order_relaxed) == queueOffset) {
        m_minCommitLogOffset = entry.offset;
    }
    const std::size_t before = m_tail.size();
    for (; end < queueOffset; ++end) {
        appendEntry(m_tail, kFillerEntry);
    }
    appendEntry(m_tail, entry);
    m_maxCommitLogOffset.store(entry.end(), std::memory_order_release);
    m_lastEntry = entry;
    m_maxOffset.store(queueOffset + 1, std::memory_order_release);
    m_context.tailBytes.fetch_add(static_cast<std::int64_t>(m_tail.size() - before),
                                  std::memory_order_relaxed);
    return Appended::Yes;
}

Result<> ConsumeQueue::restart()
{
    log::warning("store", "queue {} of {} begins anew", m_queueId, *m_topic);
    const std::lock_guard writing(m_writeMutex);
    std::int64_t first = 0;
    std::int64_t last = 0;
    {
        const std::lock_guard guard(m_mutex);
        m_context.tailBytes.fetch_sub(static_cast<std::int64_t>(m_tail.size()));
        m_tail.clear();
        m_written = 0;
        m_maxCommitLogOffset = -1;
        m_minCommitLogOffset = -1;
        m_lastEntry = {};
        m_mended.clear();
        first = std::exchange(m_firstFile, -1);
        last = std::exchange(m_lastFile, -1);
        m_minOffset = 0;
        m_maxOffset = 0;
    }
    for (std::int64_t file = first; file >= 0 && file <= last; file += m_context.fileSize) {
        GANTRY_CHECK(deleteFile(file));
    }
    return {};
}

Result<std::vector<std::int64_t>> ConsumeQueue::writeTail(std::int64_t flushedOffset)
{
    const std::lock_guard writing(m_writeMutex);
    std::string bytes;
    std::int64_t from = 0;
    {
        const std::lock_guard guard(m_mutex);
        std::int64_t count = entryCount(m_tail);
        // Fillers go with the message behind them.
        while (count > 0 && (entryIn(m_tail, count - 1).isFiller() ||
                             entryIn(m_tail, count - 1).end() > flushedOffset)) {
            --count;
        }
        if (count == 0 || m_isRemoved) {
            return std::vector<std::int64_t>{};
        }
        bytes = m_tail.substr(0, static_cast<std::size_t>(count * kConsumeQueueEntrySize));
        from = m_written;
    }
    std::vector<std::int64_t> touched;
    std::string_view rest = bytes;
    for (std::int64_t at = from; !rest.empty();) {
        const std::int64_t file = fileOf(at);
        const std::int64_t position = at * kConsumeQueueEntrySize - file;
        const auto length = std::min<std::size_t>(
            rest.size(), static_cast<std::size_t>(m_context.fileSize - position));
        GANTRY_TRY(handle, openForWrite(file, position));
        GANTRY_CHECK(writeOutcome(
            handle->writeAt(static_cast<std::uint64_t>(position), asBytes(rest.substr(0, length)))));
        touched.push_back(file);
        at += static_cast<std::int64_t>(length) / kConsumeQueueEntrySize;
        rest.remove_prefix(length);
    }
    const std::lock_guard guard(m_mutex);
    m_written = from + entryCount(bytes);
    m_zerosBehind = m_zerosBehind < 0 ? -1 : std::max(m_zerosBehind, m_written);
    m_tail.erase(0, bytes.size());
    if (m_tail.empty() && m_tail.capacity() > kTailCapacityKept) {
        m_tail.shrink_to_fit();
    }
    m_context.tailBytes.fetch_sub(static_cast<std::int64_t>(bytes.size()),
                                  std::memory_order_relaxed);
    return touched;
}

bool ConsumeQueue::mend(const Entries& entries)
{
    const std::lock_guard guard(m_mutex);
    if (m_isRemoved) {
        return false;
    }
    const std::int64_t end = m_maxOffset.load(std::memory_order_relaxed);
    for (auto next = entries.lower_bound(minOffset()); next != entries.end() && next->first < end; ++next) {
        m_mended[next->first] = next->second;
        if (next->first >= m_written) { // what is on its way to the files already goes there by writeMended()
            storeQueueEntry(writable(m_tail).data() + (next->first - m_written) * kConsumeQueueEntrySize, next->second);
        }
        if (next->first == end - 1) {
            m_lastEntry = next->second;
        }
    }
    return true;
}

Result<std::vector<std::int64_t>> ConsumeQueue::writeMended()
{
    const std::lock_guard writing(m_writeMutex);
    Entries entries;
    {
        const std::lock_guard guard(m_mutex);
        if (!m_isRemoved && m_firstFile >= 0) {
            entries = m_mended;
            entries.erase(entries.lower_bound(m_written), entries.end()); // goes with the tail
        }
    }
    std::vector<std::int64_t> touched;
    for (auto next = entries.lower_bound(minOffset()); next != entries.end();) {
        const std::int64_t from = next->first;
        const std::int64_t file = fileOf(from);
        std::string bytes; // of those side by side
        for (std::int64_t at = from; next != entries.end() && next->first == at && fileOf(at) == file; ++at, ++next) {
            appendEntry(bytes, next->second);
        }
        GANTRY_TRY(handle, openFile(file));
        GANTRY_CHECK(writeOutcome(handle->writeAt(static_cast<std::uint64_t>(from * kConsumeQueueEntrySize - file), asBytes(bytes))));
        if (touched.empty() || touched.back() != file) {
            touched.push_back(file);
        }
    }
    const std::lock_guard guard(m_mutex);
    m_mended.clear(); // only one mends
    return touched;
}

/// What was made anew and is not in the files. Under m_mutex.
void ConsumeQueue::putMended(std::int64_t from, std::string& bytes) const
{
    const std::int64_t end = from + entryCount(bytes);
    for (auto next = m_mended.lower_bound(from); next != m_mended.end() && next->first < end; ++next) {
        storeQueueEntry(writable(bytes).data() + (next->first - from) * kConsumeQueueEntrySize, next->second);
    }
}

bool ConsumeQueue::hasTail() const
{
    const std::lock_guard guard(m_mutex);
    return !m_tail.empty();
}

bool ConsumeQueue::hasFiles() const
{
    const std::lock_guard guard(m_mutex);
    return m_lastFile >= 0;
}

Result<> ConsumeQueue::syncFile(std::int64_t fromOffset)
{
    {
        const std::lock_guard guard(m_mutex);
        if (m_isRemoved || m_firstFile < 0 || fromOffset < m_firstFile || fromOffset > m_lastFile) {
            return {}; // deleted since it was written
        }
    }
    GANTRY_TRY(file, openFile(fromOffset));
    return syncOutcome(file->syncData());
}

Result<std::string> ConsumeQueue::read(std::int64_t from, std::int64_t count, ReadWait wait) const
{
    std::string fromTail;
    std::int64_t fileEnd = 0;
    {
        const std::lock_guard guard(m_mutex);
        const std::int64_t end =
            std::min(from + count, m_maxOffset.load(std::memory_order_relaxed));
        if (from < m_minOffset.load(std::memory_order_relaxed) || from >= end) {
            return std::string{};
        }
        fileEnd = std::min(end, m_written);
        if (m_lastEntry.size != 0 && from + 1 == m_maxOffset.load(std::memory_order_relaxed)) {
            // What everybody asks about a queue is its last message.
            appendEntry(fromTail, m_lastEntry);
            return fromTail;
        }
        if (end > m_written) {
            const std::int64_t begin = std::max(from, m_written) - m_written;
            fromTail = m_tail.substr(
                static_cast<std::size_t>(begin * kConsumeQueueEntrySize),
                static_cast<std::size_t>((end - m_written - begin) * kConsumeQueueEntrySize));
        }
    }
    if (from >= fileEnd) {
        return fromTail;
    }
    GANTRY_TRY(bytes, readFiles(from, fileEnd, wait));
    {
        const std::lock_guard guard(m_mutex);
        putMended(from, bytes);
    }
    if (entryCount(bytes) == fileEnd - from) {
        bytes += fromTail;
    }
    return std::move(bytes);
}

Result<std::string> ConsumeQueue::readFiles(std::int64_t from, std::int64_t to, ReadWait wait) const
{
    std::string bytes(
        static_cast<std::size_t>(std::max<std::int64_t>(to - from, 0) * kConsumeQueueEntrySize),
        '\0');
    std::size_t done = 0;
    while (done < bytes.size()) {
        const std::int64_t at = from * kConsumeQueueEntrySize + static_cast<std::int64_t>(done);
        const std::int64_t file = at / m_context.fileSize * m_context.fileSize;
        const auto length = std::min<std::size_t>(
            bytes.size() - done, static_cast<std::size_t>(file + m_context.fileSize - at));
        GANTRY_TRY(handle, openFile(file));
        GANTRY_TRY(count, handle->readAt(static_cast<std::uint64_t>(at - file),
                                         writable(bytes).subspan(done, length), wait));
        done += count;
        if (count < length) {
            break;
        }
    }
    bytes.resize(done / kConsumeQueueEntrySize * kConsumeQueueEntrySize);
    return bytes;
}

Result<RawQueueEntry> ConsumeQueue::entryAt(std::int64_t queueOffset) const
{
    GANTRY_TRY(bytes, read(queueOffset, 1));
    if (bytes.empty()) {
        return fail(Errc::NotFound, "queue {} of {} has no entry {}", m_queueId, *m_topic,
                    queueOffset);
    }
    return entryIn(bytes, 0);
}

/// By bisection the first message of [from, to) that says it lies at or behind the CommitLog offset; `to` if there is none.
Result<std::int64_t> ConsumeQueue::searchPlace(std::int64_t minCommitLogOffset, std::int64_t from, std::int64_t to) const
{
    std::int64_t answer = to;
    while (from < to) {
        const std::int64_t middle = from + (to - from) / 2;
        std::int64_t probe = middle;
        GANTRY_TRY(entry, entryAt(probe));
        // Fillers and damaged entries say nothing about their place: ask the next message.
        while (!entry.hasPlace() && ++probe < to) {
            GANTRY_TRY(next, entryAt(probe));
            entry = next;
        }
        if (probe == to || entry.offset >= minCommitLogOffset) {
            answer = probe == to ? answer : probe;
            to = middle;
        } else {
            from = probe + 1;
        }
    }
    return answer;
}

/// The last message of [from, to) that has a place says that it lies before the CommitLog offset. It is damaged if the one
/// before it does not, or most of the few before it: then the last one of those, else -1. In doubt messages stay.
Result<std::int64_t> ConsumeQueue::lastNotBefore(std::int64_t minCommitLogOffset, std::int64_t from, std::int64_t to) const
{
    constexpr std::int64_t kSteps = 64;
    constexpr int kWitnesses = 3;
    int seen = -1; // without the one in question
    int contradicting = 0;
    std::int64_t last = -1;
    for (std::int64_t at = to - 1; at >= std::max(from, to - kSteps) && seen < kWitnesses; --at) {
        GANTRY_TRY(entry, entryAt(at));
        seen += entry.hasPlace() ? 1 : 0;
        if (entry.hasPlace() && seen > 0 && entry.offset >= minCommitLogOffset) {
            ++contradicting;
            last = std::max(last, at);
        }
        if (seen == 1 && contradicting == 1) {
            break;
        }
    }
    return seen == 1 || 2 * contradicting > seen ? last : -1;
}

/// The first message of [from, to) that lies at or behind the CommitLog offset, or of those that are damaged before it
/// and may do so, too; `to` if there is none.
Result<std::int64_t> ConsumeQueue::firstEntryFrom(std::int64_t minCommitLogOffset,
                                                  std::int64_t from, std::int64_t to) const
{
    const std::int64_t first = from;
    const std::int64_t end = to;
    GANTRY_TRY(found, searchPlace(minCommitLogOffset, first, end));
    std::int64_t answer = found;
    while (true) {
        GANTRY_TRY(misled, lastNotBefore(minCommitLogOffset, first, answer));
        if (misled < 0) {
            break;
        }
        GANTRY_TRY(again, searchPlace(minCommitLogOffset, first, misled + 1));
        answer = again;
    }
    // The messages of damaged entries before it may be in the log still, as many as there is room for. They stay, so that
    // whoever reads there has the entries made anew.
    std::int64_t place = maxCommitLogOffset();
    if (answer < end) {
        GANTRY_TRY(entry, entryAt(answer));
        place = entry.offset;
    }
    std::int64_t room = (place - minCommitLogOffset) / static_cast<std::int64_t>(record_layout::kFixedSizeV1);
    for (std::int64_t at = answer - 1; at >= first && room > 0; --at) {
        GANTRY_TRY(entry, entryAt(at));
        if (entry.hasPlace()) {
            break;
        }
        answer = entry.isFiller() ? answer : at;
        room -= entry.isFiller() ? 0 : 1;
    }
    return answer;
}

bool ConsumeQueue::liesBehind(std::int64_t queueOffset, std::int64_t commitLogOffset) const
{
    const std::lock_guard guard(m_mutex);
    return queueOffset >= minOffset() && m_minCommitLogOffset >= commitLogOffset;
}

/// What m_minCommitLogOffset may be told by the entry at m_minOffset; -1 if that is damaged. One that points behind the
/// queue's last record would say for ever that nothing of the queue has expired.
std::int64_t ConsumeQueue::believedPlace(const RawQueueEntry& entry) const
{
    return entry.hasPlace() && entry.end() <= m_maxCommitLogOffset ? entry.offset : -1;
}

/// Whether the first file, which is not the last, holds nothing from the message on. Under m_mutex. After a recovery there
/// may be files behind one that is still to be written to.
bool ConsumeQueue::hasOldFile(std::int64_t firstMessage) const
{
    return m_firstFile >= 0 && m_firstFile < m_lastFile &&
           m_firstFile + m_context.fileSize <= std::min(firstMessage, m_written) * kConsumeQueueEntrySize;
}

Result<int> ConsumeQueue::dropBefore(std::int64_t minCommitLogOffset)
{
    const std::lock_guard writing(m_writeMutex);
    {
        // Mostly nothing of a queue goes; with very many queues it must not cost a call to find that out.
        const std::lock_guard guard(m_mutex);
        if (m_minCommitLogOffset >= minCommitLogOffset && !hasOldFile(minOffset())) {
            return 0;
        }
    }
    const std::int64_t end = maxOffset();
    GANTRY_TRY(first, firstEntryFrom(minCommitLogOffset, minOffset(), end));
    RawQueueEntry firstEntry = kFillerEntry;
    if (first < end) {
        GANTRY_TRY(entry, entryAt(first));
        firstEntry = entry;
    }
    std::vector<std::int64_t> doomed;
    {
        const std::lock_guard guard(m_mutex);
        if (first >= minOffset()) {
            m_minOffset.store(first, std::memory_order_release);
            m_minCommitLogOffset = believedPlace(firstEntry);
        }
        while (hasOldFile(first)) {
            doomed.push_back(m_firstFile);
            m_firstFile += m_context.fileSize;
        }
    }
    for (const std::int64_t file : doomed) {
        GANTRY_CHECK(deleteFile(file));
    }
    return static_cast<int>(doomed.size());
}

Result<> ConsumeQueue::deleteFile(std::int64_t fromOffset)
{
    m_context.cache.forget({m_number, fromOffset});
    m_context.fileCount.fetch_sub(1);
    Result<> removed = m_context.files.remove(pathOf(fromOffset));
    m_hasDeletedNames = true; // not before: a checkpoint beside this would take the mark and not the removal
    if (!removed && removed.error().code == Errc::NotFound) {
        return {};
    }
    return removed;
}

Result<> ConsumeQueue::remove()
{
    const std::lock_guard writing(m_writeMutex);
    std::int64_t first = 0;
    std::int64_t last = 0;
    {
        const std::lock_guard guard(m_mutex);
        m_isRemoved = true;
        first = std::exchange(m_firstFile, -1);
        last = std::exchange(m_lastFile, -1);
    }
    for (std::int64_t file = first; file >= 0 && file <= last; file += m_context.fileSize) {
        GANTRY_CHECK(deleteFile(file));
    }
    return m_context.files.removeTree(directory());
}

} // namespace gantry
