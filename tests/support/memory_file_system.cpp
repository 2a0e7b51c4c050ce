// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/memory_file_system.h"

#include "support/memory_buffer.h"
#include "support/memory_lock.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <random>

namespace gantry {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kSector = 512;

using Buffer = MemoryBuffer;

} // namespace

struct MemoryFileSystem::Inode
{
    Buffer current;
    Buffer durable;
    std::int64_t modifiedMs = 0;
    int mappings = 0;
    bool hasMappedWrites = false; ///< may differ without a call having told
    bool isDirty = false;
    /// By sector: what it held when its sync failed. The kernel takes such pages for clean, so only what is written
    /// there again reaches the disk.
    std::map<std::size_t, std::string> givenUp;

    [[nodiscard]] std::shared_ptr<Inode> copy() const
    {
        auto result = std::make_shared<Inode>();
        result->current.assign(current);
        result->durable.assign(durable);
        result->modifiedMs = modifiedMs;
        result->isDirty = isDirty || hasMappedWrites;
        result->givenUp = givenUp;
        return result;
    }
    [[nodiscard]] std::string_view sector(std::size_t at) const
    {
        return {reinterpret_cast<const char*>(current.data()) + at,
                std::min(kSector, current.size() - at)};
    }
    void sync()
    {
        if (givenUp.empty()) {
            durable.assign(current);
            return;
        }
        durable.resize(current.size());
        for (std::size_t at = 0; at < current.size(); at += kSector) {
            const auto lost = givenUp.find(at);
            if (lost == givenUp.end() || lost->second != sector(at)) {
                std::memcpy(durable.data() + at, current.data() + at, sector(at).size());
                givenUp.erase(at);
            }
        }
    }
    void writeAgain(std::size_t offset, std::size_t length)
    {
        givenUp.erase(givenUp.lower_bound(offset / kSector * kSector),
                      givenUp.lower_bound(offset + length));
    }
    void failSync()
    {
        for (std::size_t at = 0; at < current.size(); at += kSector) {
            const bool isDurable = at + sector(at).size() <= durable.size() &&
                                   std::memcmp(durable.data() + at, current.data() + at,
                                               sector(at).size()) == 0;
            if (!isDurable) {
                givenUp[at] = sector(at);
            }
        }
    }
};

namespace {

/// Sector by sector the seed decides whether the newer bytes reached the disk.
void settle(const MemoryFileSystem::Inode& inode, Buffer& durable, std::mt19937_64& random)
{
    const Buffer& current = inode.current;
    const std::size_t before = durable.size();
    const bool takesSize = current.size() == before || (random() & 1U) != 0;
    const std::size_t size = takesSize ? current.size() : before;
    durable.resize(size);
    // One file in three loses everything, one nothing, one here and there.
    const auto mode = random() % 3;
    for (std::size_t at = 0; at < std::min(size, current.size()); at += kSector) {
        const std::size_t length = std::min(kSector, std::min(size, current.size()) - at);
        if (std::memcmp(current.data() + at, durable.data() + at, length) != 0) {
            const auto lost = inode.givenUp.find(at);
            const bool isGivenUp = lost != inode.givenUp.end() && lost->second == inode.sector(at);
            const bool arrives = !isGivenUp && (mode == 1 || (mode == 2 && (random() & 1U) != 0));
            if (arrives) {
                std::memcpy(durable.data() + at, current.data() + at, length);
            }
        }
    }
}

/// As settle(), but for each length and sector somebody is asked.
void settleChosen(const MemoryFileSystem::Inode& inode, Buffer& durable, const std::function<bool()>& arrives)
{
    const Buffer& current = inode.current;
    if (current.size() != durable.size() && arrives()) {
        durable.resize(current.size());
    }
    const std::size_t size = std::min(durable.size(), current.size());
    for (std::size_t at = 0; at < size; at += kSector) {
        const std::size_t length = std::min(kSector, size - at);
        if (std::memcmp(current.data() + at, durable.data() + at, length) == 0) {
            continue;
        }
        const auto lost = inode.givenUp.find(at);
        const bool isGivenUp = lost != inode.givenUp.end() && lost->second == inode.sector(at);
        if (!isGivenUp && arrives()) {
            std::memcpy(durable.data() + at, current.data() + at, length);
        }
    }
}

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
        const std::lock_guard guard(m_files.m_mutex);
        GANTRY_CHECK(m_files.before(MemoryFileSystem::Call::Write, m_path));
        GANTRY_CHECK(grow(offset + bytes.size()));
        if (!bytes.empty()) {
            std::memcpy(m_inode->current.data() + offset, bytes.data(), bytes.size());
            m_inode->writeAgain(offset, bytes.size());
        }
        touch();
        return {};
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
    void populate(std::size_t, std::size_t) override {}
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

std::unique_ptr<MemoryFileSystem> MemoryFileSystem::afterKill() const
{
    const std::lock_guard guard(m_mutex);
    auto copy = std::make_unique<MemoryFileSystem>();
    // What was not durable still is not: the kernel that holds it goes on.
    std::map<const Inode*, std::shared_ptr<Inode>> copies;
    const auto copyOf = [&](const std::shared_ptr<Inode>& inode) -> std::shared_ptr<Inode> {
        if (!inode) {
            return nullptr;
        }
        auto& entry = copies[inode.get()];
        entry = entry ? entry : inode->copy();
        return entry;
    };
    for (auto [from, to] : {std::pair{&m_current, &copy->m_current}, {&m_durable, &copy->m_durable}}) {
        for (const auto& [path, inode] : from->files) {
            to->files[path] = copyOf(inode);
        }
        to->directories = from->directories;
    }
    for (const auto& [directory, changes] : m_pendingNames) {
        for (const auto& [number, change] : changes) {
            NameChange renewed = change;
            renewed.inode = copyOf(change.inode);
            copy->m_pendingNames[directory].emplace_back(number, std::move(renewed));
        }
    }
    copy->m_nextChange = m_nextChange;
    copy->m_now = m_now;
    return copy;
}

std::unique_ptr<MemoryFileSystem> MemoryFileSystem::afterPowerCut(std::uint64_t seed) const
{
    const std::lock_guard guard(m_mutex);
    std::mt19937_64 random(seed);
    const std::size_t pending = pendingNames();
    const Names names = namesAfter(pending == 0 ? 0 : random() % (pending + 1));
    return withNames(names, [&](const Inode& inode, Inode& survivor) {
        if (inode.isDirty || inode.hasMappedWrites) {
            settle(inode, survivor.durable, random);
        }
    });
}

std::unique_ptr<MemoryFileSystem> MemoryFileSystem::afterPowerCut(const PowerCut& cut) const
{
    const std::lock_guard guard(m_mutex);
    std::size_t number = 0;
    return withNames(namesAfter(cut.names), [&](const Inode& inode, Inode& survivor) {
        settleChosen(inode, survivor.durable, [&] { return cut.arrives(number++); });
    });
}

std::size_t MemoryFileSystem::pendingNames() const
{
    const std::lock_guard guard(m_mutex);
    std::size_t count = 0;
    for (const auto& [directory, changes] : m_pendingNames) {
        count += changes.size();
    }
    return count;
}

std::size_t MemoryFileSystem::pendingWrites(std::size_t names) const
{
    std::size_t count = 0;
    (void)afterPowerCut(PowerCut{names, [&](std::size_t) {
                                     ++count;
                                     return true; // a length that arrives shows the sectors behind it
                                 }});
    return count;
}

std::size_t MemoryFileSystem::hash() const
{
    const std::lock_guard guard(m_mutex);
    std::size_t hash = 0;
    const auto mix = [&](std::string_view text) {
        hash = (hash ^ std::hash<std::string_view>{}(text)) * 0x9E3779B97F4A7C15ULL + 1;
    };
    for (const fs::path& directory : m_current.directories) {
        mix(directory.native());
    }
    for (const auto& [path, inode] : m_current.files) {
        mix(path.native());
        mix({reinterpret_cast<const char*>(inode->current.data()), inode->current.size()});
    }
    return hash;
}

/// A journalling file system keeps the order of name changes: some prefix of them made it.
MemoryFileSystem::Names MemoryFileSystem::namesAfter(std::size_t pendingCount) const
{
    std::map<std::uint64_t, const NameChange*> pending;
    for (const auto& [directory, changes] : m_pendingNames) {
        for (const auto& [number, change] : changes) {
            pending[number] = &change;
        }
    }
    Names names = m_durable;
    for (auto change = pending.begin(); pendingCount > 0 && change != pending.end(); ++change, --pendingCount) {
        apply(*change->second, names);
    }
    return names;
}

std::unique_ptr<MemoryFileSystem>
MemoryFileSystem::withNames(const Names& names, const std::function<void(const Inode&, Inode&)>& settle) const
{
    auto copy = std::make_unique<MemoryFileSystem>();
    // Parents come before children in the set: what has no parent cannot be found.
    for (const fs::path& directory : names.directories) {
        if (directory == "/" || copy->m_current.directories.contains(directory.parent_path())) {
            copy->m_current.directories.insert(directory);
        }
    }
    for (const auto& [path, inode] : names.files) {
        if (!copy->m_current.directories.contains(path.parent_path())) {
            continue;
        }
        auto survivor = std::make_shared<Inode>();
        survivor->durable.assign(inode->durable);
        settle(*inode, *survivor);
        survivor->current.assign(survivor->durable);
        survivor->modifiedMs = inode->modifiedMs;
        copy->m_current.files[path] = survivor;
    }
    copy->m_durable = copy->m_current;
    copy->m_now = m_now;
    return copy;
}

void MemoryFileSystem::writeBackSome(std::uint64_t seed)
{
    const std::lock_guard guard(m_mutex);
    std::mt19937_64 random(seed);
    for (const auto& [path, inode] : m_current.files) {
        if (inode->isDirty || inode->hasMappedWrites) {
            settle(*inode, inode->durable, random);
        }
    }
}

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
