// SPDX-License-Identifier: Apache-2.0
#include "base/posix_file_system.h"

#include "base/assert.h"
#include "base/bus_error.h"
#include "base/posix_zero_writer.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <mutex>
#include <set>

namespace gantry {

namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> failOn(const char* action, const fs::path& path, int errnoValue)
{
    return failErrno(errnoValue, fmt::format("cannot {} {}", action, path.string()));
}

/// Again and again while a signal interrupts it.
template <typename Call>
auto uninterrupted(const Call& call)
{
    auto result = call();
    while (result < 0 && errno == EINTR) {
        result = call();
    }
    return result;
}

class PosixRegion final : public MappedRegion
{
public:
    PosixRegion(void* address, std::size_t size, const fs::path& path)
        : m_address(address)
        , m_size(size)
        , m_name(address, size, path.string())
    {}
    ~PosixRegion() override { ::munmap(m_address, m_size); }
    PosixRegion(const PosixRegion&) = delete;
    PosixRegion& operator=(const PosixRegion&) = delete;

    [[nodiscard]] std::byte* data() const override { return static_cast<std::byte*>(m_address); }
    [[nodiscard]] std::size_t size() const override { return m_size; }

    void release(std::size_t offset, std::size_t length) override
    {
        const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
        const std::size_t begin = (offset + page - 1) / page * page;
        const std::size_t end = std::min(offset + length, m_size) / page * page;
        if (begin < end) {
            ::madvise(data() + begin, end - begin, MADV_DONTNEED);
        }
    }

private:
    void* m_address;
    std::size_t m_size;
    NamedMapping m_name;
};

class PosixFile final : public File
{
public:
    PosixFile(const PosixCalls& calls, int descriptor, fs::path path)
        : m_calls(calls)
        , m_descriptor(descriptor)
        , m_path(std::move(path))
    {}
    ~PosixFile() override { ::close(m_descriptor); }
    PosixFile(const PosixFile&) = delete;
    PosixFile& operator=(const PosixFile&) = delete;

    Result<std::size_t> readAt(std::uint64_t offset, MutableByteView target) override
    {
        std::size_t done = 0;
        while (done < target.size()) {
            const ssize_t count = uninterrupted([&] {
                return m_calls.pread(m_descriptor, target.data() + done, target.size() - done,
                                     static_cast<off_t>(offset + done));
            });
            if (count < 0) {
                return failErrno(errno, fmt::format("cannot read {} at byte {}", m_path.string(), offset + done));
            }
            if (count == 0) {
                break;
            }
            done += static_cast<std::size_t>(count);
        }
        return done;
    }

    Result<std::size_t> readCached(std::uint64_t offset, MutableByteView target) override
    {
        std::size_t done = 0;
        while (done < target.size()) {
            const iovec piece{target.data() + done, target.size() - done};
            const ssize_t count = ::preadv2(m_descriptor, &piece, 1, static_cast<off_t>(offset + done), RWF_NOWAIT);
            if (count < 0 && errno != EINTR) {
                const bool waits = errno == EAGAIN || errno == EOPNOTSUPP || errno == ENOSYS;
                return waits ? fail(Errc::Busy, "{} is not in memory at {}", m_path.string(), offset + done)
                             : failOn("read", m_path, errno);
            }
            if (count == 0) {
                break;
            }
            done += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
        }
        return done;
    }

    Result<std::uint64_t> nextData(std::uint64_t offset) override
    {
        const off_t found = ::lseek(m_descriptor, static_cast<off_t>(offset), SEEK_DATA);
        if (found >= 0) {
            return static_cast<std::uint64_t>(found);
        }
        return errno == ENXIO ? size() : Result<std::uint64_t>(offset);
    }

    Result<std::uint64_t> nextHole(std::uint64_t offset) override
    {
        const off_t found = ::lseek(m_descriptor, static_cast<off_t>(offset), SEEK_HOLE);
        return found >= 0 ? static_cast<std::uint64_t>(found) : size();
    }

    Result<> writeAt(std::uint64_t offset, ByteView bytes) override
    {
        std::size_t done = 0;
        while (done < bytes.size()) {
            const ssize_t count = uninterrupted([&] {
                return m_calls.pwrite(m_descriptor, bytes.data() + done, bytes.size() - done,
                                      static_cast<off_t>(offset + done));
            });
            if (count <= 0) { // nothing taken, and no reason given, will not get better
                return failOn("write", m_path, count < 0 ? errno : EIO);
            }
            done += static_cast<std::size_t>(count);
        }
        return {};
    }

    Result<> writeParts(std::uint64_t offset, std::span<const ByteView> parts) override
    {
        constexpr std::size_t kPartsMax = 8;
        std::array<iovec, kPartsMax> rest{};
        std::size_t count = 0;
        for (const ByteView part : parts) {
            GANTRY_ASSERT(count < kPartsMax, "{} parts", parts.size());
            if (!part.empty()) {
                rest[count++] = {const_cast<std::byte*>(part.data()), part.size()};
            }
        }
        for (std::size_t at = 0; at < count;) {
            const ssize_t written = uninterrupted([&] {
                return m_calls.pwritev(m_descriptor, rest.data() + at, static_cast<int>(count - at),
                                       static_cast<off_t>(offset));
            });
            if (written <= 0) {
                return failOn("write", m_path, written < 0 ? errno : EIO);
            }
            offset += static_cast<std::uint64_t>(written);
            for (auto taken = static_cast<std::size_t>(written); taken > 0;) {
                const std::size_t step = std::min(taken, rest[at].iov_len);
                rest[at] = {static_cast<std::byte*>(rest[at].iov_base) + step, rest[at].iov_len - step};
                taken -= step;
                at += rest[at].iov_len == 0 ? 1 : 0;
            }
        }
        return {};
    }

    Result<> resize(std::uint64_t size) override
    {
        if (uninterrupted([&] { return m_calls.ftruncate(m_descriptor, static_cast<off_t>(size)); }) != 0) {
            return failOn("resize", m_path, errno);
        }
        return {};
    }

    Result<> allocate(std::uint64_t offset, std::uint64_t length) override
    {
        // posix_fallocate would fall back to writing zeroes over the range on file systems without support;
        // there a sparse file is what is left, so the size is set and the blocks come at first write.
        const auto reserve = [&] {
            return m_calls.fallocate(m_descriptor, 0, static_cast<off_t>(offset), static_cast<off_t>(length));
        };
        if (uninterrupted(reserve) == 0) {
            return {};
        }
        if (errno != EOPNOTSUPP) {
            return failOn("reserve space for", m_path, errno);
        }
        GANTRY_TRY(currentSize, size());
        return currentSize < offset + length ? resize(offset + length) : Result<>{};
    }

    Result<> syncData() override
    {
        // An interrupted call has taken no page for clean, so asking again is safe, other than after EIO.
        if (uninterrupted([&] { return m_calls.fdatasync(m_descriptor); }) != 0) {
            return failOn("sync", m_path, errno);
        }
        return {};
    }

    Result<std::unique_ptr<MappedRegion>> map(std::uint64_t offset, std::size_t length, MapAccess access) override
    {
        const int protection = access == MapAccess::ReadOnly ? PROT_READ : PROT_READ | PROT_WRITE;
        void* address = ::mmap(nullptr, length, protection, MAP_SHARED, m_descriptor, static_cast<off_t>(offset));
        if (address == MAP_FAILED) {
            return failOn("map", m_path, errno);
        }
        // Else the first touch of a page reads ahead (8 MiB on some disks) in blocks of up to 2 MiB, and a write of a
        // few bytes then makes such a whole block dirty, or has to walk over it: each sync would write 2 MiB.
        (void)::madvise(address, length, MADV_RANDOM);
        return std::make_unique<PosixRegion>(address, length, m_path);
    }

    [[nodiscard]] Result<std::uint64_t> size() const override
    {
        struct stat status{};
        if (::fstat(m_descriptor, &status) != 0) {
            return failOn("examine", m_path, errno);
        }
        return static_cast<std::uint64_t>(status.st_size);
    }

    [[nodiscard]] const fs::path& path() const override { return m_path; }

private:
    const PosixCalls& m_calls;
    int m_descriptor;
    fs::path m_path;
};

/// fcntl locks do not exclude the same process, so names locked here are remembered as well.
class PosixFileLock final : public FileLock
{
public:
    static Result<std::unique_ptr<FileLock>> take(const fs::path& path)
    {
        std::error_code ignored;
        const std::string name = fs::weakly_canonical(path, ignored).string();
        const std::lock_guard guard(registryMutex());
        if (registry().contains(name)) {
            return fail(Errc::Locked, "{} is held by another store of this process", path.string());
        }
        const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (descriptor < 0) {
            return failOn("open", path, errno);
        }
        struct flock range{};
        range.l_type = F_WRLCK;
        range.l_whence = SEEK_SET;
        range.l_len = 1;
        if (::fcntl(descriptor, F_SETLK, &range) != 0) {
            const int error = errno;
            struct flock holder = range;
            ::fcntl(descriptor, F_GETLK, &holder);
            ::close(descriptor);
            if (error == EAGAIN || error == EACCES) {
                return fail(Errc::Locked, "{} is held by process {}; stop that broker or choose another store directory",
                            path.string(), holder.l_pid);
            }
            return failOn("lock", path, error);
        }
        registry().insert(name);
        return std::unique_ptr<FileLock>(new PosixFileLock(descriptor, name));
    }
    ~PosixFileLock() override
    {
        const std::lock_guard guard(registryMutex());
        registry().erase(m_name);
        ::close(m_descriptor);
    }
    PosixFileLock(const PosixFileLock&) = delete;
    PosixFileLock& operator=(const PosixFileLock&) = delete;

private:
    PosixFileLock(int descriptor, std::string name)
        : m_descriptor(descriptor)
        , m_name(std::move(name))
    {}
    static std::mutex& registryMutex()
    {
        static std::mutex mutex;
        return mutex;
    }
    static std::set<std::string>& registry()
    {
        static std::set<std::string> names;
        return names;
    }

    int m_descriptor;
    std::string m_name;
};

/// syncfs(), whose descriptor must be open from before the writes on, because it reports what failed since.
class PosixDiskSync final : public DiskSync
{
public:
    PosixDiskSync(int descriptor, fs::path directory)
        : m_descriptor(descriptor)
        , m_directory(std::move(directory))
    {}
    ~PosixDiskSync() override { ::close(m_descriptor); }
    PosixDiskSync(const PosixDiskSync&) = delete;
    PosixDiskSync& operator=(const PosixDiskSync&) = delete;

    Result<> sync() override
    {
        if (::syncfs(m_descriptor) != 0) {
            return failOn("sync the file system of", m_directory, errno);
        }
        return {};
    }

private:
    int m_descriptor;
    fs::path m_directory;
};

/// Before Linux 5.8 syncfs() kept failed writes to itself, and layered file systems still may.
bool reportsFailedWrites(int descriptor)
{
    utsname system{};
    int major = 0;
    int minor = 0;
    if (::uname(&system) != 0 || std::sscanf(system.release, "%d.%d", &major, &minor) != 2 ||
        major < 5 || (major == 5 && minor < 8)) {
        return false;
    }
    struct statfs status{};
    if (::fstatfs(descriptor, &status) != 0) {
        return false;
    }
    const auto type = static_cast<unsigned long>(status.f_type);
    return type == EXT4_SUPER_MAGIC || type == XFS_SUPER_MAGIC || type == BTRFS_SUPER_MAGIC || type == F2FS_SUPER_MAGIC;
}

/// What the name is, and its size if it is a file; one call where the directory does not tell.
DirectoryEntry examine(int directory, const dirent64& found)
{
    DirectoryEntry entry{found.d_name, found.d_type == DT_DIR, 0};
    struct stat status{};
    if (!entry.isDirectory && ::fstatat(directory, found.d_name, &status, 0) == 0) {
        entry.isDirectory = S_ISDIR(status.st_mode);
        entry.size = S_ISREG(status.st_mode) ? static_cast<std::uint64_t>(status.st_size) : 0;
    }
    return entry;
}

tl::unexpected<Error> failOn(const char* action, const fs::path& path, const std::error_code& error)
{
    return failOn(action, path, error.value());
}

} // namespace

const PosixCalls& PosixCalls::system()
{
    static const PosixCalls calls{
        [](const char* path, int flags, mode_t mode) { return ::open(path, flags, mode); },
        ::pread, ::pwrite, ::pwritev, ::ftruncate, ::fallocate, ::fdatasync, ::fsync};
    return calls;
}

Result<std::unique_ptr<File>> PosixFileSystem::open(const fs::path& path, OpenMode mode)
{
    int flags = O_CLOEXEC;
    flags |= mode == OpenMode::ReadOnly ? O_RDONLY : O_RDWR;
    flags |= mode == OpenMode::Create ? O_CREAT : 0;
    const int descriptor = uninterrupted([&] { return m_calls.open(path.c_str(), flags, 0600); });
    if (descriptor < 0) {
        return failOn("open", path, errno);
    }
    return std::make_unique<PosixFile>(m_calls, descriptor, path);
}

Result<> PosixFileSystem::remove(const fs::path& path)
{
    if (::unlink(path.c_str()) != 0) {
        return failOn("remove", path, errno);
    }
    return {};
}

Result<> PosixFileSystem::removeTree(const fs::path& path)
{
    std::error_code error;
    fs::remove_all(path, error);
    if (error) {
        return failOn("remove", path, error);
    }
    return {};
}

Result<> PosixFileSystem::rename(const fs::path& from, const fs::path& to)
{
    if (::rename(from.c_str(), to.c_str()) != 0) {
        return failOn("rename", from, errno);
    }
    return {};
}

bool PosixFileSystem::exists(const fs::path& path)
{
    return ::access(path.c_str(), F_OK) == 0;
}

Result<std::vector<DirectoryEntry>> PosixFileSystem::list(const fs::path& directory)
{
    std::vector<DirectoryEntry> entries;
    const int descriptor = uninterrupted([&] { return ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
    if (descriptor < 0) {
        return errno == ENOENT ? Result<std::vector<DirectoryEntry>>(std::move(entries)) : failOn("list", directory, errno);
    }
    // opendir() would cost a store with fifty thousand directories another call and 32 KiB for each.
    alignas(dirent64) std::array<char, 4096> buffer{};
    ssize_t count = 0;
    while ((count = ::getdents64(descriptor, buffer.data(), buffer.size())) > 0) {
        for (ssize_t at = 0; at < count;) {
            const auto* found = reinterpret_cast<const dirent64*>(buffer.data() + at);
            const std::string_view name = found->d_name;
            if (name != "." && name != "..") {
                entries.push_back(examine(descriptor, *found));
            }
            at += found->d_reclen;
        }
    }
    const int error = errno;
    ::close(descriptor);
    if (count < 0) {
        return failOn("list", directory, error);
    }
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return entries;
}

Result<> PosixFileSystem::createDirectories(const fs::path& directory)
{
    std::error_code error;
    fs::create_directories(directory, error);
    if (error) {
        return failOn("create directory", directory, error);
    }
    return {};
}

Result<> PosixFileSystem::syncDirectory(const fs::path& directory)
{
    const int descriptor =
        uninterrupted([&] { return m_calls.open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0); });
    if (descriptor < 0) {
        return failOn("open directory", directory, errno);
    }
    const int status = uninterrupted([&] { return m_calls.fsync(descriptor); });
    const int error = errno;
    ::close(descriptor);
    if (status != 0) {
        return failOn("sync directory", directory, error);
    }
    return {};
}

Result<std::unique_ptr<DiskSync>> PosixFileSystem::diskSync(const fs::path& directory)
{
    const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) {
        return failOn("open directory", directory, errno);
    }
    auto sync = std::make_unique<PosixDiskSync>(descriptor, directory);
    if (!reportsFailedWrites(descriptor)) {
        return fail(Errc::Unsupported, "the file system of {} may not tell about failed writes", directory.string());
    }
    return sync;
}

Result<std::unique_ptr<ZeroWriter>> PosixFileSystem::zeroWriter(const fs::path& path)
{
    return openZeroWriter(m_calls, path);
}

Result<std::unique_ptr<FileLock>> PosixFileSystem::lock(const fs::path& path)
{
    return PosixFileLock::take(path);
}

Result<SpaceInfo> PosixFileSystem::space(const fs::path& path)
{
    struct statvfs status{};
    if (::statvfs(path.c_str(), &status) != 0) {
        return failOn("examine the disk of", path, errno);
    }
    // What is reserved for root is neither used nor available, as in df and Apache's brokers.
    const std::uint64_t used = status.f_blocks - status.f_bfree;
    return SpaceInfo{(used + status.f_bavail) * status.f_frsize, status.f_bavail * status.f_frsize};
}

Result<std::int64_t> PosixFileSystem::lastModifiedMs(const fs::path& path)
{
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) {
        return failOn("examine", path, errno);
    }
    return static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1000 + status.st_mtim.tv_nsec / 1'000'000;
}

PosixFileSystem& PosixFileSystem::instance()
{
    static PosixFileSystem files;
    return files;
}

} // namespace gantry
