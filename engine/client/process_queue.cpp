// SPDX-License-Identifier: Apache-2.0
#include "client/process_queue.h"

#include <algorithm>

namespace gantry::client {

ProcessQueue::ProcessQueue(std::int64_t nowMs)
    : m_lastLockMs(nowMs)
    , m_lastPullMs(nowMs)
    , m_lastConsumeMs(nowMs)
{}

void ProcessQueue::abandon()
{
    m_abandoned.store(true);
    m_dropped.store(true);
}

void ProcessQueue::setLocked(bool locked, std::int64_t nowMs)
{
    if (locked) {
        m_lastLockMs.store(nowMs);
    }
    m_locked.store(locked);
}

void ProcessQueue::put(const std::vector<ConsumeBatchPtr>& batches)
{
    const std::lock_guard lock(m_mutex);
    for (const auto& batch : batches) {
        for (const auto& message : batch->messages) {
            Slot& slot = m_slots[message.queueOffset];
            m_bytes += message.body.size() - slot.bytes;
            slot.bytes = message.body.size();
            slot.batch = batch;
            m_offsetMax = std::max(m_offsetMax, message.queueOffset);
        }
    }
}

std::int64_t ProcessQueue::remove(const std::vector<MessageExt>& messages, std::int64_t nowMs)
{
    const std::lock_guard lock(m_mutex);
    m_lastConsumeMs.store(nowMs);
    if (m_slots.empty()) {
        return -1;
    }
    for (const auto& message : messages) {
        const auto found = m_slots.find(message.queueOffset);
        if (found != m_slots.end()) {
            m_bytes -= found->second.bytes;
            m_slots.erase(found);
        }
    }
    return m_slots.empty() ? m_offsetMax + 1 : m_slots.begin()->first;
}

ConsumeBatchPtr ProcessQueue::expiredBatch(std::int64_t nowMs, std::int64_t timeoutMs) const
{
    const std::lock_guard lock(m_mutex);
    if (m_slots.empty() || !m_slots.begin()->second.batch) {
        return nullptr;
    }
    const auto& batch = m_slots.begin()->second.batch;
    const std::int64_t started = batch->startedMs.load();
    return started > 0 && nowMs - started > timeoutMs ? batch : nullptr;
}

bool ProcessQueue::putOrdered(std::vector<MessageExt> messages)
{
    const std::lock_guard lock(m_mutex);
    for (auto& message : messages) {
        const std::int64_t offset = message.queueOffset;
        Slot& slot = m_slots[offset];
        m_bytes += message.body.size() - slot.bytes;
        slot.bytes = message.body.size();
        slot.message = std::move(message);
        m_offsetMax = std::max(m_offsetMax, offset);
    }
    if (m_slots.empty() || m_isConsuming) {
        return false;
    }
    m_isConsuming = true;
    return true;
}

std::vector<MessageExt> ProcessQueue::take(std::size_t countMax, std::int64_t nowMs)
{
    const std::lock_guard lock(m_mutex);
    m_lastConsumeMs.store(nowMs);
    std::vector<MessageExt> taken;
    while (!m_slots.empty() && taken.size() < countMax) {
        const auto first = m_slots.begin();
        if (m_takenCount == 0) {
            m_takenFirst = first->first;
        }
        m_takenLast = first->first;
        ++m_takenCount;
        m_takenBytes += first->second.bytes;
        m_bytes -= first->second.bytes;
        taken.push_back(std::move(*first->second.message));
        m_slots.erase(first);
    }
    if (taken.empty()) {
        m_isConsuming = false;
    }
    return taken;
}

std::int64_t ProcessQueue::commitTaken()
{
    const std::lock_guard lock(m_mutex);
    if (m_takenCount == 0) {
        return -1;
    }
    m_takenCount = 0;
    m_takenBytes = 0;
    return m_takenLast + 1;
}

void ProcessQueue::putBack(std::vector<MessageExt> messages)
{
    const std::lock_guard lock(m_mutex);
    m_takenCount = 0;
    m_takenBytes = 0;
    for (auto& message : messages) {
        Slot& slot = m_slots[message.queueOffset];
        slot.bytes = message.body.size();
        m_bytes += slot.bytes;
        slot.message = std::move(message);
    }
}

ProcessQueue::Depth ProcessQueue::depth() const
{
    const std::lock_guard lock(m_mutex);
    Depth depth;
    depth.count = m_slots.size() + m_takenCount;
    depth.bytes = m_bytes + m_takenBytes;
    depth.takenCount = m_takenCount;
    if (depth.count > 0) {
        depth.minOffset = m_takenCount > 0 ? m_takenFirst : m_slots.begin()->first;
        depth.maxOffset = m_slots.empty() ? m_takenLast : m_slots.rbegin()->first;
        depth.span = depth.maxOffset - depth.minOffset;
    }
    return depth;
}

void ProcessQueue::clear()
{
    const std::lock_guard lock(m_mutex);
    m_slots.clear();
    m_bytes = 0;
    m_takenCount = 0;
    m_takenBytes = 0;
    m_offsetMax = 0;
}

} // namespace gantry::client
