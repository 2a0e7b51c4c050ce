// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "protocol/bodies/topic_config.h"

#include <string>
#include <string_view>
#include <vector>

namespace gantry {

/// Body of 103: the topics of the broker that registers.
struct RegisterBrokerBody
{
    TopicConfigTable topicTable;
    std::vector<std::string> filterServers;

    [[nodiscard]] std::string encode() const; ///< JSON
    /// Takes every form: JSON with or without the outer object, the zlib-packed binary form (recognised by its first
    /// byte, because 5.3 brokers do not say), and nothing at all (no topics).
    [[nodiscard]] static Result<RegisterBrokerBody> decode(std::string_view body);
    bool operator==(const RegisterBrokerBody&) const = default;
};

} // namespace gantry
