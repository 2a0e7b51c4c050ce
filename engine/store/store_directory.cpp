// SPDX-License-Identifier: Apache-2.0
#include "store/store_directory.h"

#include "store/consume_queue_entry.h"
#include "store/file_names.h"
#include "store/seeded_bug.h"

#include <unistd.h>

#include <algorithm>

namespace gantry {

namespace {

/// Directories only other kinds of brokers make; their messages would be missed silently.
constexpr std::string_view kForeignDirectories[] = {"batchconsumequeue", "consumequeue_ext"};

/// Directories below config/ that hold RocksDB databases, beside rdb*.
constexpr std::string_view kRocksDbTables[] = {"topics", "subscriptionGroups", "consumerOffsets"};

/// Behind the process id in the abort file, which Apache only looks for and does not read.
constexpr std::string_view kPoisonMark = "poisoned";
constexpr std::uint64_t kAbortBytesMax = 4096;

bool isRocksDbName(std::string_view name)
{
    return name == "CURRENT" || name == "IDENTITY" || name.starts_with("MANIFEST-") ||
           name.starts_with("OPTIONS-") || name.ends_with(".sst");
}

std::int64_t roundedQueueFileSize(const StoreConfig& config)
{
    return (config.consumeQueueFileSize + kConsumeQueueEntrySize - 1) / kConsumeQueueEntrySize *
           kConsumeQueueEntrySize;
}

std::int64_t indexFileSize(const StoreConfig& config)
{
    return 40 + std::int64_t{config.indexSlotCount} * 4 + std::int64_t{config.indexEntryCount} * 20;
}

bool isIndexName(std::string_view name)
{
    return name.size() == 17 &&
           std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

} // namespace

StoreDirectory::StoreDirectory(FileSystem& files, const StoreConfig& config, bool mayUseThreads)
    : m_files(files)
    , m_config(config)
    , m_mayUseThreads(mayUseThreads)
{}

std::filesystem::path StoreDirectory::commitLog() const
{
    return m_config.commitLogDirectory.empty() ? m_config.rootDirectory / "commitlog"
                                               : m_config.commitLogDirectory;
}
std::filesystem::path StoreDirectory::consumeQueue() const
{
    return m_config.rootDirectory / "consumequeue";
}
std::filesystem::path StoreDirectory::index() const
{
    return m_config.rootDirectory / "index";
}
std::filesystem::path StoreDirectory::checkpoint() const
{
    return m_config.rootDirectory / "checkpoint";
}
std::filesystem::path StoreDirectory::abort() const
{
    return m_config.rootDirectory / "abort";
}
std::filesystem::path StoreDirectory::lockFile() const
{
    return m_config.rootDirectory / "lock";
}

Result<> StoreDirectory::claim()
{
    // A running broker's files are in motion: with a lock file there, ask for the lock before
    // looking.
    if (m_files.exists(lockFile())) {
        GANTRY_TRY(lock, m_files.lock(lockFile()));
        m_lock = std::move(lock);
    }
    GANTRY_CHECK(validate());
    for (const std::filesystem::path& directory :
         {m_config.rootDirectory, commitLog(), consumeQueue()}) {
        GANTRY_CHECK(createDurably(directory));
    }
    if (!m_lock) {
        {
            // Before the lock is taken: a process that closes any descriptor of a file gives its fcntl lock up.
            GANTRY_TRY(file, m_files.open(lockFile(), OpenMode::Create));
            GANTRY_CHECK(file->writeAt(0, asBytes("lock")));
        }
        GANTRY_TRY(lock, m_files.lock(lockFile()));
        m_lock = std::move(lock);
    }
    return {};
}

/// With all directories above it that are missing.
Result<> StoreDirectory::createDurably(const std::filesystem::path& directory)
{
    std::vector<std::filesystem::path> changed;
    std::filesystem::path path = directory;
    for (; !path.empty() && !m_files.exists(path); path = path.parent_path()) {
        changed.push_back(path.has_parent_path() ? path.parent_path() : std::filesystem::path("."));
    }
    GANTRY_CHECK(m_files.createDirectories(directory));
    if (planted(SeededBug::DirectoryNotSynced)) {
        return {};
    }
    for (const std::filesystem::path& parent : changed) {
        GANTRY_CHECK(m_files.syncDirectory(parent));
    }
    // Those above may be of a start that failed before they were durable. Not all of them need be ours to open or sync.
    for (; !changed.empty() && path.has_relative_path(); path = path.parent_path()) {
        (void)m_files.syncDirectory(path.has_parent_path() ? path.parent_path() : ".");
    }
    return {};
}

bool StoreDirectory::hasAbortFile() const
{
    return m_files.exists(abort());
}

bool StoreDirectory::hasPoisonMark()
{
    const auto text = readWholeFile(m_files, abort(), kAbortBytesMax);
    return text && text->find(kPoisonMark) != std::string::npos;
}

void StoreDirectory::markPoisoned()
{
    auto file = m_files.open(abort(), OpenMode::ReadWrite);
    if (file && !planted(SeededBug::PoisonMarkForgotten)) {
        const std::string text = fmt::format("{}\n{}\n", ::getpid(), kPoisonMark);
        (void)(*file)->writeAt(0, asBytes(text)); // on a failing disk; best effort
    }
}

Result<> StoreDirectory::createAbortFile(bool isPoisoned)
{
    if (planted(SeededBug::NoAbortFile)) {
        return {};
    }
    {
        GANTRY_TRY(file, m_files.open(abort(), OpenMode::Create));
        const std::string text =
            isPoisoned ? fmt::format("{}\n{}\n", ::getpid(), kPoisonMark) : std::to_string(::getpid());
        // In this order: a mark that is there must not be gone for a moment, in which this process may be killed.
        GANTRY_CHECK(file->writeAt(0, asBytes(text)));
        GANTRY_CHECK(file->resize(text.size()));
        GANTRY_CHECK(file->syncData());
    }
    return m_files.syncDirectory(m_config.rootDirectory);
}

Result<> StoreDirectory::removeAbortFile()
{
    GANTRY_CHECK(m_files.remove(abort()));
    return m_files.syncDirectory(m_config.rootDirectory);
}

Result<> StoreDirectory::validate()
{
    GANTRY_CHECK(validateCommitLog());
    GANTRY_CHECK(validateConsumeQueues());
    GANTRY_CHECK(validateIndex());
    GANTRY_CHECK(validateConfigTables());
    for (const std::string_view name : kForeignDirectories) {
        GANTRY_TRY(entries, m_files.list(m_config.rootDirectory / name));
        if (!entries.empty()) {
            return fail(
                Errc::Unsupported,
                "{} holds files of a feature this broker does not have; it is left untouched",
                (m_config.rootDirectory / name).string());
        }
    }
    return {};
}

/// A broker with storeType=defaultRocksDB, or configManagerVersion=v2, has its topics, groups and offsets there; the JSON
/// files beside them are missing or old, so that starting with those would lose tables silently.
Result<> StoreDirectory::validateConfigTables() const
{
    const std::filesystem::path config = m_config.rootDirectory / "config";
    GANTRY_TRY(entries, m_files.list(config));
    for (const DirectoryEntry& entry : entries) {
        const bool isTable = entry.name.starts_with("rdb") ||
                             std::find(std::begin(kRocksDbTables), std::end(kRocksDbTables), entry.name) !=
                                 std::end(kRocksDbTables);
        if (!entry.isDirectory || !isTable) {
            continue;
        }
        GANTRY_TRY(files, m_files.list(config / entry.name));
        if (std::any_of(files.begin(), files.end(), [](const DirectoryEntry& file) { return isRocksDbName(file.name); })) {
            return fail(Errc::Unsupported,
                        "{} is a RocksDB database with the broker's tables (configManagerVersion=v2 or "
                        "storeType=defaultRocksDB); this broker keeps them in JSON files, the directory is left untouched. "
                        "Export them with mqadmin rocksDBConfigToJson, or move the database away",
                        (config / entry.name).string());
        }
    }
    return {};
}

Result<> StoreDirectory::validateCommitLog() const
{
    GANTRY_TRY(entries, m_files.list(commitLog()));
    return validateLengths(commitLog().string(), entries, m_config.commitLogFileSize, "mappedFileSizeCommitLog", false);
}

Result<> StoreDirectory::validateLengths(std::string_view directory, const std::vector<DirectoryEntry>& entries,
                                         std::int64_t fileSize, const char* setting, bool mayBeEmpty) const
{
    const auto last = std::find_if(entries.rbegin(), entries.rend(),
                                   [](const DirectoryEntry& entry) { return !entry.isDirectory; });
    for (const DirectoryEntry& entry : entries) {
        if (entry.isDirectory) {
            continue;
        }
        const bool isLast = &entry == &*last;
        const auto offset = parseOffsetFileName(entry.name);
        if (!offset) {
            return fail(Errc::Unsupported, "{}/{} is not a file of a store; move it away",
                        directory, entry.name);
        }
        if (entry.size == 0 && (isLast || mayBeEmpty)) {
            continue; // created just before a crash
        }
        if (static_cast<std::int64_t>(entry.size) != fileSize || *offset % fileSize != 0) {
            return fail(Errc::Unsupported,
                        "{}/{} has {} bytes where {} = {} was expected; set {} to what the store was "
                        "written with",
                        directory, entry.name, entry.size, setting, fileSize, setting);
        }
    }
    return {};
}

Result<> StoreDirectory::validateConsumeQueues()
{
    GANTRY_TRY(listing, listConsumeQueues(m_files, consumeQueue(), m_mayUseThreads));
    if (std::any_of(listing.others.begin(), listing.others.end(), isRocksDbName)) {
        return fail(Errc::Unsupported,
                    "{} is a RocksDB database (storeType=defaultRocksDB); this broker reads file ConsumeQueues only, "
                    "the directory is left untouched",
                    consumeQueue().string());
    }
    const std::int64_t fileSize = roundedQueueFileSize(m_config);
    for (const ListedTopic& topic : listing.topics) {
        const std::string prefix = (consumeQueue() / topic.name).string() + '/';
        for (const ListedQueue& queue : topic.queues) {
            GANTRY_CHECK(validateLengths(prefix + std::to_string(queue.queueId), queue.files, fileSize,
                                         "mappedFileSizeConsumeQueue", true));
        }
    }
    m_listing = std::move(listing);
    return {};
}

Result<> StoreDirectory::validateIndex() const
{
    GANTRY_TRY(entries, m_files.list(index()));
    for (const DirectoryEntry& entry : entries) {
        if (entry.isDirectory || entry.size == 0) {
            continue;
        }
        if (!isIndexName(entry.name) ||
            static_cast<std::int64_t>(entry.size) != indexFileSize(m_config)) {
            return fail(Errc::Unsupported,
                        "{} has {} bytes where {} were expected; set maxHashSlotNum and "
                        "maxIndexNum to what the store was "
                        "written with",
                        (index() / entry.name).string(), entry.size, indexFileSize(m_config));
        }
    }
    return {};
}

} // namespace gantry
