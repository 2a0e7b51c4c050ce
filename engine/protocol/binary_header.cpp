// SPDX-License-Identifier: Apache-2.0
#include "protocol/binary_header.h"

#include "base/byte_cursor.h"
#include "base/limits.h"

#include <limits>

namespace gantry {

namespace {

constexpr bool fitsShort(std::int64_t value)
{
    return value >= std::numeric_limits<std::int16_t>::min() && value <= std::numeric_limits<std::int16_t>::max();
}

bool canWrite(const RemotingCommand& command)
{
    if (!fitsShort(command.code) || !fitsShort(command.version)) {
        return false;
    }
    for (std::size_t i = 0; i < command.fields.size(); ++i) {
        if (!fitsShort(static_cast<std::int64_t>(command.fields.nameAt(i).size()))) {
            return false;
        }
    }
    return true;
}

Result<> readFields(ByteReader& reader, std::size_t blockSize, HeaderFields& fields)
{
    const std::size_t end = reader.position() + blockSize;
    fields.reserve(16, blockSize);
    while (reader.position() < end) {
        if (fields.size() == limits::kHeaderFieldsMax) {
            return fail(Errc::Protocol, "the header has more than {} fields", limits::kHeaderFieldsMax);
        }
        const auto nameSize = reader.read<std::int16_t>();
        const std::string_view name = reader.readText(nameSize < 0 ? blockSize + 1
            : static_cast<std::size_t>(nameSize));
        const auto valueSize = reader.read<std::int32_t>();
        const std::string_view value = reader.readText(valueSize < 0 ? blockSize + 1
            : static_cast<std::size_t>(valueSize));
        if (reader.failed() || reader.position() > end) {
            return fail(Errc::Protocol, "a field of the binary header reaches past the block of {} bytes", blockSize);
        }
        if (!name.empty() && !value.empty()) {
            fields.add(name, value);
        }
    }
    return {};
}

} // namespace

bool writeBinaryHeader(const RemotingCommand& command, std::string& out)
{
    if (!canWrite(command)) {
        return false;
    }
    ByteWriter writer(out);
    writer.write(static_cast<std::int16_t>(command.code));
    writer.write(static_cast<std::uint8_t>(command.language));
    writer.write(static_cast<std::int16_t>(command.version));
    writer.write(command.opaque);
    writer.write(command.flag);
    writer.write(static_cast<std::int32_t>(command.remark.size()));
    writer.writeText(command.remark);
    const std::size_t sizeAt = writer.size();
    writer.write<std::int32_t>(0);
    for (std::size_t i = 0; i < command.fields.size(); ++i) {
        const std::string_view name = command.fields.nameAt(i);
        const std::string_view value = command.fields.valueAt(i);
        writer.write(static_cast<std::int16_t>(name.size()));
        writer.writeText(name);
        writer.write(static_cast<std::int32_t>(value.size()));
        writer.writeText(value);
    }
    writer.patch(sizeAt, static_cast<std::int32_t>(writer.size() - sizeAt - sizeof(std::int32_t)));
    return true;
}

Result<RemotingCommand> readBinaryHeader(ByteView bytes)
{
    ByteReader reader(bytes);
    RemotingCommand command;
    command.code = reader.read<std::int16_t>();
    command.language = languageFromNumber(reader.read<std::int8_t>());
    command.version = reader.read<std::int16_t>();
    command.opaque = reader.read<std::int32_t>();
    command.flag = reader.read<std::int32_t>();
    const auto remarkSize = reader.read<std::int32_t>();
    if (remarkSize < 0) {
        return fail(Errc::Protocol, "the binary header has the remark length {}", remarkSize);
    }
    command.remark = reader.readText(static_cast<std::size_t>(remarkSize));
    const auto blockSize = reader.read<std::int32_t>();
    if (reader.failed() || blockSize < 0 || static_cast<std::size_t>(blockSize) > reader.remaining()) {
        return fail(Errc::Protocol, "the binary header of {} bytes is cut off", bytes.size());
    }
    GANTRY_CHECK(readFields(reader, static_cast<std::size_t>(blockSize), command.fields));
    return command;
}

} // namespace gantry
