// SPDX-License-Identifier: Apache-2.0
#include "store/mapped_file_queue.h"

#include "store/file_names.h"

#include <algorithm>
#include <mutex>

namespace gantry {

Result<> MappedFileQueue::load()
{
    GANTRY_TRY(entries, m_files.list(m_directory));
    const std::unique_lock lock(m_mutex);
    for (const DirectoryEntry& entry : entries) {
        const auto offset = parseOffsetFileName(entry.name);
        if (!entry.isDirectory && offset && entry.size > 0) {
            m_list.push_back(
                std::make_shared<MappedFile>(m_directory / entry.name, *offset, m_fileSize));
        }
    }
    return {};
}

void MappedFileQueue::add(MappedFilePtr file)
{
    const std::unique_lock lock(m_mutex);
    m_list.push_back(std::move(file));
    m_generation.fetch_add(1, std::memory_order_release);
}

Result<> MappedFileQueue::remove(const MappedFilePtr& file)
{
    {
        const std::unique_lock lock(m_mutex);
        std::erase(m_list, file);
        m_generation.fetch_add(1, std::memory_order_release);
    }
    m_cache.forget({0, file->fromOffset()});
    if (Result<> removed = m_files.remove(file->path()); !removed) {
        // It is there, and so will it be for the next process: what its records are in must not go.
        const std::unique_lock lock(m_mutex);
        m_list.insert(std::upper_bound(m_list.begin(), m_list.end(), file,
                                       [](const MappedFilePtr& a, const MappedFilePtr& b) {
                                           return a->fromOffset() < b->fromOffset();
                                       }),
                      file);
        m_generation.fetch_add(1, std::memory_order_release);
        return removed;
    }
    return m_files.syncDirectory(m_directory);
}

std::vector<MappedFilePtr> MappedFileQueue::all() const
{
    const std::shared_lock lock(m_mutex);
    return m_list;
}

MappedFilePtr MappedFileQueue::first() const
{
    const std::shared_lock lock(m_mutex);
    return m_list.empty() ? nullptr : m_list.front();
}

MappedFilePtr MappedFileQueue::last() const
{
    const std::shared_lock lock(m_mutex);
    return m_list.empty() ? nullptr : m_list.back();
}

MappedFilePtr MappedFileQueue::find(std::int64_t offset) const
{
    const std::shared_lock lock(m_mutex);
    // The first file whose end is behind the offset.
    const auto found = std::upper_bound(
        m_list.begin(), m_list.end(), offset,
        [](std::int64_t at, const MappedFilePtr& file) { return at < file->endOffset(); });
    return found != m_list.end() && (*found)->fromOffset() <= offset ? *found : nullptr;
}

MappedFilePtr MappedFileQueue::findFrom(std::int64_t offset) const
{
    const std::shared_lock lock(m_mutex);
    const auto found = std::lower_bound(
        m_list.begin(), m_list.end(), offset,
        [](const MappedFilePtr& file, std::int64_t at) { return file->fromOffset() < at; });
    return found != m_list.end() ? *found : nullptr;
}

std::size_t MappedFileQueue::count() const
{
    const std::shared_lock lock(m_mutex);
    return m_list.size();
}

std::int64_t MappedFileQueue::minOffset() const
{
    const std::shared_lock lock(m_mutex);
    return m_list.empty() ? 0 : m_list.front()->fromOffset();
}

Result<std::size_t> MappedFileQueue::readAt(std::int64_t offset, MutableByteView target, ReadWait wait) const
{
    const MappedFilePtr file = find(offset);
    if (!file) {
        return 0;
    }
    GANTRY_TRY(handle, m_cache.open({0, file->fromOffset()}, OpenMode::ReadWrite,
                                    [&] { return file->path(); }));
    const std::int64_t position = offset - file->fromOffset();
    const auto length =
        std::min<std::size_t>(target.size(), static_cast<std::size_t>(file->size() - position));
    return handle->readAt(static_cast<std::uint64_t>(position), target.first(length), wait);
}

Result<std::vector<MappedFileQueue::Extent>> MappedFileQueue::dataFrom(std::int64_t offset) const
{
    std::vector<Extent> extents;
    const MappedFilePtr file = find(offset);
    if (!file) {
        return extents;
    }
    GANTRY_TRY(handle, m_cache.open({0, file->fromOffset()}, OpenMode::ReadWrite,
                                    [&] { return file->path(); }));
    const auto size = static_cast<std::uint64_t>(file->size());
    for (auto at = static_cast<std::uint64_t>(offset - file->fromOffset()); at < size;) {
        GANTRY_TRY(begin, handle->nextData(at));
        if (begin >= size) {
            break;
        }
        GANTRY_TRY(hole, handle->nextHole(begin));
        at = std::clamp(hole, begin + 1, size);
        extents.push_back({file->fromOffset() + static_cast<std::int64_t>(begin), file->fromOffset() + static_cast<std::int64_t>(at)});
    }
    return extents;
}

Result<> MappedFileQueue::writeAt(std::int64_t offset, ByteView bytes)
{
    const MappedFilePtr file = find(offset);
    if (!file) {
        return fail(Errc::NotFound, "no CommitLog file holds offset {}", offset);
    }
    if (offset + static_cast<std::int64_t>(bytes.size()) > file->endOffset()) {
        return fail(Errc::InvalidArgument, "{} bytes at CommitLog offset {} reach over the file's end", bytes.size(),
                    offset);
    }
    GANTRY_TRY(handle, m_files.open(file->path(), OpenMode::ReadWrite));
    GANTRY_CHECK(handle->writeAt(static_cast<std::uint64_t>(offset - file->fromOffset()), bytes));
    return handle->syncData();
}

Result<> MappedFileQueue::sync(const MappedFilePtr& file)
{
    GANTRY_TRY(handle, m_files.open(file->path(), OpenMode::ReadWrite));
    return handle->syncData();
}

std::filesystem::path MappedFileQueue::pathOf(std::int64_t fromOffset) const
{
    return m_directory / offsetFileName(fromOffset);
}

} // namespace gantry
