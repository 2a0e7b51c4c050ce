// SPDX-License-Identifier: Apache-2.0
#include "broker/message_building.h"

#include "message/message_id.h"
#include "message/message_property.h"
#include "message/sys_flag.h"
#include "message/topic_name.h"

#include <algorithm>
#include <atomic>
#include <charconv>

namespace gantry {

namespace {

constexpr char kNameEnd = '\x01';
constexpr char kPairEnd = '\x02';

void appendProperty(std::string& properties, std::string_view name, std::string_view value)
{
    if (!properties.empty() && properties.back() != kPairEnd) {
        properties += kPairEnd;
    }
    properties += name;
    properties += kNameEnd;
    properties += value;
    properties += kPairEnd;
}

/// `current` is what stands there, empty if nothing does.
void setProperty(std::string& properties, std::string_view name, std::string_view current, std::string_view value)
{
    if (current.empty()) {
        appendProperty(properties, name, value);
    } else if (current != value) {
        properties = withEncodedProperty(properties, name, value);
    }
}

} // namespace

std::int32_t randomQueueId(std::int32_t count)
{
    static std::atomic<std::uint32_t> next{0};
    return count <= 0 ? 0 : static_cast<std::int32_t>(next.fetch_add(1, std::memory_order_relaxed) % static_cast<std::uint32_t>(count));
}

SentProperties SentProperties::scan(std::string_view properties)
{
    SentProperties sent;
    sent.text = properties;
    forEachEncodedProperty(properties, [&sent](std::string_view name, std::string_view value) {
        // By the first letter: this runs for every property of every message.
        switch (name.front()) {
        case 'U':
            if (name == property::kUniqueKey) {
                sent.uniqueKey = value;
            }
            break;
        case 'W':
            if (name == property::kWaitStoreOk) {
                sent.waitStoreOk = value;
            }
            break;
        case 'D':
            if (name == property::kDelayLevel) {
                sent.delayLevel = value;
            }
            break;
        case 'C':
            if (name == property::kCluster) {
                sent.cluster = value;
            }
            break;
        case 'M':
            if (name == property::kMessageRegion) {
                sent.region = value;
            }
            break;
        case 'P':
            sent.hasPopCheckpoint = sent.hasPopCheckpoint || name == property::kPopCheckpoint;
            break;
        case 'T':
            if (name == property::kTransactionPrepared) {
                sent.transactionPrepared = value;
            } else if (name == property::kTraceOn) {
                sent.traceOn = value;
            } else if (name == property::kTimerDelaySec || name == property::kTimerDelayMs || name == property::kTimerDeliverMs) {
                sent.hasTimer = true;
            }
            break;
        default:
            break;
        }
    });
    return sent;
}

std::string completeProperties(std::string_view properties, std::string_view clusterName, std::string& uniqueKey)
{
    return completeSentProperties(SentProperties::scan(properties), clusterName, uniqueKey);
}

std::string completeSentProperties(const SentProperties& sent, std::string_view clusterName, std::string& uniqueKey)
{
    std::string result;
    result.reserve(sent.text.size() + clusterName.size() + 128);
    result = sent.text;
    if (sent.hasPopCheckpoint) {
        result = withoutEncodedProperty(result, property::kPopCheckpoint);
    }
    if (!sent.uniqueKey.empty()) {
        uniqueKey = sent.uniqueKey;
    } else {
        uniqueKey = makeUniqueMessageId();
        appendProperty(result, property::kUniqueKey, uniqueKey);
    }
    setProperty(result, property::kMessageRegion, sent.region, kRegion);
    setProperty(result, property::kTraceOn, sent.traceOn, "true");
    setProperty(result, property::kCluster, sent.cluster, clusterName);
    return result;
}

std::int32_t parseDelayLevel(std::string_view value)
{
    std::int32_t level = 0;
    std::from_chars(value.data(), value.data() + value.size(), level);
    return level;
}

std::int32_t delayLevelOf(std::string_view properties)
{
    return parseDelayLevel(findEncodedProperty(properties, property::kDelayLevel).value_or(std::string_view{}));
}

void moveToScheduleTopic(PutRequest& request, std::int32_t levelMax)
{
    const auto type = sysflag::transactionType(request.sysFlag);
    if (type != sysflag::kTransactionNone && type != sysflag::kTransactionCommit) {
        return;
    }
    const auto wanted = delayLevelOf(request.properties);
    if (wanted <= 0) {
        return;
    }
    const auto level = std::min(wanted, levelMax);
    auto properties = PropertyList::decode(request.properties);
    properties.remove(property::kTimerDeliverMs);
    properties.remove(property::kTimerDelaySec);
    properties.remove(property::kTimerDelayMs);
    properties.set(property::kDelayLevel, std::to_string(level));
    properties.set(property::kRealTopic, request.topic);
    properties.set(property::kRealQueueId, std::to_string(request.queueId));
    request.properties = properties.encode();
    request.topic = kScheduleTopic;
    request.queueId = level - 1;
}

PutRequest putRequestOf(const RecordView& record)
{
    PutRequest request;
    request.topic = record.topic;
    request.queueId = record.queueId;
    request.flag = record.flag;
    request.sysFlag = record.sysFlag & ~(sysflag::kBornHostV6 | sysflag::kStoreHostV6);
    request.bornTimestampMs = record.bornTimestampMs;
    request.bornHost = record.bornHost;
    request.reconsumeTimes = record.reconsumeTimes;
    request.preparedTransactionOffset = record.preparedTransactionOffset;
    request.properties = record.properties;
    request.body = record.body;
    return request;
}

} // namespace gantry
