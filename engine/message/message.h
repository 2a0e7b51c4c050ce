// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "message/host_address.h"
#include "message/message_property.h"

#include <cstdint>
#include <string>

namespace gantry {

/// What a producer makes.
struct Message
{
    std::string topic;
    std::int32_t flag = 0;     ///< the user's, opaque
    PropertyList properties;
    std::string body;

    [[nodiscard]] std::string_view keys() const { return properties.value(property::kKeys); }
    [[nodiscard]] std::string_view tags() const { return properties.value(property::kTags); }
    [[nodiscard]] std::string_view uniqueKey() const { return properties.value(property::kUniqueKey); }
    [[nodiscard]] std::int32_t delayLevel() const;
    void setKeys(std::string_view blankSeparated) { properties.set(property::kKeys, blankSeparated); }
    void setTags(std::string_view tag) { properties.set(property::kTags, tag); }
    void setDelayLevel(std::int32_t level) { properties.set(property::kDelayLevel, std::to_string(level)); }
};

/// A message as stored: what the broker added to it.
struct MessageExt : Message
{
    std::string brokerName;               ///< filled by the reader, not stored
    std::int32_t queueId = 0;
    std::int64_t queueOffset = 0;
    std::int64_t commitLogOffset = 0;     ///< physical offset
    std::int32_t storeSize = 0;           ///< of the whole record, bytes
    std::int32_t sysFlag = 0;
    std::int64_t bornTimestampMs = 0;
    HostAddress bornHost;
    std::int64_t storeTimestampMs = 0;
    HostAddress storeHost;
    std::int32_t bodyCrc = 0;
    std::int32_t reconsumeTimes = 0;
    std::int64_t preparedTransactionOffset = 0;

    /// Store host and physical offset as hex: finds the message on its broker.
    [[nodiscard]] std::string offsetMessageId() const;
    /// The unique key if there is one, else the offset id; what clients show as msgId.
    [[nodiscard]] std::string messageId() const;
};

} // namespace gantry
