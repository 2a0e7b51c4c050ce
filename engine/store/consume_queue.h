// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/file_system.h"
#include "store/commit_log.h"
#include "store/consume_queue_entry.h"
#include "store/file_cache.h"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace gantry {

/// What all queues of a store share.
struct ConsumeQueueContext
{
    FileSystem& files;
    FileCache& cache;
    std::filesystem::path directory;   ///< <root>/consumequeue
    std::int64_t fileSize = 6'000'000; ///< multiple of 20
    std::atomic<int> fileCount{0};
    std::atomic<std::int64_t> tailBytes{0}; ///< held in memory by all queues
};

/// One queue's index into the CommitLog. Entries live in memory until writeTail(); no descriptor
/// and no mapping belongs to a queue, so fifty thousand of them cost little. One thread appends
/// (reput), one writes (house; and what was damaged, mender); any thread reads.
class ConsumeQueue
{
public:
    ConsumeQueue(ConsumeQueueContext& context, std::shared_ptr<const std::string> topic,
                 std::int32_t queueId, std::uint64_t number);
    ~ConsumeQueue();
    ConsumeQueue(const ConsumeQueue&) = delete;
    ConsumeQueue& operator=(const ConsumeQueue&) = delete;

    /// Finds the end of what the files hold, `files` being all names in the queue's directory. `afterCrash`: trusts
    /// nothing behind the first entry that does not follow from the one before.
    Result<> load(const std::vector<DirectoryEntry>& files, bool afterCrash);
    /// Forgets entries that point at or behind the CommitLog offset. Files keep their bytes until
    /// they are written over or cutFiles() runs.
    Result<> truncate(std::int64_t commitLogOffset);
    /// After recovery: nothing may lie behind what was written that looks like an entry. Returns files written to. Any
    /// thread, as long as nothing vouches for what recovery made anew.
    Result<std::vector<std::int64_t>> cutFiles();

    enum class Appended { Yes, AlreadyThere, GapTooLarge };
    /// Fills gaps, ignores what is there already (Apache's rule: by CommitLog offset).
    Appended append(std::int64_t queueOffset, const RawQueueEntry& entry);
    /// Writes entries of records that end at or before `flushedOffset`, so that files never point
    /// behind the durable log. Returns the begin offsets of the files written to.
    Result<std::vector<std::int64_t>> writeTail(std::int64_t flushedOffset);
    using Entries = std::map<std::int64_t, RawQueueEntry>; ///< by number in the queue
    /// Gives them to readers in the place of what the files have; those that have no place there by now are left out. False
    /// when the queue was removed. Of one thread only, as the next.
    [[nodiscard]] bool mend(const Entries& entries);
    /// Writes them over what the files have. Returns the begin offsets of the files written to; on failure they stay in
    /// memory.
    Result<std::vector<std::int64_t>> writeMended();
    [[nodiscard]] bool hasTail() const;
    Result<> syncFile(std::int64_t fromOffset);

    /// Raw entries [from, from + count), as many as there are, concatenated.
    Result<std::string> read(std::int64_t from, std::int64_t count, ReadWait wait = ReadWait::Allowed) const;
    Result<RawQueueEntry> entryAt(std::int64_t queueOffset) const;

    [[nodiscard]] std::int64_t minOffset() const
    {
        return m_minOffset.load(std::memory_order_acquire);
    }
    [[nodiscard]] std::int64_t maxOffset() const
    {
        return m_maxOffset.load(std::memory_order_acquire);
    }
    /// End of the last record the queue knows, -1 if none.
    [[nodiscard]] std::int64_t maxCommitLogOffset() const { return m_maxCommitLogOffset.load(std::memory_order_acquire); }
    [[nodiscard]] bool hasFiles() const;
    struct FileRange
    {
        std::int64_t firstFile = -1; ///< begin offset, -1 = no file
        std::int64_t end = 0;        ///< number behind the last entry that was written
    };
    [[nodiscard]] FileRange fileRange() const;
    /// Recovery: deletes the files and forgets all entries; the log makes them anew.
    Result<> dropAll();
    /// What load() found: the CommitLog offset of message 0, -1 if there was no entry or the queue
    /// began later.
    [[nodiscard]] std::int64_t loadedBegin() const { return m_loadedBegin; }
    [[nodiscard]] bool wasLoaded() const { return m_wasLoaded; }

    /// Whether the message lies at or behind the CommitLog offset, whatever its entry says; false if that is not known.
    [[nodiscard]] bool liesBehind(std::int64_t queueOffset, std::int64_t commitLogOffset) const;
    /// The CommitLog lost what lies before `minCommitLogOffset`: moves minOffset and deletes files
    /// (never the last).
    Result<int> dropBefore(std::int64_t minCommitLogOffset);
    /// Deletes all files; nothing is written any more.
    Result<> remove();

    [[nodiscard]] const std::string& topic() const { return *m_topic; }
    [[nodiscard]] std::int32_t queueId() const { return m_queueId; }
    [[nodiscard]] std::uint64_t number() const { return m_number; } ///< unique in a store
    [[nodiscard]] std::filesystem::path directory() const;
    [[nodiscard]] QueueCounter& counter() { return m_counter; }
    /// For the store's lists: true if it was not set.
    [[nodiscard]] bool markDirty() { return !m_isDirty.exchange(true); }
    void clearDirty() { m_isDirty.store(false); }
    /// True once after files were created or deleted and their directory does not say so durably.
    [[nodiscard]] bool takeChangedNames()
    {
        const bool hasDeleted = m_hasDeletedNames.exchange(false);
        return m_hasNewNames.exchange(false) || hasDeleted;
    }
    /// A deleted file that comes back after a power cut would be taken for the queue's last one.
    [[nodiscard]] bool hasDeletedNames() const { return m_hasDeletedNames.load(); }

private:
    [[nodiscard]] std::int64_t entriesPerFile() const
    {
        return m_context.fileSize / kConsumeQueueEntrySize;
    }
    [[nodiscard]] std::int64_t fileOf(std::int64_t queueOffset) const
    {
        return queueOffset / entriesPerFile() * m_context.fileSize;
    }
    /// A file as load() reads it: opened once, its first pages read once.
    struct LoadedFile
    {
        std::shared_ptr<File> file;
        std::int64_t firstEntry = 0;
        std::string head;
        [[nodiscard]] std::int64_t headEnd() const
        {
            return firstEntry + static_cast<std::int64_t>(head.size()) / kConsumeQueueEntrySize;
        }
    };
    [[nodiscard]] std::filesystem::path pathOf(std::int64_t fromOffset) const;
    Result<std::shared_ptr<File>> openFile(std::int64_t fromOffset) const;
    Result<std::shared_ptr<File>> openForWrite(std::int64_t fromOffset, std::int64_t position);
    Result<std::string> readFiles(std::int64_t from, std::int64_t to, ReadWait wait = ReadWait::Allowed) const;
    Result<std::vector<std::int64_t>> usableFiles(const std::vector<DirectoryEntry>& files, bool afterCrash);
    Result<LoadedFile> openToLoad(std::int64_t fromOffset) const;
    Result<std::int64_t> findEnd(const LoadedFile& file, bool afterCrash) const;
    Result<std::int64_t> findEndBySearch(const LoadedFile& file) const;
    [[nodiscard]] Result<bool> hasOnlyZerosBehind(const LoadedFile& file, std::int64_t end) const;
    [[nodiscard]] Result<RawQueueEntry> loadedEntry(const LoadedFile& file, std::int64_t queueOffset) const;
    void putMended(std::int64_t from, std::string& bytes) const;
    [[nodiscard]] bool hasOldFile(std::int64_t firstMessage) const;
    Result<> deleteFile(std::int64_t fromOffset);
    Result<> deleteFilesBehind(std::int64_t lastNeeded);
    Result<> restart();
    [[nodiscard]] std::int64_t endInsteadOf(const LoadedFile& file, std::int64_t queueOffset, const RawQueueEntry& entry) const;
    Result<std::int64_t> searchPlace(std::int64_t minCommitLogOffset, std::int64_t from, std::int64_t to) const;
    Result<std::int64_t> lastNotBefore(std::int64_t minCommitLogOffset, std::int64_t from, std::int64_t to) const;
    Result<std::int64_t> firstEntryFrom(std::int64_t minCommitLogOffset, std::int64_t from,
                                        std::int64_t to) const;
    [[nodiscard]] std::int64_t believedPlace(const RawQueueEntry& entry) const; // under m_mutex

    QueueCounter m_counter; // guarded by the append lock; first, beside the reference count that a put touches, too
    ConsumeQueueContext& m_context;
    const std::shared_ptr<const std::string> m_topic;
    const std::int32_t m_queueId;
    const std::uint64_t m_number;
    std::atomic<std::int64_t> m_minOffset{0};
    std::atomic<std::int64_t> m_maxOffset{0};
    std::int64_t m_loadedBegin = -1; // these two: written before there are threads
    bool m_wasLoaded = false;
    std::atomic<bool> m_isDirty{false};
    std::atomic<bool> m_hasNewNames{false};
    std::atomic<bool> m_hasDeletedNames{false};

    std::mutex m_writeMutex;    // one changes files at a time; taken before m_mutex
    mutable std::mutex m_mutex; // guards what follows
    std::string m_tail;         // entries [m_written, m_maxOffset)
    std::int64_t m_written = 0;
    std::atomic<std::int64_t> m_maxCommitLogOffset = -1; // written under m_mutex
    std::int64_t m_minCommitLogOffset = -1; // of the message at m_minOffset, -1 = not known
    Entries m_mended;                       // see mend()
    RawQueueEntry m_lastEntry;              // the one before m_maxOffset if its size is not 0
    std::int64_t m_firstFile = -1; // begin offsets, -1 = no file
    std::int64_t m_lastFile = -1;
    std::int64_t m_zerosBehind = -1; // the end behind which there was a page of zeros and no other file
    bool m_isRemoved = false;
};

using ConsumeQueuePtr = std::shared_ptr<ConsumeQueue>;

/// By age, so that what is done for many queues is done in the same order in every run.
struct QueueOrder
{
    bool operator()(const ConsumeQueuePtr& a, const ConsumeQueuePtr& b) const
    {
        return a->number() < b->number();
    }
    bool operator()(const std::pair<ConsumeQueuePtr, std::int64_t>& a,
                    const std::pair<ConsumeQueuePtr, std::int64_t>& b) const
    {
        return std::pair(a.first->number(), a.second) < std::pair(b.first->number(), b.second);
    }
};

} // namespace gantry
