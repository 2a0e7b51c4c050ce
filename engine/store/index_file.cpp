// SPDX-License-Identifier: Apache-2.0
#include "store/index_file.h"

#include "base/byte_cursor.h"
#include "base/hash.h"
#include "base/units.h"
#include "store/seeded_bug.h"
#include "store/store_health.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace gantry {

namespace {

/// Blocks are reserved this far ahead, so that a full disk is an error of a call and not a signal
/// of a store.
constexpr std::int64_t kAllocateStep = 4 * kMiB;
/// The end of the year 9999; a header that is damaged may say anything.
constexpr std::int64_t kTimestampMsMax = 253'402'300'799'999;

} // namespace

std::int32_t indexKeyHash(std::string_view key)
{
    const std::int32_t hash = javaHashCode(key);
    return hash == std::numeric_limits<std::int32_t>::min() ? 0 : std::abs(hash);
}

IndexFile::IndexFile(std::unique_ptr<File> file, std::unique_ptr<MappedRegion> region,
                     IndexLayout layout)
    : m_file(std::move(file))
    , m_region(std::move(region))
    , m_layout(layout)
{}

Result<std::unique_ptr<IndexFile>> IndexFile::create(FileSystem& files,
                                                     const std::filesystem::path& path,
                                                     IndexLayout layout,
                                                     const IndexHeader& previous)
{
    GANTRY_TRY(file, files.open(path, OpenMode::Create));
    Result<> sized = file->resize(static_cast<std::uint64_t>(layout.fileSize()));
    if (sized) {
        sized = writeOutcome(file->allocate(0, static_cast<std::uint64_t>(layout.entryPosition(1))));
    }
    if (!sized) {
        (void)files.remove(path); // the wrong length would keep the store from opening
        return tl::unexpected<Error>(std::move(sized.error()));
    }
    GANTRY_TRY(region,
               file->map(0, static_cast<std::size_t>(layout.fileSize()), MapAccess::ReadWrite));
    std::unique_ptr<IndexFile> index(new IndexFile(std::move(file), std::move(region), layout));
    index->m_allocatedEnd = layout.entryPosition(1);
    index->m_header.beginTimestampMs = index->m_header.endTimestampMs = previous.endTimestampMs;
    index->m_header.beginOffset = index->m_header.endOffset = previous.endOffset;
    index->storeHeader();
    return index;
}

Result<std::unique_ptr<IndexFile>>
IndexFile::open(FileSystem& files, const std::filesystem::path& path, IndexLayout layout)
{
    GANTRY_TRY(file, files.open(path, OpenMode::ReadWrite));
    GANTRY_TRY(size, file->size());
    if (size < static_cast<std::uint64_t>(layout.fileSize())) { // touching pages that are not there would end the process
        return fail(Errc::Corruption, "{} has {} bytes instead of {}", path.string(), size, layout.fileSize());
    }
    GANTRY_TRY(region,
               file->map(0, static_cast<std::size_t>(layout.fileSize()), MapAccess::ReadWrite));
    std::unique_ptr<IndexFile> index(new IndexFile(std::move(file), std::move(region), layout));
    index->loadHeader();
    return index;
}

void IndexFile::loadHeader()
{
    ByteReader reader(ByteView(m_region->data(), IndexLayout::kHeaderSize));
    const auto readTimestamp = [&reader] { return std::clamp<std::int64_t>(reader.read<std::int64_t>(), 0, kTimestampMsMax); };
    m_header.beginTimestampMs = readTimestamp();
    m_header.endTimestampMs = readTimestamp();
    m_header.beginOffset = reader.read<std::int64_t>();
    m_header.endOffset = reader.read<std::int64_t>();
    m_header.slotsUsed = std::clamp(reader.read<std::int32_t>(), 0, m_layout.entryCount);
    m_header.nextEntry = std::clamp(reader.read<std::int32_t>(), 1, m_layout.entryCount);
}

void IndexFile::storeHeader()
{
    std::byte* at = m_region->data();
    storeBig(at, m_header.beginTimestampMs);
    storeBig(at + 8, m_header.endTimestampMs);
    storeBig(at + 16, m_header.beginOffset);
    storeBig(at + 24, m_header.endOffset);
    storeBig(at + 32, m_header.slotsUsed);
    storeBig(at + 36, m_header.nextEntry);
}

IndexFile::Entry IndexFile::entry(std::int32_t number) const
{
    const std::byte* at = m_region->data() + m_layout.entryPosition(number);
    return {loadBig<std::int32_t>(at), loadBig<std::int64_t>(at + 4),
            loadBig<std::int32_t>(at + 12), loadBig<std::int32_t>(at + 16)};
}

void IndexFile::storeEntry(std::int32_t number, const Entry& entry)
{
    std::byte* at = m_region->data() + m_layout.entryPosition(number);
    storeBig(at, entry.keyHash);
    storeBig(at + 4, entry.offset);
    storeBig(at + 12, entry.seconds);
    storeBig(at + 16, entry.previous);
}

std::int32_t IndexFile::slot(std::int32_t keyHash) const
{
    return loadBig<std::int32_t>(m_region->data() +
                                 m_layout.slotPosition(keyHash % m_layout.slotCount));
}

/// Writes the entry and makes it the head of its slot's chain.
void IndexFile::link(std::int32_t number, Entry entry)
{
    const std::int32_t head = slot(entry.keyHash);
    entry.previous = head < 0 || head >= number ? 0 : head;
    m_header.slotsUsed += entry.previous == 0 ? 1 : 0;
    storeEntry(number, entry);
    storeBig(m_region->data() + m_layout.slotPosition(entry.keyHash % m_layout.slotCount), number);
}

Result<> IndexFile::put(std::int32_t keyHash, std::int64_t offset, std::int64_t storeTimestampMs)
{
    const std::int32_t number = m_header.nextEntry;
    if (const std::int64_t needed = m_layout.entryPosition(number + 1); needed > m_allocatedEnd) {
        const std::int64_t from = std::max(m_allocatedEnd, m_layout.entryPosition(number));
        const std::int64_t end = std::min(m_layout.fileSize(), from + kAllocateStep);
        GANTRY_CHECK(writeOutcome(m_file->allocate(static_cast<std::uint64_t>(from),
                                                   static_cast<std::uint64_t>(end - from))));
        m_allocatedEnd = end;
    }
    const std::int64_t seconds =
        m_header.beginTimestampMs <= 0 ? 0 : (storeTimestampMs - m_header.beginTimestampMs) / 1000;
    const std::int64_t clamped =
        std::clamp<std::int64_t>(seconds, 0, std::numeric_limits<std::int32_t>::max());
    link(number, {keyHash, offset, static_cast<std::int32_t>(clamped), 0});
    if (number <= 1) {
        m_header.beginTimestampMs = storeTimestampMs;
        m_header.beginOffset = offset;
    }
    // Never back, whatever one record says (its time has no checksum): those before would not be found any more.
    m_header.endTimestampMs = std::max(m_header.endTimestampMs, storeTimestampMs);
    m_header.endOffset = offset;
    m_header.nextEntry = number + 1;
    storeHeader();
    return {};
}

Result<> IndexFile::sync()
{
    return planted(SeededBug::IndexSyncDropped) ? Result<>{} : syncOutcome(m_file->syncData());
}

bool IndexFile::overlaps(std::int64_t beginTimestampMs, std::int64_t endTimestampMs) const
{
    return beginTimestampMs <= m_header.endTimestampMs &&
           endTimestampMs >= m_header.beginTimestampMs;
}

void IndexFile::find(std::int32_t keyHash, const Match& match,
                     std::vector<std::int64_t>& offsets) const
{
    std::int32_t number = slot(keyHash);
    while (number > 0 && number < m_header.nextEntry && offsets.size() < match.countMax) {
        const Entry found = entry(number);
        const std::int64_t time = m_header.beginTimestampMs + std::int64_t{found.seconds} * 1000;
        // Seconds are all an entry knows, so the begin of the range is compared in seconds, too.
        if (found.seconds < 0 || time + 999 < match.beginTimestampMs) {
            return;
        }
        if (found.keyHash == keyHash && time <= match.endTimestampMs) {
            offsets.push_back(found.offset);
        }
        if (found.previous >= number) {
            return; // chains go back; anything else is damage
        }
        number = found.previous;
    }
}

/// Any sector behind may be newer than its neighbours, and zeros be followed by entries: the next rebuild would take them
/// for its own. Only pages that hold something are written to, so that no space is needed.
void IndexFile::clearFrom(std::int64_t position)
{
    constexpr std::int64_t kPage = 4 * kKiB;
    for (std::int64_t at = position; at < m_layout.fileSize();) {
        const auto data = m_file->nextData(static_cast<std::uint64_t>(at));
        at = data ? std::max(at, static_cast<std::int64_t>(*data)) : at;
        if (at >= m_layout.fileSize()) {
            return;
        }
        const std::int64_t end = std::min(m_layout.fileSize(), (at / kPage + 1) * kPage);
        const std::span<std::byte> page(m_region->data() + at, static_cast<std::size_t>(end - at));
        if (std::any_of(page.begin(), page.end(), [](std::byte byte) { return byte != std::byte{0}; })) {
            std::memset(page.data(), 0, page.size());
        }
        at = end;
    }
}

void IndexFile::rebuild(std::int64_t beforeOffset,
                        const std::function<std::int64_t(std::int64_t)>& storeTimestampAt)
{
    const auto isKept = [&](const Entry& found, std::int64_t previousOffset) {
        const bool isBlank = found.keyHash == 0 && found.offset == 0 && found.seconds == 0 && found.previous == 0;
        return !isBlank && found.keyHash >= 0 && found.offset >= previousOffset && found.offset < beforeOffset;
    };
    std::int64_t previousOffset = -1;
    std::int32_t number = 1;
    if (!isKept(entry(number), previousOffset)) {
        m_header.nextEntry = number;
        m_header.slotsUsed = 0;
        return;
    }
    std::byte* slots = m_region->data() + IndexLayout::kHeaderSize;
    std::memset(slots, 0, static_cast<std::size_t>(m_layout.slotCount) * IndexLayout::kSlotSize);
    m_header.slotsUsed = 0;
    for (; number < m_layout.entryCount; ++number) {
        const Entry found = entry(number);
        if (!isKept(found, previousOffset)) {
            break;
        }
        link(number, found);
        previousOffset = found.offset;
    }
    clearFrom(m_layout.entryPosition(number));
    m_header.nextEntry = number;
    const std::int64_t begin = storeTimestampAt(entry(1).offset);
    m_header.beginOffset = entry(1).offset;
    m_header.beginTimestampMs = begin > 0 ? begin : m_header.beginTimestampMs;
    m_header.endOffset = entry(number - 1).offset;
    const std::int64_t end = storeTimestampAt(m_header.endOffset);
    m_header.endTimestampMs = end > 0 ? end : m_header.beginTimestampMs + std::int64_t{entry(number - 1).seconds} * 1000;
    m_allocatedEnd = m_layout.entryPosition(number);
    storeHeader();
}

} // namespace gantry
