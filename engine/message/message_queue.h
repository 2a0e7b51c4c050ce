// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace gantry {

/// One queue of a topic on one broker. Orders as Java's MessageQueue does: topic, brokerName, queueId.
struct MessageQueue
{
    std::string topic;
    std::string brokerName;
    std::int32_t queueId = 0;

    auto operator<=>(const MessageQueue&) const = default;
};

} // namespace gantry
