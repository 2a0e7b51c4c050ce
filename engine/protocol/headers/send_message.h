// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

/// Headers of the send family: 10 SEND_MESSAGE and 324 with long names, 310 SEND_MESSAGE_V2, 320 SEND_BATCH_MESSAGE
/// and 325 with one-letter names, and their response.
/// Members are named as on the wire unless visit() says otherwise; see protocol/header_codec.h for how they are read.
namespace gantry {

/// 10, 324: long names.
struct SendMessageHeader
{
    std::string producerGroup;
    std::string topic;
    std::string defaultTopic; ///< template for a topic that does not exist, normally TBW102
    std::int32_t defaultTopicQueueNums = 0;
    std::int32_t queueId = 0; ///< below 0: the broker picks one
    std::int32_t sysFlag = 0;
    std::int64_t bornTimestamp = 0; ///< ms
    std::int32_t flag = 0;
    std::optional<std::string> properties; ///< encoded form
    std::optional<std::int32_t> reconsumeTimes;
    std::optional<bool> unitMode;
    std::optional<std::int32_t> maxReconsumeTimes; ///< only towards %RETRY% topics
    std::optional<bool> batch;
    std::optional<std::string> brokerName; ///< a hint of static topics; ignored

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
        visitor("maxReconsumeTimes", self.maxReconsumeTimes);
        visitor("batch", self.batch);
        visitor("bname", self.brokerName);
    }
};

/// Answer to every send; Java clients fail without the mandatory ones.
struct SendMessageResponseHeader
{
    std::string msgId; ///< offset message id; of a batch joined with commas
    std::int32_t queueId = 0;
    std::int64_t queueOffset = 0; ///< of a batch the first message's
    std::optional<std::string> transactionId; ///< the unique key
    std::optional<std::string> batchUniqId;
    std::optional<std::string> recallHandle;
    std::optional<std::string> region;
    std::optional<std::string> traceOn; ///< "true" or "false"

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("msgId", self.msgId);
        visitor("queueId", self.queueId);
        visitor("queueOffset", self.queueOffset);
        visitor("transactionId", self.transactionId);
        visitor("batchUniqId", self.batchUniqId);
        visitor("recallHandle", self.recallHandle);
        visitor("MSG_REGION", self.region);
        visitor("TRACE_ON", self.traceOn);
    }
};

/// 310, 320, 325: the same fields under one-letter names.
struct SendMessageHeaderV2 : SendMessageHeader
{
    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("a", self.producerGroup);
        visitor("b", self.topic);
        visitor("c", self.defaultTopic);
        visitor("d", self.defaultTopicQueueNums);
        visitor("e", self.queueId);
        visitor("f", self.sysFlag);
        visitor("g", self.bornTimestamp);
        visitor("h", self.flag);
        visitor("i", self.properties);
        visitor("j", self.reconsumeTimes);
        visitor("k", self.unitMode);
        visitor("l", self.maxReconsumeTimes);
        visitor("m", self.batch);
        visitor("n", self.brokerName);
    }
};

} // namespace gantry
