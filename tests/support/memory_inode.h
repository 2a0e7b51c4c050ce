// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "support/memory_buffer.h"
#include "support/memory_file_system.h"

#include <algorithm>
#include <cstring>

/// A file of MemoryFileSystem: what it holds now and what a power cut would leave of it.
namespace gantry {

inline constexpr std::size_t kMemorySector = 512; ///< what a disk writes whole

struct MemoryFileSystem::Inode
{
    MemoryBuffer current;
    MemoryBuffer durable;
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
                std::min(kMemorySector, current.size() - at)};
    }
    void sync()
    {
        if (givenUp.empty()) {
            durable.assign(current);
            return;
        }
        durable.resize(current.size());
        for (std::size_t at = 0; at < current.size(); at += kMemorySector) {
            const auto lost = givenUp.find(at);
            if (lost == givenUp.end() || lost->second != sector(at)) {
                std::memcpy(durable.data() + at, current.data() + at, sector(at).size());
                givenUp.erase(at);
            }
        }
    }
    void writeAgain(std::size_t offset, std::size_t length)
    {
        givenUp.erase(givenUp.lower_bound(offset / kMemorySector * kMemorySector),
                      givenUp.lower_bound(offset + length));
    }
    void failSync()
    {
        for (std::size_t at = 0; at < current.size(); at += kMemorySector) {
            const bool isDurable = at + sector(at).size() <= durable.size() &&
                                   std::memcmp(durable.data() + at, current.data() + at,
                                               sector(at).size()) == 0;
            if (!isDurable) {
                givenUp[at] = sector(at);
            }
        }
    }
};

} // namespace gantry
