// SPDX-License-Identifier: Apache-2.0
#include "broker/config_file.h"

#include "base/log.h"
#include "base/units.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace gantry {

namespace {

/// A table of a hundred thousand topics is about 25 MB.
constexpr std::uint64_t kConfigBytesMax = 512 * kMiB;

bool isBlank(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0'; });
}

} // namespace

ConfigFile::ConfigFile(FileSystem& files, std::filesystem::path path)
    : m_files(files)
    , m_path(std::move(path))
    , m_backupPath(m_path.string() + ".bak")
{}

Result<bool> ConfigFile::load(const Parse& parse)
{
    std::optional<Error> problem;
    for (const auto* path : {&m_path, &m_backupPath}) {
        if (!m_files.exists(*path)) {
            continue;
        }
        auto text = readWholeFile(m_files, *path, kConfigBytesMax);
        // Nobody writes an empty table: taken for one, it would have the topics' queues cleaned up as unused.
        Result<> parsed = !text           ? Result<>(tl::unexpected<Error>(text.error()))
                          : isBlank(*text) ? fail(Errc::Corruption, "{} is empty", path->string())
                                           : parse(*text);
        if (parsed) {
            if (path == &m_backupPath) {
                log::warning("broker", "{} is missing, empty or damaged; using {}", m_path.string(), path->string());
            }
            return true;
        }
        log::warning("broker", "cannot use {}: {}", path->string(), parsed.error().message);
        if (!problem) {
            problem = std::move(parsed.error());
        }
    }
    if (problem) {
        return fail(Errc::Corruption, "cannot load {} or its .bak: {}. Repair or move the files away to start with an empty table",
                    m_path.string(), problem->message);
    }
    return false;
}

Result<> ConfigFile::save(std::string_view content)
{
    if (const auto directory = m_path.parent_path(); !m_files.exists(directory)) {
        GANTRY_CHECK(m_files.createDirectories(directory));
        GANTRY_CHECK(m_files.syncDirectory(directory.parent_path())); // else a power cut takes it with all in it
    }
    if (m_files.exists(m_path)) {
        auto old = readWholeFile(m_files, m_path, kConfigBytesMax);
        if (old && !isBlank(*old)) {
            GANTRY_CHECK(replaceFile(m_files, m_backupPath, *old));
        }
    }
    return replaceFile(m_files, m_path, content);
}

} // namespace gantry
