// SPDX-License-Identifier: Apache-2.0
#include "protocol/bodies/body_json.h"

#include "base/hash.h"

#include <charconv>
#include <cmath>
#include <limits>

namespace gantry::body {

Result<Json> parseObject(std::string_view text, std::string_view what)
{
    if (text.empty()) {
        return Json::object();
    }
    GANTRY_TRY(document, parseFastjson(text, what));
    if (!document.is_object()) {
        return fail(Errc::Corruption, "{} is not a JSON object", what);
    }
    return std::move(document);
}

Result<> requireObject(const Json& object, std::string_view name, std::string_view what)
{
    const Json* const found = member(object, name);
    return found != nullptr && found->is_object() ? Result<>{}
                                                  : fail(Errc::Corruption, "{} without {}", what, name);
}

const Json* member(const Json& object, std::string_view name)
{
    if (!object.is_object()) {
        return nullptr;
    }
    const auto found = object.find(name);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::string asText(const Json& value)
{
    if (value.is_string()) {
        return value.get<std::string>();
    }
    return value.is_null() ? std::string() : dumpFastjson(value);
}

std::int64_t asInteger(const Json& value, std::int64_t fallback)
{
    if (value.is_number_integer()) {
        return value.get<std::int64_t>();
    }
    if (value.is_number_float()) {
        const double number = value.get<double>();
        return std::abs(number) < 9.2e18 ? static_cast<std::int64_t>(number) : fallback;
    }
    if (value.is_string()) {
        const auto& digits = value.get_ref<const std::string&>();
        std::int64_t number = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
        return error == std::errc{} && end == digits.data() + digits.size() ? number : fallback;
    }
    return fallback;
}

std::string text(const Json& object, std::string_view name, std::string_view fallback)
{
    const Json* const value = member(object, name);
    return value == nullptr ? std::string(fallback) : asText(*value);
}

std::int64_t integer(const Json& object, std::string_view name, std::int64_t fallback)
{
    const Json* const value = member(object, name);
    return value == nullptr ? fallback : asInteger(*value, fallback);
}

std::int32_t integer32(const Json& object, std::string_view name, std::int32_t fallback)
{
    const std::int64_t value = integer(object, name, fallback);
    const bool fits = value >= std::numeric_limits<std::int32_t>::min() &&
        value <= std::numeric_limits<std::int32_t>::max();
    return fits ? static_cast<std::int32_t>(value) : fallback;
}

double real(const Json& object, std::string_view name)
{
    const Json* const value = member(object, name);
    if (value == nullptr) {
        return 0.0;
    }
    if (value->is_number()) {
        return value->get<double>();
    }
    double number = 0.0;
    const std::string digits = asText(*value);
    (void)std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
}

bool boolean(const Json& object, std::string_view name, bool fallback)
{
    const Json* const value = member(object, name);
    if (value == nullptr) {
        return fallback;
    }
    if (value->is_boolean()) {
        return value->get<bool>();
    }
    if (value->is_string()) {
        const auto& word = value->get_ref<const std::string&>();
        return word == "true" || word == "TRUE" || word == "1";
    }
    return asInteger(*value) != 0;
}

int enumIndex(const Json& object, std::string_view name, std::initializer_list<std::string_view> names)
{
    const Json* const value = member(object, name);
    if (value == nullptr) {
        return -1;
    }
    const std::string word = asText(*value);
    int index = 0;
    for (const std::string_view each : names) {
        if (each == word) {
            return index;
        }
        ++index;
    }
    const std::int64_t ordinal = asInteger(*value, -1);
    return ordinal >= 0 && ordinal < index ? static_cast<int>(ordinal) : -1;
}

std::vector<std::string> textList(const Json& object, std::string_view name)
{
    std::vector<std::string> list;
    forEachItem(object, name, [&](const Json& item) { list.push_back(asText(item)); });
    return list;
}

std::map<std::string, std::string> textMap(const Json& object, std::string_view name)
{
    std::map<std::string, std::string> map;
    forEachMember(object, name, [&](const std::string& key, const Json& value) {
        if (!value.is_null()) {
            map[key] = asText(value);
        }
    });
    return map;
}

std::map<std::int32_t, std::int64_t> offsetMap(const Json& object, std::string_view name)
{
    std::map<std::int32_t, std::int64_t> map;
    forEachMember(object, name, [&](const std::string& key, const Json& value) {
        std::int32_t number = 0;
        const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), number);
        if (error == std::errc{} && end == key.data() + key.size()) {
            map[number] = asInteger(value);
        }
    });
    return map;
}

Json offsetMapToJson(const std::map<std::int32_t, std::int64_t>& offsets)
{
    Json json = Json::object();
    for (const auto& [key, value] : offsets) {
        json[numericKey(key)] = value;
    }
    return json;
}

Json toJson(const MessageQueue& queue)
{
    return {{"brokerName", queue.brokerName}, {"queueId", queue.queueId}, {"topic", queue.topic}};
}

MessageQueue messageQueueFromJson(const Json& json)
{
    return {text(json, "topic"), text(json, "brokerName"), integer32(json, "queueId")};
}

MessageQueue messageQueueFromKey(std::string_view key)
{
    const auto json = parseFastjson(key, "a queue key");
    return json ? messageQueueFromJson(*json) : MessageQueue{};
}

std::vector<MessageQueue> messageQueueList(const Json& object, std::string_view name)
{
    std::vector<MessageQueue> queues;
    forEachItem(object, name, [&](const Json& item) { queues.push_back(messageQueueFromJson(item)); });
    return queues;
}

Json toJson(const std::vector<MessageQueue>& queues)
{
    Json json = Json::array();
    for (const MessageQueue& queue : queues) {
        json.push_back(toJson(queue));
    }
    return json;
}

Json toJson(const SubscriptionData& data)
{
    return {{"classFilterMode", data.classFilterMode},
            {"codeSet", data.codeSet},
            {"expressionType", data.expressionType},
            {"subString", data.subString},
            {"subVersion", data.subVersion},
            {"tagsSet", data.tagsSet},
            {"topic", data.topic}};
}

SubscriptionData subscriptionFromJson(const Json& json)
{
    SubscriptionData data;
    data.topic = text(json, "topic");
    data.subString = text(json, "subString", kSubscribeAll);
    data.tagsSet = textList(json, "tagsSet");
    forEachItem(json, "codeSet",
        [&](const Json& code) { data.codeSet.push_back(static_cast<std::int32_t>(asInteger(code))); });
    if (data.codeSet.empty()) {
        for (const std::string& tag : data.tagsSet) {
            data.codeSet.push_back(javaHashCode(tag));
        }
    }
    data.subVersion = integer(json, "subVersion");
    data.expressionType = text(json, "expressionType", kExpressionTag);
    data.classFilterMode = boolean(json, "classFilterMode");
    return data;
}

MessageModel messageModelFrom(const Json& object, std::string_view name)
{
    return enumIndex(object, name, {"BROADCASTING", "CLUSTERING"}) == 0 ? MessageModel::Broadcasting
        : MessageModel::Clustering;
}

ConsumeType consumeTypeFrom(const Json& object, std::string_view name)
{
    const int index = enumIndex(object, name, {"CONSUME_ACTIVELY", "CONSUME_PASSIVELY", "CONSUME_POP"});
    return index < 0 ? ConsumeType::Passively : static_cast<ConsumeType>(index);
}

ConsumeFromWhere consumeFromWhereFrom(const Json& object, std::string_view name)
{
    // 1 to 3 are deprecated; Apache's clients treat them as the last offset.
    const int index = enumIndex(object, name,
                                {"CONSUME_FROM_LAST_OFFSET", "CONSUME_FROM_LAST_OFFSET_AND_FROM_MIN_WHEN_BOOT_FIRST",
                                 "CONSUME_FROM_MIN_OFFSET", "CONSUME_FROM_MAX_OFFSET", "CONSUME_FROM_FIRST_OFFSET",
                                 "CONSUME_FROM_TIMESTAMP"});
    if (index == 4) {
        return ConsumeFromWhere::FirstOffset;
    }
    return index == 5 ? ConsumeFromWhere::Timestamp : ConsumeFromWhere::LastOffset;
}

} // namespace gantry::body
