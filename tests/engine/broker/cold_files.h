// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/posix_file_system.h"

#include <pthread.h>

#include <atomic>
#include <string_view>

namespace gantry {

/// Files of which nothing is in memory, and which know on what threads they were read.
class ColdFiles final : public FileSystem
{
public:
    struct Counts
    {
        std::atomic<int> onLoops{0};
        std::atomic<int> elsewhere{0};
        std::atomic<int> refused{0}; ///< reads that would have waited
        std::atomic<bool> areQueuesBroken{false}; ///< reading a ConsumeQueue's file fails
    };

    Counts counts;

    Result<std::unique_ptr<File>> open(const std::filesystem::path& path, OpenMode mode) override
    {
        auto opened = m_files.open(path, mode);
        if (!opened) {
            return tl::unexpected<Error>(std::move(opened.error()));
        }
        return std::unique_ptr<File>(std::make_unique<ColdFile>(std::move(*opened), counts));
    }
    Result<> remove(const std::filesystem::path& path) override { return m_files.remove(path); }
    Result<> removeTree(const std::filesystem::path& path) override { return m_files.removeTree(path); }
    Result<> rename(const std::filesystem::path& from, const std::filesystem::path& to) override { return m_files.rename(from, to); }
    [[nodiscard]] bool exists(const std::filesystem::path& path) override { return m_files.exists(path); }
    Result<std::vector<DirectoryEntry>> list(const std::filesystem::path& directory) override { return m_files.list(directory); }
    Result<> createDirectories(const std::filesystem::path& directory) override { return m_files.createDirectories(directory); }
    Result<> syncDirectory(const std::filesystem::path& directory) override { return m_files.syncDirectory(directory); }
    Result<std::unique_ptr<FileLock>> lock(const std::filesystem::path& path) override { return m_files.lock(path); }
    Result<SpaceInfo> space(const std::filesystem::path& path) override { return m_files.space(path); }
    Result<std::int64_t> lastModifiedMs(const std::filesystem::path& path) override { return m_files.lastModifiedMs(path); }

private:
    class ColdFile final : public File
    {
    public:
        ColdFile(std::unique_ptr<File> file, Counts& counts)
            : m_file(std::move(file))
            , m_counts(counts)
        {}
        Result<std::size_t> readAt(std::uint64_t offset, MutableByteView target) override
        {
            char name[16] = {};
            ::pthread_getname_np(::pthread_self(), name, sizeof(name));
            ++(std::string_view(name).starts_with("gantry-net") ? m_counts.onLoops : m_counts.elsewhere);
            if (m_counts.areQueuesBroken && m_file->path().string().find("consumequeue") != std::string::npos) {
                return fail(Errc::Io, "a broken sector");
            }
            return m_file->readAt(offset, target);
        }
        Result<std::size_t> readCached(std::uint64_t, MutableByteView) override
        {
            ++m_counts.refused;
            return fail(Errc::Busy, "nothing is in memory");
        }
        Result<> writeAt(std::uint64_t offset, ByteView bytes) override { return m_file->writeAt(offset, bytes); }
        Result<> writeParts(std::uint64_t offset, std::span<const ByteView> parts) override { return m_file->writeParts(offset, parts); }
        Result<> resize(std::uint64_t size) override { return m_file->resize(size); }
        Result<> allocate(std::uint64_t offset, std::uint64_t length) override { return m_file->allocate(offset, length); }
        Result<> syncData() override { return m_file->syncData(); }
        Result<std::unique_ptr<MappedRegion>> map(std::uint64_t offset, std::size_t length, MapAccess access) override
        {
            return m_file->map(offset, length, access);
        }
        [[nodiscard]] Result<std::uint64_t> size() const override { return m_file->size(); }
        [[nodiscard]] const std::filesystem::path& path() const override { return m_file->path(); }

    private:
        std::unique_ptr<File> m_file;
        Counts& m_counts;
    };

    PosixFileSystem m_files;
};

} // namespace gantry
