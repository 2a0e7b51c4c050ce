// SPDX-License-Identifier: Apache-2.0
#include "store/file_cache.h"

namespace gantry {

std::shared_ptr<File> FileCache::find(Key key)
{
    const std::lock_guard guard(m_mutex);
    const auto found = m_byKey.find(key);
    if (found == m_byKey.end()) {
        return nullptr;
    }
    m_entries.splice(m_entries.begin(), m_entries, found->second);
    return found->second->file;
}

Result<std::shared_ptr<File>> FileCache::openMissing(Key key, OpenMode mode,
                                                     const std::filesystem::path& path)
{
    GANTRY_TRY(opened, m_files.open(path, mode));
    std::shared_ptr<File> file = std::move(opened);
    std::shared_ptr<File> evicted; // closed after the lock
    const std::lock_guard guard(m_mutex);
    if (const auto found = m_byKey.find(key); found != m_byKey.end()) {
        return found->second->file; // another thread was faster
    }
    m_entries.push_front({key, file});
    m_byKey.emplace(key, m_entries.begin());
    if (m_entries.size() > m_filesMax) {
        evicted = std::move(m_entries.back().file);
        m_byKey.erase(m_entries.back().key);
        m_entries.pop_back();
    }
    return file;
}

void FileCache::forget(Key key)
{
    std::shared_ptr<File> closed;
    const std::lock_guard guard(m_mutex);
    if (const auto found = m_byKey.find(key); found != m_byKey.end()) {
        closed = std::move(found->second->file);
        m_entries.erase(found->second);
        m_byKey.erase(found);
    }
}

void FileCache::clear()
{
    std::list<Entry> closed;
    const std::lock_guard guard(m_mutex);
    m_byKey.clear();
    closed.swap(m_entries);
}

std::size_t FileCache::size() const
{
    const std::lock_guard guard(m_mutex);
    return m_entries.size();
}

} // namespace gantry
