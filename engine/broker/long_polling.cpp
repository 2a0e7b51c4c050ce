// SPDX-License-Identifier: Apache-2.0
#include "broker/long_polling.h"

#include <algorithm>
#include <iterator>

namespace gantry {

LongPolling::LongPolling(Clock& clock)
    : m_clock(clock)
{}

void LongPolling::setCallbacks(Wake wake, MaxOffset maxOffset)
{
    m_wake = std::move(wake);
    m_maxOffset = std::move(maxOffset);
}

std::optional<HeldPull> LongPolling::hold(HeldPull pull)
{
    const std::string topic = pull.header.topic;
    const auto queueId = pull.header.queueId;
    const auto offset = pull.header.queueOffset;
    const bool isUnreadable = pull.isUnreadable;
    Shard& shard = shardOf(topic, queueId);
    {
        const std::scoped_lock guard(shard.mutex);
        auto position = shard.queues.find(KeyView{topic, queueId});
        if (position == shard.queues.end()) {
            position = shard.queues.try_emplace(Key{topic, queueId}).first;
        }
        if (m_isStopped || position->second.size() >= limits::kHeldPullsPerQueueMax || heldCount() >= kHeldMax) {
            return pull;
        }
        // The connection may have closed while the pull was on its way here; its close notice came before us then.
        if (!pull.responder.connection()->isOpen()) {
            pull.responder.drop();
            return std::nullopt;
        }
        position->second.push_back(std::move(pull));
        m_heldCount.fetch_add(1, std::memory_order_relaxed);
    }
    std::atomic_thread_fence(std::memory_order_seq_cst);
    // A message that arrived between the read and now found nobody to wake.
    if (!isUnreadable && m_maxOffset(topic, queueId) > offset) {
        std::vector<HeldPull> woken;
        {
            const std::scoped_lock guard(shard.mutex);
            if (const auto position = shard.queues.find(KeyView{topic, queueId}); position != shard.queues.end()) {
                extract(position->second, woken, [&](const HeldPull& each) { return !each.isUnreadable && each.header.queueOffset <= offset; });
            }
        }
        wakeAll(std::move(woken));
    }
    return std::nullopt;
}

void LongPolling::onArrival(std::string_view topic, std::int32_t queueId, std::int64_t queueOffset, std::int64_t tagsCode)
{
    // The queue's end moved before we look for waiters; hold() adds its waiter before it looks at the queue's end. With
    // the fences on both sides at least one of the two sees the other.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (heldCount() == 0) {
        return;
    }
    std::vector<HeldPull> woken;
    {
        Shard& shard = shardOf(topic, queueId);
        const std::scoped_lock guard(shard.mutex);
        const auto position = shard.queues.find(KeyView{topic, queueId});
        if (position == shard.queues.end()) {
            return;
        }
        extract(position->second, woken, [&](const HeldPull& pull) {
            if (pull.isUnreadable) { // whose tags are not known
                return pull.header.queueOffset == queueOffset;
            }
            return pull.header.queueOffset <= queueOffset && (!pull.filter || pull.filter->matchesTagsCode(tagsCode));
        });
    }
    wakeAll(std::move(woken));
}

void LongPolling::sweep()
{
    if (heldCount() == 0) {
        return;
    }
    const auto now = m_clock.steady();
    std::vector<HeldPull> woken;
    extractAll(woken, [&](const HeldPull& pull) {
        if (pull.isUnreadable) {
            return pull.deadline <= now || now - pull.heldSince >= kUnreadableInterval;
        }
        return pull.deadline <= now
               || (now - pull.heldSince >= kRecheckInterval && m_maxOffset(pull.header.topic, pull.header.queueId) > pull.header.queueOffset);
    });
    wakeAll(std::move(woken));
}

void LongPolling::onConnectionClosed(std::uint64_t connectionId)
{
    if (heldCount() == 0) {
        return;
    }
    std::vector<HeldPull> gone;
    extractAll(gone, [&](const HeldPull& pull) { return pull.responder.connection()->id() == connectionId; });
    m_heldCount.fetch_sub(gone.size(), std::memory_order_relaxed);
    for (auto& pull : gone) {
        pull.responder.drop();
    }
}

void LongPolling::stop()
{
    m_isStopped = true;
    std::vector<HeldPull> woken;
    extractAll(woken, [](const HeldPull&) { return true; });
    wakeAll(std::move(woken));
}

void LongPolling::wakeTopic(std::string_view topic, std::string_view group)
{
    std::vector<HeldPull> woken;
    extractAll(woken, [&](const HeldPull& pull) {
        return pull.header.topic == topic && (group.empty() || pull.header.consumerGroup == group);
    });
    wakeAll(std::move(woken));
}

LongPolling::Shard& LongPolling::shardOf(std::string_view topic, std::int32_t queueId)
{
    return m_shards[Hash{}(KeyView{topic, queueId}) % kShards];
}

template <typename Predicate>
void LongPolling::extract(std::vector<HeldPull>& pulls, std::vector<HeldPull>& out, Predicate isMatch)
{
    const auto first = std::stable_partition(pulls.begin(), pulls.end(), [&](const HeldPull& pull) { return !isMatch(pull); });
    out.insert(out.end(), std::make_move_iterator(first), std::make_move_iterator(pulls.end()));
    pulls.erase(first, pulls.end());
}

template <typename Predicate>
void LongPolling::extractAll(std::vector<HeldPull>& out, Predicate isMatch)
{
    for (auto& shard : m_shards) {
        const std::scoped_lock guard(shard.mutex);
        for (auto position = shard.queues.begin(); position != shard.queues.end();) {
            extract(position->second, out, isMatch);
            position = position->second.empty() ? shard.queues.erase(position) : std::next(position);
        }
    }
}

void LongPolling::wakeAll(std::vector<HeldPull> pulls)
{
    m_heldCount.fetch_sub(pulls.size(), std::memory_order_relaxed);
    for (auto& pull : pulls) {
        m_wake(std::move(pull));
    }
}

} // namespace gantry
