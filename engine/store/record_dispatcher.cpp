// SPDX-License-Identifier: Apache-2.0
#include "store/record_dispatcher.h"

#include "base/log.h"
#include "base/saturating.h"
#include "message/message_property.h"
#include "message/subscription.h"
#include "message/sys_flag.h"
#include "message/topic_name.h"
#include "store/file_names.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace gantry {

namespace {

/// No file reaches so far: a number that says so is damaged.
constexpr std::int64_t kQueueOffsetMax = std::numeric_limits<std::int64_t>::max() / (2 * kConsumeQueueEntrySize);

} // namespace

bool RecordDispatcher::isQueued(const RecordView& record)
{
    const std::int32_t type = sysflag::transactionType(record.sysFlag);
    return type == sysflag::kTransactionNone || type == sysflag::kTransactionCommit;
}

bool RecordDispatcher::isPossible(const RecordView& record)
{
    return isDirectoryName(record.topic) && record.queueId >= 0 && record.queueOffset >= 0 && record.queueOffset <= kQueueOffsetMax;
}

RecordDispatcher::RecordDispatcher(const StoreConfig& config, ConsumeQueueStore& queues,
                                   IndexService& index)
    : m_delayLevels(config.delayLevels.empty() ? defaultDelayLevels() : config.delayLevels)
    , m_queues(queues)
    , m_index(index)
{}

RecordDispatcher::Words::Words(std::string_view properties)
{
    forEachEncodedProperty(properties, [this](std::string_view name, std::string_view value) {
        // By the first letter: this runs for every property of every message.
        switch (name.front()) {
        case 'T':
            tags = name == property::kTags ? value : tags;
            break;
        case 'K':
            keys = name == property::kKeys ? value : keys;
            break;
        case 'U':
            uniqueKey = name == property::kUniqueKey ? value : uniqueKey;
            break;
        case 'D':
            delayLevel = name == property::kDelayLevel ? value : delayLevel;
            break;
        default:
            break;
        }
    });
}

std::int64_t RecordDispatcher::tagsCode(const RecordView& record) const
{
    return tagsCode(record, Words(record.properties));
}

std::int64_t RecordDispatcher::tagsCode(const RecordView& record, const Words& words) const
{
    if (record.topic == kScheduleTopic) {
        const std::string_view text = words.delayLevel;
        int level = 0;
        if (std::from_chars(text.data(), text.data() + text.size(), level).ec == std::errc{} && level > 0) {
            const auto index = std::min(static_cast<std::size_t>(level), m_delayLevels.size()) - 1;
            return saturatingAdd(record.storeTimestampMs, m_delayLevels[index].count());
        }
    }
    return tagsCodeOf(words.tags);
}

RecordDispatcher::Outcome RecordDispatcher::dispatchDamaged(const RecordView& record)
{
    return enter(record, Words(record.properties), nullptr);
}

RecordDispatcher::Outcome RecordDispatcher::enter(const RecordView& record, const Words& words, const ConsumeQueuePtr& known)
{
    Outcome outcome;
    if (!isQueued(record)) {
        return outcome;
    }
    if (!isPossible(record)) {
        log::error("store", "the record at CommitLog offset {} says it is number {} of queue {} of '{}', which cannot be; it is left out",
                   record.physicalOffset, record.queueOffset, record.queueId, record.topic);
        return outcome;
    }
    const ConsumeQueuePtr queue = known ? known : m_queues.findOrCreate(record.topic, record.queueId);
    const bool isKnown = queue->maxCommitLogOffset() >= 0;
    outcome.foundGap = isKnown && record.queueOffset > queue->maxOffset();
    outcome.tagsCode = tagsCode(record, words);
    const auto appended = m_queues.append(
        queue, record.queueOffset, {record.physicalOffset, record.totalSize, outcome.tagsCode});
    outcome.isConsumable = appended == ConsumeQueue::Appended::Yes;
    if (appended == ConsumeQueue::Appended::GapTooLarge) {
        log::error("store",
                   "the record at CommitLog offset {} says it is number {} of queue {} of {}, "
                   "which has {}; it is left out",
                   record.physicalOffset, record.queueOffset, record.queueId, record.topic,
                   queue->maxOffset());
    }
    return outcome;
}

RecordDispatcher::Outcome RecordDispatcher::dispatch(const RecordView& record, const ConsumeQueuePtr& queue)
{
    const Words words(record.properties);
    const Outcome outcome = enter(record, words, queue);
    m_index.put(record, words.uniqueKey, words.keys);
    return outcome;
}

void RecordDispatcher::index(const RecordView& record)
{
    const Words words(record.properties);
    m_index.put(record, words.uniqueKey, words.keys);
}

} // namespace gantry
