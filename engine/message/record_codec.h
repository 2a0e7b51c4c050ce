// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/byte_view.h"
#include "base/error.h"
#include "message/message.h"

#include <cstdint>
#include <string>
#include <vector>

/// A message record exactly as it lies in the CommitLog and travels in pull responses.
/// Format: store README, "CommitLog record" (Apache RocketMQ 4.x/5.x, both magics).
namespace gantry {

inline constexpr std::int32_t kRecordMagicV1 = -626843481;  // 0xDAA320A7, topic length in one byte
inline constexpr std::int32_t kRecordMagicV2 = -626843477;  // 0xDAA320AB, topic length in two bytes
inline constexpr std::int32_t kBlankMagic = -875286124;     // 0xCBD43194, fills the rest of a file

/// Byte positions that do not depend on address families.
namespace record_layout {
inline constexpr std::size_t kTotalSize = 0;
inline constexpr std::size_t kMagic = 4;
inline constexpr std::size_t kBodyCrc = 8;
inline constexpr std::size_t kQueueId = 12;
inline constexpr std::size_t kFlag = 16;
inline constexpr std::size_t kQueueOffset = 20;
inline constexpr std::size_t kPhysicalOffset = 28;
inline constexpr std::size_t kSysFlag = 36;
inline constexpr std::size_t kBornTimestamp = 40;
inline constexpr std::size_t kBornHost = 48;
/// Of a V1 record with IPv4 hosts, empty body, topic and properties.
inline constexpr std::size_t kFixedSizeV1 = 91;
[[nodiscard]] std::size_t storeTimestampPosition(std::int32_t sysFlag);
[[nodiscard]] std::size_t bodySizePosition(std::int32_t sysFlag);
} // namespace record_layout

/// Everything needed to lay a record out; views must live until encodeRecord() returns.
struct RecordFields
{
    std::string_view topic;
    std::string_view body;
    std::string_view properties;  ///< encoded form
    std::int32_t queueId = 0;
    std::int32_t flag = 0;
    std::int64_t queueOffset = 0;
    std::int64_t physicalOffset = 0;
    std::int32_t sysFlag = 0;     ///< the host-family bits are set by encodeRecord()
    std::int64_t bornTimestampMs = 0;
    HostAddress bornHost;
    std::int64_t storeTimestampMs = 0;
    HostAddress storeHost;
    std::int32_t reconsumeTimes = 0;
    std::int64_t preparedTransactionOffset = 0;
};

/// Size the record will have, bytes.
[[nodiscard]] std::size_t encodedRecordSize(const RecordFields& fields);
/// Appends the record to `out`. The caller has checked the limits (topic <= 255 bytes, properties <= 32767).
void encodeRecord(const RecordFields& fields, std::string& out);
/// Fills in what is only known under the append lock.
void patchRecord(MutableByteView record, std::int64_t queueOffset, std::int64_t physicalOffset,
    std::int64_t storeTimestampMs);

/// A decoded record whose views point into the given bytes: cheap, for dispatch, filtering and inspection.
struct RecordView
{
    std::int32_t totalSize = 0;
    std::int32_t magic = 0;
    std::int32_t bodyCrc = 0;
    std::int32_t queueId = 0;
    std::int32_t flag = 0;
    std::int64_t queueOffset = 0;
    std::int64_t physicalOffset = 0;
    std::int32_t sysFlag = 0;
    std::int64_t bornTimestampMs = 0;
    HostAddress bornHost;
    std::int64_t storeTimestampMs = 0;
    HostAddress storeHost;
    std::int32_t reconsumeTimes = 0;
    std::int64_t preparedTransactionOffset = 0;
    std::string_view body;
    std::string_view topic;
    std::string_view properties;

    [[nodiscard]] MessageExt toMessage() const; ///< body as stored (perhaps compressed)
};

enum class RecordStatus {
    Ok,
    Blank,        ///< the file ends here; continue at the next file
    Incomplete,   ///< fewer bytes than the record says
    BadMagic,     ///< no record here (also a zeroed tail)
    BadLength,    ///< parts do not add up to the total size
    BadBodyCrc,
};

struct RecordParse
{
    RecordStatus status = RecordStatus::BadMagic;
    RecordView record;  ///< complete for Ok and BadBodyCrc; for Blank only totalSize
};

/// Looks at the record at the start of `bytes`.
[[nodiscard]] RecordParse parseRecord(ByteView bytes, bool checkBodyCrc);

/// All records of a pull or query response body; damage is an error that names the position.
/// Bodies are decompressed (one that cannot be stays as it is, its flag set); inner batches are not unwrapped.
[[nodiscard]] Result<std::vector<MessageExt>> decodeMessages(std::string_view body);
/// Replaces a compressed body by its content and clears the flag.
[[nodiscard]] Result<> decompressBody(MessageExt& message);

} // namespace gantry
