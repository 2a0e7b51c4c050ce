// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "store/file_cache.h"
#include "store/mapped_file.h"

#include <atomic>
#include <memory>
#include <shared_mutex>
#include <vector>

namespace gantry {

using MappedFilePtr = std::shared_ptr<MappedFile>;

/// The CommitLog's files in order of offset, and reading across them. Thread-safe.
class MappedFileQueue
{
public:
    MappedFileQueue(FileSystem& files, FileCache& cache, std::filesystem::path directory,
                    std::int64_t fileSize)
        : m_files(files)
        , m_cache(cache)
        , m_directory(std::move(directory))
        , m_fileSize(fileSize)
    {}

    /// Takes what lies in the directory; names and lengths were validated by StoreDirectory.
    Result<> load();
    void add(MappedFilePtr file);
    /// Deletes the file from disk. Readers that hold it may finish.
    Result<> remove(const MappedFilePtr& file);

    [[nodiscard]] std::vector<MappedFilePtr> all() const;
    [[nodiscard]] MappedFilePtr first() const;
    [[nodiscard]] MappedFilePtr last() const;
    /// The file that holds the offset, or null.
    [[nodiscard]] MappedFilePtr find(std::int64_t offset) const;
    /// The first file that begins at or behind the offset, or null.
    [[nodiscard]] MappedFilePtr findFrom(std::int64_t offset) const;
    [[nodiscard]] std::size_t count() const;
    /// Changes with every add() and remove(): what find() gave may be kept as long as this is the same.
    [[nodiscard]] std::uint64_t generation() const { return m_generation.load(std::memory_order_acquire); }
    /// Begin of the first file; 0 without files.
    [[nodiscard]] std::int64_t minOffset() const;

    /// Reads from one file: fewer bytes than asked for at its end, none where no file is.
    Result<std::size_t> readAt(std::int64_t offset, MutableByteView target,
                               ReadWait wait = ReadWait::Allowed) const;
    /// Where, from the offset to the end of its file, something else than zeros may be, as far as the file system can tell
    /// without reading. What it has read ahead counts: so everything is asked before anything is read, or reading would
    /// make data of the zeros behind it, and so on to the end of the file.
    struct Extent
    {
        std::int64_t begin = 0;
        std::int64_t end = 0;
    };
    Result<std::vector<Extent>> dataFrom(std::int64_t offset) const;
    /// Makes everything written to the file durable, by whomever; for recovery only.
    Result<> sync(const MappedFilePtr& file);
    /// Overwrites and syncs; for recovery only.
    Result<> writeAt(std::int64_t offset, ByteView bytes);

    [[nodiscard]] const std::filesystem::path& directory() const { return m_directory; }
    [[nodiscard]] std::int64_t fileSize() const { return m_fileSize; }
    [[nodiscard]] FileSystem& fileSystem() const { return m_files; }
    [[nodiscard]] std::filesystem::path pathOf(std::int64_t fromOffset) const;

private:
    FileSystem& m_files;
    FileCache& m_cache;
    const std::filesystem::path m_directory;
    const std::int64_t m_fileSize;
    std::atomic<std::uint64_t> m_generation{0};
    mutable std::shared_mutex m_mutex; // guards m_list
    std::vector<MappedFilePtr> m_list;
};

} // namespace gantry
