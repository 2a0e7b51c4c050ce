// SPDX-License-Identifier: Apache-2.0
#include "runtime/retry_search.h"

#include "message/record_codec.h"
#include "message/topic_name.h"

#include <algorithm>

namespace gantry {

namespace {

RetryEntry makeEntry(MessageExt message, RetryEntry::State state, const RetrySearch& search)
{
    RetryEntry entry;
    entry.state = state;
    entry.group = search.group;
    entry.attempt = message.reconsumeTimes;
    entry.attemptsMax = search.attemptsMax;
    entry.originTopic = std::string(message.properties.value(property::kRetryTopic));
    entry.message = std::move(message);
    return entry;
}

/// Walks the delay levels from their ends back while entries are not yet due.
void collectDelayed(const StoreRef& ref, const RetrySearch& search, const CancelToken& cancel, RetryPage& page)
{
    constexpr int kMessagesPerStep = 64;
    const std::string retryTopic = retryTopicOf(search.group);
    const auto levels = static_cast<std::int32_t>(ref.store->config().delayLevels.size());
    for (std::int32_t queueId = 0; queueId < levels; ++queueId) {
        const std::int64_t first = ref.store->minOffset(kScheduleTopic, queueId);
        std::int64_t end = ref.store->maxOffset(kScheduleTopic, queueId);
        bool stillWaiting = true;
        while (stillWaiting && end > first) {
            const std::int64_t from = std::max(first, end - kMessagesPerStep);
            const auto entries = ref.store->entries(kScheduleTopic, queueId, from, static_cast<int>(end - from));
            for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
                if (cancel.isCancelled() || static_cast<int>(page.waiting.size()) >= search.countMax) {
                    page.isComplete = false;
                    return;
                }
                if (entry->tagsCode <= search.nowMs) {
                    stillWaiting = false;
                    break;
                }
                const auto record = ref.store->recordAt(entry->commitLogOffset);
                auto message = record ? decodeForViewing(*record, ref.brokerName) : fail(Errc::NotFound, "gone");
                if (message && message->properties.value(property::kRealTopic) == retryTopic) {
                    page.waiting.push_back(makeEntry(std::move(*message), RetryEntry::State::WaitingForDelay, search));
                    page.waiting.back().dueMs = entry->tagsCode;
                }
            }
            end = from;
        }
    }
}

void collectReady(const StoreRef& ref, const RetrySearch& search, const CancelToken& cancel, RetryPage& page)
{
    const std::string topic = retryTopicOf(search.group);
    for (const auto& [name, queueId] : ref.store->queues()) {
        if (name != topic) {
            continue;
        }
        const std::int64_t committed = search.consumerOffset ? search.consumerOffset(ref.brokerName, queueId) : -1;
        const std::int64_t from = std::max(committed, ref.store->minOffset(topic, queueId));
        const int room = search.countMax - static_cast<int>(page.waiting.size());
        auto found = browseQueue({ref}, {topic, ref.brokerName, queueId}, from, std::max(room, 0), cancel);
        if (!found) {
            continue;
        }
        page.isComplete = page.isComplete && found->isComplete;
        for (auto& message : found->messages) {
            page.waiting.push_back(makeEntry(std::move(message), RetryEntry::State::Ready, search));
        }
    }
}

void collectDeadLetters(const std::vector<StoreRef>& stores, const RetrySearch& search, const CancelToken& cancel, RetryPage& page)
{
    auto found = browseTime(stores, deadLetterTopicOf(search.group), 0, search.nowMs, search.countMax, cancel);
    if (!found) {
        return;
    }
    page.isComplete = page.isComplete && found->isComplete;
    for (auto& message : found->messages) {
        page.deadLetters.push_back(makeEntry(std::move(message), RetryEntry::State::DeadLetter, search));
    }
}

} // namespace

RetryPage findRetries(const std::vector<StoreRef>& stores, const RetrySearch& search, const CancelToken& cancel)
{
    RetryPage page;
    for (const auto& ref : stores) {
        collectReady(ref, search, cancel, page);
        collectDelayed(ref, search, cancel, page);
    }
    std::stable_sort(page.waiting.begin(), page.waiting.end(),
                     [](const auto& a, const auto& b) { return a.dueMs.value_or(0) < b.dueMs.value_or(0); });
    collectDeadLetters(stores, search, cancel, page);
    return page;
}

} // namespace gantry
