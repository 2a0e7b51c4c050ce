// SPDX-License-Identifier: Apache-2.0
#include "broker/processors/topic_attributes.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <vector>

namespace gantry {

namespace {

struct Attribute
{
    std::string_view key;
    bool isChangeable = false;
    std::vector<std::string_view> values; ///< empty = a number of at least -1
};

const std::array<Attribute, 4>& knownAttributes()
{
    static const std::array<Attribute, 4> known{{
        {"queue.type", false, {"SimpleCQ"}},
        {"cleanup.policy", false, {"DELETE"}},
        {"message.type", true, {"UNSPECIFIED", "NORMAL", "FIFO", "DELAY", "TRANSACTION"}},
        {"reserve.time", true, {}},
    }};
    return known;
}

Result<> checkValue(const Attribute& attribute, std::string_view value)
{
    if (!attribute.values.empty()) {
        if (std::ranges::find(attribute.values, value) != attribute.values.end()) {
            return {};
        }
        std::string expected;
        for (const std::string_view possible : attribute.values) {
            expected += expected.empty() ? "" : ", ";
            expected += possible;
        }
        return fail(Errc::InvalidArgument, "attribute {}={}: this broker supports {}",
                    attribute.key, value, expected);
    }
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc{} || end != value.data() + value.size() || number < -1) {
        return fail(Errc::InvalidArgument,
                    "attribute {}={}: expected a whole number of at least -1", attribute.key,
                    value);
    }
    return {};
}

} // namespace

Result<TopicAttributes> parseAttributeChanges(std::string_view text)
{
    TopicAttributes changes;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(','), text.size());
        const std::string_view part = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const std::size_t equals = part.find('=');
        const std::string key(part.substr(0, equals));
        const bool isSet = key.size() > 1 && key.front() == '+' && equals != std::string_view::npos;
        const bool isRemoval =
            key.size() > 1 && key.front() == '-' && equals == std::string_view::npos;
        if (!isSet && !isRemoval) {
            return fail(Errc::InvalidArgument, "attributes: '{}' is neither +key=value nor -key",
                        part);
        }
        const std::string value(isSet ? part.substr(equals + 1) : std::string_view{});
        if (!changes.emplace(key, value).second) {
            return fail(Errc::InvalidArgument, "attributes: '{}' is there twice", key);
        }
    }
    return changes;
}

Result<TopicAttributes> changeAttributes(bool isNewTopic, const TopicAttributes& current,
                                         const TopicAttributes& changes)
{
    TopicAttributes result = current;
    for (const auto& [signedKey, value] : changes) {
        const char sign = signedKey.empty() ? '\0' : signedKey.front();
        const std::string key = signedKey.empty() ? std::string() : signedKey.substr(1);
        if (sign != '+' && sign != '-') {
            return fail(Errc::InvalidArgument, "attributes: '{}' must begin with + or -",
                        signedKey);
        }
        if (changes.contains((sign == '+' ? '-' : '+') + key)) {
            return fail(Errc::InvalidArgument, "attributes: '{}' is both set and removed", key);
        }
        const auto known = std::ranges::find(knownAttributes(), key, &Attribute::key);
        if (known == knownAttributes().end()) {
            return fail(Errc::InvalidArgument, "attributes: the key '{}' is not known", key);
        }
        if (isNewTopic && sign == '-') {
            return fail(Errc::InvalidArgument,
                        "attributes: '{}' cannot be removed from a topic that is just being made",
                        key);
        }
        if (!isNewTopic && !known->isChangeable &&
            !(sign == '+' && current.contains(key) && current.at(key) == value)) {
            return fail(Errc::InvalidArgument,
                        "attributes: '{}' is fixed when a topic is made and cannot be changed",
                        key);
        }
        if (sign == '-') {
            if (result.erase(key) == 0) {
                return fail(Errc::InvalidArgument,
                            "attributes: '{}' cannot be removed, the topic has no such attribute",
                            key);
            }
            continue;
        }
        GANTRY_CHECK(checkValue(*known, value));
        result[key] = value;
    }
    return result;
}

} // namespace gantry
