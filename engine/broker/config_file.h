// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "base/file_system.h"

#include <filesystem>
#include <functional>
#include <string_view>

namespace gantry {

/// One of the broker's tables on disk, e.g. <store>/config/topics.json, with Apache's rule of two generations: the
/// content before the last write lies in "<file>.bak" and is used when the file is missing, empty or unreadable.
/// Not thread-safe; both calls wait for the disk.
class ConfigFile
{
public:
    /// Takes the text in and says whether it could.
    using Parse = std::function<Result<>(std::string_view text)>;

    ConfigFile(FileSystem& files, std::filesystem::path path);

    /// Hands the file's text to `parse`, or that of the .bak file. False, without a call, if there is neither: the
    /// table starts empty. An error if there is a file but none that can be used, because it is empty or damaged:
    /// starting without would lose the table.
    [[nodiscard]] Result<bool> load(const Parse& parse);
    /// Durable when it returns. A crash leaves the old or the new text in the file, and some older one in .bak.
    [[nodiscard]] Result<> save(std::string_view content);
    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }

private:
    FileSystem& m_files;
    std::filesystem::path m_path;
    std::filesystem::path m_backupPath;
};

} // namespace gantry
