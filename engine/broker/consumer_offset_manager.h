// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"
#include "base/file_system.h"
#include "broker/config_file.h"
#include "protocol/bodies/offset_table.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gantry {

/// The committed positions of all groups: (topic, group, queue) -> next offset to consume. Kept in memory and written
/// to consumerOffset.json now and then, as Apache's broker does: after a crash a group may consume the last seconds
/// again. Thread-safe.
class ConsumerOffsetManager
{
public:
    using QueueOffsets = std::map<std::int32_t, std::int64_t>;

    ConsumerOffsetManager(FileSystem& files, std::filesystem::path path, Clock& clock);

    [[nodiscard]] Result<> load();
    /// Writes the table if it changed since the last time. Waits for the disk.
    [[nodiscard]] Result<> persist();

    /// Overwrites, also backwards. Ignored while a reset of the queue waits to be taken.
    void commit(std::string_view group, std::string_view topic, std::int32_t queueId, std::int64_t offset);
    /// A pending reset goes before the committed offset.
    [[nodiscard]] std::optional<std::int64_t> find(std::string_view group, std::string_view topic, std::int32_t queueId) const;
    [[nodiscard]] QueueOffsets offsets(std::string_view group, std::string_view topic) const;

    /// Server-side reset: the group's next pull of the queue gets this offset (PULL_OFFSET_MOVED), commits made before
    /// that are ignored.
    void assignReset(std::string_view group, std::string_view topic, std::int32_t queueId, std::int64_t offset);
    /// Gives the pending reset out, once.
    [[nodiscard]] std::optional<std::int64_t> takeReset(std::string_view group, std::string_view topic, std::int32_t queueId);

    /// Who pulled a queue last, for people; not persisted.
    struct LastPull
    {
        std::uint64_t connectionId = 0;
        std::int64_t atMs = 0;
        std::int64_t offset = 0; ///< the one that was asked for
    };
    void notePull(std::string_view group, std::string_view topic, std::int32_t queueId, const LastPull& pull);

    struct Entry
    {
        std::string group;
        std::string topic;
        std::int32_t queueId = 0;
        std::optional<std::int64_t> committed;
        LastPull lastPull;
    };
    /// Every known position; a consistent look only within one queue.
    [[nodiscard]] std::vector<Entry> entries() const;
    [[nodiscard]] std::vector<std::string> topicsOf(std::string_view group) const;
    [[nodiscard]] std::vector<std::string> groupsOf(std::string_view topic) const;
    /// Offset that was asked for by the last pull, as GET_CONSUME_STATS shows it.
    [[nodiscard]] std::optional<std::int64_t> pullOffset(std::string_view group, std::string_view topic, std::int32_t queueId) const;

    void removeGroup(std::string_view group);
    void removeTopic(std::string_view topic);
    /// Copies the offsets of one topic, or of all when it is empty.
    void cloneGroup(std::string_view fromGroup, std::string_view toGroup, std::string_view topic);

    [[nodiscard]] DataVersion dataVersion() const;
    /// All committed offsets, as GET_ALL_CONSUMER_OFFSET answers.
    [[nodiscard]] ConsumerOffsetTable toTable() const;

private:
    struct Queue
    {
        std::optional<std::int64_t> committed;
        std::optional<std::int64_t> reset;
        LastPull lastPull;
    };
    struct Key
    {
        std::string topic;
        std::string group;
    };
    struct KeyView
    {
        std::string_view topic;
        std::string_view group;
    };
    struct Less
    {
        using is_transparent = void;
        template <typename A, typename B>
        bool operator()(const A& a, const B& b) const
        {
            const int topics = std::string_view(a.topic).compare(b.topic);
            return topics != 0 ? topics < 0 : std::string_view(a.group) < std::string_view(b.group);
        }
    };
    using Positions = std::map<Key, std::map<std::int32_t, Queue>, Less>;
    struct alignas(64) Shard
    {
        mutable std::mutex mutex;
        Positions positions;
    };
    static constexpr std::size_t kShards = 16;
    /// Commits per step of the data version, as Apache counts (consumerOffsetUpdateVersionStep).
    static constexpr std::uint64_t kVersionStep = 500;

    [[nodiscard]] const Shard& shardOf(std::string_view group, std::string_view topic) const;
    [[nodiscard]] Shard& shardOf(std::string_view group, std::string_view topic);
    static Queue& queueOf(Shard& shard, std::string_view group, std::string_view topic, std::int32_t queueId);
    [[nodiscard]] static const Queue* findQueue(const Shard& shard, std::string_view group, std::string_view topic, std::int32_t queueId);
    void changed();
    void takeIn(const ConsumerOffsetTable& table);

    ConfigFile m_file;
    Clock& m_clock;
    std::array<Shard, kShards> m_shards;
    std::atomic<std::uint64_t> m_changes{0};   ///< commits since start
    std::uint64_t m_persistedChanges = 0;      ///< under m_persistMutex
    std::mutex m_persistMutex;
    mutable std::mutex m_versionMutex;
    DataVersion m_version;
};

} // namespace gantry
