// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/file_system.h"

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>

namespace gantry {

/// The system's calls that move bytes and can be interrupted or do less than they were asked, so that a test can make
/// them. Same meaning as the functions of the same names.
struct PosixCalls
{
    int (*open)(const char* path, int flags, mode_t mode);
    ssize_t (*pread)(int descriptor, void* target, std::size_t size, off_t offset);
    ssize_t (*pwrite)(int descriptor, const void* bytes, std::size_t size, off_t offset);
    ssize_t (*pwritev)(int descriptor, const struct iovec* parts, int count, off_t offset);
    int (*ftruncate)(int descriptor, off_t size);
    int (*fallocate)(int descriptor, int mode, off_t offset, off_t size);
    int (*fdatasync)(int descriptor);
    int (*fsync)(int descriptor);

    [[nodiscard]] static const PosixCalls& system();
};

/// The real one. Calls that a signal interrupted are made again, short reads and writes are gone on with.
class PosixFileSystem final : public FileSystem
{
public:
    /// The table must outlive the files.
    explicit PosixFileSystem(const PosixCalls& calls = PosixCalls::system())
        : m_calls(calls)
    {}
    Result<std::unique_ptr<File>> open(const std::filesystem::path& path, OpenMode mode) override;
    Result<> remove(const std::filesystem::path& path) override;
    Result<> removeTree(const std::filesystem::path& path) override;
    Result<> rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
    [[nodiscard]] bool exists(const std::filesystem::path& path) override;
    Result<std::vector<DirectoryEntry>> list(const std::filesystem::path& directory) override;
    Result<> createDirectories(const std::filesystem::path& directory) override;
    Result<> syncDirectory(const std::filesystem::path& directory) override;
    Result<std::unique_ptr<DiskSync>> diskSync(const std::filesystem::path& directory) override;
    Result<std::unique_ptr<ZeroWriter>> zeroWriter(const std::filesystem::path& path) override;
    Result<std::unique_ptr<FileLock>> lock(const std::filesystem::path& path) override;
    Result<SpaceInfo> space(const std::filesystem::path& path) override;
    Result<std::int64_t> lastModifiedMs(const std::filesystem::path& path) override;

    static PosixFileSystem& instance();

private:
    const PosixCalls& m_calls;
};

} // namespace gantry
