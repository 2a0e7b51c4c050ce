// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/memory_file_system.h"

#include "support/memory_inode.h"
#include "support/memory_lock.h"
#include "support/memory_zero_writer.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <random>

namespace gantry {

namespace fs = std::filesystem;

namespace {

using Buffer = MemoryBuffer;

} // namespace

class MemoryFile final : public File
{
public:
    MemoryFile(MemoryFileSystem& files, std::shared_ptr<MemoryFileSystem::Inode> inode,
               fs::path path)
        : m_files(files)
        , m_inode(std::move(inode))
        , m_path(std::move(path))
    {}
    ~MemoryFile() override
    {
        const std::lock_guard guard(m_files.m_mutex);
        --m_files.m_openFiles;
    }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;

    Result<std::size_t> readAt(std::uint64_t offset, MutableByteView target) override
    {
        const std::lock_guard guard(m_files.m_mutex);
        GANTRY_CHECK(m_files.before(MemoryFileSystem::Call::Read, m_path));
        const Buffer& bytes = m_inode->current;
        if (offset >= bytes.size()) {
            return 0;
        }
        const std::size_t length = std::min<std::size_t>(target.size(), bytes.size() - offset);
        std::memcpy(target.data(), bytes.data() + offset, length);
        return length;
    }

    Result<> writeAt(std::uint64_t offset, ByteView bytes) override
    {
        return writeParts(offset, std::span(&bytes, 1));
    }

    Result<> writeParts(std::uint64_t offset, std::span<const ByteView> parts) override
    {
        const std::lock_guard guard(m_files.m_mutex);
        std::uint64_t size = 0;
        for (const ByteView part : parts) {
            size += part.size();
        }
        if (Result<> allowed = m_files.before(MemoryFileSystem::Call::Write, m_path); !allowed) {
            (void)put(offset, parts, size / 2); // a short write and then the error
            return allowed;
        }
        return put(offset, parts, size);
    }

    Result<> resize(std::uint64_t size) override
    {
        const std::lock_guard guard(m_files.m_mutex);
        GANTRY_CHECK(m_files.before(MemoryFileSystem::Call::Resize, m_path));
        m_inode->current.resize(size); // sparse: needs no space
        touch();
        return {};
    }

    Result<> allocate(std::uint64_t offset, std::uint64_t length) override
    {
        const std::lock_guard guard(m_files.m_mutex);
        GANTRY_CHECK(m_files.before(MemoryFileSystem::Call::Allocate, m_path));
        GANTRY_CHECK(grow(offset + length));
        touch();
        return {};
    }

    Result<> syncData() override
    {
        const std::lock_guard guard(m_files.m_mutex);
        if (Result<> allowed = m_files.before(MemoryFileSystem::Call::Sync, m_path); !allowed) {
            m_inode->failSync();
            return allowed;
        }
        if (m_inode->isDirty || m_inode->hasMappedWrites) {
            if (m_inode->hasMappedWrites) {
                m_inode->modifiedMs = m_files.m_now(); // a mapping's writes show when written back
            }
            m_inode->sync();
            m_inode->isDirty = !m_inode->givenUp.empty();
            m_inode->hasMappedWrites = m_inode->mappings > 0;
        }
        return {};
    }

    Result<std::unique_ptr<MappedRegion>> map(std::uint64_t offset, std::size_t length,
                                              MapAccess access) override;

    [[nodiscard]] Result<std::uint64_t> size() const override
    {
        const std::lock_guard guard(m_files.m_mutex);
        return m_inode->current.size();
    }
    [[nodiscard]] const fs::path& path() const override { return m_path; }

private:
    /// The first `size` bytes of the parts.
    Result<> put(std::uint64_t offset, std::span<const ByteView> parts, std::uint64_t size)
    {
        GANTRY_CHECK(grow(offset + size));
        m_inode->writeAgain(offset, size);
        for (const ByteView whole : parts) {
            const ByteView part = whole.first(std::min<std::size_t>(whole.size(), size));
            // What stays the same is not touched: a program may be looking at it through a mapping.
            std::byte* const target = m_inode->current.data() + offset;
            const auto same = static_cast<std::size_t>(std::mismatch(part.begin(), part.end(), target).first - part.begin());
            std::copy(part.begin() + static_cast<std::ptrdiff_t>(same), part.end(), target + same);
            offset += part.size();
            size -= part.size();
        }
        touch();
        return {};
    }
    Result<> grow(std::uint64_t size)
    {
        if (size <= m_inode->current.size()) {
            return {};
        }
        const std::uint64_t more = size - m_inode->current.size();
        if (m_files.m_capacity && m_files.usedBytes() + more > *m_files.m_capacity) {
            return failErrno(ENOSPC, "cannot extend " + m_path.string());
        }
        if (m_inode->mappings > 0 && size > m_inode->current.capacity()) {
            return failErrno(EINVAL,
                             "this file system cannot move a mapped file: " + m_path.string());
        }
        m_inode->current.resize(size);
        return {};
    }
    void touch()
    {
        m_inode->isDirty = true;
        m_inode->modifiedMs = m_files.m_now();
    }

    MemoryFileSystem& m_files;
    std::shared_ptr<MemoryFileSystem::Inode> m_inode;
    fs::path m_path;
};

namespace {

class MemoryRegion final : public MappedRegion
{
public:
    MemoryRegion(std::shared_ptr<MemoryFileSystem::Inode> inode, std::byte* data, std::size_t size,
                 std::function<void()> onUnmap)
        : m_inode(std::move(inode))
        , m_data(data)
        , m_size(size)
        , m_onUnmap(std::move(onUnmap))
    {}
    ~MemoryRegion() override { m_onUnmap(); }
    MemoryRegion(const MemoryRegion&) = delete;
    MemoryRegion& operator=(const MemoryRegion&) = delete;

    [[nodiscard]] std::byte* data() const override { return m_data; }
    [[nodiscard]] std::size_t size() const override { return m_size; }
    void release(std::size_t, std::size_t) override {}

private:
    std::shared_ptr<MemoryFileSystem::Inode> m_inode;
    std::byte* m_data;
    std::size_t m_size;
    std::function<void()> m_onUnmap;
};

} // namespace

Result<std::unique_ptr<MappedRegion>> MemoryFile::map(std::uint64_t offset, std::size_t length,
                                                      MapAccess access)
{
    const std::lock_guard guard(m_files.m_mutex);
    GANTRY_CHECK(m_files.before(MemoryFileSystem::Call::Map, m_path));
    if (offset + length > m_inode->current.size()) {
        return failErrno(EINVAL, "cannot map behind the end of " + m_path.string());
    }
    ++m_inode->mappings;
    if (m_path.parent_path().filename() == "index") {
        // A write of the same bytes through a mapping cannot be seen here; recovery makes an index anew.
        m_inode->givenUp.clear();
    }
    m_inode->hasMappedWrites = m_inode->hasMappedWrites || access == MapAccess::ReadWrite;
    auto onUnmap = [inode = m_inode, files = &m_files] {
        const std::lock_guard unmapGuard(files->m_mutex);
        --inode->mappings;
    };
    return std::make_unique<MemoryRegion>(m_inode, m_inode->current.data() + offset, length,
                                          onUnmap);
}

void MemoryFileSystem::changeName(NameChange change)
{
    auto& changes = m_pendingNames[change.path.parent_path()];
    changes.emplace_back(m_nextChange++, std::move(change));
}

void MemoryFileSystem::apply(const NameChange& change, Names& names)
{
    switch (change.change) {
    case Change::CreateFile:
        names.files[change.path] = change.inode;
        break;
    case Change::RemoveFile:
        names.files.erase(change.path);
        break;
    case Change::CreateDirectory:
        names.directories.insert(change.path);
        break;
    case Change::RemoveDirectory:
        names.directories.erase(change.path);
        break;
    case Change::RenameFile:
        if (const auto found = names.files.find(change.path); found != names.files.end()) {
            const std::shared_ptr<Inode> inode = found->second;
            names.files.erase(found);
            names.files[change.renamedTo] = inode;
        }
        break;
    }
}

MemoryFileSystem::MemoryFileSystem()
    : m_current{{}, {"/"}}
    , m_durable{{}, {"/"}}
    , m_locks(std::make_shared<std::set<fs::path>>())
    , m_now([] { return std::int64_t{1'700'000'000'000}; })
{}

MemoryFileSystem::~MemoryFileSystem() = default;


void MemoryFileSystem::failCall(Call call, int count, int errnoValue, bool isLasting,
                                std::string pathPart)
{
    const std::lock_guard guard(m_mutex);
    m_failures.push_back({call, count, errnoValue, isLasting, std::move(pathPart)});
}

void MemoryFileSystem::clearFailures()
{
    const std::lock_guard guard(m_mutex);
    m_failures.clear();
}

int MemoryFileSystem::callCount(Call call) const
{
    const std::lock_guard guard(m_mutex);
    const auto found = m_counts.find(call);
    return found != m_counts.end() ? found->second : 0;
}

int MemoryFileSystem::failedCount(Call call) const
{
    const std::lock_guard guard(m_mutex);
    const auto found = m_failedCounts.find(call);
    return found != m_failedCounts.end() ? found->second : 0;
}

bool MemoryFileSystem::hasFailedOn(const fs::path& path) const
{
    const std::lock_guard guard(m_mutex);
    return m_failedPaths.contains(path);
}

void MemoryFileSystem::setObserver(std::function<void(Call, const fs::path&)> observer)
{
    const std::lock_guard guard(m_mutex);
    m_observer = std::move(observer);
}

Result<> MemoryFileSystem::before(Call call, const fs::path& path)
{
    ++m_counts[call];
    if (m_observer && call != Call::Read) {
        m_observer(call, path);
    }
    for (Failure& failure : m_failures) {
        const bool isMeant =
            failure.call == call && path.string().find(failure.pathPart) != std::string::npos;
        if (isMeant && --failure.remaining <= 0 && (failure.remaining == 0 || failure.isLasting)) {
            ++m_failedCounts[call];
            m_failedPaths.insert(path);
            return failErrno(failure.errnoValue, "injected failure on " + path.string());
        }
    }
    return {};
}

void MemoryFileSystem::setCapacity(std::uint64_t totalBytes)
{
    const std::lock_guard guard(m_mutex);
    m_capacity = totalBytes;
}

void MemoryFileSystem::setForeignBytes(std::uint64_t bytes)
{
    const std::lock_guard guard(m_mutex);
    m_foreignBytes = bytes;
}

void MemoryFileSystem::setLastModified(const fs::path& path, std::int64_t ms)
{
    const std::lock_guard guard(m_mutex);
    m_current.files.at(path)->modifiedMs = ms;
}

void MemoryFileSystem::setNow(std::function<std::int64_t()> now)
{
    const std::lock_guard guard(m_mutex);
    m_now = std::move(now);
}

std::uint64_t MemoryFileSystem::usedBytes() const
{
    std::uint64_t used = m_foreignBytes;
    for (const auto& [path, inode] : m_current.files) {
        used += inode->current.size();
    }
    return used;
}

std::string MemoryFileSystem::content(const fs::path& path) const
{
    const std::lock_guard guard(m_mutex);
    const auto found = m_current.files.find(path);
    if (found == m_current.files.end()) {
        return {};
    }
    const Buffer& bytes = found->second->current;
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void MemoryFileSystem::overwrite(const fs::path& path, std::uint64_t offset, std::string_view bytes)
{
    const std::lock_guard guard(m_mutex);
    Inode& inode = *m_current.files.at(path);
    std::memcpy(inode.current.data() + offset, bytes.data(), bytes.size());
    inode.durable.resize(inode.current.size());
    std::memcpy(inode.durable.data() + offset, bytes.data(), bytes.size());
    inode.writeAgain(offset, bytes.size());
}

void MemoryFileSystem::put(const fs::path& path, std::string_view bytes)
{
    const std::lock_guard guard(m_mutex);
    createDirectoryNames(path.parent_path());
    m_durable.directories = m_current.directories;
    auto inode = std::make_shared<Inode>();
    inode->current.resize(bytes.size());
    if (!bytes.empty()) {
        std::memcpy(inode->current.data(), bytes.data(), bytes.size());
    }
    inode->durable.assign(inode->current);
    m_current.files[path] = inode;
    m_durable.files[path] = inode;
}

std::vector<fs::path> MemoryFileSystem::files() const
{
    const std::lock_guard guard(m_mutex);
    std::vector<fs::path> result;
    for (const auto& [path, inode] : m_current.files) {
        result.push_back(path);
    }
    return result;
}

int MemoryFileSystem::openFiles() const
{
    const std::lock_guard guard(m_mutex);
    return m_openFiles;
}

int MemoryFileSystem::openFilesMax() const
{
    const std::lock_guard guard(m_mutex);
    return m_openFilesMax;
}

Result<std::unique_ptr<File>> MemoryFileSystem::open(const fs::path& path, OpenMode mode)
{
    const std::lock_guard guard(m_mutex);
    GANTRY_CHECK(before(Call::Open, path));
    auto found = m_current.files.find(path);
    if (found == m_current.files.end()) {
        if (mode != OpenMode::Create || !m_current.directories.contains(path.parent_path())) {
            return failErrno(ENOENT, "cannot open " + path.string());
        }
        auto inode = std::make_shared<Inode>();
        inode->modifiedMs = m_now();
        found = m_current.files.emplace(path, inode).first;
        changeName({Change::CreateFile, path, inode, {}});
    }
    m_openFilesMax = std::max(m_openFilesMax, ++m_openFiles);
    return std::make_unique<MemoryFile>(*this, found->second, path);
}

Result<> MemoryFileSystem::remove(const fs::path& path)
{
    const std::lock_guard guard(m_mutex);
    GANTRY_CHECK(before(Call::Remove, path));
    if (m_current.files.erase(path) == 0) {
        return failErrno(ENOENT, "cannot remove " + path.string());
    }
    changeName({Change::RemoveFile, path, nullptr, {}});
    return {};
}

Result<> MemoryFileSystem::removeTree(const fs::path& path)
{
    const std::lock_guard guard(m_mutex);
    GANTRY_CHECK(before(Call::Remove, path));
    const auto isBelow = [&](const fs::path& other) {
        return other == path ||
               std::mismatch(path.begin(), path.end(), other.begin(), other.end()).first ==
                   path.end();
    };
    for (auto it = m_current.files.begin(); it != m_current.files.end();) {
        if (isBelow(it->first)) {
            changeName({Change::RemoveFile, it->first, nullptr, {}});
            it = m_current.files.erase(it);
        } else {
            ++it;
        }
    }
    for (auto it = m_current.directories.begin(); it != m_current.directories.end();) {
        if (isBelow(*it)) {
            changeName({Change::RemoveDirectory, *it, nullptr, {}});
            it = m_current.directories.erase(it);
        } else {
            ++it;
        }
    }
    return {};
}

Result<> MemoryFileSystem::rename(const fs::path& from, const fs::path& to)
{
    const std::lock_guard guard(m_mutex);
    GANTRY_CHECK(before(Call::Rename, from));
    const auto found = m_current.files.find(from);
    if (found == m_current.files.end()) {
        return failErrno(ENOENT, "cannot rename " + from.string());
    }
    m_current.files[to] = found->second;
    m_current.files.erase(from);
    changeName({Change::RenameFile, from, nullptr, to});
    return {};
}

bool MemoryFileSystem::exists(const fs::path& path)
{
    const std::lock_guard guard(m_mutex);
    return m_current.files.contains(path) || m_current.directories.contains(path);
}

Result<std::vector<DirectoryEntry>> MemoryFileSystem::list(const fs::path& directory)
{
    const std::lock_guard guard(m_mutex);
    std::vector<DirectoryEntry> entries;
    // Paths order by their parts, so everything below a directory lies together.
    const auto isBelow = [&](const fs::path& path) {
        return std::mismatch(directory.begin(), directory.end(), path.begin(), path.end()).first ==
               directory.end();
    };
    for (auto it = m_current.directories.upper_bound(directory);
         it != m_current.directories.end() && isBelow(*it); ++it) {
        if (it->parent_path() == directory) {
            entries.push_back({it->filename().string(), true, 0});
        }
    }
    for (auto it = m_current.files.lower_bound(directory);
         it != m_current.files.end() && isBelow(it->first); ++it) {
        if (it->first.parent_path() == directory) {
            entries.push_back({it->first.filename().string(), false, it->second->current.size()});
        }
    }
    std::sort(entries.begin(), entries.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    return entries;
}

void MemoryFileSystem::createDirectoryNames(const fs::path& directory)
{
    if (directory.empty() || m_current.directories.contains(directory)) {
        return;
    }
    createDirectoryNames(directory.parent_path());
    m_current.directories.insert(directory);
    changeName({Change::CreateDirectory, directory, nullptr, {}});
}

Result<> MemoryFileSystem::createDirectories(const fs::path& directory)
{
    const std::lock_guard guard(m_mutex);
    if (m_current.directories.contains(directory)) {
        return {};
    }
    GANTRY_CHECK(before(Call::CreateDirectory, directory));
    createDirectoryNames(directory);
    return {};
}

Result<> MemoryFileSystem::syncDirectory(const fs::path& directory)
{
    const std::lock_guard guard(m_mutex);
    GANTRY_CHECK(before(Call::SyncDirectory, directory));
    if (!m_current.directories.contains(directory)) {
        return failErrno(ENOENT, "cannot sync directory " + directory.string());
    }
    if (const auto found = m_pendingNames.find(directory); found != m_pendingNames.end()) {
        for (const auto& [number, change] : found->second) {
            apply(change, m_durable);
        }
        m_pendingNames.erase(found);
    }
    return {};
}

class MemoryDiskSync final : public DiskSync
{
public:
    MemoryDiskSync(MemoryFileSystem& files, fs::path directory)
        : m_files(files)
        , m_directory(std::move(directory))
    {}
    Result<> sync() override { return m_files.syncBelow(m_directory); }

private:
    MemoryFileSystem& m_files;
    fs::path m_directory;
};

Result<std::unique_ptr<DiskSync>> MemoryFileSystem::diskSync(const fs::path& directory)
{
    return std::make_unique<MemoryDiskSync>(*this, directory);
}

/// As syncData() of every file and syncDirectory() of every directory below.
Result<> MemoryFileSystem::syncBelow(const fs::path& directory)
{
    const std::lock_guard guard(m_mutex);
    const std::string prefix = directory.string();
    const auto isBelow = [&prefix](const fs::path& path) {
        const std::string text = path.string();
        return text == prefix || text.starts_with(prefix + "/");
    };
    Result<> allowed = before(Call::Sync, directory);
    for (const auto& [path, inode] : m_current.files) {
        if (!isBelow(path) || (!inode->isDirty && !inode->hasMappedWrites)) {
            continue;
        }
        if (!allowed) {
            inode->failSync();
            continue;
        }
        inode->sync();
        inode->isDirty = !inode->givenUp.empty();
        inode->hasMappedWrites = inode->mappings > 0;
    }
    if (!allowed) {
        return allowed;
    }
    std::vector<std::pair<std::uint64_t, NameChange>> changes;
    for (auto found = m_pendingNames.begin(); found != m_pendingNames.end();) {
        if (isBelow(found->first)) {
            changes.insert(changes.end(), found->second.begin(), found->second.end());
            found = m_pendingNames.erase(found);
        } else {
            ++found;
        }
    }
    std::sort(changes.begin(), changes.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [number, change] : changes) {
        apply(change, m_durable);
    }
    return {};
}

Result<std::unique_ptr<ZeroWriter>> MemoryFileSystem::zeroWriter(const fs::path& path)
{
    if (!m_hasZeroWriter) {
        return FileSystem::zeroWriter(path);
    }
    GANTRY_TRY(file, open(path, OpenMode::ReadWrite));
    return std::make_unique<MemoryZeroWriter>(std::move(file));
}

Result<std::unique_ptr<FileLock>> MemoryFileSystem::lock(const fs::path& path)
{
    const std::lock_guard guard(m_mutex);
    if (!m_locks->insert(path).second) {
        return fail(Errc::Locked, "{} is held by another store of this process", path.string());
    }
    if (!m_current.files.contains(path)) {
        auto inode = std::make_shared<Inode>();
        m_current.files.emplace(path, inode);
        changeName({Change::CreateFile, path, inode, {}});
    }
    return std::make_unique<MemoryLock>(m_locks, path);
}

Result<SpaceInfo> MemoryFileSystem::space(const fs::path& path)
{
    const std::lock_guard guard(m_mutex);
    if (!exists(path)) {
        return failErrno(ENOENT, "cannot examine the disk of " + path.string());
    }
    const std::uint64_t total = m_capacity.value_or(std::uint64_t{1} << 40U);
    const std::uint64_t used = std::min(usedBytes(), total);
    return SpaceInfo{total, total - used};
}

Result<std::int64_t> MemoryFileSystem::lastModifiedMs(const fs::path& path)
{
    const std::lock_guard guard(m_mutex);
    const auto found = m_current.files.find(path);
    if (found == m_current.files.end()) {
        return failErrno(ENOENT, "cannot examine " + path.string());
    }
    return found->second->modifiedMs;
}

} // namespace gantry
