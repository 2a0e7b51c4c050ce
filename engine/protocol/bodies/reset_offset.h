// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "message/message_queue.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace gantry {

/// Answer to 222 and body of 220.
struct ResetOffsetBody
{
    std::map<MessageQueue, std::int64_t> offsets;

    [[nodiscard]] std::string encode() const;
    /// The list form that C++ clients want.
    [[nodiscard]] std::string encodeForCpp() const;
    [[nodiscard]] static Result<ResetOffsetBody> decode(std::string_view body); ///< both forms
    bool operator==(const ResetOffsetBody&) const = default;
};

/// Answer to 221 (messageQueueTable) and 223 (consumerTable).
struct GetConsumerStatusBody
{
    std::map<MessageQueue, std::int64_t> messageQueueTable;
    std::map<std::string, std::map<MessageQueue, std::int64_t>> consumerTable; ///< by client id

    [[nodiscard]] std::string encode() const;
    [[nodiscard]] static Result<GetConsumerStatusBody> decode(std::string_view body);
    bool operator==(const GetConsumerStatusBody&) const = default;
};

} // namespace gantry
