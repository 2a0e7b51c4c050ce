// SPDX-License-Identifier: Apache-2.0
#include "store/queue_ends.h"

#include "base/byte_cursor.h"
#include "base/crc32.h"
#include "base/units.h"
#include "store/store_health.h"

namespace gantry {

namespace {

// i64 magic, i64 length of all, i64 generation, i64 CommitLog begin, i32 count; per queue: i16 length, topic, i32 queueId,
// i64 first file, i64 end; u32 CRC-32 of what is before it. What the file has behind is of a longer table.
constexpr std::int64_t kMagic = 0x47414E5452590002;
constexpr std::size_t kFixedSize = 8 + 8 + 8 + 8 + 4;
constexpr std::size_t kLengthAt = 8;
constexpr std::size_t kChecksumSize = 4;
constexpr std::uint64_t kFileSizeMax = 1 * kGiB;

} // namespace

std::optional<QueueEndsTable> QueueEnds::load(std::int64_t generation)
{
    const std::filesystem::path& path = pathOf(generation);
    if (generation <= 0 || !m_files.exists(path)) {
        return std::nullopt;
    }
    const auto raw = readWholeFile(m_files, path, kFileSizeMax);
    if (!raw || raw->size() < kFixedSize + kChecksumSize) {
        return std::nullopt;
    }
    ByteReader reader(asBytes(*raw));
    const bool isOurs = reader.read<std::int64_t>() == kMagic;
    const auto length = static_cast<std::uint64_t>(reader.read<std::int64_t>());
    const bool isMeant = reader.read<std::int64_t>() == generation;
    if (!isOurs || !isMeant || length > raw->size() || length < kFixedSize + kChecksumSize) {
        return std::nullopt;
    }
    const ByteView summed = asBytes(*raw).first(length - kChecksumSize);
    if (loadBig<std::uint32_t>(summed.data() + summed.size()) != crc32(summed)) {
        return std::nullopt;
    }
    QueueEndsTable table;
    table.logBegin = reader.read<std::int64_t>();
    const auto count = reader.read<std::int32_t>();
    for (std::int32_t i = 0; i < count && !reader.failed(); ++i) {
        QueueEndsTable::Queue& queue = table.queues.emplace_back();
        queue.topic = std::string(reader.readText(static_cast<std::size_t>(reader.read<std::uint16_t>())));
        queue.queueId = reader.read<std::int32_t>();
        queue.firstFile = reader.read<std::int64_t>();
        queue.end = reader.read<std::int64_t>();
    }
    return reader.failed() ? std::nullopt : std::optional(std::move(table));
}

Result<> QueueEnds::save(std::int64_t generation, const QueueEndsTable& table)
{
    std::string raw;
    ByteWriter writer(raw);
    writer.write(kMagic);
    writer.write(std::int64_t{0});
    writer.write(generation);
    writer.write(table.logBegin);
    writer.write(static_cast<std::int32_t>(table.queues.size()));
    for (const QueueEndsTable::Queue& queue : table.queues) {
        writer.write(static_cast<std::uint16_t>(queue.topic.size()));
        writer.writeText(queue.topic);
        writer.write(queue.queueId);
        writer.write(queue.firstFile);
        writer.write(queue.end);
    }
    writer.patch(kLengthAt, static_cast<std::int64_t>(raw.size() + kChecksumSize));
    writer.write(crc32(asBytes(raw)));
    const std::filesystem::path& path = pathOf(generation);
    const bool isNew = !m_files.exists(path);
    GANTRY_TRY(file, m_files.open(path, OpenMode::Create));
    GANTRY_CHECK(writeOutcome(file->writeAt(0, asBytes(raw))));
    GANTRY_CHECK(syncOutcome(file->syncData()));
    return isNew ? syncOutcome(m_files.syncDirectory(path.parent_path())) : Result<>{};
}

} // namespace gantry
