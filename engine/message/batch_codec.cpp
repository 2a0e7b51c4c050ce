// SPDX-License-Identifier: Apache-2.0
#include "message/batch_codec.h"

#include "base/byte_cursor.h"

namespace gantry {

Result<std::vector<BatchItem>> decodeBatch(std::string_view body)
{
    std::vector<BatchItem> items;
    ByteReader reader(asBytes(body));
    while (reader.remaining() > 0) {
        const std::size_t start = reader.position();
        // Size, magic and CRC are there for symmetry with stored records; brokers go by the parts alone.
        reader.skip(3 * sizeof(std::int32_t));
        BatchItem item;
        item.flag = reader.read<std::int32_t>();
        const auto bodySize = reader.read<std::int32_t>();
        if (bodySize < 0) {
            return fail(Errc::InvalidArgument, "batch item at byte {} has the body length {}", start, bodySize);
        }
        item.body = reader.readText(static_cast<std::size_t>(bodySize));
        const auto propertiesSize = reader.read<std::int16_t>();
        if (propertiesSize < 0) {
            return fail(Errc::InvalidArgument, "batch item at byte {} has the properties length {}", start,
                propertiesSize);
        }
        item.properties = reader.readText(static_cast<std::size_t>(propertiesSize));
        if (reader.failed()) {
            return fail(Errc::InvalidArgument, "batch item at byte {} reaches past the end of the body ({} bytes)",
                        start, body.size());
        }
        items.push_back(item);
    }
    return items;
}

std::string encodeBatch(const std::vector<Message>& messages)
{
    std::string out;
    ByteWriter writer(out);
    for (const Message& message : messages) {
        const std::string properties = message.properties.encode();
        const std::size_t start = writer.size();
        writer.write<std::int32_t>(0); // size, patched below
        writer.write<std::int32_t>(0); // magic
        writer.write<std::int32_t>(0); // CRC
        writer.write(message.flag);
        writer.write(static_cast<std::int32_t>(message.body.size()));
        writer.writeText(message.body);
        writer.write(static_cast<std::int16_t>(properties.size()));
        writer.writeText(properties);
        writer.patch(start, static_cast<std::int32_t>(writer.size() - start));
    }
    return out;
}

} // namespace gantry
