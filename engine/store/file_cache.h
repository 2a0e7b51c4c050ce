// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "base/file_system.h"

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace gantry {

/// The most recently used files of a store, so that tens of thousands of queues need few
/// descriptors. Thread-safe. A file stays open while somebody holds it, also after it fell out.
class FileCache
{
public:
    struct Key
    {
        std::uint64_t owner = 0; ///< 0 is the CommitLog; queues have their own numbers
        std::int64_t fromOffset = 0;
        bool operator==(const Key&) const = default;
    };

    FileCache(FileSystem& files, std::size_t filesMax)
        : m_files(files)
        , m_filesMax(filesMax)
    {}

    /// `makePath` runs on a miss only.
    template <typename MakePath>
    Result<std::shared_ptr<File>> open(Key key, OpenMode mode, MakePath&& makePath)
    {
        if (auto file = find(key)) {
            return file;
        }
        return openMissing(key, mode, makePath());
    }
    void forget(Key key);
    void clear();
    [[nodiscard]] std::size_t size() const;

private:
    struct KeyHash
    {
        std::size_t operator()(const Key& key) const
        {
            return std::hash<std::uint64_t>{}(key.owner * 0x9E3779B97F4A7C15ULL ^
                                              static_cast<std::uint64_t>(key.fromOffset));
        }
    };
    struct Entry
    {
        Key key;
        std::shared_ptr<File> file;
    };

    [[nodiscard]] std::shared_ptr<File> find(Key key);
    Result<std::shared_ptr<File>> openMissing(Key key, OpenMode mode,
                                              const std::filesystem::path& path);

    FileSystem& m_files;
    const std::size_t m_filesMax;
    mutable std::mutex m_mutex; // guards what follows
    std::list<Entry> m_entries; // most recently used first
    std::unordered_map<Key, std::list<Entry>::iterator, KeyHash> m_byKey;
};

} // namespace gantry
