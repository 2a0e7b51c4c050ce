// SPDX-License-Identifier: Apache-2.0
#include "broker/consumer_offset_manager.h"

#include <algorithm>
#include <set>
#include <utility>

namespace gantry {

ConsumerOffsetManager::ConsumerOffsetManager(FileSystem& files, std::filesystem::path path, Clock& clock)
    : m_file(files, std::move(path))
    , m_clock(clock)
{}

Result<> ConsumerOffsetManager::load()
{
    const auto parse = [this](std::string_view text) -> Result<> {
        GANTRY_TRY(table, ConsumerOffsetTable::decode(text));
        takeIn(table);
        return {};
    };
    GANTRY_CHECK(m_file.load(parse));
    return {};
}

Result<> ConsumerOffsetManager::persist()
{
    const std::scoped_lock guard(m_persistMutex);
    const auto changes = m_changes.load(std::memory_order_acquire);
    if (changes == m_persistedChanges) {
        return {};
    }
    GANTRY_CHECK(m_file.save(toTable().encodeFile()));
    m_persistedChanges = changes;
    return {};
}

void ConsumerOffsetManager::commit(std::string_view group, std::string_view topic, std::int32_t queueId, std::int64_t offset)
{
    {
        Shard& shard = shardOf(group, topic);
        const std::scoped_lock guard(shard.mutex);
        Queue& queue = queueOf(shard, group, topic, queueId);
        if (queue.reset || queue.committed == offset) {
            return;
        }
        queue.committed = offset;
    }
    changed();
}

std::optional<std::int64_t> ConsumerOffsetManager::find(std::string_view group, std::string_view topic, std::int32_t queueId) const
{
    const Shard& shard = shardOf(group, topic);
    const std::scoped_lock guard(shard.mutex);
    const Queue* queue = findQueue(shard, group, topic, queueId);
    if (queue == nullptr) {
        return std::nullopt;
    }
    return queue->reset ? queue->reset : queue->committed;
}

ConsumerOffsetManager::QueueOffsets ConsumerOffsetManager::offsets(std::string_view group, std::string_view topic) const
{
    const Shard& shard = shardOf(group, topic);
    const std::scoped_lock guard(shard.mutex);
    QueueOffsets result;
    if (const auto position = shard.positions.find(KeyView{topic, group}); position != shard.positions.end()) {
        for (const auto& [queueId, queue] : position->second) {
            if (queue.committed) {
                result.emplace(queueId, *queue.committed);
            }
        }
    }
    return result;
}

void ConsumerOffsetManager::assignReset(std::string_view group, std::string_view topic, std::int32_t queueId, std::int64_t offset)
{
    {
        Shard& shard = shardOf(group, topic);
        const std::scoped_lock guard(shard.mutex);
        Queue& queue = queueOf(shard, group, topic, queueId);
        queue.reset = offset;
        // Committed as well, so that the reset is not lost when the broker restarts before the group comes back.
        queue.committed = offset;
    }
    changed();
}

std::optional<std::int64_t> ConsumerOffsetManager::takeReset(std::string_view group, std::string_view topic, std::int32_t queueId)
{
    Shard& shard = shardOf(group, topic);
    const std::scoped_lock guard(shard.mutex);
    const auto position = shard.positions.find(KeyView{topic, group});
    if (position == shard.positions.end()) {
        return std::nullopt;
    }
    const auto queue = position->second.find(queueId);
    return queue == position->second.end() ? std::nullopt : std::exchange(queue->second.reset, std::nullopt);
}

void ConsumerOffsetManager::notePull(std::string_view group, std::string_view topic, std::int32_t queueId, const LastPull& pull)
{
    Shard& shard = shardOf(group, topic);
    const std::scoped_lock guard(shard.mutex);
    queueOf(shard, group, topic, queueId).lastPull = pull;
}

std::vector<ConsumerOffsetManager::Entry> ConsumerOffsetManager::entries() const
{
    std::vector<Entry> result;
    for (const auto& shard : m_shards) {
        const std::scoped_lock guard(shard.mutex);
        for (const auto& [key, queues] : shard.positions) {
            for (const auto& [queueId, queue] : queues) {
                result.push_back(Entry{key.group, key.topic, queueId, queue.committed, queue.lastPull});
            }
        }
    }
    return result;
}

std::vector<std::string> ConsumerOffsetManager::topicsOf(std::string_view group) const
{
    std::set<std::string> topics;
    for (const auto& shard : m_shards) {
        const std::scoped_lock guard(shard.mutex);
        for (const auto& [key, queues] : shard.positions) {
            if (key.group == group && std::any_of(queues.begin(), queues.end(), [](const auto& item) { return item.second.committed.has_value(); })) {
                topics.insert(key.topic);
            }
        }
    }
    return {topics.begin(), topics.end()};
}

std::vector<std::string> ConsumerOffsetManager::groupsOf(std::string_view topic) const
{
    std::set<std::string> groups;
    for (const auto& shard : m_shards) {
        const std::scoped_lock guard(shard.mutex);
        for (const auto& [key, queues] : shard.positions) {
            if (key.topic == topic && std::any_of(queues.begin(), queues.end(), [](const auto& item) { return item.second.committed.has_value(); })) {
                groups.insert(key.group);
            }
        }
    }
    return {groups.begin(), groups.end()};
}

std::optional<std::int64_t> ConsumerOffsetManager::pullOffset(std::string_view group, std::string_view topic, std::int32_t queueId) const
{
    const Shard& shard = shardOf(group, topic);
    const std::scoped_lock guard(shard.mutex);
    const Queue* queue = findQueue(shard, group, topic, queueId);
    if (queue == nullptr || queue->lastPull.atMs == 0) {
        return std::nullopt;
    }
    return queue->lastPull.offset;
}

void ConsumerOffsetManager::removeGroup(std::string_view group)
{
    for (auto& shard : m_shards) {
        const std::scoped_lock guard(shard.mutex);
        std::erase_if(shard.positions, [&](const auto& item) { return item.first.group == group; });
    }
    changed();
}

void ConsumerOffsetManager::removeTopic(std::string_view topic)
{
    for (auto& shard : m_shards) {
        const std::scoped_lock guard(shard.mutex);
        std::erase_if(shard.positions, [&](const auto& item) { return item.first.topic == topic; });
    }
    changed();
}

void ConsumerOffsetManager::cloneGroup(std::string_view fromGroup, std::string_view toGroup, std::string_view topic)
{
    const auto topics = topic.empty() ? topicsOf(fromGroup) : std::vector<std::string>{std::string(topic)};
    for (const auto& each : topics) {
        for (const auto& [queueId, offset] : offsets(fromGroup, each)) {
            commit(toGroup, each, queueId, offset);
        }
    }
}

DataVersion ConsumerOffsetManager::dataVersion() const
{
    const std::scoped_lock guard(m_versionMutex);
    return m_version;
}

ConsumerOffsetTable ConsumerOffsetManager::toTable() const
{
    ConsumerOffsetTable table;
    table.dataVersion = dataVersion();
    for (const auto& entry : entries()) {
        if (entry.committed) {
            table.offsets[ConsumerOffsetTable::key(entry.topic, entry.group)].emplace(entry.queueId, *entry.committed);
        }
    }
    return table;
}

void ConsumerOffsetManager::takeIn(const ConsumerOffsetTable& table)
{
    {
        const std::scoped_lock guard(m_versionMutex);
        m_version = table.dataVersion;
    }
    for (const auto& [name, queues] : table.offsets) {
        const auto separator = name.find('@');
        if (separator == std::string::npos || name.find('@', separator + 1) != std::string::npos) {
            continue; // not "topic@group"; Apache's broker ignores it, too
        }
        const auto topic = std::string_view(name).substr(0, separator);
        const auto group = std::string_view(name).substr(separator + 1);
        Shard& shard = shardOf(group, topic);
        const std::scoped_lock guard(shard.mutex);
        for (const auto& [queueId, offset] : queues) {
            queueOf(shard, group, topic, queueId).committed = offset;
        }
    }
}

const ConsumerOffsetManager::Shard& ConsumerOffsetManager::shardOf(std::string_view group, std::string_view topic) const
{
    const auto hash = std::hash<std::string_view>{}(topic) * 31 + std::hash<std::string_view>{}(group);
    return m_shards[hash % kShards];
}

ConsumerOffsetManager::Shard& ConsumerOffsetManager::shardOf(std::string_view group, std::string_view topic)
{
    return const_cast<Shard&>(std::as_const(*this).shardOf(group, topic));
}

ConsumerOffsetManager::Queue& ConsumerOffsetManager::queueOf(Shard& shard, std::string_view group, std::string_view topic, std::int32_t queueId)
{
    auto position = shard.positions.find(KeyView{topic, group});
    if (position == shard.positions.end()) {
        position = shard.positions.try_emplace(Key{std::string(topic), std::string(group)}).first;
    }
    return position->second[queueId];
}

const ConsumerOffsetManager::Queue* ConsumerOffsetManager::findQueue(const Shard& shard, std::string_view group, std::string_view topic,
                                                                     std::int32_t queueId)
{
    const auto position = shard.positions.find(KeyView{topic, group});
    if (position == shard.positions.end()) {
        return nullptr;
    }
    const auto queue = position->second.find(queueId);
    return queue == position->second.end() ? nullptr : &queue->second;
}

void ConsumerOffsetManager::changed()
{
    if (m_changes.fetch_add(1, std::memory_order_release) % kVersionStep == 0) {
        const std::scoped_lock guard(m_versionMutex);
        m_version.next(m_clock.wallMs());
    }
}

} // namespace gantry
