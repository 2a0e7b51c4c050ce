// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

/// Header of 36 CONSUMER_SEND_MSG_BACK.
/// Members are named as on the wire unless visit() says otherwise; see protocol/header_codec.h for how they are read.
namespace gantry {

/// 36.
struct ConsumerSendMsgBackHeader
{
    std::int64_t offset = 0; ///< physical, on the broker that is asked
    std::string group;
    std::int32_t delayLevel = 0; ///< below 0: dead letter; 0: by reconsume times
    std::optional<std::string> originMsgId;
    std::optional<std::string> originTopic;
    std::optional<bool> unitMode;
    std::optional<std::int32_t> maxReconsumeTimes;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("offset", self.offset);
        visitor("group", self.group);
        visitor("delayLevel", self.delayLevel);
        visitor("originMsgId", self.originMsgId);
        visitor("originTopic", self.originTopic);
        visitor("unitMode", self.unitMode);
        visitor("maxReconsumeTimes", self.maxReconsumeTimes);
    }
};

} // namespace gantry
