// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/file_system.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace gantry {

/// Files in memory that know what a disk would still have after a crash. Every file has two
/// contents: what programs see, and what is durable. Bytes become durable by File::syncData(),
/// names by syncDirectory(). Calls can be made to fail. Thread-safe.
class MemoryFileSystem final : public FileSystem
{
public:
    enum class Call {
        Open,
        Read,
        Write,
        Resize,
        Allocate,
        Sync,
        Map,
        Remove,
        Rename,
        CreateDirectory,
        SyncDirectory
    };

    MemoryFileSystem();
    ~MemoryFileSystem() override;

    // ---- crashes: a new file system with what is left; this one goes on undisturbed

    /// What another process would find: everything that was written. What was not durable is not durable there either.
    [[nodiscard]] std::unique_ptr<MemoryFileSystem> afterKill() const;
    /// What the machine would find after losing power: of the sectors (512 bytes), lengths and
    /// names that are not durable, the seed decides which made it to the disk.
    [[nodiscard]] std::unique_ptr<MemoryFileSystem> afterPowerCut(std::uint64_t seed) const;
    /// The same with every choice made by the caller: of what is not durable, the first `names` changes of names arrive,
    /// and those lengths and sectors, numbered in the order of paths and places, for which `arrives` says so.
    struct PowerCut
    {
        std::size_t names = 0;
        std::function<bool(std::size_t number)> arrives;
    };
    [[nodiscard]] std::unique_ptr<MemoryFileSystem> afterPowerCut(const PowerCut& cut) const;
    [[nodiscard]] std::size_t pendingNames() const;
    /// How many numbers `arrives` is asked about when so many changes of names arrived.
    [[nodiscard]] std::size_t pendingWrites(std::size_t names) const;
    /// Of all names and bytes.
    [[nodiscard]] std::size_t hash() const;
    /// Lets some dirty sectors and lengths become durable now, as a kernel may at any time.
    void writeBackSome(std::uint64_t seed);

    // ---- failures

    /// The `count`-th call of the kind from now on fails with the errno, and so do all after it if
    /// `isLasting`. `pathPart` limits it to paths that contain the text. After a failed sync the kernel takes the pages
    /// for clean: a later sync succeeds without them.
    void failCall(Call call, int count, int errnoValue, bool isLasting = false,
                  std::string pathPart = {});
    void clearFailures();
    [[nodiscard]] int callCount(Call call) const;
    /// Of those, how many failed because of failCall(); and whether one of that file's did.
    [[nodiscard]] int failedCount(Call call) const;
    [[nodiscard]] bool hasFailedOn(const std::filesystem::path& path) const;
    /// Runs before every call that changes something; for crashing at the k-th one.
    void setObserver(std::function<void(Call, const std::filesystem::path&)> observer);

    /// Total and used; allocate() and growing writes fail with ENOSPC beyond it.
    void setCapacity(std::uint64_t totalBytes);
    /// Space that others use.
    void setForeignBytes(std::uint64_t bytes);
    /// For retention tests.
    void setLastModified(const std::filesystem::path& path, std::int64_t ms);
    void setNow(std::function<std::int64_t()> now);

    // ---- looking and damaging

    [[nodiscard]] std::string content(const std::filesystem::path& path) const;
    void overwrite(const std::filesystem::path& path, std::uint64_t offset, std::string_view bytes);
    /// Creates or replaces a file, durable at once.
    void put(const std::filesystem::path& path, std::string_view bytes);
    [[nodiscard]] std::vector<std::filesystem::path> files() const;
    [[nodiscard]] int openFiles() const;
    [[nodiscard]] int openFilesMax() const;

    // ---- FileSystem
    Result<std::unique_ptr<File>> open(const std::filesystem::path& path, OpenMode mode) override;
    Result<> remove(const std::filesystem::path& path) override;
    Result<> removeTree(const std::filesystem::path& path) override;
    Result<> rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
    [[nodiscard]] bool exists(const std::filesystem::path& path) override;
    Result<std::vector<DirectoryEntry>> list(const std::filesystem::path& directory) override;
    Result<> createDirectories(const std::filesystem::path& directory) override;
    Result<> syncDirectory(const std::filesystem::path& directory) override;
    Result<std::unique_ptr<DiskSync>> diskSync(const std::filesystem::path& directory) override;
    /// Unsupported until it was switched on: its writes would be counted among the others.
    Result<std::unique_ptr<ZeroWriter>> zeroWriter(const std::filesystem::path& path) override;
    void setZeroWriter(bool isOn) { m_hasZeroWriter = isOn; }
    Result<std::unique_ptr<FileLock>> lock(const std::filesystem::path& path) override;
    Result<SpaceInfo> space(const std::filesystem::path& path) override;
    Result<std::int64_t> lastModifiedMs(const std::filesystem::path& path) override;

    struct Inode; // a file's bytes

private:
    friend class MemoryFile;
    friend class MemoryDiskSync;
    enum class Change { CreateFile, RemoveFile, RenameFile, CreateDirectory, RemoveDirectory };
    struct NameChange
    {
        Change change = Change::CreateFile;
        std::filesystem::path path;
        std::shared_ptr<Inode> inode;    ///< of a created file
        std::filesystem::path renamedTo; ///< of a renamed file
    };
    /// What a disk knows.
    struct Names
    {
        std::map<std::filesystem::path, std::shared_ptr<Inode>> files;
        std::set<std::filesystem::path> directories;
    };
    struct Failure
    {
        Call call = Call::Write;
        int remaining = 0;
        int errnoValue = 0;
        bool isLasting = false;
        std::string pathPart;
    };

    [[nodiscard]] Names namesAfter(std::size_t pendingCount) const;
    [[nodiscard]] std::unique_ptr<MemoryFileSystem>
    withNames(const Names& names, const std::function<void(const Inode&, Inode&)>& settle) const;
    Result<> before(Call call, const std::filesystem::path& path);
    [[nodiscard]] std::uint64_t usedBytes() const;
    Result<> syncBelow(const std::filesystem::path& directory);
    void changeName(NameChange change);
    static void apply(const NameChange& change, Names& names);
    void createDirectoryNames(const std::filesystem::path& directory);

    mutable std::recursive_mutex m_mutex; // guards everything
    Names m_current;
    Names m_durable;
    /// By directory, each with its place in the order of all.
    std::map<std::filesystem::path, std::vector<std::pair<std::uint64_t, NameChange>>>
        m_pendingNames;
    std::uint64_t m_nextChange = 0;
    std::shared_ptr<std::set<std::filesystem::path>> m_locks;
    std::vector<Failure> m_failures;
    std::map<Call, int> m_counts;
    std::map<Call, int> m_failedCounts;
    std::set<std::filesystem::path> m_failedPaths;
    std::function<void(Call, const std::filesystem::path&)> m_observer;
    std::function<std::int64_t()> m_now;
    std::optional<std::uint64_t> m_capacity;
    std::uint64_t m_foreignBytes = 0;
    bool m_hasZeroWriter = false;
    int m_openFiles = 0;
    int m_openFilesMax = 0;
};

} // namespace gantry
