// SPDX-License-Identifier: GPL-3.0-or-later
// Where recovery begins to read, what it takes for granted because a checkpoint says so, and what it does not.
#include "engine/store/recovery_kit.h"

#include "base/log.h"

#include <algorithm>

using namespace gantry;
using namespace gantry::test;

class TstStoreRecovery : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { log::setLevel(log::Level::Off); }
    void readsFromTheCheckpointOn();
    void checkpointsFollowTheAmountWritten();
    void anotherBrokersCheckpoint();
    void checkpointOfAnotherLog();
    void lyingCheckpointIsNotBelieved();
    void damagedLastRecordIsNotCut_data();
    void damagedLastRecordIsNotCut();
    void damageThatReachesOverTheCheckpoint();
    void missingLastFileKeepsItsNumbers_data();
    void missingLastFileKeepsItsNumbers();
    void deletedTopicStaysDeleted();
    void filesThatWereCutStayAway_data();
    void filesThatWereCutStayAway();
    void keysAreNotEnteredTwice();
};

void TstStoreRecovery::readsFromTheCheckpointOn()
{
    StoreFixture f;
    QVERIFY(f.open());
    std::vector<std::string> sent;
    const std::int64_t vouched = putMany(f, 50, &sent);
    QVERIFY(f.store->sync());
    const std::int64_t end = putMany(f, 5, &sent);
    QVERIFY(vouched > 2 * f.config.commitLogFileSize);
    QVERIFY(f.killAndReopen());
    QCOMPARE(f.store->recovery().scannedBytes, end - vouched);
    QCOMPARE(f.store->recovery().scannedRecords, 5);
    QCOMPARE(bodies(*f.store, "t", 0), sent);
    QVERIFY(f.store->sync());
    QVERIFY(f.killAndReopen()); // nothing at all is behind the checkpoint
    QCOMPARE(f.store->recovery().scannedBytes, 0);
    QCOMPARE(f.store->positions().maxOffset, end);
    QCOMPARE(f.put("t", 0, "next").queueOffset, 55);
    QVERIFY(f.store->close());
    QCOMPARE(problemsOf(*f.files), QString{});
}

void TstStoreRecovery::checkpointsFollowTheAmountWritten()
{
    // The clock stands still: ten seconds never pass.
    StoreFixture f;
    f.config.checkpointBytes = 8 * 1024;
    ManualClock clock;
    std::int64_t end = 0;
    {
        auto store = MessageStore::open(f.config, {*f.files, clock, true}).value();
        for (int i = 0; i < 200; ++i) {
            store->put(message("t", i % 3, std::string(900, 'b')), [](const PutResult&) {});
            end = store->positions().maxOffset;
            store->step(MessageStore::Worker::Allocator);
            store->step(MessageStore::Worker::Flush);
            store->step(MessageStore::Worker::Reput);
            if (i % 4 == 3) {
                store->step(MessageStore::Worker::House);
            }
        }
        auto left = f.files->afterPowerCut(7);
        store.reset();
        f.files = std::move(left);
    }
    QVERIFY(f.open());
    QCOMPARE(f.store->positions().maxOffset, end);
    QVERIFY2(f.store->recovery().scannedBytes <= f.config.checkpointBytes + 4 * 1024,
             qPrintable(QString::number(f.store->recovery().scannedBytes)));
    QCOMPARE(f.store->maxOffset("t", 0) + f.store->maxOffset("t", 1) + f.store->maxOffset("t", 2), 200);
}

void TstStoreRecovery::anotherBrokersCheckpoint()
{
    // An Apache broker writes its five values and leaves what is behind; its confirmPhyOffset promises nothing.
    StoreFixture f;
    QVERIFY(f.open());
    std::vector<std::string> sent;
    putMany(f, 10, &sent);
    QVERIFY(f.store->sync());
    const std::int64_t end = putMany(f, 30, &sent);
    auto left = f.files->afterKill();
    std::string confirmed(8, '\0');
    for (std::size_t i = 0; i < 8; ++i) {
        confirmed[i] = static_cast<char>(end >> (8 * (7 - i)));
    }
    left->overwrite(kRoot / "checkpoint", 32, confirmed);
    QVERIFY(f.replaceFiles(std::move(left)));
    QCOMPARE(bodies(*f.store, "t", 0), sent);
    QVERIFY(f.store->recovery().scannedRecords >= 30);
}

void TstStoreRecovery::checkpointOfAnotherLog()
{
    StoreFixture other;
    QVERIFY(other.open());
    putMany(other, 7, nullptr, 333);
    QVERIFY(other.store->sync());
    StoreFixture f;
    QVERIFY(f.open());
    std::vector<std::string> sent;
    putMany(f, 12, &sent);
    auto left = f.files->afterKill();
    left->put(kRoot / "checkpoint", other.files->content(kRoot / "checkpoint"));
    QVERIFY(f.replaceFiles(std::move(left)));
    QCOMPARE(f.store->recovery().scannedRecords, 12);
    QVERIFY(f.store->recovery().damagedOffsets.empty());
    QCOMPARE(bodies(*f.store, "t", 0), sent);
}

void TstStoreRecovery::lyingCheckpointIsNotBelieved()
{
    StoreFixture f;
    QVERIFY(f.open());
    for (int i = 0; i < 40; ++i) {
        f.put("t", 0, std::to_string(i) + std::string(1000, '.'));
        f.clock.advance(std::chrono::seconds(10));
        if (i == 5) {
            QVERIFY(f.store->sync());
        }
    }
    // Half of the queue was written, and the checkpoint says that everything was.
    auto left = f.files->afterKill();
    std::string lie(4096, '\0');
    lie.replace(0, 24, std::string("\0\0\x02\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x02\0\0\0\0\0", 24));
    left->put(kRoot / "checkpoint", lie);
    QVERIFY(f.replaceFiles(std::move(left)));
    QCOMPARE(bodies(*f.store, "t", 0).size(), std::size_t{40});
    QCOMPARE(f.put("t", 0, "next").queueOffset, 40);
}

void TstStoreRecovery::damagedLastRecordIsNotCut_data()
{
    QTest::addColumn<bool>("isClean");
    QTest::newRow("after a kill") << false;
    QTest::newRow("after a clean exit") << true;
}

void TstStoreRecovery::damagedLastRecordIsNotCut()
{
    QFETCH(const bool, isClean);
    StoreFixture f;
    QVERIFY(f.open());
    std::vector<std::string> sent;
    const std::int64_t begin = putMany(f, 9, &sent, 60);
    const std::int64_t end = putMany(f, 1, nullptr, 60);
    QVERIFY(isClean ? f.store->close().has_value() : f.store->sync().has_value());
    const auto whole = f.files->afterKill();
    for (std::int64_t at = begin; at < end; ++at) {
        // Whole sectors of it, its first bytes, its last bytes, one byte of what is checked.
        const bool isChecked = at < begin + 8 || (at >= begin + 28 && at < begin + 36) || (at >= begin + 84 && at < end - 12);
        for (const std::int64_t to : {end, at + 1}) {
            if (to == at + 1 && !isChecked) {
                continue;
            }
            StoreFixture damaged;
            damaged.files = whole->afterKill();
            const std::string was = damaged.files->content(logPath(0)).substr(static_cast<std::size_t>(at), static_cast<std::size_t>(to - at));
            damaged.files->overwrite(logPath(0), static_cast<std::uint64_t>(at),
                                     to == end ? std::string(was.size(), '\0') : std::string(1, static_cast<char>(was[0] ^ 0x20)));
            for (int round = 0; round < 2; ++round) {
                QVERIFY2(damaged.open(), qPrintable(QString::number(at)));
                QCOMPARE(damaged.store->recovery().cleanExit, isClean && round == 0);
                QCOMPARE(damaged.store->recovery().damagedOffsets, std::vector<std::int64_t>{begin});
                QCOMPARE(damaged.store->recovery().truncatedAtOffset, -1);
                QCOMPARE(damaged.store->positions().maxOffset, end);
                QCOMPARE(bodies(*damaged.store, "t", 0), sent);
                QCOMPARE(damaged.store->maxOffset("t", 0), 10);
                auto left = damaged.files->afterKill();
                damaged.store.reset();
                damaged.files = std::move(left);
            }
            QVERIFY(damaged.open());
            QCOMPARE(damaged.put("t", 0, "next").queueOffset, 10);
            QVERIFY(damaged.store->close());
            QCOMPARE(problemsOf(*damaged.files), QString{});
        }
    }
}

void TstStoreRecovery::damageThatReachesOverTheCheckpoint()
{
    // From the last record the checkpoint vouches for over the one behind it: the one is damaged, the other was torn.
    StoreFixture f;
    QVERIFY(f.open());
    std::vector<std::string> sent;
    const std::int64_t begin = putMany(f, 9, &sent, 60);
    const std::int64_t vouched = putMany(f, 1, nullptr, 60);
    QVERIFY(f.store->sync());
    const std::int64_t end = putMany(f, 1, nullptr, 60);
    auto left = f.files->afterKill();
    left->overwrite(logPath(0), static_cast<std::uint64_t>(begin + 10), std::string(static_cast<std::size_t>(end - begin - 20), 'U'));
    QVERIFY(f.replaceFiles(std::move(left)));
    QCOMPARE(bodies(*f.store, "t", 0), sent);
    QCOMPARE(f.store->recovery().truncatedAtOffset, vouched);
    QCOMPARE(f.store->recovery().damagedOffsets, std::vector<std::int64_t>{begin});
    QCOMPARE(f.put("t", 0, "next").queueOffset, 10);
}

void TstStoreRecovery::missingLastFileKeepsItsNumbers_data()
{
    damagedLastRecordIsNotCut_data();
}

void TstStoreRecovery::missingLastFileKeepsItsNumbers()
{
    QFETCH(const bool, isClean);
    StoreFixture f;
    QVERIFY(f.open());
    std::vector<std::string> sent;
    const std::int64_t end = putMany(f, 50, &sent);
    QVERIFY(isClean ? f.store->close().has_value() : f.store->sync().has_value());
    const std::int64_t last = end / f.config.commitLogFileSize * f.config.commitLogFileSize;
    auto left = f.files->afterKill();
    for (const auto& path : left->files()) {
        if (path.parent_path() == kRoot / "commitlog" && path >= logPath(last)) {
            QVERIFY(left->remove(path));
        }
    }
    QVERIFY(f.replaceFiles(std::move(left)));
    const std::vector<std::string> found = bodies(*f.store, "t", 0);
    QVERIFY(found.size() < 50 && found.size() > 30);
    QVERIFY(std::equal(found.begin(), found.end(), sent.begin()));
    QCOMPARE(f.store->maxOffset("t", 0), 50);
    const PutResult next = f.put("t", 0, "next");
    QCOMPARE(next.queueOffset, 50);
    QVERIFY(next.commitLogOffset >= end);
    QVERIFY(f.store->sync());
    QCOMPARE(bodies(*f.store, "t", 0, 50), std::vector<std::string>{"next"});
    QVERIFY(f.killAndReopen());
    QCOMPARE(bodies(*f.store, "t", 0, 50), std::vector<std::string>{"next"});
    QVERIFY(f.reopen());
    QCOMPARE(f.store->maxOffset("t", 0), 51);
}

void TstStoreRecovery::deletedTopicStaysDeleted()
{
    // Its records are the log's last, so no queue ends where the log does.
    StoreFixture f;
    QVERIFY(f.open());
    f.put("kept", 0, "kept");
    putMany(f, 5);
    QVERIFY(f.store->deleteTopic("t"));
    QVERIFY(f.reopen());
    QVERIFY(f.store->recovery().cleanExit);
    QCOMPARE(f.store->recovery().scannedRecords, 0);
    QCOMPARE(f.store->queues().size(), std::size_t{1});
    QCOMPARE(bodies(*f.store, "kept", 0), std::vector<std::string>{"kept"});
}

void TstStoreRecovery::filesThatWereCutStayAway_data()
{
    QTest::addColumn<int>("kept");
    QTest::newRow("where a file ends") << 20;
    QTest::newRow("within a file") << 15;
}

/// A power cut brings back names whose removal no directory sync made durable: old entries behind the queue's end.
void TstStoreRecovery::filesThatWereCutStayAway()
{
    QFETCH(const int, kept);
    StoreFixture f;
    f.config.commitLogFileSize = 64 * 1024;
    QVERIFY(f.open());
    const auto begin = static_cast<std::uint64_t>(putMany(f, kept, nullptr, 100));
    QVERIFY(f.store->sync());
    const std::filesystem::path tables[] = {kRoot / "checkpoint", kRoot / "queues.0", kRoot / "queues.1"};
    std::vector<std::string> vouching; // for the first messages only
    for (const auto& table : tables) {
        vouching.push_back(f.files->exists(table) ? f.files->content(table) : std::string());
    }
    const auto end = static_cast<std::uint64_t>(putMany(f, 50 - kept, nullptr, 100));
    QVERIFY(f.store->sync());
    auto left = f.files->afterKill();
    left->overwrite(logPath(0), begin, std::string(static_cast<std::size_t>(end - begin), '\0'));
    for (std::size_t i = 0; i < vouching.size(); ++i) {
        left->put(tables[i], vouching[i]);
    }
    QVERIFY(f.replaceFiles(std::move(left)));
    QCOMPARE(f.store->maxOffset("t", 0), kept);
    QCOMPARE(f.store->recovery().queuesRebuilt, 0);
    const auto third = kRoot / "consumequeue/t/0/00000000000000000800";
    QVERIFY(f.store->sync());
    QVERIFY(!f.files->exists(third));
    const auto cut = f.files->afterPowerCut({0, [](std::size_t) { return true; }});
    QVERIFY(!cut->exists(third));
    QVERIFY(!cut->exists(kRoot / "consumequeue/t/0/00000000000000000400"));
}

void TstStoreRecovery::keysAreNotEnteredTwice()
{
    // Part of the index never reached the disk, what was behind it did, and a record is gone, so that the index is
    // shorter when it is made anew. What is left behind its end must not come back with the next start.
    StoreFixture f;
    QVERIFY(f.open());
    std::vector<std::int64_t> ends;
    for (int i = 0; i < 50; ++i) {
        ends.push_back(putMany(f, 1, nullptr, 50));
        QVERIFY(i != 5 || f.store->sync());
    }
    QTRY_COMPARE(f.store->positions().dispatchedOffset, ends.back());
    auto left = f.files->afterKill();
    const auto files = left->files();
    const auto index = std::find_if(files.begin(), files.end(),
                                    [](const auto& path) { return path.parent_path() == kRoot / "index"; });
    QVERIFY(index != files.end());
    left->overwrite(*index, 40 + 16 * 4 + 30 * 20, std::string(10 * 20, '\0'));
    left->overwrite(logPath(0), static_cast<std::uint64_t>(ends[10] + 90), "UUUU");
    QVERIFY(f.replaceFiles(std::move(left)));
    QCOMPARE(f.store->recovery().damagedOffsets, std::vector<std::int64_t>{ends[10]});
    QVERIFY(f.store->sync());
    QVERIFY(f.killAndReopen());
    QVERIFY(f.store->close());
    QCOMPARE(problemsOf(*f.files), QString{});
}

QTEST_APPLESS_MAIN(TstStoreRecovery)
#include "tst_store_recovery.moc"
