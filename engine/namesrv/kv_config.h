// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "base/file_system.h"

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace gantry {

/// Orders of topics' queues that admins set by hand, one entry per topic:
/// "broker:queues;broker:queues".
inline constexpr std::string_view kOrderTopicNamespace = "ORDER_TOPIC_CONFIG";

/// The NameServer's key/value configuration: namespaces of keys, kept in a file of Apache's form
/// (kvConfig.json:
/// {"configTable":{namespace:{key:value}}}, compact; the content before the last change lies in
/// <file>.bak). Thread-safe. put() and remove() wait for the disk and must not run on an event
/// loop.
class KvConfig
{
public:
    using Table = std::map<std::string, std::string>;

    /// An empty path keeps everything in memory only.
    KvConfig(FileSystem& files, std::filesystem::path path);

    /// Reads the file. If it is missing, empty or damaged its .bak is used; neither existing is an
    /// empty table. A damaged file without a usable .bak is Errc::Corruption and nothing is
    /// overwritten.
    [[nodiscard]] Result<> load();

    /// A change that cannot be written is not made: the error is the file system's.
    [[nodiscard]] Result<> put(const std::string& space, const std::string& key,
                               const std::string& value);
    [[nodiscard]] Result<> remove(const std::string& space, const std::string& key);

    [[nodiscard]] std::optional<std::string> value(std::string_view space,
                                                   const std::string& key) const;
    /// Nothing if the namespace was never written to.
    [[nodiscard]] std::optional<Table> space(std::string_view name) const;

private:
    using Tables = std::map<std::string, Table, std::less<>>;

    [[nodiscard]] Result<> save(const Tables& tables);
    [[nodiscard]] Result<> publish(Tables tables);
    static Result<Tables> parse(std::string_view text, const std::filesystem::path& path);

    FileSystem& m_files;
    const std::filesystem::path m_path;
    std::mutex m_changeMutex;   ///< one change at a time, held over the write
    mutable std::mutex m_mutex; ///< m_tables; never held over I/O
    Tables m_tables;
};

} // namespace gantry
