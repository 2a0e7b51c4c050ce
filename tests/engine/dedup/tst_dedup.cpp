// SPDX-License-Identifier: GPL-3.0-or-later
#include "dedup/idempotent_consumer.h"

#include <QTemporaryDir>
#include <QTest>

#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

using namespace gantry;

namespace {

constexpr const char* kGroup = "shop-billing";

MessageExt order(const std::string& key, std::int64_t offset)
{
    MessageExt message;
    message.topic = "orders";
    message.brokerName = "broker-a";
    message.queueOffset = offset;
    message.setKeys(key);
    return message;
}

/// The effect of the tests: one row per charge, in the log's own database.
bool charge(const MessageExt& message, sqlite3& connection)
{
    const std::string sql = "INSERT INTO charge (order_key) VALUES ('" + std::string(message.keys()) + "')";
    return sqlite3_exec(&connection, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
}

std::int64_t countCharges(const std::filesystem::path& path)
{
    sqlite3* handle = nullptr;
    sqlite3_stmt* statement = nullptr;
    std::int64_t count = -1;
    if (sqlite3_open(path.c_str(), &handle) == SQLITE_OK &&
        sqlite3_prepare_v2(handle, "SELECT count(*) FROM charge", -1, &statement, nullptr) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        count = sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    sqlite3_close(handle);
    return count;
}

} // namespace

class TstDedup : public QObject
{
    Q_OBJECT

private:
    std::unique_ptr<DedupLog> openLog()
    {
        auto log = DedupLog::open(path(), SystemClock::instance());
        if (!log || !(*log)->execute("CREATE TABLE IF NOT EXISTS charge (order_key TEXT)")) {
            return nullptr;
        }
        return std::move(*log);
    }
    std::filesystem::path path() const { return m_directory->filePath("dedup.sqlite").toStdString(); }

    std::unique_ptr<QTemporaryDir> m_directory;

private Q_SLOTS:
    void init() { m_directory = std::make_unique<QTemporaryDir>(); }

    void appliesAnOrderOnceHoweverOftenItComes_data()
    {
        QTest::addColumn<int>("mode");
        QTest::addColumn<int>("effects");
        QTest::newRow("off") << int(DedupMode::Off) << 3;
        QTest::newRow("insert first") << int(DedupMode::InsertFirst) << 1;
        QTest::newRow("one transaction") << int(DedupMode::OneTransaction) << 1;
    }
    void appliesAnOrderOnceHoweverOftenItComes()
    {
        QFETCH(int, mode);
        QFETCH(int, effects);
        auto log = openLog();
        QVERIFY(log);
        IdempotentConsumer consumer(*log, kGroup, DedupMode(mode), charge);
        for (int i = 0; i < 3; ++i) {
            QVERIFY(consumer.consume(order("o-1", i)));
        }
        QCOMPARE(countCharges(path()), effects);
        const auto counters = log->counters().value();
        QCOMPARE(counters.size(), 1U);
        QCOMPARE(counters[0].deliveries, 3);
        QCOMPARE(counters[0].effects, effects);
        QCOMPARE(counters[0].refused, 3 - effects);
        const auto page = log->entries(kGroup, "", 0, 10).value();
        QCOMPARE(page.totalCount, mode == int(DedupMode::Off) ? 0 : 1);
        if (page.totalCount == 1) {
            QCOMPARE(page.entries[0].refusedCount, 2);
            QCOMPARE(page.entries[0].queueOffset, 0);
            QVERIFY(page.entries[0].lastRefusedMs >= page.entries[0].firstSeenMs);
            QVERIFY(page.entries[0].state == DedupState::Done);
        }
    }

    void aFailedEffectLeavesNothingAndMayComeAgain_data() { appliesAnOrderOnceHoweverOftenItComes_data(); }
    void aFailedEffectLeavesNothingAndMayComeAgain()
    {
        QFETCH(int, mode);
        auto log = openLog();
        bool works = false;
        // Writes first and then fails: OneTransaction must take the write back.
        IdempotentConsumer consumer(*log, kGroup, DedupMode(mode), [&](const MessageExt& message, sqlite3& connection) {
            return (mode != int(DedupMode::OneTransaction) || charge(message, connection)) && works &&
                   (mode == int(DedupMode::OneTransaction) || charge(message, connection));
        });
        QVERIFY(!consumer.consume(order("o-1", 0)));
        QCOMPARE(countCharges(path()), 0);
        QCOMPARE(log->entries("", "", 0, 10).value().totalCount, 0);
        works = true;
        QVERIFY(consumer.consume(order("o-1", 0)));
        QCOMPARE(countCharges(path()), 1);
        QCOMPARE(log->counters().value()[0].deliveries, 2);
        QCOMPARE(log->counters().value()[0].effects, 1);
    }

    /// The difference the modes are there to show: the process dies between row and effect.
    void dyingInBetweenLosesTheEffectOnlyWithInsertFirst_data()
    {
        QTest::addColumn<int>("mode");
        QTest::addColumn<int>("effectsAfterRedelivery");
        QTest::newRow("insert first loses it") << int(DedupMode::InsertFirst) << 0;
        QTest::newRow("one transaction has it once") << int(DedupMode::OneTransaction) << 1;
    }
    void dyingInBetweenLosesTheEffectOnlyWithInsertFirst()
    {
        QFETCH(int, mode);
        QFETCH(int, effectsAfterRedelivery);
        QVERIFY(openLog()); // creates the file and the effect's table
        const pid_t child = fork();
        if (child == 0) {
            auto log = openLog();
            IdempotentConsumer dying(*log, kGroup, DedupMode(mode), [&](const MessageExt& message, sqlite3& connection) -> bool {
                if (mode == int(DedupMode::OneTransaction)) {
                    charge(message, connection);
                }
                _exit(42);
            });
            (void)dying.consume(order("o-1", 0));
            _exit(1);
        }
        int status = 0;
        waitpid(child, &status, 0);
        QCOMPARE(WEXITSTATUS(status), 42);

        auto log = openLog();
        IdempotentConsumer consumer(*log, kGroup, DedupMode(mode), charge);
        QVERIFY(consumer.consume(order("o-1", 0)));
        QCOMPARE(countCharges(path()), effectsAfterRedelivery);
    }

    void concurrentDeliveriesOfOneKeyHaveOneEffect()
    {
        auto log = openLog();
        IdempotentConsumer consumer(*log, kGroup, DedupMode::OneTransaction, charge);
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&, t] {
                for (int i = 0; i < 25; ++i) {
                    (void)consumer.consume(order("o-" + std::to_string(i), t));
                }
            });
        }
        threads.clear();
        QCOMPARE(countCharges(path()), 25);
        QCOMPARE(log->counters().value()[0].refused, 75);
    }

    void pagesNewestFirstFiltersAndPrunes()
    {
        auto log = openLog();
        IdempotentConsumer consumer(*log, kGroup, DedupMode::OneTransaction, charge);
        IdempotentConsumer other(*log, "other", DedupMode::OneTransaction, charge);
        for (int i = 0; i < 2500; ++i) {
            if (i % 100 == 0) {
                QVERIFY(other.consume(order("x-" + std::to_string(i), i)));
            }
        }
        for (int i = 0; i < 30; ++i) {
            QVERIFY(consumer.consume(order("k-" + std::to_string(i), i)));
        }
        QCOMPARE(log->entries("other", "", 0, 10).value().totalCount, 25);
        QCOMPARE(log->entries("other", "", 20, 10).value().entries.size(), 5U);
        QCOMPARE(log->entries("", "k-2", 0, 100).value().totalCount, 11);
        QCOMPARE(log->entries("", "%", 0, 100).value().totalCount, 0);
        QCOMPARE(log->prune(SystemClock::instance().wallMs() + 1000).value(), 55);
        QCOMPARE(log->entries("", "", 0, 10).value().totalCount, 0);
        QCOMPARE(log->counters().value().size(), 2U); // counters outlive the rows
    }

    void refusesAFileThatIsNotADedupLog()
    {
        std::ofstream(path()) << "this is no database, and it must stay as it is";
        const auto log = DedupLog::open(path(), SystemClock::instance());
        QVERIFY(!log);
        QVERIFY(log.error().message.find("not a dedup log") != std::string::npos);
        QCOMPARE(std::filesystem::file_size(path()), 46U);
    }
    void refusesAnotherProgramsDatabase()
    {
        sqlite3* handle = nullptr;
        QCOMPARE(sqlite3_open(path().c_str(), &handle), SQLITE_OK);
        sqlite3_exec(handle, "CREATE TABLE theirs (a)", nullptr, nullptr, nullptr);
        sqlite3_close(handle);
        const auto log = DedupLog::open(path(), SystemClock::instance());
        QVERIFY(!log);
        QVERIFY(log.error().message.find("another program") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TstDedup)
#include "tst_dedup.moc"
