// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "message/message_queue.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gantry {

/// How far a group is in one queue.
struct OffsetWrapper
{
    std::int64_t brokerOffset = 0;   ///< the queue's end
    std::int64_t consumerOffset = 0; ///< next to be consumed
    std::int64_t pullOffset = 0;
    std::int64_t lastTimestamp = 0;  ///< ms, store time of the last consumed message

    bool operator==(const OffsetWrapper&) const = default;
};

/// Answer to 208.
struct ConsumeStats
{
    std::map<MessageQueue, OffsetWrapper> offsetTable;
    double consumeTps = 0.0;

    [[nodiscard]] std::string encode() const;
    [[nodiscard]] static Result<ConsumeStats> decode(std::string_view body);
    bool operator==(const ConsumeStats&) const = default;
};

/// Answer to 317.
struct ConsumeStatsList
{
    std::string brokerAddr;
    std::map<std::string, std::vector<ConsumeStats>> consumeStats; ///< by group
    std::int64_t totalDiff = 0;
    std::int64_t totalInflightDiff = 0;

    [[nodiscard]] std::string encode() const;
    [[nodiscard]] static Result<ConsumeStatsList> decode(std::string_view body);
    bool operator==(const ConsumeStatsList&) const = default;
};

} // namespace gantry
