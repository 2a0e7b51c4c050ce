// SPDX-License-Identifier: Apache-2.0
#include "store/commit_log.h"

#include "base/byte_cursor.h"
#include "base/log.h"
#include "message/record_codec.h"
#include "message/sys_flag.h"
#include "store/seeded_bug.h"

#include <algorithm>
#include <cstring>

namespace gantry {

namespace {

constexpr std::size_t kBlankHeaderSize = 8; // i32 bytes left, i32 blank magic
constexpr std::array<std::byte, 4096> kZeros{};
constexpr std::int64_t kReleaseStep = 4 * kMiB;
/// A wall clock that steps back by less than this is held still, so that store times do not go
/// back.
constexpr std::int64_t kClockHoldMs = 1000;
constexpr std::chrono::milliseconds kNextFileTimeout{5000};

std::filesystem::path directoryOf(const StoreConfig& config)
{
    return config.commitLogDirectory.empty() ? config.rootDirectory / "commitlog"
                                             : config.commitLogDirectory;
}

} // namespace

CommitLog::CommitLog(const StoreConfig& config, FileSystem& files, FileCache& cache, Clock& clock,
                     StoreHealth& health, bool isDriven)
    : m_config(config)
    , m_clock(clock)
    , m_health(health)
    , m_segments(files, cache, directoryOf(config), config.commitLogFileSize)
    , m_allocator(m_segments, health, isDriven)
    , m_zeros(m_segments, health, config.flushMode == FlushMode::Sync ? config.zeroAheadBytes : 0, isDriven)
{}

Result<> CommitLog::start(std::int64_t tail, std::int64_t lastStoreTimestampMs)
{
    GANTRY_TRY(memory, LogTail::create(m_config.appendBytesMax()));
    m_memory = std::move(memory);
    m_memory->start(tail);
    m_tail = tail;
    m_written = tail;
    m_flushed = tail;
    m_released = tail;
    m_clockTimestamp = lastStoreTimestampMs;
    m_lastTimestamp = lastStoreTimestampMs;
    m_allocator.start(*m_memory, tail);
    m_zeros.start(tail);
    if (const MappedFilePtr file = m_segments.find(tail)) {
        GANTRY_CHECK(readPageHead(tail));
        GANTRY_CHECK(file->openForWriting(m_segments.fileSystem()));
        m_active = file;
        return {};
    }
    return roll();
}

Result<> CommitLog::readPageHead(std::int64_t tail)
{
    const std::int64_t position = tail - m_segments.find(tail)->fromOffset();
    const std::size_t head = static_cast<std::size_t>(position) % kPageSize;
    GANTRY_TRY(count, m_segments.readAt(tail - static_cast<std::int64_t>(head), MutableByteView(m_pageHead).first(head)));
    if (count < head) {
        return fail(Errc::Corruption, "the CommitLog ends at offset {} where {} more bytes should be", tail - static_cast<std::int64_t>(head), head);
    }
    return {};
}

void CommitLog::stop()
{
    m_allocator.stop();
    m_zeros.stop();
    const std::lock_guard guard(m_appendMutex);
    for (const MappedFilePtr& file : m_segments.all()) {
        file->closeForWriting();
    }
    m_active.reset();
}

std::int64_t CommitLog::nextTimestamp()
{
    const std::int64_t now = m_clock.wallMs();
    const bool heldStill = now < m_clockTimestamp && m_clockTimestamp - now < kClockHoldMs;
    m_clockTimestamp = heldStill ? m_clockTimestamp : now;
    return m_clockTimestamp;
}

CommitLog::Appended CommitLog::append(const Append& append, LatencyHistogram& latency)
{
    Appended result;
    const std::unique_lock lock(m_appendMutex);
    // Of every eighth: looking at the clock takes as long as the rest.
    const bool isMeasured = m_appendCount++ % 8 == 0;
    const auto begin = isMeasured ? std::chrono::steady_clock::now() : std::chrono::steady_clock::time_point{};
    if (append.counter->isRemoved) {
        result.retryLookup = true;
        return result;
    }
    if (!m_health.acceptsWrites()) {
        result.status = PutStatus::ServiceNotAvailable;
        result.reason = m_health.reason();
        return result;
    }
    const auto size = static_cast<std::int64_t>(append.bytes.size());
    std::int64_t tail = m_tail.load(std::memory_order_relaxed);
    const std::int64_t blank =
        planted(SeededBug::RollLeavesNoRoom) ? 0 : static_cast<std::int64_t>(kBlankHeaderSize);
    if (!m_active || size + blank > m_active->endOffset() - tail) {
        if (m_active && !m_memory->hasRoom(m_active->endOffset(), writtenOffset())) {
            result.retryWritten = true;
            return result;
        }
        if (Result<> rolled = roll(); !rolled) {
            const bool isFull = rolled.error().code == Errc::DiskFull;
            result.status = isFull || m_health.isPoisoned() ? PutStatus::ServiceNotAvailable
                                                            : PutStatus::CreateFileFailed;
            result.reason = rolled.error().message;
            if (isFull) {
                m_health.setDiskFull(rolled.error().message);
            }
            return result;
        }
        tail = m_tail.load(std::memory_order_relaxed);
    }
    result.storeTimestampMs = nextTimestamp();
    result.offset = tail;
    result.end = tail + size;
    result.queueOffset = append.isCounted ? append.counter->next : 0;
    if (!m_memory->hasRoom(result.end, writtenOffset())) {
        result.retryWritten = true;
        return result;
    }
    std::size_t position = 0;
    std::int64_t queueOffset = result.queueOffset;
    for (const std::uint32_t recordSize : append.sizes) {
        patchRecord(append.bytes.subspan(position, recordSize), queueOffset,
                    tail + static_cast<std::int64_t>(position), result.storeTimestampMs);
        position += recordSize;
        queueOffset += append.isCounted ? 1 : 0;
    }
    m_memory->put(tail, append.bytes);
    append.counter->next = append.isCounted ? queueOffset : append.counter->next;
    m_tail.store(result.end, std::memory_order_release);
    // After the tail: whoever sees this time sees a tail behind its record.
    m_lastTimestamp.store(result.storeTimestampMs, std::memory_order_release);
    afterAppend(result.end);
    if (isMeasured) {
        latency.record(static_cast<std::uint64_t>((std::chrono::steady_clock::now() - begin).count()));
    }
    return result;
}

void CommitLog::afterAppend(std::int64_t end)
{
    if (m_allocator.wantsTail(end)) {
        m_allocator.noteTail(end);
    }
    // From the middle of a file on the next one is prepared.
    if (end >= m_active->fromOffset() + m_active->size() / 2 &&
        m_askedFor != m_active->endOffset()) {
        m_askedFor = m_active->endOffset();
        m_allocator.request(m_askedFor);
    }
}

/// Fills the rest of the active file with the blank marker and goes on in the next one. Nothing is
/// written when the next file cannot be had.
Result<> CommitLog::roll()
{
    const std::int64_t tail = m_tail.load(std::memory_order_relaxed);
    const std::int64_t nextOffset = m_active ? m_active->endOffset() : tail;
    GANTRY_TRY(next, m_allocator.take(nextOffset, kNextFileTimeout));
    m_memory->putZeros(tail, nextOffset - tail);
    const bool hasRoom = nextOffset - tail >= static_cast<std::int64_t>(kBlankHeaderSize);
    if (m_active && hasRoom && !planted(SeededBug::RollWithoutBlank)) {
        std::array<std::byte, kBlankHeaderSize> blank{};
        storeBig(blank.data(), static_cast<std::int32_t>(nextOffset - tail));
        storeBig(blank.data() + 4, kBlankMagic);
        m_memory->put(tail, blank);
    }
    m_segments.add(next);
    m_active = next;
    m_tail.store(nextOffset, std::memory_order_release);
    return {};
}

void CommitLog::retryAllocation()
{
    const std::lock_guard guard(m_appendMutex);
    if (!m_active ||
        m_tail.load(std::memory_order_relaxed) > m_active->fromOffset() + m_active->size() / 2) {
        m_allocator.request(m_active ? m_active->endOffset()
                                     : m_tail.load(std::memory_order_relaxed));
    }
}

Result<> CommitLog::writeOut()
{
    const std::int64_t wanted = tail();
    if (writtenOffset() >= wanted) {
        return {};
    }
    const std::lock_guard guard(m_writeMutex);
    return writtenOffset() >= wanted ? Result<>{} : writeAppended();
}

void CommitLog::tryWriteOut()
{
    const std::unique_lock lock(m_writeMutex, std::try_to_lock);
    if (lock && writtenOffset() < tail()) {
        (void)writeAppended(); // a failure poisons, which those who wait are told
    }
}

Result<> CommitLog::writeAppended()
{
    std::int64_t at = writtenOffset();
    if (m_health.isPoisoned()) {
        return tl::unexpected<Error>(m_health.error());
    }
    for (const std::int64_t target = tail(); at < target;) {
        const MappedFilePtr file = m_segments.find(at);
        const std::int64_t end = std::min(target, file->endOffset());
        if (Result<> written = syncOutcome(writeRange(*file, at, end)); !written) {
            m_health.poison(written.error());
            return written;
        }
        m_written.store(end, std::memory_order_release);
        at = end;
    }
    return {};
}

/// Whole pages: what is in the first one already is written again, what is not yet in the last one is zeros.
Result<> CommitLog::writeRange(MappedFile& file, std::int64_t begin, std::int64_t end)
{
    constexpr auto kPage = static_cast<std::int64_t>(kPageSize);
    const std::int64_t position = begin - file.fromOffset();
    const auto head = static_cast<std::size_t>(position % kPage);
    const auto [first, second] = m_memory->pieces(begin, end);
    const std::int64_t endPosition = end - file.fromOffset();
    const std::int64_t padding = std::min((kPage - endPosition % kPage) % kPage, file.size() - endPosition);
    const std::array<ByteView, 4> parts{ByteView(m_pageHead).first(head), first, second,
                                        ByteView(kZeros).first(static_cast<std::size_t>(padding))};
    m_zeros.reserve(end + padding);
    GANTRY_CHECK(file.write(position - static_cast<std::int64_t>(head), parts));

    const std::int64_t nextHead = endPosition % kPage;
    const std::int64_t from = std::max(begin, end - nextHead); // else the old head stays a part of it
    std::byte* target = m_pageHead.data() + (nextHead - (end - from));
    for (const ByteView piece : m_memory->pieces(from, end)) {
        target = std::copy(piece.begin(), piece.end(), target);
    }
    return {};
}

Result<> CommitLog::flushTo(std::int64_t target)
{
    const std::int64_t flushed = m_flushed.load(std::memory_order_relaxed);
    if (target <= flushed) {
        return {};
    }
    GANTRY_CHECK(writeOut());
    if (m_health.isPoisoned()) {
        return tl::unexpected<Error>(m_health.error());
    }
    for (std::int64_t at = flushed; at < target;) {
        const MappedFilePtr file = m_segments.find(at);
        at = file->endOffset();
        Result<> synced = planted(SeededBug::DropLogSync) ? Result<>{} : syncOutcome(file->sync());
        if (!synced && !planted(SeededBug::IgnoreLogSyncError)) {
            m_health.poison(synced.error());
            return synced;
        }
        if (file->endOffset() <= target) {
            file->closeForWriting(); // full: nobody appends to it any more
        } else if (target - std::max(m_released, file->fromOffset()) >= kReleaseStep) {
            const std::int64_t begin = std::max(m_released, file->fromOffset());
            file->release(begin - file->fromOffset(), target - begin - kReleaseStep / 2);
            m_released = target - kReleaseStep / 2;
        }
    }
    m_zeros.noteSync(target - flushed);
    m_flushed.store(target, std::memory_order_release);
    return {};
}

Result<std::size_t> CommitLog::readAt(std::int64_t offset, MutableByteView target, ReadWait wait) const
{
    const std::int64_t available = writtenOffset() - offset;
    if (available <= 0) {
        return 0;
    }
    const auto length = std::min(target.size(), static_cast<std::size_t>(available));
    return m_segments.readAt(offset, target.first(length), wait);
}

Result<std::string> CommitLog::record(std::int64_t offset, std::int32_t sizeHint) const
{
    std::string bytes(static_cast<std::size_t>(std::max(sizeHint, 1024)), '\0');
    const auto target = [&] {
        return std::as_writable_bytes(std::span(bytes.data(), bytes.size()));
    };
    GANTRY_TRY(firstCount, readAt(offset, target()));
    RecordParse parse = parseRecord(asBytes(bytes).first(firstCount), true);
    if (parse.status == RecordStatus::Incomplete &&
        parse.record.totalSize > static_cast<std::int32_t>(firstCount)) {
        if (parse.record.totalSize > m_config.messageBytesMax + 128 * kKiB) {
            return fail(Errc::Corruption, "the record at CommitLog offset {} claims {} bytes",
                        offset, parse.record.totalSize);
        }
        bytes.resize(static_cast<std::size_t>(parse.record.totalSize));
        GANTRY_TRY(count, readAt(offset, target()));
        parse = parseRecord(asBytes(bytes).first(count), true);
    }
    const bool isDamaged =
        parse.status == RecordStatus::BadBodyCrc || parse.status == RecordStatus::BadLength;
    if (isDamaged) {
        return fail(Errc::Corruption, "the record at CommitLog offset {} is damaged", offset);
    }
    if (parse.status != RecordStatus::Ok || parse.record.physicalOffset != offset) {
        return fail(Errc::NotFound, "no record begins at CommitLog offset {}", offset);
    }
    bytes.resize(static_cast<std::size_t>(parse.record.totalSize));
    return bytes;
}

std::int64_t CommitLog::storeTimestampAt(std::int64_t offset) const
{
    std::array<std::byte, 76> head{};
    const auto count = readAt(offset, head);
    if (!count || *count < head.size()) {
        return -1;
    }
    const auto magic = loadBig<std::int32_t>(head.data() + record_layout::kMagic);
    const auto physicalOffset = loadBig<std::int64_t>(head.data() + record_layout::kPhysicalOffset);
    if ((magic != kRecordMagicV1 && magic != kRecordMagicV2) || physicalOffset != offset) {
        return -1;
    }
    const auto sysFlag = loadBig<std::int32_t>(head.data() + record_layout::kSysFlag);
    return loadBig<std::int64_t>(head.data() + record_layout::storeTimestampPosition(sysFlag));
}

std::int64_t CommitLog::earliestStoreTimestampMs() const
{
    return storeTimestampAt(minOffset());
}

} // namespace gantry
