// SPDX-License-Identifier: Apache-2.0
#include "protocol/bodies/topic_config.h"

#include "protocol/bodies/topic_config_json.h"

namespace gantry {

using body::Json;

Json body::toJson(const DataVersion& version)
{
    return {{"counter", version.counter}, {"stateVersion", version.stateVersion}, {"timestamp", version.timestamp}};
}

DataVersion body::dataVersionFrom(const Json& object, std::string_view name)
{
    const Json* const json = member(object, name);
    return json == nullptr ? DataVersion{} : dataVersionFromJson(*json);
}

DataVersion body::dataVersionFromJson(const Json& json)
{
    return {integer(json, "stateVersion"), integer(json, "timestamp"), integer(json, "counter")};
}

std::string DataVersion::encode() const
{
    return dumpFastjson(body::toJson(*this));
}

Result<DataVersion> DataVersion::decode(std::string_view text)
{
    GANTRY_TRY(json, body::parseObject(text, "a data version"));
    return body::dataVersionFromJson(json);
}

Json body::toJson(const TopicConfig& config)
{
    return {{"attributes", config.attributes},
            {"order", config.order},
            {"perm", config.perm},
            {"readQueueNums", config.readQueueNums},
            {"topicFilterType", config.topicFilterType},
            {"topicName", config.topicName},
            {"topicSysFlag", config.topicSysFlag},
            {"writeQueueNums", config.writeQueueNums}};
}

TopicConfig body::topicConfigFromJson(const Json& json)
{
    TopicConfig config;
    config.topicName = text(json, "topicName");
    config.readQueueNums = integer32(json, "readQueueNums", config.readQueueNums);
    config.writeQueueNums = integer32(json, "writeQueueNums", config.writeQueueNums);
    config.perm = integer32(json, "perm", config.perm);
    config.topicFilterType = enumIndex(json, "topicFilterType", {"SINGLE_TAG", "MULTI_TAG"}) == 1 ? "MULTI_TAG"
        : "SINGLE_TAG";
    config.topicSysFlag = integer32(json, "topicSysFlag");
    config.order = boolean(json, "order");
    config.attributes = textMap(json, "attributes");
    return config;
}

std::string TopicConfig::encode() const
{
    return dumpFastjson(body::toJson(*this));
}

Result<TopicConfig> TopicConfig::decode(std::string_view text)
{
    GANTRY_TRY(json, body::parseObject(text, "a topic configuration"));
    return body::topicConfigFromJson(json);
}

Json body::toJson(const TopicConfigTable& table)
{
    Json topics = Json::object();
    for (const auto& [name, config] : table.topics) {
        topics[name] = toJson(config);
    }
    return {{"dataVersion", toJson(table.dataVersion)}, {"topicConfigTable", std::move(topics)}};
}

Json body::toWireJson(const TopicConfigTable& table)
{
    Json json = toJson(table);
    json["mappingDataVersion"] = toJson(DataVersion{});
    json["topicQueueMappingDetailMap"] = Json::object();
    json["topicQueueMappingInfoMap"] = Json::object();
    return json;
}

TopicConfigTable body::topicConfigTableFromJson(const Json& json)
{
    TopicConfigTable table;
    table.dataVersion = dataVersionFrom(json, "dataVersion");
    forEachMember(json, "topicConfigTable", [&](const std::string& name, const Json& value) {
        TopicConfig config = topicConfigFromJson(value);
        config.topicName = name;
        table.topics.emplace(name, std::move(config));
    });
    return table;
}

std::string TopicConfigTable::encode() const
{
    return dumpFastjson(body::toWireJson(*this));
}

std::string TopicConfigTable::encodeFile() const
{
    return dumpFastjsonPretty(body::toJson(*this));
}

Result<TopicConfigTable> TopicConfigTable::decode(std::string_view text)
{
    GANTRY_TRY(json, body::parseObject(text, "a topic table"));
    GANTRY_CHECK(body::requireObject(json, "topicConfigTable", "a topic table"));
    return body::topicConfigTableFromJson(json);
}

Result<std::vector<TopicConfig>> decodeTopicConfigList(std::string_view text)
{
    GANTRY_TRY(json, body::parseObject(text, "a topic list"));
    std::vector<TopicConfig> list;
    body::forEachItem(json, "topicConfigList",
        [&](const Json& item) { list.push_back(body::topicConfigFromJson(item)); });
    return list;
}

} // namespace gantry
