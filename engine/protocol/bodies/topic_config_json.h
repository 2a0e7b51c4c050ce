// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/bodies/body_json.h"
#include "protocol/bodies/topic_config.h"

namespace gantry::body {

[[nodiscard]] Json toJson(const DataVersion& version);
[[nodiscard]] DataVersion dataVersionFromJson(const Json& json);
[[nodiscard]] DataVersion dataVersionFrom(const Json& object, std::string_view name);
[[nodiscard]] Json toJson(const TopicConfig& config);
[[nodiscard]] TopicConfig topicConfigFromJson(const Json& json);
[[nodiscard]] Json toJson(const TopicConfigTable& table);
/// With the members that only travel.
[[nodiscard]] Json toWireJson(const TopicConfigTable& table);
[[nodiscard]] TopicConfigTable topicConfigTableFromJson(const Json& json);

} // namespace gantry::body
