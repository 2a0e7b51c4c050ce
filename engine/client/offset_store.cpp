// SPDX-License-Identifier: Apache-2.0
#include "client/offset_store.h"

namespace gantry::client {

void OffsetStore::update(const MessageQueue& queue, std::int64_t offset, bool increaseOnly)
{
    const std::lock_guard lock(m_mutex);
    const auto [at, isNew] = m_offsets.try_emplace(queue, Offset{offset, false});
    if (isNew || at->second.isFrozen || (increaseOnly && offset <= at->second.value)) {
        return;
    }
    at->second.value = offset;
}

void OffsetStore::updateAndFreeze(const MessageQueue& queue, std::int64_t offset)
{
    const std::lock_guard lock(m_mutex);
    m_offsets[queue] = Offset{offset, true};
}

std::optional<std::int64_t> OffsetStore::cached(const MessageQueue& queue) const
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_offsets.find(queue);
    return found == m_offsets.end() ? std::nullopt : std::optional(found->second.value);
}

std::map<MessageQueue, std::int64_t> OffsetStore::snapshot(const std::string& topic) const
{
    const std::lock_guard lock(m_mutex);
    std::map<MessageQueue, std::int64_t> offsets;
    for (const auto& [queue, offset] : m_offsets) {
        if (topic.empty() || queue.topic == topic) {
            offsets.emplace(queue, offset.value);
        }
    }
    return offsets;
}

void OffsetStore::erase(const MessageQueue& queue)
{
    const std::lock_guard lock(m_mutex);
    m_offsets.erase(queue);
}

} // namespace gantry::client
