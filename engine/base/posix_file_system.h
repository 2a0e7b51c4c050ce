// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/file_system.h"

namespace gantry {

/// The real one.
class PosixFileSystem final : public FileSystem
{
public:
    Result<std::unique_ptr<File>> open(const std::filesystem::path& path, OpenMode mode) override;
    Result<> remove(const std::filesystem::path& path) override;
    Result<> removeTree(const std::filesystem::path& path) override;
    Result<> rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
    [[nodiscard]] bool exists(const std::filesystem::path& path) override;
    Result<std::vector<DirectoryEntry>> list(const std::filesystem::path& directory) override;
    Result<> createDirectories(const std::filesystem::path& directory) override;
    Result<> syncDirectory(const std::filesystem::path& directory) override;
    Result<std::unique_ptr<FileLock>> lock(const std::filesystem::path& path) override;
    Result<SpaceInfo> space(const std::filesystem::path& path) override;
    Result<std::int64_t> lastModifiedMs(const std::filesystem::path& path) override;

    static PosixFileSystem& instance();
};

} // namespace gantry
