// SPDX-License-Identifier: Apache-2.0
#include "store/record_scanner.h"

#include "base/byte_cursor.h"
#include "base/units.h"
#include "store/seeded_bug.h"

#include <algorithm>
#include <cstring>

namespace gantry {

namespace {

constexpr std::size_t kEmptyProbe = 1 * kMiB;
/// No record is larger, whatever its header says.
constexpr std::int32_t kRecordBytesMax = 64 * kMiB;
constexpr std::size_t kHeaderSize = 8;

} // namespace

bool hasTornText(const RecordView& record)
{
    constexpr std::int64_t kSector = 512;
    const std::string_view text(record.topic.data(),
                                static_cast<std::size_t>(record.properties.data() +
                                                         record.properties.size() -
                                                         record.topic.data()));
    const std::int64_t end = record.physicalOffset + record.totalSize;
    const std::int64_t begin = end - static_cast<std::int64_t>(text.size());
    for (std::int64_t at = begin; at < end;) {
        const std::int64_t next = std::min(end, (at / kSector + 1) * kSector);
        const std::string_view part =
            text.substr(static_cast<std::size_t>(at - begin), static_cast<std::size_t>(next - at));
        const bool isShort = next == end && record.properties.empty(); // ends with the length 0
        if (!isShort && part.find_first_not_of('\0') == std::string_view::npos) {
            return true;
        }
        at = next;
    }
    return !record.properties.empty() && record.properties.back() == '\0';
}

const MappedFile* RecordScanner::fileAt(std::int64_t offset)
{
    const std::uint64_t generation = m_segments.generation();
    const bool isSame = m_file && m_generation == generation && offset >= m_file->fromOffset() &&
                        offset < m_file->endOffset();
    if (!isSame) {
        m_file = m_segments.find(offset);
        m_generation = generation;
        m_region = m_file && m_mappedWindow > 0 ? m_file->region() : nullptr;
    }
    return m_file.get();
}

/// As bytesAt(), from the mapping where that is allowed.
Result<ByteView> RecordScanner::viewAt(std::int64_t offset, std::size_t wanted, std::int64_t limit)
{
    const MappedFile* file = fileAt(offset);
    if (!m_region || file == nullptr || offset >= limit || limit - offset > m_mappedWindow) {
        return bytesAt(offset, wanted, limit);
    }
    const std::int64_t end = std::min(file->endOffset(), limit);
    return ByteView(m_region->data() + (offset - file->fromOffset()), static_cast<std::size_t>(end - offset));
}

/// At least `wanted` bytes at the offset as far as the file and the limit go, usually more.
Result<ByteView> RecordScanner::bytesAt(std::int64_t offset, std::size_t wanted, std::int64_t limit)
{
    const MappedFile* file = fileAt(offset);
    if (file == nullptr || offset >= limit) {
        return ByteView{};
    }
    const std::int64_t end = std::min(file->endOffset(), limit);
    wanted = std::min(wanted, static_cast<std::size_t>(end - offset));
    const std::int64_t have = m_bytesOffset + static_cast<std::int64_t>(m_bytes.size()) - offset;
    if (offset < m_bytesOffset || have < static_cast<std::int64_t>(wanted)) {
        m_bytes.resize(std::min(std::max(wanted, m_chunk), static_cast<std::size_t>(end - offset)));
        m_bytesOffset = offset;
        const auto count =
            m_segments.readAt(offset, std::as_writable_bytes(std::span(m_bytes.data(), m_bytes.size())));
        if (!count && !planted(SeededBug::UnreadableIsDamage)) {
            // Whether a record is there nobody can tell, so nothing may be decided: not that the log ends here, either.
            m_bytes.clear();
            return fail(count.error().code,
                        "the CommitLog cannot be read at offset {} ({}); the log is left as it is. Repair the disk, or "
                        "copy the file to a good one: what cannot be copied may be zeros and costs those messages only",
                        offset, count.error().message);
        }
        m_bytes.resize(count.value_or(0));
    }
    const auto position = static_cast<std::size_t>(offset - m_bytesOffset);
    const auto length = std::min(m_bytes.size() - position, static_cast<std::size_t>(end - offset));
    return asBytes(m_bytes).subspan(position, length);
}

Result<RecordScanner::Item> RecordScanner::at(std::int64_t offset, std::int64_t limit)
{
    GANTRY_TRY(item, look(offset, limit));
    if (item.kind != Kind::Damaged || !m_region) {
        return item;
    }
    // Not every file system shows in a mapping at once what was written by a call.
    m_region.reset();
    return look(offset, limit);
}

Result<RecordScanner::Item> RecordScanner::look(std::int64_t offset, std::int64_t limit)
{
    Item item;
    if (fileAt(offset) == nullptr || offset >= limit) {
        return item;
    }
    item.kind = Kind::Damaged;
    GANTRY_TRY(head, viewAt(offset, kHeaderSize, limit));
    if (head.size() < kHeaderSize) {
        return item;
    }
    const auto size = loadBig<std::int32_t>(head.data());
    const auto magic = loadBig<std::int32_t>(head.data() + record_layout::kMagic);
    if (magic == kBlankMagic) {
        item.kind = Kind::Blank;
        item.record.totalSize = size;
        return item;
    }
    if ((magic != kRecordMagicV1 && magic != kRecordMagicV2) || size <= 0 ||
        size > kRecordBytesMax) {
        return item;
    }
    GANTRY_TRY(bytes, viewAt(offset, static_cast<std::size_t>(size), limit));
    const RecordParse parse = parseRecord(bytes, m_checkBodyCrc);
    const bool isWhole =
        parse.status == RecordStatus::Ok || parse.status == RecordStatus::BadBodyCrc;
    if (isWhole && parse.record.physicalOffset == offset) {
        item.kind = parse.status == RecordStatus::Ok ? Kind::Record : Kind::Damaged;
        item.hasHeader = true;
        item.record = parse.record;
    }
    return item;
}

Result<std::int64_t> RecordScanner::findRecord(std::int64_t from, std::int64_t to,
                                               std::int64_t limit)
{
    for (const MappedFilePtr& file : m_segments.all()) {
        if (file->endOffset() <= from) {
            continue;
        }
        const std::int64_t begin = std::max(from, file->fromOffset());
        if (begin >= to) {
            break;
        }
        if (begin == file->fromOffset()) {
            GANTRY_TRY(isEmpty, beginsWithZeros(*file));
            if (isEmpty) {
                continue; // prepared ahead, never used
            }
        }
        GANTRY_TRY(found, findInFile(*file, begin, to, limit));
        if (found >= 0) {
            return found;
        }
    }
    return -1;
}

Result<bool> RecordScanner::beginsWithZeros(const MappedFile& file)
{
    GANTRY_TRY(bytes, bytesAt(file.fromOffset(), kEmptyProbe, file.endOffset()));
    const std::string_view text = asText(bytes.first(std::min(bytes.size(), kEmptyProbe)));
    return text.find_first_not_of('\0') == std::string_view::npos;
}

/// Looks for a magic whose record says that it lies where it lies, and whose body has its checksum.
Result<std::int64_t> RecordScanner::findInFile(const MappedFile& file, std::int64_t from,
                                               std::int64_t to, std::int64_t limit)
{
    constexpr auto kMagicFirst =
        static_cast<int>((static_cast<std::uint32_t>(kRecordMagicV1) >> 24U) & 0xFFU);
    const std::int64_t end = std::min(file.endOffset(), limit);
    to = std::min(to, end);
    constexpr auto kMagicAt = static_cast<std::int64_t>(record_layout::kMagic);
    std::int64_t at = from + kMagicAt;
    while (at < end && at < to + kMagicAt) {
        GANTRY_TRY(bytes, bytesAt(at, 1, end));
        if (bytes.empty()) {
            break;
        }
        const void* hit = std::memchr(bytes.data(), kMagicFirst, bytes.size());
        if (hit == nullptr) {
            at += static_cast<std::int64_t>(bytes.size());
            continue;
        }
        at += static_cast<const std::byte*>(hit) - bytes.data();
        if (at >= to + kMagicAt) {
            break;
        }
        GANTRY_TRY(item, this->at(at - kMagicAt, end));
        if (item.kind == Kind::Record) {
            return at - kMagicAt;
        }
        ++at;
    }
    return -1;
}

Result<bool> RecordScanner::isZeroAt(std::int64_t from, std::size_t length)
{
    std::string probe(length, '\0');
    GANTRY_TRY(count, m_segments.readAt(
                          from, std::as_writable_bytes(std::span(probe.data(), probe.size()))));
    return std::string_view(probe).substr(0, count).find_first_not_of('\0') ==
           std::string_view::npos;
}

Result<std::int64_t> RecordScanner::nonZeroEnd(std::int64_t from)
{
    GANTRY_TRY(extents, m_segments.dataFrom(from)); // most of a file that was prepared was never written to
    std::int64_t result = from;
    for (const MappedFileQueue::Extent& extent : extents) {
        for (std::int64_t at = extent.begin; at < extent.end;) {
            GANTRY_TRY(bytes, bytesAt(at, m_chunk, extent.end));
            if (bytes.empty()) {
                break;
            }
            const bool isZero = bytes.front() == std::byte{0} && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
            const std::size_t last = isZero ? std::string_view::npos : asText(bytes).find_last_not_of('\0');
            result = last == std::string_view::npos ? result : at + static_cast<std::int64_t>(last) + 1;
            at += static_cast<std::int64_t>(bytes.size());
        }
    }
    return result;
}

} // namespace gantry
