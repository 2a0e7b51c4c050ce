// SPDX-License-Identifier: Apache-2.0
#include "protocol/bodies/offset_table.h"

#include "protocol/bodies/body_json.h"
#include "protocol/bodies/topic_config_json.h"

namespace gantry {

namespace {

using body::Json;

Json toJson(const ConsumerOffsetTable& table)
{
    Json offsets = Json::object();
    for (const auto& [key, queues] : table.offsets) {
        offsets[key] = body::offsetMapToJson(queues);
    }
    return {{"dataVersion", body::toJson(table.dataVersion)}, {"offsetTable", std::move(offsets)}};
}

Json toJson(const DelayOffsetTable& table)
{
    return {{"dataVersion", body::toJson(table.dataVersion)}, {"offsetTable", body::offsetMapToJson(table.offsets)}};
}

} // namespace

std::string ConsumerOffsetTable::encode() const
{
    return dumpFastjson(toJson(*this));
}

std::string ConsumerOffsetTable::encodeFile() const
{
    return dumpFastjsonPretty(toJson(*this));
}

Result<ConsumerOffsetTable> ConsumerOffsetTable::decode(std::string_view text)
{
    GANTRY_TRY(json, body::parseObject(text, "a table of consumer offsets"));
    GANTRY_CHECK(body::requireObject(json, "offsetTable", "a table of consumer offsets"));
    ConsumerOffsetTable table;
    table.dataVersion = body::dataVersionFrom(json, "dataVersion");
    if (const Json* const inner = body::member(json, "offsetTable"); inner != nullptr && inner->is_object()) {
        for (const auto& [key, queues] : inner->items()) {
            table.offsets[key] = body::offsetMap(*inner, key);
        }
    }
    return table;
}

std::string DelayOffsetTable::encode() const
{
    return dumpFastjson(toJson(*this));
}

std::string DelayOffsetTable::encodeFile() const
{
    return dumpFastjsonPretty(toJson(*this));
}

Result<DelayOffsetTable> DelayOffsetTable::decode(std::string_view text)
{
    GANTRY_TRY(json, body::parseObject(text, "a table of delay offsets"));
    GANTRY_CHECK(body::requireObject(json, "offsetTable", "a table of delay offsets"));
    return DelayOffsetTable{body::dataVersionFrom(json, "dataVersion"), body::offsetMap(json, "offsetTable")};
}

} // namespace gantry
