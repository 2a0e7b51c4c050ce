// SPDX-License-Identifier: Apache-2.0
#include "base/file_system.h"

namespace gantry {

Result<std::unique_ptr<ZeroWriter>> FileSystem::zeroWriter(const std::filesystem::path& path)
{
    return fail(Errc::Unsupported, "zeros cannot be written to {} past the page cache", path.string());
}

Result<std::unique_ptr<DiskSync>> FileSystem::diskSync(const std::filesystem::path& directory)
{
    return fail(Errc::Unsupported, "{} cannot be synced in one call", directory.string());
}

Result<std::string> readWholeFile(FileSystem& files, const std::filesystem::path& path, std::uint64_t sizeMax)
{
    GANTRY_TRY(file, files.open(path, OpenMode::ReadOnly));
    GANTRY_TRY(size, file->size());
    if (size > sizeMax) {
        return fail(Errc::LimitExceeded, "{} has {} bytes, more than the {} expected of it", path.string(), size, sizeMax);
    }
    std::string content(size, '\0');
    GANTRY_TRY(count, file->readAt(0, std::as_writable_bytes(std::span(content.data(), content.size()))));
    content.resize(count);
    return content;
}

Result<> replaceFile(FileSystem& files, const std::filesystem::path& path, std::string_view content)
{
    std::filesystem::path temporary = path;
    temporary += ".tmp";
    {
        GANTRY_TRY(file, files.open(temporary, OpenMode::Create));
        GANTRY_CHECK(file->resize(0));
        GANTRY_CHECK(file->writeAt(0, asBytes(content)));
        GANTRY_CHECK(file->syncData());
    }
    GANTRY_CHECK(files.rename(temporary, path));
    return files.syncDirectory(path.parent_path());
}

} // namespace gantry
