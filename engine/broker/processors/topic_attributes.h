// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

#include <map>
#include <string>
#include <string_view>

namespace gantry {

using TopicAttributes = std::map<std::string, std::string>;

/// "+message.type=FIFO,-reserve.time" as a map whose keys keep their sign; InvalidArgument names
/// the part that is wrong.
[[nodiscard]] Result<TopicAttributes> parseAttributeChanges(std::string_view text);

/// `current` with changes whose keys begin with '+' (set) or '-' (remove). Refuses keys and values
/// that Apache's brokers do not know, changes of what a topic keeps for life, removal of what is
/// not there, and kinds of topics that this broker has not (BatchCQ queues, compaction).
[[nodiscard]] Result<TopicAttributes>
changeAttributes(bool isNewTopic, const TopicAttributes& current, const TopicAttributes& changes);

} // namespace gantry
