// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/file_system.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace gantry {

/// Reads a store's files by itself, without a line of the store's or the codec's code, and says
/// what is in them and what does not fit together. For tests: what the store claims is compared
/// with this.
class StoreChecker
{
public:
    struct Record
    {
        std::int64_t offset = 0;
        std::int32_t size = 0;
        std::string topic;
        std::int32_t queueId = 0;
        std::int64_t queueOffset = 0;
        std::int32_t sysFlag = 0;
        std::int64_t storeTimestampMs = 0;
        std::string body;
        std::string properties;
    };
    struct QueueEntry
    {
        std::int64_t offset = 0;
        std::int32_t size = 0;
        std::int64_t tagsCode = 0;
    };
    struct IndexEntry
    {
        std::int32_t keyHash = 0;
        std::int64_t offset = 0;
    };
    using Queue = std::pair<std::string, std::int32_t>;

    StoreChecker(FileSystem& files, std::filesystem::path root)
        : m_files(files)
        , m_root(std::move(root))
    {}

    /// maxHashSlotNum, which no file tells; without it 16, or Apache's 5,000,000 for large files.
    void setIndexSlots(std::size_t count) { m_indexSlots = count; }
    /// Reads everything. `fileSizes` are taken from the files found.
    void read();

    /// Records in order; damaged places are stepped over and listed.
    [[nodiscard]] const std::vector<Record>& records() const { return m_records; }
    [[nodiscard]] const std::vector<std::int64_t>& damagedOffsets() const { return m_damaged; }
    /// First entry number and entries of each queue.
    [[nodiscard]] const std::map<Queue, std::map<std::int64_t, QueueEntry>>& queues() const
    {
        return m_queues;
    }
    [[nodiscard]] const std::vector<IndexEntry>& indexEntries() const { return m_index; }
    /// Behind the last record.
    [[nodiscard]] std::int64_t logEnd() const { return m_logEnd; }

    /// Of the first file.
    [[nodiscard]] std::int64_t logBegin() const { return m_logBegin; }

    /// Everything that is wrong, in words; empty = the files agree with each other:
    /// every queued record has its entry at its number, every entry points at such a record,
    /// numbers are unique and without holes but for `holesAllowed`, every key of every record is in
    /// the index, and behind the log's end there are zeros only.
    [[nodiscard]] std::vector<std::string> problems(int holesAllowed = 0) const;

private:
    void readLog();
    void readLogFile(std::int64_t fromOffset, const std::string& bytes);
    void readQueues();
    void readIndex();
    [[nodiscard]] bool isInDamage(const QueueEntry& entry) const;
    void checkQueues(std::vector<std::string>& problems, int holesAllowed) const;
    void checkIndex(std::vector<std::string>& problems) const;

    FileSystem& m_files;
    const std::filesystem::path m_root;
    std::vector<Record> m_records;
    std::vector<std::int64_t> m_damaged;
    std::vector<std::int64_t> m_garbage; // begins of what no record follows in its file
    std::map<Queue, std::map<std::int64_t, QueueEntry>> m_queues;
    std::vector<IndexEntry> m_index;
    std::vector<std::string> m_formProblems;
    std::int64_t m_logEnd = 0;
    std::int64_t m_logBegin = -1; // of the first file
    std::size_t m_indexSlots = 0;
};

} // namespace gantry
