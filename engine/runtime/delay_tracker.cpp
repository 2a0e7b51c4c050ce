// SPDX-License-Identifier: Apache-2.0
#include "runtime/delay_tracker.h"

#include "message/record_codec.h"
#include "message/topic_name.h"

#include <algorithm>

namespace gantry {

namespace {

/// More than this per level is not a workbench's embedded cluster any more; the number is then unknown.
constexpr std::size_t kTrackedPerLevelMax = 20'000;
/// Entries looked at per level and update, so that a burst does not hold the sampler up.
constexpr int kEntriesPerUpdateMax = 2'000;

std::string realTopicOf(const MessageStore& store, const ConsumeQueueEntry& entry)
{
    const auto record = store.recordAt(entry.commitLogOffset);
    if (!record) {
        return {};
    }
    const RecordParse parsed = parseRecord(asBytes(*record), false);
    if (parsed.status != RecordStatus::Ok) {
        return {};
    }
    return std::string(findEncodedProperty(parsed.record.properties, property::kRealTopic).value_or(std::string_view{}));
}

/// Due times ascend within a level, so the first that is still waiting is found by halving.
std::int64_t firstWaiting(const MessageStore& store, std::int32_t queueId, std::int64_t nowMs)
{
    std::int64_t low = store.minOffset(kScheduleTopic, queueId);
    std::int64_t high = store.maxOffset(kScheduleTopic, queueId);
    while (low < high) {
        const std::int64_t middle = low + (high - low) / 2;
        const auto entry = store.entryAt(kScheduleTopic, queueId, middle);
        if (!entry || entry->tagsCode <= nowMs) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

} // namespace

void DelayTracker::update(const MessageStore& store, std::int64_t nowMs)
{
    m_levels.resize(store.config().delayLevels.size());
    m_isIncomplete = false;
    for (std::size_t i = 0; i < m_levels.size(); ++i) {
        Level& level = m_levels[i];
        const auto queueId = static_cast<std::int32_t>(i);
        if (level.nextOffset < 0) {
            level.nextOffset = firstWaiting(store, queueId, nowMs);
        }
        const std::int64_t end = store.maxOffset(kScheduleTopic, queueId);
        const bool hasRoom = level.waiting.size() < kTrackedPerLevelMax;
        if (level.nextOffset < end && hasRoom) {
            for (const auto& entry : store.entries(kScheduleTopic, queueId, level.nextOffset, kEntriesPerUpdateMax)) {
                level.nextOffset = entry.queueOffset + 1;
                if (entry.tagsCode > nowMs) {
                    std::string topic = realTopicOf(store, entry);
                    ++m_waitingByTopic[topic];
                    level.waiting.emplace_back(entry.tagsCode, std::move(topic));
                }
            }
        }
        while (!level.waiting.empty() && level.waiting.front().first <= nowMs) {
            --m_waitingByTopic[level.waiting.front().second];
            level.waiting.pop_front();
        }
        m_isIncomplete = m_isIncomplete || level.nextOffset < end;
    }
    std::erase_if(m_waitingByTopic, [](const auto& entry) { return entry.second == 0; });
}

std::optional<std::int64_t> DelayTracker::waitingFor(const std::string& topic) const
{
    if (m_isIncomplete) {
        return std::nullopt;
    }
    const auto found = m_waitingByTopic.find(topic);
    return found == m_waitingByTopic.end() ? 0 : found->second;
}

} // namespace gantry
