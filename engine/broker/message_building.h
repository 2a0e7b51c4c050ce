// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "message/record_codec.h"
#include "store/put_result.h"

#include <string>
#include <string_view>

namespace gantry {

/// A queue id below `count`, another one each time.
[[nodiscard]] std::int32_t randomQueueId(std::int32_t count);

/// Clients of this version (V3_4_9) and later say themselves how often a message may be consumed again.
inline constexpr std::int32_t kVersionWithMaxReconsumeTimes = 121;

/// Apache's regionId; names where a message was traced.
inline constexpr std::string_view kRegion = "DefaultRegion";

/// What the broker wants to know of the properties a client sent, found in one walk. Empty = not there; views point into
/// what was scanned.
struct SentProperties
{
    std::string_view text; ///< all of them, encoded
    std::string_view uniqueKey;
    std::string_view delayLevel;
    std::string_view waitStoreOk;
    std::string_view transactionPrepared;
    std::string_view region;
    std::string_view traceOn;
    std::string_view cluster;
    bool hasTimer = false;         ///< any of TIMER_DELAY_SEC, TIMER_DELAY_MS, TIMER_DELIVER_MS
    bool hasPopCheckpoint = false;

    [[nodiscard]] static SentProperties scan(std::string_view properties);
};

/// The properties a broker adds to every message sent to it: CLUSTER, MSG_REGION, TRACE_ON, and UNIQ_KEY if the client
/// made none; POP_CK is taken out. `uniqueKey` gets the key.
[[nodiscard]] std::string completeProperties(std::string_view properties, std::string_view clusterName, std::string& uniqueKey);
[[nodiscard]] std::string completeSentProperties(const SentProperties& sent, std::string_view clusterName, std::string& uniqueKey);

/// The DELAY level of encoded properties, 0 if there is none.
[[nodiscard]] std::int32_t delayLevelOf(std::string_view properties);
/// The number of a DELAY property, 0 if it is none.
[[nodiscard]] std::int32_t parseDelayLevel(std::string_view value);

/// Parks a message with a DELAY level in SCHEDULE_TOPIC_XXXX (queue level - 1), remembering where it belongs in
/// REAL_TOPIC and REAL_QID. Does nothing for messages without a level and for half messages.
void moveToScheduleTopic(PutRequest& request, std::int32_t levelMax);

/// A message like the record, to be put again.
[[nodiscard]] PutRequest putRequestOf(const RecordView& record);

} // namespace gantry
