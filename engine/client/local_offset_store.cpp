// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"
#include "base/posix_file_system.h"
#include "base/units.h"
#include "client/offset_store.h"
#include "protocol/fastjson_dialect.h"

#include <nlohmann/json.hpp>

namespace gantry::client {

namespace {

constexpr std::uint64_t kFileBytesMax = 64 * kMiB;

nlohmann::json keyOf(const MessageQueue& queue)
{
    return {{"brokerName", queue.brokerName}, {"queueId", queue.queueId}, {"topic", queue.topic}};
}

std::optional<MessageQueue> queueOf(const std::string& key)
{
    const auto json = parseFastjson(key, "a queue in the offset file");
    if (!json || !json->is_object()) {
        return std::nullopt;
    }
    const auto topic = json->find("topic");
    const auto broker = json->find("brokerName");
    const auto id = json->find("queueId");
    if (topic == json->end() || broker == json->end() || id == json->end() || !topic->is_string() ||
        !broker->is_string() || !id->is_number_integer()) {
        return std::nullopt;
    }
    return MessageQueue{topic->get<std::string>(), broker->get<std::string>(),
                        id->get<std::int32_t>()};
}

class LocalOffsetStore final : public OffsetStore
{
public:
    explicit LocalOffsetStore(std::filesystem::path path)
        : m_path(std::move(path))
    {}

    Result<> load() override
    {
        // Both copies damaged: starting over would silently consume again, so it is the caller's
        // decision.
        GANTRY_TRY(stored, readFile());
        const std::lock_guard lock(m_mutex);
        for (const auto& [queue, offset] : stored) {
            m_offsets[queue] = Offset{offset, false};
        }
        return {};
    }

    Result<std::int64_t> read(const MessageQueue& queue) override
    {
        GANTRY_TRY(stored, readFile());
        const auto found = stored.find(queue);
        if (found == stored.end()) {
            return -1;
        }
        update(queue, found->second, false);
        return found->second;
    }

    void persist(const MessageQueue& queue) override { persistAll({queue}); }

    void persistAll(const std::set<MessageQueue>& queues) override
    {
        const std::lock_guard fileLock(m_fileMutex);
        auto stored = readFile();
        if (!stored) {
            log::warning("client", "{}", stored.error().message);
            return;
        }
        bool changed = false;
        for (const auto& [queue, offset] : snapshot({})) {
            const auto found = stored->find(queue);
            if (queues.contains(queue) && (found == stored->end() || found->second != offset)) {
                (*stored)[queue] = offset;
                changed = true;
            }
        }
        if (changed) {
            write(*stored);
        }
    }

    Result<> persistNow(const MessageQueue& queue) override
    {
        persist(queue);
        return {};
    }

    void remove(const MessageQueue& queue) override { erase(queue); }

private:
    using Table = std::map<MessageQueue, std::int64_t>;

    [[nodiscard]] std::filesystem::path backupPath() const { return m_path.string() + ".bak"; }

    [[nodiscard]] Result<Table> readFile() const
    {
        auto table = readOne(m_path);
        if (table) {
            return table;
        }
        auto backup = readOne(backupPath());
        if (backup && (table.error().code == Errc::NotFound || !backup->empty())) {
            return backup;
        }
        if (table.error().code == Errc::NotFound) {
            return Table{};
        }
        return table;
    }

    [[nodiscard]] Result<Table> readOne(const std::filesystem::path& path) const
    {
        auto& files = PosixFileSystem::instance();
        if (!files.exists(path)) {
            return fail(Errc::NotFound, "{} does not exist", path.string());
        }
        GANTRY_TRY(text, readWholeFile(files, path, kFileBytesMax));
        GANTRY_TRY(json, parseFastjson(text, path.string()));
        Table table;
        const auto offsets = json.find("offsetTable");
        if (!json.is_object() || offsets == json.end() || !offsets->is_object()) {
            return fail(Errc::Corruption, "{} is not a table of consume offsets", path.string());
        }
        for (const auto& [key, value] : offsets->items()) {
            const auto queue = queueOf(key);
            if (!queue || !value.is_number_integer()) {
                return fail(Errc::Corruption, "{}: '{}' is not a queue with an offset",
                            path.string(), key);
            }
            table[*queue] = value.get<std::int64_t>();
        }
        return table;
    }

    void write(const Table& table)
    {
        nlohmann::json offsets = nlohmann::json::object();
        for (const auto& [queue, offset] : table) {
            offsets[objectKey(keyOf(queue))] = offset;
        }
        auto& files = PosixFileSystem::instance();
        Result<> written = files.createDirectories(m_path.parent_path());
        if (written && files.exists(m_path)) {
            if (const auto old = readWholeFile(files, m_path, kFileBytesMax);
                old && !old->empty()) {
                written = replaceFile(files, backupPath(), *old);
            }
        }
        if (written) {
            written = replaceFile(files, m_path,
                                  dumpFastjsonPretty({{"offsetTable", std::move(offsets)}}));
        }
        if (!written) {
            log::warning("client", "the offsets of a broadcasting consumer were not stored: {}",
                         written.error().message);
        }
    }

    const std::filesystem::path m_path;
    std::mutex m_fileMutex; ///< taken before m_mutex
};

} // namespace

std::unique_ptr<OffsetStore> makeLocalOffsetStore(const std::filesystem::path& directory,
                                                  const std::string& clientId,
                                                  const std::string& group)
{
    return std::make_unique<LocalOffsetStore>(directory / clientId / group / "offsets.json");
}

} // namespace gantry::client
