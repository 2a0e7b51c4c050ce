// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

/// Header of 326 PUSH_REPLY_MESSAGE_TO_CLIENT.
/// Members are named as on the wire unless visit() says otherwise; see protocol/header_codec.h for how they are read.
namespace gantry {

/// 326, broker to producer.
struct ReplyMessageHeader
{
    std::string producerGroup;
    std::string topic;
    std::string defaultTopic;
    std::int32_t defaultTopicQueueNums = 0;
    std::int32_t queueId = 0;
    std::int32_t sysFlag = 0;
    std::int64_t bornTimestamp = 0; ///< ms
    std::int32_t flag = 0;
    std::optional<std::string> properties; ///< encoded form
    std::optional<std::int32_t> reconsumeTimes;
    std::optional<bool> unitMode;
    std::string bornHost; ///< ip:port
    std::string storeHost; ///< ip:port
    std::int64_t storeTimestamp = 0; ///< ms

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("producerGroup", self.producerGroup);
        visitor("topic", self.topic);
        visitor("defaultTopic", self.defaultTopic);
        visitor("defaultTopicQueueNums", self.defaultTopicQueueNums);
        visitor("queueId", self.queueId);
        visitor("sysFlag", self.sysFlag);
        visitor("bornTimestamp", self.bornTimestamp);
        visitor("flag", self.flag);
        visitor("properties", self.properties);
        visitor("reconsumeTimes", self.reconsumeTimes);
        visitor("unitMode", self.unitMode);
        visitor("bornHost", self.bornHost);
        visitor("storeHost", self.storeHost);
        visitor("storeTimestamp", self.storeTimestamp);
    }
};

} // namespace gantry
