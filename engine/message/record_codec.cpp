// SPDX-License-Identifier: Apache-2.0
#include "message/record_codec.h"

#include "base/byte_cursor.h"
#include "base/crc32.h"
#include "base/limits.h"
#include "message/sys_flag.h"

#include <cstring>

namespace gantry {

namespace {

constexpr std::size_t kTopicBytesMaxV1 = 127;
constexpr std::size_t kV6Extra = 12;

std::size_t fixedSize(std::int32_t sysFlag, bool v2)
{
    return record_layout::kFixedSizeV1 + ((sysFlag & sysflag::kBornHostV6) != 0 ? kV6Extra : 0) +
           ((sysFlag & sysflag::kStoreHostV6) != 0 ? kV6Extra : 0) + (v2 ? 1 : 0);
}

std::int32_t withHostFamilies(std::int32_t sysFlag, const HostAddress& bornHost, const HostAddress& storeHost)
{
    sysFlag &= ~(sysflag::kBornHostV6 | sysflag::kStoreHostV6);
    return sysFlag | (bornHost.isV6 ? sysflag::kBornHostV6 : 0) | (storeHost.isV6 ? sysflag::kStoreHostV6 : 0);
}

HostAddress readHost(ByteReader& reader, bool isV6)
{
    HostAddress host;
    host.isV6 = isV6;
    const ByteView ip = reader.readBytes(isV6 ? 16 : 4);
    if (!ip.empty()) {
        std::memcpy(host.ip.data(), ip.data(), ip.size());
    }
    host.port = reader.read<std::int32_t>();
    return host;
}

/// Fills everything from the parts; false if they do not add up to exactly the bytes given.
bool readParts(ByteView bytes, RecordView& record)
{
    ByteReader reader(bytes);
    record.totalSize = reader.read<std::int32_t>();
    record.magic = reader.read<std::int32_t>();
    record.bodyCrc = reader.read<std::int32_t>();
    record.queueId = reader.read<std::int32_t>();
    record.flag = reader.read<std::int32_t>();
    record.queueOffset = reader.read<std::int64_t>();
    record.physicalOffset = reader.read<std::int64_t>();
    record.sysFlag = reader.read<std::int32_t>();
    record.bornTimestampMs = reader.read<std::int64_t>();
    record.bornHost = readHost(reader, (record.sysFlag & sysflag::kBornHostV6) != 0);
    record.storeTimestampMs = reader.read<std::int64_t>();
    record.storeHost = readHost(reader, (record.sysFlag & sysflag::kStoreHostV6) != 0);
    record.reconsumeTimes = reader.read<std::int32_t>();
    record.preparedTransactionOffset = reader.read<std::int64_t>();
    const auto bodySize = reader.read<std::int32_t>();
    if (bodySize < 0) {
        return false;
    }
    record.body = reader.readText(static_cast<std::size_t>(bodySize));
    const int topicSize = record.magic == kRecordMagicV2 ? int{reader.read<std::int16_t>()}
        : int{reader.read<std::int8_t>()};
    if (topicSize < 0) {
        return false;
    }
    record.topic = reader.readText(static_cast<std::size_t>(topicSize));
    const auto propertiesSize = reader.read<std::int16_t>();
    if (propertiesSize < 0) {
        return false;
    }
    record.properties = reader.readText(static_cast<std::size_t>(propertiesSize));
    return !reader.failed() && reader.remaining() == 0;
}

} // namespace

std::size_t record_layout::storeTimestampPosition(std::int32_t sysFlag)
{
    return kBornHost + ((sysFlag & sysflag::kBornHostV6) != 0 ? 20U : 8U);
}

std::size_t record_layout::bodySizePosition(std::int32_t sysFlag)
{
    const std::size_t storeHost = storeTimestampPosition(sysFlag) + 8;
    return storeHost + ((sysFlag & sysflag::kStoreHostV6) != 0 ? 20U : 8U) + 4 + 8;
}

std::size_t encodedRecordSize(const RecordFields& fields)
{
    const std::int32_t sysFlag = withHostFamilies(fields.sysFlag, fields.bornHost, fields.storeHost);
    return fixedSize(sysFlag, fields.topic.size() > kTopicBytesMaxV1) + fields.body.size() + fields.topic.size() +
           fields.properties.size();
}

void encodeRecord(const RecordFields& fields, std::string& out)
{
    const bool v2 = fields.topic.size() > kTopicBytesMaxV1;
    const std::size_t size = encodedRecordSize(fields);
    out.reserve(out.size() + size);
    ByteWriter writer(out);
    writer.write(static_cast<std::int32_t>(size));
    writer.write(v2 ? kRecordMagicV2 : kRecordMagicV1);
    writer.write(storedCrc32(asBytes(fields.body)));
    writer.write(fields.queueId);
    writer.write(fields.flag);
    writer.write(fields.queueOffset);
    writer.write(fields.physicalOffset);
    writer.write(withHostFamilies(fields.sysFlag, fields.bornHost, fields.storeHost));
    writer.write(fields.bornTimestampMs);
    writeHost(writer, fields.bornHost);
    writer.write(fields.storeTimestampMs);
    writeHost(writer, fields.storeHost);
    writer.write(fields.reconsumeTimes);
    writer.write(fields.preparedTransactionOffset);
    writer.write(static_cast<std::int32_t>(fields.body.size()));
    writer.writeText(fields.body);
    if (v2) {
        writer.write(static_cast<std::int16_t>(fields.topic.size()));
    } else {
        writer.write(static_cast<std::int8_t>(fields.topic.size()));
    }
    writer.writeText(fields.topic);
    writer.write(static_cast<std::int16_t>(fields.properties.size()));
    writer.writeText(fields.properties);
}

void patchRecord(MutableByteView record, std::int64_t queueOffset, std::int64_t physicalOffset,
    std::int64_t storeTimestampMs)
{
    storeBig(record.data() + record_layout::kQueueOffset, queueOffset);
    storeBig(record.data() + record_layout::kPhysicalOffset, physicalOffset);
    const auto sysFlag = loadBig<std::int32_t>(record.data() + record_layout::kSysFlag);
    storeBig(record.data() + record_layout::storeTimestampPosition(sysFlag), storeTimestampMs);
}

MessageExt RecordView::toMessage() const
{
    MessageExt message;
    message.topic = topic;
    message.flag = flag;
    message.properties = PropertyList::decode(properties);
    message.body = body;
    message.queueId = queueId;
    message.queueOffset = queueOffset;
    message.commitLogOffset = physicalOffset;
    message.storeSize = totalSize;
    message.sysFlag = sysFlag;
    message.bornTimestampMs = bornTimestampMs;
    message.bornHost = bornHost;
    message.storeTimestampMs = storeTimestampMs;
    message.storeHost = storeHost;
    message.bodyCrc = bodyCrc;
    message.reconsumeTimes = reconsumeTimes;
    message.preparedTransactionOffset = preparedTransactionOffset;
    return message;
}

RecordParse parseRecord(ByteView bytes, bool checkBodyCrc)
{
    RecordParse parse;
    if (bytes.size() < 2 * sizeof(std::int32_t)) {
        parse.status = RecordStatus::Incomplete;
        return parse;
    }
    RecordView& record = parse.record;
    record.totalSize = loadBig<std::int32_t>(bytes.data());
    record.magic = loadBig<std::int32_t>(bytes.data() + record_layout::kMagic);
    if (record.magic == kBlankMagic) {
        parse.status = RecordStatus::Blank;
        return parse;
    }
    if (record.magic != kRecordMagicV1 && record.magic != kRecordMagicV2) {
        parse.status = RecordStatus::BadMagic;
        return parse;
    }
    if (record.totalSize < static_cast<std::int32_t>(record_layout::kFixedSizeV1)) {
        parse.status = RecordStatus::BadLength;
        return parse;
    }
    const auto size = static_cast<std::size_t>(record.totalSize);
    if (size > bytes.size()) {
        parse.status = RecordStatus::Incomplete;
        return parse;
    }
    if (!readParts(bytes.first(size), record)) {
        parse.status = RecordStatus::BadLength;
        return parse;
    }
    const bool damaged = checkBodyCrc && storedCrc32(asBytes(record.body)) != record.bodyCrc;
    parse.status = damaged ? RecordStatus::BadBodyCrc : RecordStatus::Ok;
    return parse;
}

Result<std::vector<MessageExt>> decodeMessages(std::string_view body)
{
    std::vector<MessageExt> messages;
    std::size_t at = 0;
    while (at < body.size()) {
        const RecordParse parse = parseRecord(asBytes(body.substr(at)), true);
        switch (parse.status) {
        case RecordStatus::Ok: break;
        case RecordStatus::Blank:
        case RecordStatus::BadMagic:
            return fail(Errc::Corruption, "no message begins at byte {} of the answer (magic 0x{:08X})", at,
                        static_cast<std::uint32_t>(parse.record.magic));
        case RecordStatus::Incomplete:
            return fail(Errc::Corruption, "the message at byte {} of the answer is cut off: {} of {} bytes", at,
                        body.size() - at, parse.record.totalSize);
        case RecordStatus::BadLength:
            return fail(Errc::Corruption,
                "the parts of the message at byte {} of the answer do not add up to {} bytes", at,
                        parse.record.totalSize);
        case RecordStatus::BadBodyCrc:
            return fail(Errc::Corruption, "the body of the message at byte {} of the answer fails its checksum", at);
        }
        messages.push_back(parse.record.toMessage());
        // A body that cannot be unpacked is the producer's doing. It stays packed, flag set, because an error here
        // would keep a consumer from ever getting past it.
        (void)decompressBody(messages.back());
        at += static_cast<std::size_t>(parse.record.totalSize);
    }
    return messages;
}

Result<> decompressBody(MessageExt& message)
{
    if ((message.sysFlag & sysflag::kCompressed) == 0) {
        return {};
    }
    const auto type = sysflag::compressionType(message.sysFlag);
    if (!type) {
        return fail(Errc::Unsupported, "the message names the unknown compression {}",
                    (message.sysFlag & sysflag::kCompressionTypeMask) >> 8);
    }
    GANTRY_TRY(plain, decompress(message.body, *type, limits::kDecompressedBytesMax));
    message.body = std::move(plain);
    message.sysFlag &= ~(sysflag::kCompressed | sysflag::kCompressionTypeMask);
    return {};
}

} // namespace gantry
