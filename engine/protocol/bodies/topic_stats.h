// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "message/message_queue.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace gantry {

struct TopicOffset
{
    std::int64_t minOffset = 0;
    std::int64_t maxOffset = 0;           ///< next to be written
    std::int64_t lastUpdateTimestamp = 0; ///< ms; 0 if the queue is empty

    bool operator==(const TopicOffset&) const = default;
};

/// Answer to 202.
struct TopicStatsTable
{
    std::map<MessageQueue, TopicOffset> offsetTable;
    double topicPutTps = 0.0;

    [[nodiscard]] std::string encode() const;
    [[nodiscard]] static Result<TopicStatsTable> decode(std::string_view body);
    bool operator==(const TopicStatsTable&) const = default;
};

} // namespace gantry
