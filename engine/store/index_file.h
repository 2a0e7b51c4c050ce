// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "base/file_system.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace gantry {

/// Sizes of an index file; the format is in the README, "Index file".
struct IndexLayout
{
    static constexpr std::int64_t kHeaderSize = 40;
    static constexpr std::int64_t kSlotSize = 4;
    static constexpr std::int64_t kEntrySize = 20;

    std::int32_t slotCount = 5'000'000;
    std::int32_t entryCount = 20'000'000;

    [[nodiscard]] std::int64_t fileSize() const { return entryPosition(entryCount); }
    [[nodiscard]] std::int64_t slotPosition(std::int32_t slot) const
    {
        return kHeaderSize + slot * kSlotSize;
    }
    [[nodiscard]] std::int64_t entryPosition(std::int32_t number) const
    {
        return kHeaderSize + slotCount * kSlotSize + number * kEntrySize;
    }
};

struct IndexHeader
{
    std::int64_t beginTimestampMs = 0;
    std::int64_t endTimestampMs = 0;
    std::int64_t beginOffset = 0; ///< CommitLog
    std::int64_t endOffset = 0;
    std::int32_t slotsUsed = 0;
    std::int32_t nextEntry = 1; ///< entries are numbered from 1
};

/// abs(hash) as Apache takes it: 0 for the one value that has no absolute.
[[nodiscard]] std::int32_t indexKeyHash(std::string_view key);

/// One index file: hash slots, each the newest entry of a chain. Mapped. Not thread-safe but for
/// sync().
class IndexFile
{
public:
    struct Match
    {
        std::int64_t beginTimestampMs = 0;
        std::int64_t endTimestampMs = 0;
        std::size_t countMax = 64;
    };

    /// `previous`: the header of the file before, whose end the new one begins with.
    static Result<std::unique_ptr<IndexFile>> create(FileSystem& files,
                                                     const std::filesystem::path& path,
                                                     IndexLayout layout,
                                                     const IndexHeader& previous);
    static Result<std::unique_ptr<IndexFile>>
    open(FileSystem& files, const std::filesystem::path& path, IndexLayout layout);

    [[nodiscard]] bool isFull() const { return m_header.nextEntry >= m_layout.entryCount; }
    [[nodiscard]] bool isEmpty() const { return m_header.nextEntry <= 1; }
    /// DiskFull when no blocks are left for the entry; the file is as before then.
    Result<> put(std::int32_t keyHash, std::int64_t offset, std::int64_t storeTimestampMs);
    /// Appends CommitLog offsets, newest first.
    void find(std::int32_t keyHash, const Match& match, std::vector<std::int64_t>& offsets) const;
    [[nodiscard]] bool overlaps(std::int64_t beginTimestampMs, std::int64_t endTimestampMs) const;

    /// After a crash: keeps the entries before the CommitLog offset as far as they are in order,
    /// and makes the slots anew from them, because any sector of the file may be old. Where none stays isEmpty() is true, and
    /// the file must be removed: what lies in it was not cleared.
    void rebuild(std::int64_t beforeOffset,
                 const std::function<std::int64_t(std::int64_t)>& storeTimestampAt);

    Result<> sync();
    void releasePages() { m_region->release(0, m_region->size()); }

    [[nodiscard]] const IndexHeader& header() const { return m_header; }
    [[nodiscard]] const std::filesystem::path& path() const { return m_file->path(); }

private:
    struct Entry
    {
        std::int32_t keyHash = 0;
        std::int64_t offset = 0;
        std::int32_t seconds = 0;
        std::int32_t previous = 0;
    };

    IndexFile(std::unique_ptr<File> file, std::unique_ptr<MappedRegion> region, IndexLayout layout);
    [[nodiscard]] std::int32_t slot(std::int32_t keyHash) const;
    [[nodiscard]] Entry entry(std::int32_t number) const;
    void storeEntry(std::int32_t number, const Entry& entry);
    void link(std::int32_t number, Entry entry);
    void loadHeader();
    void storeHeader();
    void clearFrom(std::int64_t position);

    std::unique_ptr<File> m_file;
    std::unique_ptr<MappedRegion> m_region;
    const IndexLayout m_layout;
    IndexHeader m_header;
    std::int64_t m_allocatedEnd = 0; ///< blocks are there up to here
};

} // namespace gantry
