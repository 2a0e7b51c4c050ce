// SPDX-License-Identifier: Apache-2.0
#include "protocol/bodies/register_broker_body.h"

#include "base/byte_cursor.h"
#include "base/compress.h"
#include "base/limits.h"
#include "protocol/bodies/topic_config_json.h"

#include <charconv>

namespace gantry {

namespace {

using body::Json;

constexpr char kZlibFirstByte = '\x78';

/// The next word of a blank-separated text.
std::string_view nextWord(std::string_view& text)
{
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return word;
}

std::int32_t nextNumber(std::string_view& text)
{
    const std::string_view word = nextWord(text);
    std::int32_t number = 0;
    (void)std::from_chars(word.data(), word.data() + word.size(), number);
    return number;
}

/// "name readQueues writeQueues perm SINGLE_TAG {attributes}"
Result<TopicConfig> topicFromLine(std::string_view line)
{
    const std::string_view whole = line;
    TopicConfig config;
    config.topicName = nextWord(line);
    config.readQueueNums = nextNumber(line);
    config.writeQueueNums = nextNumber(line);
    config.perm = nextNumber(line);
    config.topicFilterType = nextWord(line) == "MULTI_TAG" ? "MULTI_TAG" : "SINGLE_TAG";
    if (config.topicName.empty()) {
        return fail(Errc::Corruption, "the topic line '{}' of a registration has no name", whole.substr(0, 80));
    }
    if (!line.empty()) {
        if (auto attributes = parseFastjson(line, "topic attributes")) {
            config.attributes = body::textMap(Json{{"a", std::move(*attributes)}}, "a");
        }
    }
    return config;
}

std::string_view readSized(ByteReader& reader)
{
    const auto size = reader.read<std::int32_t>();
    return reader.readText(size < 0 ? reader.remaining() + 1 : static_cast<std::size_t>(size));
}

Result<RegisterBrokerBody> decodePacked(std::string_view packed)
{
    GANTRY_TRY(plain, decompress(packed, CompressionType::Zlib, limits::kDecompressedBytesMax));
    ByteReader reader(asBytes(plain));
    RegisterBrokerBody result;
    const std::string_view version = readSized(reader);
    const auto count = reader.read<std::int32_t>();
    if (reader.failed() || count < 0) {
        return fail(Errc::Corruption, "a packed registration of {} bytes is cut off", plain.size());
    }
    GANTRY_TRY(dataVersion, DataVersion::decode(version));
    result.topicTable.dataVersion = dataVersion;
    for (std::int32_t i = 0; i < count; ++i) {
        const std::string_view line = readSized(reader);
        if (reader.failed()) {
            return fail(Errc::Corruption, "a packed registration ends at topic {} of {}", i, count);
        }
        GANTRY_TRY(config, topicFromLine(line));
        std::string name = config.topicName;
        result.topicTable.topics.insert_or_assign(std::move(name), std::move(config));
    }
    const std::string_view servers = readSized(reader);
    if (!reader.failed() && !servers.empty()) {
        GANTRY_TRY(list, parseFastjson(servers, "filter servers"));
        result.filterServers = body::textList(Json{{"l", std::move(list)}}, "l");
    }
    return result; // the mappings of static topics that may follow are of no use to us
}

} // namespace

std::string RegisterBrokerBody::encode() const
{
    return dumpFastjson({{"filterServerList", filterServers},
        {"topicConfigSerializeWrapper", body::toWireJson(topicTable)}});
}

Result<RegisterBrokerBody> RegisterBrokerBody::decode(std::string_view text)
{
    if (!text.empty() && text.front() == kZlibFirstByte) {
        return decodePacked(text);
    }
    GANTRY_TRY(json, body::parseObject(text, "a broker registration"));
    RegisterBrokerBody result;
    result.filterServers = body::textList(json, "filterServerList");
    const Json* const wrapper = body::member(json, "topicConfigSerializeWrapper");
    result.topicTable = body::topicConfigTableFromJson(wrapper != nullptr ? *wrapper : json);
    return result;
}

} // namespace gantry
