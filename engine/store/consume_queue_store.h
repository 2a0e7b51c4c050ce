// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/consume_queue.h"
#include "store/consume_queue_listing.h"
#include "store/queue_ends.h"

#include <set>
#include <shared_mutex>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace gantry {

/// Topic and queue id -> ConsumeQueue, and the writing of all of them. Thread-safe.
class ConsumeQueueStore
{
public:
    struct Options
    {
        std::int64_t fileSize = 6'000'000; ///< rounded up to whole entries
        std::size_t filesSyncedOneByOne = 128; ///< more than these to sync: the whole disk in one call
        bool mayUseThreads = true; ///< for loading and recovery
    };
    ConsumeQueueStore(FileSystem& files, FileCache& cache, std::filesystem::path directory,
                      const Options& options);

    /// Loads every queue that has a directory.
    Result<> load(const ConsumeQueueListing& listing, bool afterCrash);

    [[nodiscard]] ConsumeQueuePtr find(std::string_view topic, std::int32_t queueId) const;
    [[nodiscard]] ConsumeQueuePtr findOrCreate(std::string_view topic, std::int32_t queueId);
    [[nodiscard]] std::vector<ConsumeQueuePtr> all() const;

    /// Dispatch thread: adds an entry and remembers that the queue has something to write.
    ConsumeQueue::Appended append(const ConsumeQueuePtr& queue, std::int64_t queueOffset,
                                  const RawQueueEntry& entry);

    /// Writes what queues hold in memory, as far as the log is durable.
    Result<> writeTails(std::int64_t flushedOffset);
    /// Writes what the queue has mended; durable with the next sync().
    Result<> writeMended(const ConsumeQueuePtr& queue);
    /// Something was written since the last sync().
    [[nodiscard]] bool hasUnsynced() const;
    /// How many queues hold something to write.
    [[nodiscard]] std::size_t dirtyCount() const;
    /// Makes everything written so far durable, names included, after what cutLater() left to do.
    Result<> sync();

    /// Recovery: forgets entries from the offset on.
    Result<> truncate(std::int64_t commitLogOffset);
    /// Recovery: what lies behind the queues' ends becomes zeros before the next checkpoint. It takes some calls per queue,
    /// which need not keep a store from starting: until that checkpoint a crash means the same recovery again.
    void cutLater();
    /// End of the last record any queue knows, -1 if none.
    [[nodiscard]] std::int64_t maxCommitLogOffset() const;
    /// Sets every queue's counter to its end.
    void resetCounters();

    Result<int> dropBefore(std::int64_t minCommitLogOffset);
    /// What the files have, of every queue with files; durable if nothing was written since sync().
    [[nodiscard]] std::vector<QueueEndsTable::Queue> ends() const;
    /// In between ends() leaves the topic out: where its files may go, nobody shall miss them.
    void beginLeaving(std::string_view topic);
    void endLeaving(std::string_view topic);
    /// Takes the queues out of the table, then deletes their files.
    Result<> removeTopic(std::string_view topic, CommitLog& log);

    [[nodiscard]] int fileCount() const { return m_context.fileCount.load(); }
    [[nodiscard]] std::int64_t tailBytes() const { return m_context.tailBytes.load(); }
    [[nodiscard]] const std::filesystem::path& directory() const { return m_context.directory; }

private:
    using UnsyncedFiles = std::vector<std::pair<ConsumeQueuePtr, std::int64_t>>; // may name a file twice
    struct TextHash
    {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const
        {
            return std::hash<std::string_view>{}(text);
        }
    };
    /// A topic's queues by id. Ids are small numbers without gaps, so most are an index: with very many queues every
    /// step of a look-up is a cache miss.
    struct Topic
    {
        std::shared_ptr<const std::string> name;
        std::vector<ConsumeQueuePtr> low; ///< by id, null where there is none
        std::size_t lowCount = 0;
        std::unordered_map<std::int32_t, ConsumeQueuePtr> others;

        [[nodiscard]] ConsumeQueuePtr find(std::int32_t queueId) const;
        void add(const ConsumeQueuePtr& queue);
        template <typename Visit>
        void forEach(Visit&& visit) const
        {
            for (const ConsumeQueuePtr& queue : low) {
                if (queue) {
                    visit(queue);
                }
            }
            for (const auto& [queueId, queue] : others) {
                visit(queue);
            }
        }
    };

    using UnsyncedNames = std::set<ConsumeQueuePtr, QueueOrder>;
    Result<> cutFiles();
    Result<> syncAll(const UnsyncedFiles& files, const UnsyncedNames& names);
    Result<> syncNames(const UnsyncedNames& names);
    void noteWritten(const ConsumeQueuePtr& queue, const std::vector<std::int64_t>& files);

    const Options m_options;
    ConsumeQueueContext m_context;
    std::unique_ptr<DiskSync> m_diskSync; // from load() on; null where the file system has none
    mutable std::shared_mutex m_mutex; // guards the table
    std::unordered_map<std::string, Topic, TextHash, std::equal_to<>> m_topics;
    std::multiset<std::string> m_leaving;
    std::uint64_t m_nextNumber = 1;

    mutable std::mutex m_workMutex; // guards what follows
    std::vector<ConsumeQueuePtr> m_dirty;
    UnsyncedFiles m_unsyncedFiles;
    UnsyncedNames m_unsyncedNames;
    std::vector<ConsumeQueuePtr> m_uncut;
};

} // namespace gantry
