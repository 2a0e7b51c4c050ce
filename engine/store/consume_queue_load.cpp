// SPDX-License-Identifier: Apache-2.0
// Loading a queue's files and bringing them in line with the CommitLog; runs before the store's
// threads do.
#include "store/consume_queue.h"

#include "store/file_names.h"
#include "store/store_health.h"

#include <algorithm>
#include <cstring>

namespace gantry {

namespace {

constexpr std::int64_t kChunkEntries = 3200; // 64,000 bytes
constexpr std::size_t kZeroProbe = 4096;
constexpr std::size_t kZeroChunk = 64 * 1024;
/// A page, which is all that a short queue has. The page behind is not touched: it is a hole, and the system would read
/// ahead in it and fill memory with zeros.
constexpr std::size_t kHeadBytes = 4096;

bool isZero(std::string_view bytes)
{
    // The first byte, and each other the same as the one before it.
    return bytes.empty() || (bytes[0] == '\0' && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

} // namespace

/// Those that follow one another. After a crash the others go: what they had is in the log and is entered again.
Result<std::vector<std::int64_t>> ConsumeQueue::usableFiles(const std::vector<DirectoryEntry>& files, bool afterCrash)
{
    std::vector<std::int64_t> usable;
    for (const DirectoryEntry& entry : files) {
        const auto offset = parseOffsetFileName(entry.name);
        if (entry.isDirectory || !offset) {
            continue;
        }
        const bool follows = usable.empty() || *offset == usable.back() + m_context.fileSize;
        if (entry.size > 0 && follows) {
            usable.push_back(*offset);
        } else if (afterCrash) {
            m_context.fileCount.fetch_add(1);
            GANTRY_CHECK(deleteFile(*offset));
        }
    }
    return usable;
}

Result<> ConsumeQueue::load(const std::vector<DirectoryEntry>& files, bool afterCrash)
{
    GANTRY_TRY(usable, usableFiles(files, afterCrash));
    if (usable.empty()) {
        return {};
    }
    m_hasNewNames = afterCrash; // the process that died may not have made them durable
    m_firstFile = usable.front();
    m_minOffset = m_firstFile / kConsumeQueueEntrySize;
    LoadedFile last;
    std::int64_t end = 0;
    while (true) {
        m_lastFile = usable.back();
        GANTRY_TRY(opened, openToLoad(m_lastFile));
        last = std::move(opened);
        GANTRY_TRY(found, findEnd(last, afterCrash));
        end = found;
        if (end > last.firstEntry || usable.size() == 1) {
            break;
        }
        usable.pop_back(); // nothing in it yet
    }
    m_context.fileCount.fetch_add(
        static_cast<int>((m_lastFile - m_firstFile) / m_context.fileSize) + 1);
    m_maxOffset = end;
    m_written = end;
    if (afterCrash && files.size() == usable.size()) {
        GANTRY_TRY(isZero, hasOnlyZerosBehind(last, end));
        m_zerosBehind = isZero ? end : -1;
    }
    for (std::int64_t at = end; at > minOffset() && m_maxCommitLogOffset < 0; --at) {
        GANTRY_TRY(entry, loadedEntry(last, at - 1));
        if (entry.hasPlace()) {
            const std::int64_t instead = endInsteadOf(last, at - 1, entry);
            m_maxCommitLogOffset = instead < 0 ? entry.end() : instead;
            m_lastEntry = at == end && instead < 0 ? entry : RawQueueEntry{};
        }
    }
    m_wasLoaded = m_maxCommitLogOffset >= 0;
    if (end > minOffset()) {
        GANTRY_TRY(first, loadedEntry(last, minOffset()));
        m_minCommitLogOffset = believedPlace(first);
        GANTRY_TRY(second, end > minOffset() + 1 ? loadedEntry(last, minOffset() + 1) : Result<RawQueueEntry>(kFillerEntry));
        const bool isBefore = !second.hasPlace() || first.end() <= second.offset;
        m_loadedBegin = m_firstFile == 0 && isBefore ? m_minCommitLogOffset : -1;
    }
    return {};
}

Result<ConsumeQueue::LoadedFile> ConsumeQueue::openToLoad(std::int64_t fromOffset) const
{
    LoadedFile loaded;
    GANTRY_TRY(file, openFile(fromOffset));
    loaded.file = std::move(file);
    loaded.firstEntry = fromOffset / kConsumeQueueEntrySize;
    loaded.head.resize(std::min(kHeadBytes, static_cast<std::size_t>(m_context.fileSize)));
    GANTRY_TRY(count, loaded.file->readAt(0, std::as_writable_bytes(std::span(loaded.head))));
    loaded.head.resize(count);
    return loaded;
}

/// Behind the end and in what was read, and the file system knows of nothing behind that.
Result<bool> ConsumeQueue::hasOnlyZerosBehind(const LoadedFile& file, std::int64_t end) const
{
    const auto used = static_cast<std::size_t>((end - file.firstEntry) * kConsumeQueueEntrySize);
    if (used > file.head.size() || !isZero(std::string_view(file.head).substr(used))) {
        return false;
    }
    GANTRY_TRY(next, file.file->nextData(file.head.size()));
    return static_cast<std::int64_t>(next) >= m_context.fileSize;
}

Result<RawQueueEntry> ConsumeQueue::loadedEntry(const LoadedFile& file, std::int64_t queueOffset) const
{
    if (queueOffset < file.firstEntry) {
        return entryAt(queueOffset);
    }
    const std::int64_t position = (queueOffset - file.firstEntry) * kConsumeQueueEntrySize;
    if (queueOffset < file.headEnd()) {
        return loadQueueEntry(asBytes(file.head).data() + position);
    }
    std::byte raw[kConsumeQueueEntrySize] = {};
    GANTRY_CHECK(file.file->readAt(static_cast<std::uint64_t>(position), raw));
    return loadQueueEntry(raw);
}

/// -1 unless the last entry with a place is damaged, which is so if it points before the one before it, and the one before
/// that does not say the same of that one. Then where the one before it ends.
std::int64_t ConsumeQueue::endInsteadOf(const LoadedFile& file, std::int64_t queueOffset, const RawQueueEntry& entry) const
{
    const auto placeAt = [&](std::int64_t at) {
        const auto found = at >= minOffset() ? loadedEntry(file, at) : Result<RawQueueEntry>(kFillerEntry);
        return found && found->hasPlace() ? *found : kFillerEntry; // what cannot be read says nothing
    };
    const RawQueueEntry before = placeAt(queueOffset - 1);
    if (before.isFiller() || before.end() <= entry.offset) {
        return -1;
    }
    const RawQueueEntry witness = placeAt(queueOffset - 2);
    return witness.isFiller() || witness.end() <= entry.offset ? -1 : before.end();
}

/// Behind the last entry of the file, in entries from the queue's begin.
Result<std::int64_t> ConsumeQueue::findEnd(const LoadedFile& file, bool afterCrash) const
{
    const std::int64_t fileEnd = file.firstEntry + entriesPerFile();
    std::int64_t previousEnd = -1;
    std::string chunk;
    std::string_view bytes = file.head; // most queues of a store with many are short
    for (std::int64_t at = file.firstEntry; at < fileEnd;) {
        const auto count = static_cast<std::int64_t>(bytes.size()) / kConsumeQueueEntrySize;
        for (std::int64_t i = 0; i < count; ++i, ++at) {
            const RawQueueEntry entry = loadQueueEntry(asBytes(bytes).data() + i * kConsumeQueueEntrySize);
            if (!entry.isValid() ||
                (afterCrash && !entry.isFiller() && entry.offset < previousEnd)) {
                return at;
            }
            previousEnd = entry.isFiller() ? previousEnd : entry.end();
        }
        if (count == 0) {
            return at;
        }
        if (!afterCrash) {
            return findEndBySearch(file);
        }
        chunk.resize(static_cast<std::size_t>(std::min(kChunkEntries, fileEnd - at) * kConsumeQueueEntrySize));
        GANTRY_TRY(length, file.file->readAt(static_cast<std::uint64_t>((at - file.firstEntry) * kConsumeQueueEntrySize),
                                             std::as_writable_bytes(std::span(chunk))));
        bytes = std::string_view(chunk).substr(0, length / kConsumeQueueEntrySize * kConsumeQueueEntrySize);
    }
    return fileEnd;
}

/// All of the file's head is in use.
Result<std::int64_t> ConsumeQueue::findEndBySearch(const LoadedFile& file) const
{
    std::int64_t low = file.headEnd();
    std::int64_t high = file.firstEntry + entriesPerFile();
    while (low < high) {
        const std::int64_t middle = low + (high - low) / 2;
        GANTRY_TRY(entry, loadedEntry(file, middle));
        if (entry.isValid()) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

ConsumeQueue::FileRange ConsumeQueue::fileRange() const
{
    const std::lock_guard guard(m_mutex);
    return {m_firstFile, m_written};
}

Result<> ConsumeQueue::dropAll()
{
    GANTRY_CHECK(restart());
    m_loadedBegin = -1;
    m_wasLoaded = false;
    m_zerosBehind = -1;
    return {};
}

Result<> ConsumeQueue::truncate(std::int64_t commitLogOffset)
{
    if (m_maxCommitLogOffset <= commitLogOffset) {
        return {};
    }
    m_context.tailBytes.fetch_sub(static_cast<std::int64_t>(m_tail.size()));
    m_tail.clear();
    std::int64_t end = m_written;
    m_maxCommitLogOffset = -1;
    m_lastEntry = {};
    bool isFound = false;
    while (end > minOffset() && !isFound) {
        const std::int64_t from = std::max(minOffset(), end - kChunkEntries);
        GANTRY_TRY(bytes, readFiles(from, end));
        if (static_cast<std::int64_t>(bytes.size()) != (end - from) * kConsumeQueueEntrySize) {
            return fail(Errc::Io, "queue {} of {}: cannot read entries {} to {}", m_queueId,
                        *m_topic, from, end);
        }
        while (end > from && !isFound) {
            const RawQueueEntry entry =
                loadQueueEntry(asBytes(bytes).data() + (end - 1 - from) * kConsumeQueueEntrySize);
            // Zeros between entries: a sector that never reached the disk, so what it held is entered again.
            isFound = entry.hasPlace() && entry.end() <= commitLogOffset;
            if (isFound) {
                m_maxCommitLogOffset = entry.end();
                m_lastEntry = entry;
            } else {
                --end;
            }
        }
    }
    m_maxOffset = end;
    m_written = end;
    m_minCommitLogOffset = end > minOffset() ? m_minCommitLogOffset : -1;
    return {};
}

Result<std::vector<std::int64_t>> ConsumeQueue::cutFiles()
{
    const std::lock_guard writing(m_writeMutex);
    std::vector<std::int64_t> touched;
    std::int64_t end = 0;
    {
        const std::lock_guard guard(m_mutex);
        end = m_written;
        // What was entered anew mostly covers all that the files had.
        if (m_firstFile < 0 || m_isRemoved || (m_zerosBehind >= 0 && m_zerosBehind <= end)) {
            return touched;
        }
    }
    const std::int64_t needed = std::max(m_firstFile, end > 0 ? fileOf(end - 1) : 0);
    GANTRY_CHECK(deleteFilesBehind(needed));
    GANTRY_TRY(file, openFile(needed));
    std::int64_t position = end * kConsumeQueueEntrySize - needed;
    std::string bytes(kZeroProbe, '\0');
    while (position < m_context.fileSize) {
        bytes.resize(std::min<std::size_t>(
            bytes.size(), static_cast<std::size_t>(m_context.fileSize - position)));
        GANTRY_CHECK(file->readAt(static_cast<std::uint64_t>(position),
                                  std::as_writable_bytes(std::span(bytes.data(), bytes.size()))));
        if (isZero(bytes)) {
            break;
        }
        bytes.assign(bytes.size(), '\0');
        GANTRY_CHECK(writeOutcome(file->writeAt(static_cast<std::uint64_t>(position), asBytes(bytes))));
        position += static_cast<std::int64_t>(bytes.size());
        bytes.assign(kZeroChunk, '\0');
        touched.assign(1, needed);
    }
    const std::lock_guard guard(m_mutex);
    m_zerosBehind = end;
    return touched;
}

Result<> ConsumeQueue::deleteFilesBehind(std::int64_t lastNeeded)
{
    GANTRY_TRY(entries, m_context.files.list(directory()));
    for (const DirectoryEntry& entry : entries) {
        const auto offset = parseOffsetFileName(entry.name);
        if (offset && *offset > lastNeeded) {
            m_context.fileCount.fetch_add(*offset > m_lastFile ? 1 : 0); // load() did not count it
            GANTRY_CHECK(deleteFile(*offset));
        }
    }
    const std::lock_guard guard(m_mutex);
    m_lastFile = std::min(m_lastFile, lastNeeded);
    return {};
}

} // namespace gantry
