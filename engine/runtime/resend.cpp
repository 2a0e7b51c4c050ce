// SPDX-License-Identifier: Apache-2.0
#include "runtime/resend.h"

#include <algorithm>
#include <array>

namespace gantry {

namespace {

constexpr std::array<std::string_view, 22> kAddedOnTheWay{
    property::kWaitStoreOk, property::kDelayLevel, property::kRetryTopic, property::kRealTopic, property::kRealQueueId,
    property::kTransactionPrepared, property::kProducerGroup, property::kMinOffset, property::kMaxOffset, property::kOriginMessageId,
    property::kReconsumeTime, property::kMaxReconsumeTimes, property::kMessageRegion, property::kTraceOn, property::kUniqueKey,
    property::kConsumeStartTime, property::kCluster, property::kPopCheckpoint, property::kTimerDelaySec, property::kTimerDelayMs,
    property::kTimerDeliverMs, property::kCrc32};

} // namespace

Message originalOf(const MessageExt& deadLetter)
{
    Message message;
    message.topic = std::string(deadLetter.properties.value(property::kRetryTopic));
    if (message.topic.empty()) {
        message.topic = deadLetter.topic;
    }
    message.flag = deadLetter.flag;
    message.body = deadLetter.body;
    for (const auto& [name, value] : deadLetter.properties) {
        if (std::find(kAddedOnTheWay.begin(), kAddedOnTheWay.end(), name) == kAddedOnTheWay.end()) {
            message.properties.set(name, value);
        }
    }
    return message;
}

} // namespace gantry
