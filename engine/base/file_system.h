// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/byte_view.h"
#include "base/error.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

/// The operating system's files behind an interface, so that tests can forget unsynced bytes, fill the disk and
/// fail any call. All functions are thread-safe unless a class says otherwise; all sizes and offsets are bytes.
namespace gantry {

enum class OpenMode {
    ReadOnly,       ///< must exist
    ReadWrite,      ///< must exist
    Create,         ///< read-write; created when missing
};

enum class ReadWait {
    Allowed,
    Never, ///< what is not in memory is not read: Errc::Busy
};

enum class MapAccess { ReadOnly, ReadWrite };

/// A range of a file as memory. Writes reach the file without a call; File::syncData() makes them durable.
/// Destroying it unmaps; the File need not outlive it.
class MappedRegion
{
public:
    virtual ~MappedRegion() = default;
    [[nodiscard]] virtual std::byte* data() const = 0;
    [[nodiscard]] virtual std::size_t size() const = 0;
    /// Lets go of resident pages of the range (the file keeps the bytes). Advisory.
    virtual void release(std::size_t offset, std::size_t length) = 0;
};

class File
{
public:
    virtual ~File() = default;
    /// Reads up to target.size() bytes; fewer only at the end of the file.
    virtual Result<std::size_t> readAt(std::uint64_t offset, MutableByteView target) = 0;
    /// As readAt(), for threads that must not wait for a disk: Errc::Busy when some of it is not in memory, or when the
    /// file system cannot tell.
    virtual Result<std::size_t> readCached(std::uint64_t offset, MutableByteView target) { return readAt(offset, target); }
    Result<std::size_t> readAt(std::uint64_t offset, MutableByteView target, ReadWait wait)
    {
        return wait == ReadWait::Allowed ? readAt(offset, target) : readCached(offset, target);
    }
    /// Where at or behind the offset something else than zeros may be, as far as the file system can tell without
    /// reading; the file's size when there is nothing more.
    virtual Result<std::uint64_t> nextData(std::uint64_t offset) { return offset; }
    /// Where at or behind the offset only zeros begin that the file system knows of; the file's size where it knows none.
    virtual Result<std::uint64_t> nextHole(std::uint64_t /*offset*/) { return size(); }
    /// Writes all bytes or fails.
    virtual Result<> writeAt(std::uint64_t offset, ByteView bytes) = 0;
    /// The same with bytes that lie in several places, by one call of the system.
    virtual Result<> writeParts(std::uint64_t offset, std::span<const ByteView> parts) = 0;
    virtual Result<> resize(std::uint64_t size) = 0;
    /// Reserves disk blocks for the range (so that writing a mapping cannot run out of space) and extends the
    /// file if it is shorter. New bytes read as zero.
    virtual Result<> allocate(std::uint64_t offset, std::uint64_t length) = 0;
    /// Returns after the file's bytes and size are durable. After a failure nobody knows what is on disk.
    virtual Result<> syncData() = 0;
    virtual Result<std::unique_ptr<MappedRegion>> map(std::uint64_t offset, std::size_t length, MapAccess access) = 0;
    [[nodiscard]] virtual Result<std::uint64_t> size() const = 0;
    [[nodiscard]] virtual const std::filesystem::path& path() const = 0;
};

/// Held exclusively until destroyed; also across processes.
class FileLock
{
public:
    virtual ~FileLock() = default;
};

/// Makes many files durable in one call.
class DiskSync
{
public:
    virtual ~DiskSync() = default;
    /// Returns after everything that was written below the directory, names included, is durable. Fails too when
    /// anything written since this object was made could not be, whoever wrote it to that file system.
    virtual Result<> sync() = 0;
};

/// Writes zeros past the page cache into a file that somebody else may be writing to. Not thread-safe.
class ZeroWriter
{
public:
    static constexpr std::size_t kAlignment = 4096; ///< of offsets and lengths, bytes
    virtual ~ZeroWriter() = default;
    /// The range must have been allocated. Durable with the file's next syncData(), on whichever descriptor.
    virtual Result<> write(std::uint64_t offset, std::uint64_t length) = 0;
};

struct SpaceInfo
{
    std::uint64_t totalBytes = 0;     ///< used and available; without what is reserved for root
    std::uint64_t availableBytes = 0; ///< to an ordinary user
};

struct DirectoryEntry
{
    std::string name;
    bool isDirectory = false;
    std::uint64_t size = 0;
};

class FileSystem
{
public:
    virtual ~FileSystem() = default;
    virtual Result<std::unique_ptr<File>> open(const std::filesystem::path& path, OpenMode mode) = 0;
    virtual Result<> remove(const std::filesystem::path& path) = 0;
    virtual Result<> removeTree(const std::filesystem::path& path) = 0;
    virtual Result<> rename(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
    [[nodiscard]] virtual bool exists(const std::filesystem::path& path) = 0;
    /// Sorted by name. A missing directory is an empty list.
    virtual Result<std::vector<DirectoryEntry>> list(const std::filesystem::path& directory) = 0;
    virtual Result<> createDirectories(const std::filesystem::path& directory) = 0;
    /// Makes names created, renamed or removed in the directory durable.
    virtual Result<> syncDirectory(const std::filesystem::path& directory) = 0;
    /// For what is written below the directory from now on. Errc::Unsupported where the system would not tell a failure.
    virtual Result<std::unique_ptr<DiskSync>> diskSync(const std::filesystem::path& directory);
    /// Errc::Unsupported where it would not make later writes to the same blocks cheaper.
    virtual Result<std::unique_ptr<ZeroWriter>> zeroWriter(const std::filesystem::path& path);
    /// Takes the lock that Apache's broker takes on <store>/lock (fcntl, first byte). Errc::Locked if held elsewhere.
    virtual Result<std::unique_ptr<FileLock>> lock(const std::filesystem::path& path) = 0;
    virtual Result<SpaceInfo> space(const std::filesystem::path& path) = 0;
    /// Milliseconds since 1970.
    virtual Result<std::int64_t> lastModifiedMs(const std::filesystem::path& path) = 0;
};

/// Whole-file helpers over the interface.
Result<std::string> readWholeFile(FileSystem& files, const std::filesystem::path& path, std::uint64_t sizeMax);
/// Replaces the file's content so that a crash leaves the old or the new content, never a mixture:
/// writes path.tmp, syncs, renames, syncs the directory.
Result<> replaceFile(FileSystem& files, const std::filesystem::path& path, std::string_view content);

} // namespace gantry
