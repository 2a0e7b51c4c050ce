// SPDX-License-Identifier: Apache-2.0
#include "dedup/idempotent_consumer.h"

#include "base/log.h"

namespace gantry {

IdempotentConsumer::IdempotentConsumer(DedupLog& log, std::string group, DedupMode mode, Effect effect, KeyOf keyOf)
    : m_log(log)
    , m_group(std::move(group))
    , m_mode(mode)
    , m_effect(std::move(effect))
    , m_keyOf(keyOf ? std::move(keyOf) : KeyOf(&IdempotentConsumer::defaultKey))
{}

std::string IdempotentConsumer::defaultKey(const MessageExt& message)
{
    const std::string_view keys = message.keys();
    const std::string_view first = keys.substr(0, keys.find(' '));
    return first.empty() ? message.messageId() : std::string(first);
}

bool IdempotentConsumer::consume(const MessageExt& message)
{
    DedupEntry delivery;
    delivery.group = m_group;
    delivery.key = m_keyOf(message);
    delivery.messageId = message.messageId();
    delivery.topic = message.topic;
    delivery.brokerName = message.brokerName;
    delivery.queueId = message.queueId;
    delivery.queueOffset = message.queueOffset;
    const auto outcome = m_log.apply(delivery, m_mode.load(), [&](sqlite3& connection) { return m_effect(message, connection); });
    if (!outcome) {
        log::warning("dedup", "{} could not record {}: {}", m_group, delivery.key, outcome.error().message);
        return false; // without the log's promise the message must come again
    }
    return *outcome != DedupOutcome::Failed;
}

} // namespace gantry
