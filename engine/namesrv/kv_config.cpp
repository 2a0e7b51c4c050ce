// SPDX-License-Identifier: Apache-2.0
#include "namesrv/kv_config.h"

#include "base/json.h"
#include "base/log.h"
#include "base/units.h"

#include <nlohmann/json.hpp>

#include <utility>

namespace gantry {

namespace {

/// Far above any use (one entry per ordered topic); keeps a wrong path from being read into memory.
constexpr std::uint64_t kFileBytesMax = 64 * kMiB;
/// Entries of all namespaces together.
constexpr std::size_t kEntriesMax = 100'000;

std::filesystem::path backupOf(const std::filesystem::path& path)
{
    return path.string() + ".bak";
}

} // namespace

KvConfig::KvConfig(FileSystem& files, std::filesystem::path path)
    : m_files(files)
    , m_path(std::move(path))
{}

Result<KvConfig::Tables> KvConfig::parse(std::string_view text, const std::filesystem::path& path)
{
    GANTRY_TRY(document, parseJson(text, path.string()));
    const auto table = document.find("configTable");
    if (!document.is_object() || table == document.end() || !table->is_object()) {
        return fail(Errc::Corruption, "{} has no object \"configTable\"", path.string());
    }
    Tables tables;
    for (const auto& [space, entries] : table->items()) {
        if (!entries.is_object()) {
            return fail(Errc::Corruption, "{}: namespace \"{}\" is not an object", path.string(),
                        space);
        }
        Table& target = tables[space];
        for (const auto& [key, value] : entries.items()) {
            if (!value.is_string()) {
                return fail(Errc::Corruption,
                            "{}: the value of \"{}\" in namespace \"{}\" is not text",
                            path.string(), key, space);
            }
            target[key] = value.get<std::string>();
        }
    }
    return tables;
}

Result<> KvConfig::load()
{
    if (m_path.empty()) {
        return {};
    }
    const auto backup = backupOf(m_path);
    std::optional<Error> problem;
    for (const auto& path : {m_path, backup}) {
        if (!m_files.exists(path)) {
            continue;
        }
        GANTRY_TRY(text, readWholeFile(m_files, path, kFileBytesMax));
        auto tables = text.empty()
                          ? Result<Tables>(fail(Errc::Corruption, "{} is empty", path.string()))
                          : parse(text, path);
        if (tables) {
            if (problem) {
                log::warning("namesrv", "{}; using {} instead", problem->message, backup.string());
            }
            const std::lock_guard lock(m_mutex);
            m_tables = std::move(*tables);
            return {};
        }
        if (!problem) {
            problem = std::move(tables.error());
        }
    }
    if (problem) {
        return fail(problem->code,
                    "the KV configuration cannot be read: {}, and there is no usable {}. Repair "
                    "the file, or move it away "
                    "to start without KV configuration",
                    problem->message, backup.string());
    }
    return {};
}

Result<> KvConfig::save(const Tables& tables)
{
    if (m_path.empty()) {
        return {};
    }
    if (m_path.has_parent_path()) {
        GANTRY_CHECK(m_files.createDirectories(m_path.parent_path()));
    }
    nlohmann::json document;
    document["configTable"] = nlohmann::json::object();
    for (const auto& [space, entries] : tables) {
        document["configTable"][space] = nlohmann::json(entries);
    }
    if (m_files.exists(m_path)) {
        GANTRY_TRY(old, readWholeFile(m_files, m_path, kFileBytesMax));
        // Only content that can be read back may replace the good backup.
        if (!old.empty() && parse(old, m_path)) {
            GANTRY_CHECK(replaceFile(m_files, backupOf(m_path), old));
        }
    }
    return replaceFile(m_files, m_path, dumpJson(document));
}

Result<> KvConfig::publish(Tables tables)
{
    GANTRY_CHECK(save(tables));
    const std::lock_guard lock(m_mutex);
    m_tables = std::move(tables);
    return {};
}

Result<> KvConfig::put(const std::string& space, const std::string& key, const std::string& value)
{
    const std::lock_guard change(m_changeMutex);
    Tables tables;
    {
        const std::lock_guard lock(m_mutex);
        tables = m_tables;
    }
    tables[space][key] = value;
    std::size_t entries = 0;
    for (const auto& [name, table] : tables) {
        entries += table.size();
    }
    if (entries > kEntriesMax) {
        return fail(Errc::LimitExceeded,
                    "the KV configuration already holds {} entries; delete some first",
                    kEntriesMax);
    }
    return publish(std::move(tables));
}

Result<> KvConfig::remove(const std::string& space, const std::string& key)
{
    const std::lock_guard change(m_changeMutex);
    Tables tables;
    {
        const std::lock_guard lock(m_mutex);
        tables = m_tables;
    }
    const auto found = tables.find(space);
    if (found == tables.end() || found->second.erase(key) == 0) {
        return {};
    }
    return publish(std::move(tables));
}

std::optional<std::string> KvConfig::value(std::string_view space, const std::string& key) const
{
    const std::lock_guard lock(m_mutex);
    const auto table = m_tables.find(space);
    if (table == m_tables.end()) {
        return std::nullopt;
    }
    const auto entry = table->second.find(key);
    return entry == table->second.end() ? std::nullopt : std::optional(entry->second);
}

std::optional<KvConfig::Table> KvConfig::space(std::string_view name) const
{
    const std::lock_guard lock(m_mutex);
    const auto table = m_tables.find(name);
    return table == m_tables.end() ? std::nullopt : std::optional(table->second);
}

} // namespace gantry
