// SPDX-License-Identifier: Apache-2.0
#include "store/mapped_file.h"

#include "store/seeded_bug.h"
#include "store/store_health.h"

namespace gantry {

Result<> MappedFile::openForWriting(FileSystem& files)
{
    GANTRY_TRY(file, files.open(m_path, OpenMode::Create));
    GANTRY_CHECK(writeOutcome(file->allocate(0, static_cast<std::uint64_t>(m_size))));
    GANTRY_CHECK(syncOutcome(file->syncData()));
    if (!planted(SeededBug::NewFileNameNotSynced)) {
        GANTRY_CHECK(syncOutcome(files.syncDirectory(m_path.parent_path())));
    }
    GANTRY_TRY(region, file->map(0, static_cast<std::size_t>(m_size), MapAccess::ReadOnly));
    m_file = std::move(file);
    const std::lock_guard guard(m_regionMutex);
    m_region = std::move(region);
    return {};
}

void MappedFile::closeForWriting()
{
    {
        const std::lock_guard guard(m_regionMutex);
        m_region.reset();
    }
    m_file.reset();
}

void MappedFile::release(std::int64_t position, std::int64_t length)
{
    const std::lock_guard guard(m_regionMutex);
    if (m_region) {
        m_region->release(static_cast<std::size_t>(position), static_cast<std::size_t>(length));
    }
}

} // namespace gantry
