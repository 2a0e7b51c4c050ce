// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "message/message_queue.h"
#include "message/subscription.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gantry {

/// One ConsumeQueue entry in the answer to 321.
struct ConsumeQueueRow
{
    std::int64_t physicOffset = 0;
    std::int32_t physicSize = 0; ///< bytes
    std::int64_t tagsCode = 0;
    bool eval = false;           ///< whether the group's filter would let it pass
    std::string extendDataJson;  ///< empty = absent, as the next two
    std::string bitMap;
    std::string msg;

    bool operator==(const ConsumeQueueRow&) const = default;
};

/// Answer to 321.
struct QueryConsumeQueueResponse
{
    std::optional<SubscriptionData> subscription;
    std::string filterData; ///< empty = absent
    std::vector<ConsumeQueueRow> rows;
    std::int64_t maxQueueIndex = 0;
    std::int64_t minQueueIndex = 0;

    [[nodiscard]] std::string encode() const;
    [[nodiscard]] static Result<QueryConsumeQueueResponse> decode(std::string_view body);
    bool operator==(const QueryConsumeQueueResponse&) const = default;
};

/// One queue in the answer to 303; times in ms.
struct QueueTimeSpan
{
    MessageQueue queue;
    std::int64_t minTimestamp = 0;
    std::int64_t maxTimestamp = 0;
    std::int64_t consumeTimestamp = 0;
    std::int64_t delayTime = 0;

    bool operator==(const QueueTimeSpan&) const = default;
};

/// Answer to 303.
struct QueryConsumeTimeSpanBody
{
    std::vector<QueueTimeSpan> spans;

    [[nodiscard]] std::string encode() const;
    [[nodiscard]] static Result<QueryConsumeTimeSpanBody> decode(std::string_view body);
    bool operator==(const QueryConsumeTimeSpanBody&) const = default;
};

} // namespace gantry
