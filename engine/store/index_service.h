// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"
#include "message/record_codec.h"
#include "store/index_file.h"
#include "store/store_config.h"
#include "store/store_health.h"

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace gantry {

/// Finds messages by key. Errors switch indexing off and are remembered; of them only a failed write or sync stops the
/// log too, because it poisons the store.
/// Thread-safe.
class IndexService
{
public:
    IndexService(const StoreConfig& config, FileSystem& files, Clock& clock,
                 std::filesystem::path directory, StoreHealth& health);

    Result<> load();
    /// After a crash: forgets what points at or behind the CommitLog offset; those records are
    /// dispatched again.
    void rebuild(std::int64_t beforeOffset,
                 const std::function<std::int64_t(std::int64_t)>& storeTimestampAt);

    /// Of the newest indexed record, -1 if there is none.
    [[nodiscard]] std::int64_t lastOffset() const;
    /// Enters the record's unique key and its keys (words between blanks), unless it is there already.
    void put(const RecordView& record, std::string_view uniqueKey, std::string_view keys);

    struct Found
    {
        std::vector<std::int64_t> offsets; ///< ascending
        std::int64_t lastTimestampMs = 0;  ///< of the index
        std::int64_t lastOffset = 0;
    };
    [[nodiscard]] Found find(std::string_view topic, std::string_view key, std::size_t countMax,
                             std::int64_t beginTimestampMs, std::int64_t endTimestampMs) const;

    /// Makes everything put before durable; the store time up to which that is, nothing when there
    /// is no index.
    std::optional<std::int64_t> sync();
    /// Deletes files that point only before the offset, never the last.
    int dropBefore(std::int64_t minCommitLogOffset);
    [[nodiscard]] int fileCount() const;
    /// Empty while indexing works.
    [[nodiscard]] std::string error() const;
    /// The CommitLog offset of the first record that could not be indexed, -1 if all are; also -1 once they are so many
    /// that reading them again at the next start would take too long.
    [[nodiscard]] std::int64_t missingFrom() const;

private:
    void putKey(std::string_view topic, std::string_view key, const RecordView& record);
    Result<IndexFile*> writableFile();
    void fail(Error error);
    void noteMissing(std::int64_t offset);
    [[nodiscard]] std::string nextName() const;

    const StoreConfig& m_config;
    FileSystem& m_files;
    Clock& m_clock;
    StoreHealth& m_health;
    const std::filesystem::path m_directory;
    const IndexLayout m_layout;

    std::mutex m_syncMutex;                         // one sync at a time; taken before m_mutex
    mutable std::mutex m_mutex;                     // guards what follows
    std::vector<std::shared_ptr<IndexFile>> m_list; // oldest first
    std::vector<std::shared_ptr<IndexFile>> m_unsynced;
    std::int64_t m_lastOffset = -1; // of the newest indexed record
    std::string m_key;              // scratch
    std::string m_error;
    std::optional<std::chrono::steady_clock::time_point> m_retryAt; // after a full disk
    bool m_isBroken = false;
    std::int64_t m_missingFrom = -1;
    bool m_hasGivenUp = false;
    bool m_hasNewNames = false;
};

} // namespace gantry
