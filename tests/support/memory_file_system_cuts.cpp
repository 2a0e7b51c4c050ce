// SPDX-License-Identifier: GPL-3.0-or-later
// What is left of a MemoryFileSystem when its process is killed or the power goes.
#include "support/memory_inode.h"

#include <algorithm>
#include <random>

namespace gantry {

namespace fs = std::filesystem;

namespace {

/// Sector by sector the seed decides whether the newer bytes reached the disk.
void settle(const MemoryFileSystem::Inode& inode, MemoryBuffer& durable, std::mt19937_64& random)
{
    const MemoryBuffer& current = inode.current;
    const std::size_t before = durable.size();
    const bool takesSize = current.size() == before || (random() & 1U) != 0;
    const std::size_t size = takesSize ? current.size() : before;
    durable.resize(size);
    // One file in three loses everything, one nothing, one here and there.
    const auto mode = random() % 3;
    for (std::size_t at = 0; at < std::min(size, current.size()); at += kMemorySector) {
        const std::size_t length = std::min(kMemorySector, std::min(size, current.size()) - at);
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
void settleChosen(const MemoryFileSystem::Inode& inode, MemoryBuffer& durable, const std::function<bool()>& arrives)
{
    const MemoryBuffer& current = inode.current;
    if (current.size() != durable.size() && arrives()) {
        durable.resize(current.size());
    }
    const std::size_t size = std::min(durable.size(), current.size());
    for (std::size_t at = 0; at < size; at += kMemorySector) {
        const std::size_t length = std::min(kMemorySector, size - at);
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

std::unique_ptr<MemoryFileSystem> MemoryFileSystem::afterKill() const
{
    const std::lock_guard guard(m_mutex);
    auto copy = std::make_unique<MemoryFileSystem>();
    copy->m_hasZeroWriter = m_hasZeroWriter;
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
    copy->m_hasZeroWriter = m_hasZeroWriter;
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

} // namespace gantry
