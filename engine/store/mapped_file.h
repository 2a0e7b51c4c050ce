// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "base/file_system.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>

namespace gantry {

/// One CommitLog file. While it is written it holds a descriptor (so that no sync error can be
/// lost) and a mapping for who reads close behind the writer; later it is only a name, and readers
/// go through the FileCache.
class MappedFile
{
public:
    MappedFile(std::filesystem::path path, std::int64_t fromOffset, std::int64_t size)
        : m_path(std::move(path))
        , m_fromOffset(fromOffset)
        , m_size(size)
    {}

    /// Creates or opens the file, reserves its blocks, maps it. When it returns, name and length
    /// are durable. DiskFull: nothing was reserved; StorePoisoned: a write or sync failed.
    Result<> openForWriting(FileSystem& files);
    /// Unmaps and closes; everything must have been synced. Called by the thread that flushes.
    void closeForWriting();

    /// Writes bytes that lie in several places. One thread at a time, while the file is open for writing.
    Result<> write(std::int64_t position, std::span<const ByteView> parts)
    {
        return m_file->writeParts(static_cast<std::uint64_t>(position), parts);
    }
    /// The mapping, kept by whoever holds it; null when the file is not open for writing.
    [[nodiscard]] std::shared_ptr<const MappedRegion> region() const
    {
        const std::lock_guard guard(m_regionMutex);
        return m_region;
    }
    Result<> sync() { return m_file->syncData(); }
    /// Positions are relative to the file.
    void release(std::int64_t position, std::int64_t length);

    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }
    [[nodiscard]] std::int64_t fromOffset() const { return m_fromOffset; }
    [[nodiscard]] std::int64_t size() const { return m_size; }
    [[nodiscard]] std::int64_t endOffset() const { return m_fromOffset + m_size; }

private:
    const std::filesystem::path m_path;
    const std::int64_t m_fromOffset;
    const std::int64_t m_size;
    std::unique_ptr<File> m_file; // closed by the flushing thread, when nobody has anything to write to it
    mutable std::mutex m_regionMutex; // guards m_region: advice must not meet closeForWriting()
    std::shared_ptr<MappedRegion> m_region;
};

} // namespace gantry
