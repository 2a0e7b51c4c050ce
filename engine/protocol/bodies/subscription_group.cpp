// SPDX-License-Identifier: Apache-2.0
#include "protocol/bodies/subscription_group.h"

#include "protocol/bodies/body_json.h"
#include "protocol/bodies/topic_config_json.h"

namespace gantry {

namespace {

using body::Json;

/// JSON kept as text, for members we pass on without looking inside.
void putText(Json& json, const char* name, const std::string& text)
{
    if (text.empty()) {
        return;
    }
    if (auto value = parseFastjson(text, name)) {
        json[name] = std::move(*value);
    }
}

Json toJson(const SubscriptionGroupConfig& config)
{
    Json json{{"attributes", config.attributes},
              {"brokerId", config.brokerId},
              {"consumeBroadcastEnable", config.consumeBroadcastEnable},
              {"consumeEnable", config.consumeEnable},
              {"consumeFromMinEnable", config.consumeFromMinEnable},
              {"consumeMessageOrderly", config.consumeMessageOrderly},
              {"consumeTimeoutMinute", config.consumeTimeoutMinute},
              {"groupName", config.groupName},
              {"groupSysFlag", config.groupSysFlag},
              {"notifyConsumerIdsChangedEnable", config.notifyConsumerIdsChangedEnable},
              {"retryMaxTimes", config.retryMaxTimes},
              {"retryQueueNums", config.retryQueueNums},
              {"whichBrokerWhenConsumeSlowly", config.whichBrokerWhenConsumeSlowly}};
    putText(json, "groupRetryPolicy", config.groupRetryPolicy);
    putText(json, "subscriptionDataSet", config.subscriptionDataSet);
    return json;
}

SubscriptionGroupConfig configFromJson(const Json& json)
{
    SubscriptionGroupConfig config;
    config.groupName = body::text(json, "groupName");
    config.consumeEnable = body::boolean(json, "consumeEnable", config.consumeEnable);
    config.consumeFromMinEnable = body::boolean(json, "consumeFromMinEnable", config.consumeFromMinEnable);
    config.consumeBroadcastEnable = body::boolean(json, "consumeBroadcastEnable", config.consumeBroadcastEnable);
    config.consumeMessageOrderly = body::boolean(json, "consumeMessageOrderly", config.consumeMessageOrderly);
    config.retryQueueNums = body::integer32(json, "retryQueueNums", config.retryQueueNums);
    config.retryMaxTimes = body::integer32(json, "retryMaxTimes", config.retryMaxTimes);
    config.brokerId = body::integer(json, "brokerId", config.brokerId);
    config.whichBrokerWhenConsumeSlowly = body::integer(json, "whichBrokerWhenConsumeSlowly",
        config.whichBrokerWhenConsumeSlowly);
    config.notifyConsumerIdsChangedEnable =
        body::boolean(json, "notifyConsumerIdsChangedEnable", config.notifyConsumerIdsChangedEnable);
    config.groupSysFlag = body::integer32(json, "groupSysFlag");
    config.consumeTimeoutMinute = body::integer32(json, "consumeTimeoutMinute", config.consumeTimeoutMinute);
    config.attributes = body::textMap(json, "attributes");
    if (const Json* const policy = body::member(json, "groupRetryPolicy"); policy != nullptr && policy->is_object()) {
        config.groupRetryPolicy = dumpFastjson(*policy);
    }
    if (const Json* const set = body::member(json, "subscriptionDataSet"); set != nullptr && set->is_array()) {
        config.subscriptionDataSet = dumpFastjson(*set);
    }
    return config;
}

Json toJson(const SubscriptionGroupTable& table)
{
    Json groups = Json::object();
    for (const auto& [name, config] : table.groups) {
        groups[name] = toJson(config);
    }
    return {{"dataVersion", body::toJson(table.dataVersion)},
            {"forbiddenTable", table.forbidden},
            {"subscriptionGroupTable", std::move(groups)}};
}

} // namespace

std::string SubscriptionGroupConfig::encode() const
{
    return dumpFastjson(toJson(*this));
}

Result<SubscriptionGroupConfig> SubscriptionGroupConfig::decode(std::string_view text)
{
    GANTRY_TRY(json, body::parseObject(text, "a group configuration"));
    return configFromJson(json);
}

std::string SubscriptionGroupTable::encode() const
{
    return dumpFastjson(toJson(*this));
}

std::string SubscriptionGroupTable::encodeFile() const
{
    return dumpFastjsonPretty(toJson(*this));
}

Result<SubscriptionGroupTable> SubscriptionGroupTable::decode(std::string_view text)
{
    GANTRY_TRY(json, body::parseObject(text, "a group table"));
    GANTRY_CHECK(body::requireObject(json, "subscriptionGroupTable", "a group table"));
    SubscriptionGroupTable table;
    table.dataVersion = body::dataVersionFrom(json, "dataVersion");
    body::forEachMember(json, "subscriptionGroupTable", [&](const std::string& name, const Json& value) {
        SubscriptionGroupConfig config = configFromJson(value);
        config.groupName = name;
        table.groups.emplace(name, std::move(config));
    });
    body::forEachMember(json, "forbiddenTable", [&](const std::string& group, const Json& topics) {
        if (topics.is_object()) {
            for (const auto& [topic, bits] : topics.items()) {
                table.forbidden[group][topic] = static_cast<std::int32_t>(body::asInteger(bits));
            }
        }
    });
    return table;
}

Result<std::vector<SubscriptionGroupConfig>> decodeSubscriptionGroupList(std::string_view text)
{
    GANTRY_TRY(json, body::parseObject(text, "a group list"));
    std::vector<SubscriptionGroupConfig> list;
    body::forEachItem(json, "groupConfigList", [&](const Json& item) { list.push_back(configFromJson(item)); });
    return list;
}

} // namespace gantry
