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

void setProperty(std::string& properties, std::string_view name, std::string_view value)
{
    if (const auto old = findEncodedProperty(properties, name); !old) {
        appendProperty(properties, name, value);
    } else if (*old != value) {
        properties = withEncodedProperty(properties, name, value);
    }
}

} // namespace

std::int32_t randomQueueId(std::int32_t count)
{
    static std::atomic<std::uint32_t> next{0};
    return count <= 0 ? 0 : static_cast<std::int32_t>(next.fetch_add(1, std::memory_order_relaxed) % static_cast<std::uint32_t>(count));
}

std::string completeProperties(std::string_view properties, std::string_view clusterName, std::string& uniqueKey)
{
    std::string result;
    result.reserve(properties.size() + clusterName.size() + 128);
    result = properties;
    if (findEncodedProperty(result, property::kPopCheckpoint)) {
        result = withoutEncodedProperty(result, property::kPopCheckpoint);
    }
    if (const auto key = findEncodedProperty(result, property::kUniqueKey); key && !key->empty()) {
        uniqueKey = *key;
    } else {
        uniqueKey = makeUniqueMessageId();
        result = withoutEncodedProperty(result, property::kUniqueKey);
        appendProperty(result, property::kUniqueKey, uniqueKey);
    }
    setProperty(result, property::kMessageRegion, kRegion);
    setProperty(result, property::kTraceOn, "true");
    setProperty(result, property::kCluster, clusterName);
    return result;
}

std::int32_t delayLevelOf(std::string_view properties)
{
    const auto text = findEncodedProperty(properties, property::kDelayLevel);
    std::int32_t level = 0;
    if (text) {
        std::from_chars(text->data(), text->data() + text->size(), level);
    }
    return level;
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
