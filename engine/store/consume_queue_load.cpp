// SPDX-License-Identifier: Apache-2.0
// Loading a queue's files and bringing them in line with the CommitLog; runs before the store's
// threads do.
#include "store/consume_queue.h"

#include "store/file_names.h"

#include <algorithm>

namespace gantry {

namespace {

constexpr std::int64_t kChunkEntries = 3200; // 64,000 bytes
constexpr std::size_t kZeroProbe = 4096;
constexpr std::size_t kZeroChunk = 64 * 1024;

bool isZero(std::string_view bytes)
{
    return bytes.find_first_not_of('\0') == std::string_view::npos;
}

} // namespace

Result<> ConsumeQueue::load(bool afterCrash)
{
    GANTRY_TRY(entries, m_context.files.list(directory()));
    std::vector<std::int64_t> files;
    for (const DirectoryEntry& entry : entries) {
        const auto offset = parseOffsetFileName(entry.name);
        if (entry.isDirectory || !offset) {
            continue;
        }
        const bool follows = files.empty() || *offset == files.back() + m_context.fileSize;
        if (entry.size > 0 && follows) {
            files.push_back(*offset);
        } else if (afterCrash) {
            // Made shortly before: what it had is in the log and is entered again.
            m_context.fileCount.fetch_add(1);
            GANTRY_CHECK(deleteFile(*offset));
        }
    }
    if (files.empty()) {
        return {};
    }
    m_hasNewNames = afterCrash; // the process that died may not have made them durable
    m_firstFile = files.front();
    m_minOffset = m_firstFile / kConsumeQueueEntrySize;
    std::int64_t end = 0;
    while (true) {
        m_lastFile = files.back();
        GANTRY_TRY(found, findEnd(m_lastFile, afterCrash));
        end = found;
        if (end > m_lastFile / kConsumeQueueEntrySize || files.size() == 1) {
            break;
        }
        files.pop_back(); // nothing in it yet
    }
    m_context.fileCount.fetch_add(
        static_cast<int>((m_lastFile - m_firstFile) / m_context.fileSize) + 1);
    m_maxOffset = end;
    m_written = end;
    if (m_firstFile == 0 && end > 0) {
        GANTRY_TRY(first, entryAt(0));
        m_loadedBegin = first.isFiller() ? -1 : first.offset;
    }
    for (std::int64_t at = end; at > minOffset() && m_maxCommitLogOffset < 0; --at) {
        GANTRY_TRY(entry, entryAt(at - 1));
        m_maxCommitLogOffset = entry.isFiller() ? -1 : entry.end();
    }
    m_wasLoaded = m_maxCommitLogOffset >= 0;
    return {};
}

/// Behind the last entry of the file, in entries from the queue's begin.
Result<std::int64_t> ConsumeQueue::findEnd(std::int64_t fromOffset, bool afterCrash)
{
    if (!afterCrash) {
        return findEndBySearch(fromOffset);
    }
    const std::int64_t begin = fromOffset / kConsumeQueueEntrySize;
    const std::int64_t fileEnd = begin + entriesPerFile();
    std::int64_t previousEnd = -1;
    std::int64_t chunk = 200; // most queues of a store with many are short
    for (std::int64_t at = begin; at < fileEnd;) {
        GANTRY_TRY(bytes, readFiles(at, std::min(at + chunk, fileEnd)));
        const auto count = static_cast<std::int64_t>(bytes.size()) / kConsumeQueueEntrySize;
        for (std::int64_t i = 0; i < count; ++i, ++at) {
            const RawQueueEntry entry =
                loadQueueEntry(asBytes(bytes).data() + i * kConsumeQueueEntrySize);
            if (!entry.isValid() || (!entry.isFiller() && entry.offset < previousEnd)) {
                return at;
            }
            previousEnd = entry.isFiller() ? previousEnd : entry.end();
        }
        if (count == 0) {
            return at;
        }
        chunk = kChunkEntries;
    }
    return fileEnd;
}

Result<std::int64_t> ConsumeQueue::findEndBySearch(std::int64_t fromOffset)
{
    GANTRY_TRY(file, openFile(fromOffset));
    std::int64_t low = 0;
    std::int64_t high = entriesPerFile();
    while (low < high) {
        const std::int64_t middle = low + (high - low) / 2;
        std::byte raw[kConsumeQueueEntrySize] = {};
        GANTRY_CHECK(
            file->readAt(static_cast<std::uint64_t>(middle * kConsumeQueueEntrySize), raw));
        if (loadQueueEntry(raw).isValid()) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return fromOffset / kConsumeQueueEntrySize + low;
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
            isFound = entry.isValid() && !entry.isFiller() && entry.offset < commitLogOffset;
            if (isFound) {
                m_maxCommitLogOffset = entry.end();
            } else {
                --end;
            }
        }
    }
    m_maxOffset = end;
    m_written = end;
    return {};
}

Result<std::vector<std::int64_t>> ConsumeQueue::cutFiles()
{
    std::vector<std::int64_t> touched;
    if (m_firstFile < 0) {
        return touched;
    }
    const std::int64_t end = maxOffset();
    const std::int64_t needed = std::max(m_firstFile, end > 0 ? fileOf(end - 1) : 0);
    GANTRY_TRY(entries, m_context.files.list(directory()));
    for (const DirectoryEntry& entry : entries) {
        const auto offset = parseOffsetFileName(entry.name);
        if (offset && *offset > needed) {
            m_context.fileCount.fetch_add(*offset > m_lastFile ? 1 : 0); // load() did not count it
            GANTRY_CHECK(deleteFile(*offset));
        }
    }
    m_lastFile = std::min(m_lastFile, needed);
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
        GANTRY_CHECK(file->writeAt(static_cast<std::uint64_t>(position), asBytes(bytes)));
        position += static_cast<std::int64_t>(bytes.size());
        bytes.assign(kZeroChunk, '\0');
        touched.assign(1, needed);
    }
    return touched;
}

} // namespace gantry
