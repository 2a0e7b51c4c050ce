// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "message/message_queue.h"
#include "message/subscription.h"
#include "protocol/fastjson_dialect.h"

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

/// Inside of the body codecs; includes a heavy header, so only sources of this folder include it.
/// Readers are lenient as Java's are: what is absent, null or of a strange type becomes the fallback.
namespace gantry::body {

using Json = nlohmann::json;

/// The document if it is an object; an empty text counts as {}.
[[nodiscard]] Result<Json> parseObject(std::string_view text, std::string_view what);

/// Fails unless there is an object of that name: a table without its table is damaged, not empty.
[[nodiscard]] Result<> requireObject(const Json& object, std::string_view name, std::string_view what);
/// The member, or nothing if it is absent or null.
[[nodiscard]] const Json* member(const Json& object, std::string_view name);
[[nodiscard]] std::string text(const Json& object, std::string_view name, std::string_view fallback = {});
[[nodiscard]] std::int64_t integer(const Json& object, std::string_view name, std::int64_t fallback = 0);
[[nodiscard]] std::int32_t integer32(const Json& object, std::string_view name, std::int32_t fallback = 0);
[[nodiscard]] double real(const Json& object, std::string_view name);
[[nodiscard]] bool boolean(const Json& object, std::string_view name, bool fallback = false);
/// An enum as its name or its ordinal among `names`; -1 for anything else.
[[nodiscard]] int enumIndex(const Json& object, std::string_view name, std::initializer_list<std::string_view> names);
[[nodiscard]] std::string asText(const Json& value);
[[nodiscard]] std::int64_t asInteger(const Json& value, std::int64_t fallback = 0);

[[nodiscard]] std::vector<std::string> textList(const Json& object, std::string_view name);
[[nodiscard]] std::map<std::string, std::string> textMap(const Json& object, std::string_view name);
[[nodiscard]] std::map<std::int32_t, std::int64_t> offsetMap(const Json& object, std::string_view name);
[[nodiscard]] Json offsetMapToJson(const std::map<std::int32_t, std::int64_t>& offsets);

/// visitor(value) for each element of the array `name`; nothing happens if it is no array.
template <typename Visitor>
void forEachItem(const Json& object, std::string_view name, Visitor&& visitor)
{
    if (const Json* const list = member(object, name); list != nullptr && list->is_array()) {
        for (const Json& item : *list) {
            visitor(item);
        }
    }
}

/// visitor(key, value) for each member of the object `name`.
template <typename Visitor>
void forEachMember(const Json& object, std::string_view name, Visitor&& visitor)
{
    if (const Json* const map = member(object, name); map != nullptr && map->is_object()) {
        for (const auto& [key, value] : map->items()) {
            visitor(key, value);
        }
    }
}

[[nodiscard]] Json toJson(const MessageQueue& queue);
[[nodiscard]] MessageQueue messageQueueFromJson(const Json& json);
/// A map key: the queue's JSON as text (object keys arrive so).
[[nodiscard]] MessageQueue messageQueueFromKey(std::string_view key);
[[nodiscard]] std::vector<MessageQueue> messageQueueList(const Json& object, std::string_view name);
[[nodiscard]] Json toJson(const std::vector<MessageQueue>& queues);

[[nodiscard]] Json toJson(const SubscriptionData& data);
[[nodiscard]] SubscriptionData subscriptionFromJson(const Json& json);

[[nodiscard]] MessageModel messageModelFrom(const Json& object, std::string_view name);
[[nodiscard]] ConsumeType consumeTypeFrom(const Json& object, std::string_view name);
[[nodiscard]] ConsumeFromWhere consumeFromWhereFrom(const Json& object, std::string_view name);

} // namespace gantry::body
