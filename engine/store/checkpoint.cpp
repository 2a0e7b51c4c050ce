// SPDX-License-Identifier: Apache-2.0
#include "store/checkpoint.h"

#include "base/byte_cursor.h"
#include "base/crc32.h"
#include "store/store_health.h"

#include <algorithm>
#include <array>

namespace gantry {

namespace {

constexpr std::size_t kFileSize = 4096;
constexpr std::size_t kValuesSize = 5 * 8;
/// Behind the values: a magic, the generation of the queue ends, the checksum of all that.
constexpr std::int64_t kSealMagic = 0x47414E5452590001; // "GANTRY", version 1
constexpr std::size_t kSealedSize = kValuesSize + 8 + 8;
constexpr std::size_t kUsedSize = kSealedSize + 4;
constexpr std::int64_t kSlackMs = 3000; // Apache's: timestamps are not exact positions

} // namespace

std::int64_t CheckpointValues::minTimestamp() const
{
    return std::max<std::int64_t>(0, std::min(physicMsgTimestamp, logicsMsgTimestamp) - kSlackMs);
}

Result<CheckpointValues> Checkpoint::load()
{
    CheckpointValues values;
    if (!m_files.exists(m_path)) {
        return values;
    }
    GANTRY_TRY(file, m_files.open(m_path, OpenMode::ReadOnly));
    std::array<std::byte, kUsedSize> raw{};
    GANTRY_TRY(count, file->readAt(0, raw));
    if (count < kValuesSize) {
        return values;
    }
    ByteReader reader(raw);
    values.physicMsgTimestamp = std::max<std::int64_t>(0, reader.read<std::int64_t>());
    values.logicsMsgTimestamp = std::max<std::int64_t>(0, reader.read<std::int64_t>());
    values.indexMsgTimestamp = std::max<std::int64_t>(0, reader.read<std::int64_t>());
    values.masterFlushedOffset = reader.read<std::int64_t>();
    values.confirmPhyOffset = std::max<std::int64_t>(0, reader.read<std::int64_t>());
    const bool isOurs = reader.read<std::int64_t>() == kSealMagic;
    const auto generation = reader.read<std::int64_t>();
    values.isSealed = isOurs && reader.read<std::uint32_t>() == crc32(ByteView(raw).first(kSealedSize));
    values.queueEndsGeneration = values.isSealed ? generation : 0;
    return values;
}

Result<> Checkpoint::sync()
{
    if (!m_files.exists(m_path)) {
        return {};
    }
    GANTRY_TRY(file, m_files.open(m_path, OpenMode::ReadWrite));
    GANTRY_CHECK(syncOutcome(file->syncData()));
    return syncOutcome(m_files.syncDirectory(m_path.parent_path()));
}

Result<> Checkpoint::save(const CheckpointValues& values)
{
    std::string raw;
    ByteWriter writer(raw);
    writer.write(values.physicMsgTimestamp);
    writer.write(values.logicsMsgTimestamp);
    writer.write(values.indexMsgTimestamp);
    writer.write(values.masterFlushedOffset);
    writer.write(values.confirmPhyOffset);
    writer.write(kSealMagic);
    writer.write(values.queueEndsGeneration);
    writer.write(crc32(asBytes(raw)));
    // A new one gets its name when it is whole: half of it would be taken for one that somebody damaged.
    const bool isNew = !m_files.exists(m_path);
    std::filesystem::path path = m_path;
    if (isNew) {
        path += ".tmp";
    }
    GANTRY_TRY(file, m_files.open(path, OpenMode::Create));
    GANTRY_TRY(size, file->size());
    if (size != kFileSize) {
        GANTRY_CHECK(writeOutcome(file->resize(kFileSize)));
    }
    // All in one sector, so a power cut leaves the old or the new values.
    GANTRY_CHECK(writeOutcome(file->writeAt(0, asBytes(raw))));
    GANTRY_CHECK(syncOutcome(file->syncData()));
    if (!isNew) {
        return {};
    }
    GANTRY_CHECK(writeOutcome(m_files.rename(path, m_path)));
    return syncOutcome(m_files.syncDirectory(m_path.parent_path()));
}

} // namespace gantry
