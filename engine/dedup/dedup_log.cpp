// SPDX-License-Identifier: Apache-2.0
#include "dedup/dedup_log.h"

#include "dedup/sqlite_handle.h"

#include <mutex>
#include <utility>

namespace gantry {

std::string_view toString(DedupMode mode)
{
    switch (mode) {
    case DedupMode::Off: return "off";
    case DedupMode::InsertFirst: return "insert first";
    case DedupMode::OneTransaction: return "one transaction";
    }
    return "unknown";
}

namespace {

/// "GaDL" in the database header says that the file is ours.
constexpr std::int64_t kApplicationId = 0x4761444C;
constexpr std::int64_t kSchemaVersion = 1;

constexpr const char* kSchema = R"(
CREATE TABLE dedup_log (
    consumer_group TEXT NOT NULL,
    message_key TEXT NOT NULL,
    first_seen_ms INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    topic TEXT NOT NULL,
    broker_name TEXT NOT NULL,
    queue_id INTEGER NOT NULL,
    queue_offset INTEGER NOT NULL,
    refused_count INTEGER NOT NULL DEFAULT 0,
    last_refused_ms INTEGER NOT NULL DEFAULT 0,
    is_done INTEGER NOT NULL,
    PRIMARY KEY (consumer_group, message_key)) WITHOUT ROWID;
CREATE INDEX dedup_log_by_time ON dedup_log (first_seen_ms);
CREATE TABLE dedup_counter (
    consumer_group TEXT PRIMARY KEY,
    deliveries INTEGER NOT NULL DEFAULT 0,
    effects INTEGER NOT NULL DEFAULT 0,
    refused INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
)";

/// Rolls back when left without commit().
class Transaction
{
public:
    static Result<Transaction> begin(SqliteConnection& connection)
    {
        GANTRY_CHECK(connection.execute("BEGIN IMMEDIATE"));
        return Transaction(connection);
    }
    Transaction(Transaction&& other) noexcept
        : m_connection(std::exchange(other.m_connection, nullptr))
    {}
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction()
    {
        if (m_connection != nullptr) {
            (void)m_connection->execute("ROLLBACK");
        }
    }
    Result<> commit()
    {
        GANTRY_CHECK(m_connection->execute("COMMIT"));
        m_connection = nullptr;
        return {};
    }

private:
    explicit Transaction(SqliteConnection& connection)
        : m_connection(&connection)
    {}
    SqliteConnection* m_connection;
};

class SqliteDedupLog final : public DedupLog
{
public:
    SqliteDedupLog(SqliteConnection writer, SqliteConnection reader, std::filesystem::path path, Clock& clock)
        : m_path(std::move(path))
        , m_clock(clock)
        , m_writer(std::move(writer))
        , m_reader(std::move(reader))
    {}

    Result<> prepareStatements()
    {
        GANTRY_TRY(insert, SqliteStatement::prepare(m_writer,
            "INSERT INTO dedup_log (consumer_group, message_key, first_seen_ms, message_id, topic, broker_name, "
            "queue_id, queue_offset, is_done) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9) ON CONFLICT DO NOTHING"));
        GANTRY_TRY(refuse, SqliteStatement::prepare(m_writer,
            "UPDATE dedup_log SET refused_count = refused_count + 1, last_refused_ms = ?3 "
            "WHERE consumer_group = ?1 AND message_key = ?2"));
        GANTRY_TRY(finish, SqliteStatement::prepare(m_writer,
            "UPDATE dedup_log SET is_done = 1 WHERE consumer_group = ?1 AND message_key = ?2"));
        GANTRY_TRY(takeBack, SqliteStatement::prepare(m_writer,
            "DELETE FROM dedup_log WHERE consumer_group = ?1 AND message_key = ?2 AND is_done = 0"));
        GANTRY_TRY(count, SqliteStatement::prepare(m_writer,
            "INSERT INTO dedup_counter (consumer_group, deliveries, effects, refused) VALUES (?1,?2,?3,?4) "
            "ON CONFLICT DO UPDATE SET deliveries = deliveries + ?2, effects = effects + ?3, refused = refused + ?4"));
        m_insert = std::move(insert);
        m_refuse = std::move(refuse);
        m_finish = std::move(finish);
        m_takeBack = std::move(takeBack);
        m_count = std::move(count);
        return {};
    }

    Result<DedupOutcome> apply(const DedupEntry& delivery, DedupMode mode, const DedupEffect& effect) override
    {
        const std::lock_guard guard(m_writerMutex);
        switch (mode) {
        case DedupMode::Off: return applyWithoutLog(delivery, effect);
        case DedupMode::InsertFirst: return applyInsertFirst(delivery, effect);
        case DedupMode::OneTransaction: return applyInOneTransaction(delivery, effect);
        }
        return fail(Errc::InvalidArgument, "unknown dedup mode");
    }

    Result<Page> entries(const std::string& group, const std::string& text, std::int64_t offset, int countMax) const override
    {
        const std::lock_guard guard(m_readerMutex);
        const std::string where = " FROM dedup_log WHERE (?1 = '' OR consumer_group = ?1) AND (?2 = '' OR "
                                  "substr(message_key, 1, length(?2)) = ?2 OR substr(message_id, 1, length(?2)) = ?2)";
        Page page;
        GANTRY_TRY(total, SqliteStatement::prepare(m_reader, "SELECT count(*)" + where));
        GANTRY_TRY(hasTotal, total.bind(1, group).bind(2, text).step(m_reader));
        page.totalCount = hasTotal ? total.integer(0) : 0;
        GANTRY_TRY(select, SqliteStatement::prepare(m_reader,
            "SELECT consumer_group, message_key, first_seen_ms, message_id, topic, broker_name, queue_id, queue_offset, "
            "refused_count, last_refused_ms, is_done" + where + " ORDER BY first_seen_ms DESC, message_key LIMIT ?3 OFFSET ?4"));
        select.bind(1, group).bind(2, text).bind(3, std::int64_t{countMax}).bind(4, offset);
        while (true) {
            GANTRY_TRY(hasRow, select.step(m_reader));
            if (!hasRow) {
                return page;
            }
            page.entries.push_back({select.text(0), select.text(1), select.integer(2), select.text(3), select.text(4),
                                    select.text(5), static_cast<std::int32_t>(select.integer(6)), select.integer(7),
                                    select.integer(8), select.integer(9),
                                    select.integer(10) != 0 ? DedupState::Done : DedupState::InProgress});
        }
    }

    Result<std::vector<DedupCounters>> counters() const override
    {
        const std::lock_guard guard(m_readerMutex);
        GANTRY_TRY(select, SqliteStatement::prepare(m_reader,
            "SELECT consumer_group, deliveries, effects, refused FROM dedup_counter ORDER BY consumer_group"));
        std::vector<DedupCounters> rows;
        while (true) {
            GANTRY_TRY(hasRow, select.step(m_reader));
            if (!hasRow) {
                return rows;
            }
            rows.push_back({select.text(0), select.integer(1), select.integer(2), select.integer(3)});
        }
    }

    Result<std::int64_t> prune(std::int64_t firstSeenBeforeMs) override
    {
        std::int64_t deleted = 0;
        while (true) {
            // A thousand at a time, so that consumers waiting for the writer wait shortly.
            const std::lock_guard guard(m_writerMutex);
            GANTRY_TRY(remove, SqliteStatement::prepare(m_writer,
                "DELETE FROM dedup_log WHERE (consumer_group, message_key) IN (SELECT consumer_group, message_key "
                "FROM dedup_log WHERE first_seen_ms < ?1 LIMIT 1000)"));
            GANTRY_CHECK(remove.bind(1, firstSeenBeforeMs).run(m_writer));
            if (m_writer.changes() == 0) {
                return deleted;
            }
            deleted += m_writer.changes();
        }
    }

    Result<> execute(const std::string& sql) override
    {
        const std::lock_guard guard(m_writerMutex);
        return m_writer.execute(sql);
    }

    [[nodiscard]] const std::filesystem::path& path() const override { return m_path; }

private:
    Result<> count(const std::string& group, std::int64_t effects, std::int64_t refused)
    {
        return m_count.bind(1, group).bind(2, std::int64_t{1}).bind(3, effects).bind(4, refused).run(m_writer);
    }

    /// True: the row is ours. False: the key was there.
    Result<bool> insertRow(const DedupEntry& delivery, bool isDone)
    {
        m_insert.bind(1, delivery.group).bind(2, delivery.key).bind(3, m_clock.wallMs()).bind(4, delivery.messageId);
        m_insert.bind(5, delivery.topic).bind(6, delivery.brokerName).bind(7, std::int64_t{delivery.queueId});
        m_insert.bind(8, delivery.queueOffset).bind(9, std::int64_t{isDone ? 1 : 0});
        GANTRY_CHECK(m_insert.run(m_writer));
        return m_writer.changes() == 1;
    }

    Result<DedupOutcome> refuse(const DedupEntry& delivery, Transaction& transaction)
    {
        GANTRY_CHECK(m_refuse.bind(1, delivery.group).bind(2, delivery.key).bind(3, m_clock.wallMs()).run(m_writer));
        GANTRY_CHECK(count(delivery.group, 0, 1));
        GANTRY_CHECK(transaction.commit());
        return DedupOutcome::Refused;
    }

    Result<DedupOutcome> applyWithoutLog(const DedupEntry& delivery, const DedupEffect& effect)
    {
        const bool done = effect(m_writer.handle());
        GANTRY_CHECK(count(delivery.group, done ? 1 : 0, 0));
        return done ? DedupOutcome::Applied : DedupOutcome::Failed;
    }

    Result<DedupOutcome> applyInsertFirst(const DedupEntry& delivery, const DedupEffect& effect)
    {
        {
            GANTRY_TRY(transaction, Transaction::begin(m_writer));
            GANTRY_TRY(isFirst, insertRow(delivery, false));
            if (!isFirst) {
                return refuse(delivery, transaction);
            }
            GANTRY_CHECK(transaction.commit());
        }
        // Dying here is the textbook's hole: the row stays, the effect never happens.
        const bool done = effect(m_writer.handle());
        GANTRY_TRY(transaction, Transaction::begin(m_writer));
        auto& settle = done ? m_finish : m_takeBack;
        GANTRY_CHECK(settle.bind(1, delivery.group).bind(2, delivery.key).run(m_writer));
        GANTRY_CHECK(count(delivery.group, done ? 1 : 0, 0));
        GANTRY_CHECK(transaction.commit());
        return done ? DedupOutcome::Applied : DedupOutcome::Failed;
    }

    Result<DedupOutcome> applyInOneTransaction(const DedupEntry& delivery, const DedupEffect& effect)
    {
        {
            GANTRY_TRY(transaction, Transaction::begin(m_writer));
            GANTRY_TRY(isFirst, insertRow(delivery, true));
            if (!isFirst) {
                return refuse(delivery, transaction);
            }
            if (effect(m_writer.handle())) {
                GANTRY_CHECK(count(delivery.group, 1, 0));
                GANTRY_CHECK(transaction.commit());
                return DedupOutcome::Applied;
            }
        }
        GANTRY_CHECK(count(delivery.group, 0, 0)); // the delivery happened, even though it left nothing
        return DedupOutcome::Failed;
    }

    const std::filesystem::path m_path;
    Clock& m_clock;

    std::mutex m_writerMutex; ///< guards the writer and its statements
    SqliteConnection m_writer;
    SqliteStatement m_insert;
    SqliteStatement m_refuse;
    SqliteStatement m_finish;
    SqliteStatement m_takeBack;
    SqliteStatement m_count;

    mutable std::mutex m_readerMutex; ///< guards the reader
    SqliteConnection m_reader;
};

Result<> prepareDatabase(SqliteConnection& connection, const std::filesystem::path& path)
{
    const auto notOurs = [&](std::string_view why) {
        return fail(Errc::InvalidArgument, "{} is not a dedup log ({}); choose another file", path.string(), why);
    };
    auto applicationId = connection.queryInteger("PRAGMA application_id");
    if (!applicationId) {
        return notOurs(applicationId.error().message);
    }
    GANTRY_TRY(tables, connection.queryInteger("SELECT count(*) FROM sqlite_master"));
    GANTRY_TRY(version, connection.queryInteger("PRAGMA user_version"));
    const bool isNew = *applicationId == 0 && tables == 0;
    if (!isNew && *applicationId != kApplicationId) {
        return notOurs("it belongs to another program");
    }
    if (!isNew && version != kSchemaVersion) {
        return notOurs(fmt::format("its version is {}, known is {}", version, kSchemaVersion));
    }
    // FULL: an acknowledged message's effect must survive a power cut.
    GANTRY_CHECK(connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"));
    if (isNew) {
        GANTRY_CHECK(connection.execute(fmt::format("BEGIN IMMEDIATE; {} PRAGMA application_id = {}; PRAGMA user_version = {}; COMMIT;",
                                                    kSchema, kApplicationId, kSchemaVersion)));
    }
    return {};
}

} // namespace

Result<std::unique_ptr<DedupLog>> DedupLog::open(const std::filesystem::path& path, Clock& clock)
{
    GANTRY_TRY(writer, SqliteConnection::open(path, false));
    GANTRY_CHECK(prepareDatabase(writer, path));
    GANTRY_TRY(reader, SqliteConnection::open(path, true));
    auto log = std::make_unique<SqliteDedupLog>(std::move(writer), std::move(reader), path, clock);
    GANTRY_CHECK(log->prepareStatements());
    return log;
}

} // namespace gantry
