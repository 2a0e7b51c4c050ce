// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"
#include "base/error.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

struct sqlite3;

namespace gantry {

/// How an idempotent consumer uses its log.
enum class DedupMode {
    Off,                ///< every delivery has its effect; duplicates show
    InsertFirst,        ///< the textbook: insert the row, then process; a crash in between loses the effect
    OneTransaction,     ///< row and effect commit together: exactly one effect
};
[[nodiscard]] std::string_view toString(DedupMode mode);

enum class DedupState { InProgress, Done };

/// One row of the log; primary key (group, key).
struct DedupEntry
{
    std::string group;
    std::string key;
    std::int64_t firstSeenMs = 0;
    std::string messageId;       ///< of the delivery that got in
    std::string topic;
    std::string brokerName;
    std::int32_t queueId = 0;
    std::int64_t queueOffset = 0;
    std::int64_t refusedCount = 0;   ///< later deliveries that were refused
    std::int64_t lastRefusedMs = 0;  ///< 0 = never
    DedupState state = DedupState::Done;
};

/// Deliveries against effects, per group, since the log was created.
struct DedupCounters
{
    std::string group;
    std::int64_t deliveries = 0;
    std::int64_t effects = 0;
    std::int64_t refused = 0;
};

/// An effect inside the log's own transaction: write with this connection, return false to roll everything back.
using DedupEffect = std::function<bool(sqlite3& connection)>;

enum class DedupOutcome {
    Applied,   ///< first delivery: the effect ran and is committed
    Refused,   ///< seen before: no effect
    Failed,    ///< the effect said no: no row stays, the message may come again (InsertFirst takes its row back)
};

/// The SQLite (WAL) log of what consumers have already done. Thread-safe: writers are serialised, readers do not wait.
class DedupLog
{
public:
    /// Creates the file when missing; a file that is not a dedup log is refused and left alone.
    [[nodiscard]] static Result<std::unique_ptr<DedupLog>> open(const std::filesystem::path& path, Clock& clock);
    virtual ~DedupLog() = default;

    /// One delivery, in the given mode. `delivery` names group, key and where the message came from.
    [[nodiscard]] virtual Result<DedupOutcome> apply(const DedupEntry& delivery, DedupMode mode, const DedupEffect& effect) = 0;

    struct Page
    {
        std::vector<DedupEntry> entries;
        std::int64_t totalCount = 0; ///< matching the filter
    };
    /// Newest first. Empty group or text = all; text matches key or message id by prefix.
    [[nodiscard]] virtual Result<Page> entries(const std::string& group, const std::string& text, std::int64_t offset, int countMax) const = 0;
    [[nodiscard]] virtual Result<std::vector<DedupCounters>> counters() const = 0;
    /// Deletes rows first seen before the time, in small steps; gives how many.
    [[nodiscard]] virtual Result<std::int64_t> prune(std::int64_t firstSeenBeforeMs) = 0;
    /// Runs SQL of the application (e.g. create the effect's own table) once, under the writer.
    [[nodiscard]] virtual Result<> execute(const std::string& sql) = 0;
    [[nodiscard]] virtual const std::filesystem::path& path() const = 0;
};

} // namespace gantry
