// SPDX-License-Identifier: Apache-2.0
#include "client/send_back.h"

#include "base/log.h"
#include "client/broker_calls.h"
#include "client/consumer_core.h"
#include "client/producer_impl.h"
#include "message/topic_name.h"

#include <limits>

namespace gantry::client {

namespace {

constexpr std::chrono::milliseconds kHandBackTimeout{5'000};
constexpr int kDefaultReconsumeTimesMax = 16;
constexpr int kFirstRetryDelayLevel = 3;

} // namespace

int SendBack::maxReconsumeTimes() const
{
    if (m_core.options().maxReconsumeTimes >= 0) {
        return m_core.options().maxReconsumeTimes;
    }
    return m_core.isOrderly() ? std::numeric_limits<int>::max() : kDefaultReconsumeTimesMax;
}

Result<> SendBack::handBack(const MessageExt& message, int delayLevel)
{
    auto& instance = m_core.instance();
    const auto address =
        instance.writeAddress({message.topic, message.brokerName, message.queueId});
    Result<> handed;
    if (address) {
        handed = calls::sendMessageBack(instance.remoting(), *address, m_core.group(), message,
                                        delayLevel, maxReconsumeTimes(), kHandBackTimeout);
    } else {
        handed = tl::unexpected(address.error());
    }
    if (handed) {
        return {};
    }
    log::warning("client", "group {}: {}; sending message {} to the retry topic instead",
                 m_core.group(), handed.error().message, message.messageId());
    return sendToRetryTopic(message);
}

Result<> SendBack::sendToRetryTopic(const MessageExt& message)
{
    Message copy;
    copy.topic = retryTopicOf(m_core.group());
    copy.body = message.body;
    copy.flag = message.flag;
    copy.properties = message.properties;
    if (copy.properties.value(property::kOriginMessageId).empty()) {
        copy.properties.set(property::kOriginMessageId, message.messageId());
    }
    copy.properties.set(property::kRetryTopic, message.topic);
    copy.properties.set(property::kReconsumeTime, std::to_string(message.reconsumeTimes + 1));
    copy.properties.set(property::kMaxReconsumeTimes, std::to_string(maxReconsumeTimes()));
    copy.properties.remove(property::kTransactionPrepared);
    copy.setDelayLevel(kFirstRetryDelayLevel + message.reconsumeTimes);

    Producer::Options options;
    options.group = "CLIENT_INNER_PRODUCER";
    const auto producer =
        std::make_shared<Producer::Impl>(m_core.instance().shared_from_this(), options);
    GANTRY_TRY(prepared, prepareMessage(std::move(copy), options, m_core.nowMs()));
    GANTRY_CHECK(producer->sendAndWait(prepared, nullptr));
    return {};
}

} // namespace gantry::client
