// SPDX-License-Identifier: Apache-2.0
#include "store/index_service.h"

#include "base/log.h"
#include "base/units.h"
#include "message/sys_flag.h"
#include "store/seeded_bug.h"

#include <algorithm>
#include <ctime>

namespace gantry {

namespace {

constexpr std::chrono::seconds kRetryAfter{10};
/// Read again at most at the next start.
constexpr std::int64_t kReindexBytesMax = 1 * kGiB;

/// yyyyMMddHHmmssSSS in local time.
std::string timeName(std::int64_t ms)
{
    const auto seconds = static_cast<std::time_t>(ms / 1000);
    std::tm local{};
    ::localtime_r(&seconds, &local);
    return fmt::format("{:04}{:02}{:02}{:02}{:02}{:02}{:03}", local.tm_year + 1900,
                       local.tm_mon + 1, local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec,
                       ms % 1000);
}

} // namespace

IndexService::IndexService(const StoreConfig& config, FileSystem& files, Clock& clock,
                           std::filesystem::path directory, StoreHealth& health)
    : m_config(config)
    , m_files(files)
    , m_clock(clock)
    , m_health(health)
    , m_directory(std::move(directory))
    , m_layout{config.indexSlotCount, config.indexEntryCount}
{}

Result<> IndexService::load()
{
    if (!m_config.indexEnabled) {
        return {};
    }
    GANTRY_TRY(entries, m_files.list(m_directory));
    const std::lock_guard guard(m_mutex);
    for (const DirectoryEntry& entry : entries) {
        if (entry.isDirectory) {
            continue;
        }
        if (entry.size == 0) {
            GANTRY_CHECK(m_files.remove(m_directory / entry.name)); // created just before a crash
            continue;
        }
        GANTRY_TRY(file, IndexFile::open(m_files, m_directory / entry.name, m_layout));
        m_list.push_back(std::move(file));
    }
    if (!m_list.empty() && (m_list.size() > 1 || !m_list.back()->isEmpty())) {
        m_lastOffset = m_list.back()->header().endOffset;
    }
    return {};
}

void IndexService::rebuild(std::int64_t beforeOffset,
                           const std::function<std::int64_t(std::int64_t)>& storeTimestampAt)
{
    const std::lock_guard guard(m_mutex);
    m_lastOffset = -1;
    m_hasNewNames = !m_list.empty(); // the process that died may not have made them durable
    while (!m_list.empty()) {
        IndexFile& last = *m_list.back();
        last.rebuild(beforeOffset, storeTimestampAt);
        if (!last.isEmpty()) {
            m_lastOffset = last.header().endOffset;
            m_unsynced.push_back(m_list.back());
            break;
        }
        // Nothing of it is left: the one before is the last again.
        if (auto removed = m_files.remove(last.path()); !removed) {
            fail(std::move(removed.error()));
            return;
        }
        m_list.pop_back();
    }
}

std::int64_t IndexService::lastOffset() const
{
    const std::lock_guard guard(m_mutex);
    return m_lastOffset;
}

void IndexService::fail(Error error)
{
    m_error = std::move(error.message);
    if (error.code == Errc::DiskFull) {
        m_retryAt = m_clock.steady() + kRetryAfter;
    } else {
        m_isBroken = true;
    }
    if (error.code == Errc::StorePoisoned) {
        m_health.poison({error.code, m_error, -1});
    }
    log::error("store", "messages are not indexed by key any more: {}", m_error);
}

std::string IndexService::nextName() const
{
    std::int64_t now = m_clock.wallMs();
    std::string name = timeName(now);
    while (!m_list.empty() && name <= m_list.back()->path().filename().string()) {
        // The newest file must come last by name, whatever the clock says.
        const std::string last = m_list.back()->path().filename().string();
        now = std::max(now, std::int64_t{0}) + 1;
        name = timeName(now);
        if (name <= last && now - m_clock.wallMs() > 10'000) {
            name = fmt::format("{:017}", std::stoll(last) + 1);
        }
    }
    return name;
}

Result<IndexFile*> IndexService::writableFile()
{
    if (m_list.empty() || m_list.back()->isFull()) {
        const IndexHeader previous = m_list.empty() ? IndexHeader{} : m_list.back()->header();
        GANTRY_CHECK(m_files.createDirectories(m_directory));
        GANTRY_TRY(file, IndexFile::create(m_files, m_directory / nextName(), m_layout, previous));
        m_list.push_back(std::move(file));
        m_hasNewNames = true;
    }
    if (m_unsynced.empty() || m_unsynced.back() != m_list.back()) {
        m_unsynced.push_back(m_list.back());
    }
    return m_list.back().get();
}

void IndexService::put(const RecordView& record, std::string_view uniqueKey, std::string_view keys)
{
    if (!m_config.indexEnabled ||
        sysflag::transactionType(record.sysFlag) == sysflag::kTransactionRollback) {
        return;
    }
    const std::lock_guard guard(m_mutex);
    if (record.physicalOffset <= m_lastOffset) {
        return;
    }
    if (m_isBroken || (m_retryAt && m_clock.steady() < *m_retryAt)) {
        noteMissing(record.physicalOffset);
        return;
    }
    if (m_retryAt) {
        m_retryAt.reset();
        m_error.clear();
    }
    if (!uniqueKey.empty()) {
        putKey(record.topic, uniqueKey, record);
    }
    std::string_view rest = keys;
    while (!rest.empty() && m_error.empty()) {
        const std::size_t blank = std::min(rest.find(' '), rest.size());
        if (blank > 0) {
            putKey(record.topic, rest.substr(0, blank), record);
        }
        rest.remove_prefix(std::min(blank + 1, rest.size()));
    }
    if (m_error.empty()) {
        m_lastOffset = record.physicalOffset;
    } else {
        noteMissing(record.physicalOffset);
    }
}

void IndexService::noteMissing(std::int64_t offset)
{
    m_missingFrom = m_missingFrom < 0 && !m_hasGivenUp ? offset : m_missingFrom;
    if (m_missingFrom >= 0 && offset - m_missingFrom > kReindexBytesMax) {
        m_hasGivenUp = true;
        m_missingFrom = -1;
        log::error("store", "too many messages are not indexed; those are not found by key any more");
    }
}

std::int64_t IndexService::missingFrom() const
{
    const std::lock_guard guard(m_mutex);
    return m_missingFrom;
}

void IndexService::putKey(std::string_view topic, std::string_view key, const RecordView& record)
{
    m_key.assign(topic).append(1, '#').append(key);
    auto file = writableFile();
    Result<> outcome =
        file ? (*file)->put(indexKeyHash(m_key), record.physicalOffset, record.storeTimestampMs)
             : tl::unexpected<Error>(std::move(file.error()));
    if (!outcome) {
        fail(std::move(outcome.error()));
    }
}

IndexService::Found IndexService::find(std::string_view topic, std::string_view key,
                                       std::size_t countMax, std::int64_t beginTimestampMs,
                                       std::int64_t endTimestampMs) const
{
    Found found;
    const std::int32_t hash = indexKeyHash(std::string(topic).append(1, '#').append(key));
    const std::lock_guard guard(m_mutex);
    if (!m_list.empty()) {
        found.lastTimestampMs = m_list.back()->header().endTimestampMs;
        found.lastOffset = m_list.back()->header().endOffset;
    }
    for (auto file = m_list.rbegin(); file != m_list.rend() && found.offsets.size() < countMax;
         ++file) {
        if ((*file)->overlaps(beginTimestampMs, endTimestampMs)) {
            (*file)->find(hash, {beginTimestampMs, endTimestampMs, countMax}, found.offsets);
        }
        if ((*file)->header().beginTimestampMs < beginTimestampMs) {
            break;
        }
    }
    std::sort(found.offsets.begin(), found.offsets.end());
    found.offsets.erase(std::unique(found.offsets.begin(), found.offsets.end()),
                        found.offsets.end());
    return found;
}

std::optional<std::int64_t> IndexService::sync()
{
    const std::lock_guard syncing(m_syncMutex);
    std::vector<std::shared_ptr<IndexFile>> work;
    std::int64_t timestamp = 0;
    bool hasNewNames = false;
    {
        const std::lock_guard guard(m_mutex);
        if (m_list.empty() || m_isBroken) {
            return std::nullopt;
        }
        timestamp = m_list.back()->header().endTimestampMs;
        work.swap(m_unsynced);
        hasNewNames = std::exchange(m_hasNewNames, false);
    }
    Result<> outcome;
    for (const std::shared_ptr<IndexFile>& file : work) {
        outcome = outcome ? file->sync() : std::move(outcome);
        file->releasePages();
    }
    if (hasNewNames && outcome && !planted(SeededBug::IndexNameNotSynced)) {
        outcome = syncOutcome(m_files.syncDirectory(m_directory));
        outcome = outcome ? syncOutcome(m_files.syncDirectory(m_directory.parent_path()))
                          : std::move(outcome);
    }
    if (!outcome) {
        const std::lock_guard guard(m_mutex);
        m_isBroken = true;
        fail(std::move(outcome.error()));
        return std::nullopt;
    }
    return timestamp;
}

int IndexService::dropBefore(std::int64_t minCommitLogOffset)
{
    int count = 0;
    const std::lock_guard guard(m_mutex);
    while (m_list.size() > 1 && m_list.front()->header().endOffset < minCommitLogOffset) {
        if (auto removed = m_files.remove(m_list.front()->path()); !removed) {
            log::warning("store", "an expired index file stays: {}", removed.error().message);
            break;
        }
        m_list.erase(m_list.begin());
        ++count;
    }
    return count;
}

int IndexService::fileCount() const
{
    const std::lock_guard guard(m_mutex);
    return static_cast<int>(m_list.size());
}

std::string IndexService::error() const
{
    const std::lock_guard guard(m_mutex);
    return m_error;
}

} // namespace gantry
