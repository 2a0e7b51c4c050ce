// SPDX-License-Identifier: GPL-3.0-or-later
// Looking things up by time and key, many queues, retention, and the real file system.
#include "engine/store/store_test_kit.h"
#include "support/store_checker.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/posix_file_system.h"

#include <QTemporaryDir>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>

using namespace gantry;
using namespace gantry::test;

namespace {

std::vector<std::string> bodiesOf(const QueryResult& result)
{
    std::vector<std::string> found;
    for (const std::string& record : result.records) {
        found.emplace_back(parseRecord(asBytes(record), true).record.body);
    }
    return found;
}

StoreConfig realConfig(const QTemporaryDir& directory, FlushMode mode)
{
    StoreConfig config = smallConfig(mode);
    config.rootDirectory = directory.filePath("store").toStdString();
    config.commitLogFileSize = 256 * 1024;
    config.consumeQueueFileSize = 4000;
    return config;
}

} // namespace

class TstStoreQueries : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { log::setLevel(log::Level::Off); }
    void offsetByTime();
    void offsetByTimePassesDamagedEntriesOver_data();
    void offsetByTimePassesDamagedEntriesOver();
    void queryByKeyOverManyIndexFiles();
    void queryHonoursTimeAndCount();
    void indexSurvivesKillAndPowerCut();
    void manyQueuesNeedFewDescriptors();
    void expiredFilesGo();
    void nearlyFullDiskLosesOldestFiles();
    void slowDiskTimesOut();
    void saysWhenAMessageIsFarAway();
    void realFileSystem();
    void realProcessKilled();
};

void TstStoreQueries::offsetByTime()
{
    StoreFixture f;
    QVERIFY(f.open());
    QCOMPARE(f.store->offsetByTime("t", 0, 5, OffsetBoundary::Lower), 0);
    const std::int64_t t0 = f.clock.wallMs();
    // Times: t0 three times, t0 + 10 twice, and so on; over several queue files.
    for (int i = 0; i < 50; ++i) {
        f.put("t", 0, std::to_string(i));
        if (i % 5 == 2 || i % 5 == 4) {
            f.clock.advance(std::chrono::milliseconds(10));
        }
    }
    QVERIFY(f.store->sync());
    const auto lower = [&](std::int64_t time) {
        return f.store->offsetByTime("t", 0, time, OffsetBoundary::Lower);
    };
    const auto upper = [&](std::int64_t time) {
        return f.store->offsetByTime("t", 0, time, OffsetBoundary::Upper);
    };
    QCOMPARE(lower(t0 - 1), 0);
    QCOMPARE(upper(t0 - 1), 0);
    QCOMPARE(lower(t0), 0);
    QCOMPARE(upper(t0), 2);
    QCOMPARE(lower(t0 + 5), 3); // between: the next for lower, the previous for upper
    QCOMPARE(upper(t0 + 5), 2);
    QCOMPARE(lower(t0 + 10), 3);
    QCOMPARE(upper(t0 + 10), 4);
    QCOMPARE(lower(t0 + 20), 5);
    QCOMPARE(lower(t0 + 190), 48);
    QCOMPARE(upper(t0 + 190), 49);
    QCOMPARE(lower(t0 + 191), 50); // behind the last: the end
    QCOMPARE(upper(t0 + 191), 49);
    QCOMPARE(lower(INT64_MAX), 50);
    QCOMPARE(upper(INT64_MAX), 49);
    QCOMPARE(lower(INT64_MIN), 0);
    QCOMPARE(upper(INT64_MIN), 0);
}

void TstStoreQueries::offsetByTimePassesDamagedEntriesOver_data()
{
    QTest::addColumn<QString>("kind");
    for (const char* kind : {"zeros", "filler", "wild", "other number", "other queue", "other topic", "longer"}) {
        QTest::newRow(kind) << kind;
    }
}

/// The search halves the queue, so one entry that gives another record's time would cost half of it.
void TstStoreQueries::offsetByTimePassesDamagedEntriesOver()
{
    QFETCH(const QString, kind);
    StoreFixture f;
    QVERIFY(f.open());
    // The log's first record, where an entry of zeros leads, is old; the other queues' are older or younger than ours.
    f.put("old", 0, "the first");
    const std::int64_t t0 = f.clock.wallMs() + 1000;
    for (int i = 0; i < 60; ++i) {
        f.clock.advance(std::chrono::milliseconds(1000));
        f.put("t", 0, std::to_string(i));
        f.put("t", 1, "other queue");
        f.put("u", 0, "other topic");
    }
    QVERIFY(f.store->close());
    const auto file = [](const std::string& queue, int number) {
        return kRoot / "consumequeue" / queue / QString("%1").arg(number * 400, 20, 10, QChar('0')).toStdString();
    };
    const auto entry = [&](const std::string& queue, int n) {
        return f.files->content(file(queue, n / 20)).substr(static_cast<std::size_t>(n % 20) * 20, 20);
    };
    std::vector<std::string> damaged;
    for (int n = 20; n < 40; ++n) { // the file in the middle: it holds what is asked first
        std::string bytes(20, '\0');
        if (kind == "filler") {
            bytes.replace(8, 4, "\x7F\xFF\xFF\xFF");
        } else if (kind == "wild") {
            bytes = std::string("\x12\x34\x56\x78\x9A\xBC\xDE\xF0\0\0\1\0", 12) + std::string(8, 'x');
        } else if (kind == "other number") {
            bytes = entry("t/0", n < 30 ? 59 : 0);
        } else if (kind == "other queue") {
            bytes = entry("t/1", n);
        } else if (kind == "other topic") {
            bytes = entry("u/0", n);
        } else if (kind == "longer") {
            bytes = entry("t/0", n);
            bytes[11] = static_cast<char>(bytes[11] + 1);
        }
        damaged.push_back(bytes);
    }
    for (int n = 20; n < 40; ++n) {
        f.files->overwrite(file("t/0", 1), static_cast<std::uint64_t>(n % 20) * 20, damaged[static_cast<std::size_t>(n - 20)]);
    }
    QVERIFY(f.reopen());
    for (int n = 0; n < 60; ++n) {
        const bool isKnown = n < 20 || n >= 40;
        QCOMPARE(f.store->storeTimestampOf("t", 0, n), isKnown ? t0 + n * 1000 : -1);
        // The places in between take the time of the next one that has a record.
        const std::int64_t expected = isKnown && n != 40 ? n : 20;
        QCOMPARE(f.store->offsetByTime("t", 0, t0 + n * 1000, OffsetBoundary::Lower), expected);
        QCOMPARE(f.store->offsetByTime("t", 0, t0 + n * 1000, OffsetBoundary::Upper), isKnown ? n : 19);
    }
}

void TstStoreQueries::queryByKeyOverManyIndexFiles()
{
    StoreFixture f;
    QVERIFY(f.open());
    for (int i = 0; i < 200; ++i) { // 63 entries a file, two a message
        f.put("t", 0, std::to_string(i),
              "UNIQ_KEY\x01u" + std::to_string(i) + "\x02KEYS\x01m" + std::to_string(i % 10) +
                  "\x02");
        f.clock.advance(std::chrono::milliseconds(700));
    }
    QVERIFY(f.store->sync());
    QCOMPARE(f.store->positions().indexFiles, 7);
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 200; i += 13) {
            QCOMPARE(bodiesOf(f.store->queryByKey("t", "u" + std::to_string(i), 10, 0, INT64_MAX)),
                     std::vector<std::string>{std::to_string(i)});
        }
        QCOMPARE(bodiesOf(f.store->queryByKey("t", "m3", 64, 0, INT64_MAX)).size(),
                 std::size_t{20});
        QVERIFY(f.store->queryByKey("t", "nothing", 64, 0, INT64_MAX).records.empty());
        QVERIFY(f.store->queryByKey("other", "m3", 64, 0, INT64_MAX).records.empty());
        QVERIFY(f.reopen());
    }
    const QueryResult result = f.store->queryByKey("t", "m9", 64, 0, INT64_MAX);
    QCOMPARE(result.indexLastUpdateOffset, f.store->entryAt("t", 0, 199)->commitLogOffset);
}

void TstStoreQueries::queryHonoursTimeAndCount()
{
    StoreFixture f;
    QVERIFY(f.open());
    const std::int64_t t0 = f.clock.wallMs();
    for (int i = 0; i < 100; ++i) {
        f.put("t", 0, std::to_string(i), keyProperty("k"));
        f.clock.advance(std::chrono::seconds(1));
    }
    QVERIFY(f.store->sync());
    QCOMPARE(bodiesOf(f.store->queryByKey("t", "k", 5, 0, INT64_MAX)),
             (std::vector<std::string>{"95", "96", "97", "98", "99"}));
    QCOMPARE(f.store->queryByKey("t", "k", 1000, 0, INT64_MAX).records.size(), std::size_t{64});
    QCOMPARE(bodiesOf(f.store->queryByKey("t", "k", 64, t0 + 10'000, t0 + 12'000)),
             (std::vector<std::string>{"10", "11", "12"}));
    QVERIFY(f.store->queryByKey("t", "k", 64, t0 + 200'000, t0 + 300'000).records.empty());
}

void TstStoreQueries::indexSurvivesKillAndPowerCut()
{
    StoreFixture f;
    f.config.flushMode = FlushMode::Sync;
    QVERIFY(f.open());
    for (int i = 0; i < 300; ++i) {
        f.put("t", 0, std::to_string(i), keyProperty("k" + std::to_string(i)));
        f.clock.advance(std::chrono::milliseconds(500));
        if (i == 120 || i == 200) {
            QVERIFY(f.store->sync());
        }
    }
    const auto isComplete = [&] {
        for (int i = 0; i < 300; ++i) {
            if (bodiesOf(f.store->queryByKey("t", "k" + std::to_string(i), 4, 0, INT64_MAX)) !=
                std::vector<std::string>{std::to_string(i)}) {
                return false;
            }
        }
        return true;
    };
    QVERIFY(f.killAndReopen());
    QVERIFY(isComplete());
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        QVERIFY(f.cutPowerAndReopen(seed));
        QVERIFY(isComplete());
    }
}

void TstStoreQueries::manyQueuesNeedFewDescriptors()
{
    constexpr int kQueues = 20'000;
    StoreFixture f;
    f.config.indexEnabled = false;
    f.config.commitLogFileSize = 16 * kMiB;
    QVERIFY(f.open());
    for (int round = 0; round < 2; ++round) {
        for (int queue = 0; queue < kQueues; ++queue) {
            COMPARE_NAMES(f.put("t" + std::to_string(queue % 5), queue, "m").status, PutStatus::Ok);
        }
        QVERIFY(f.store->sync());
    }
    QVERIFY2(f.files->openFilesMax() < 300, qPrintable(QString::number(f.files->openFilesMax())));
    QCOMPARE(f.store->positions().consumeQueueFiles, kQueues);
    QVERIFY(f.reopen());
    QCOMPARE(f.store->queues().size(), std::size_t{kQueues});
    for (int queue = 0; queue < kQueues; queue += 997) {
        QCOMPARE(f.store->maxOffset("t" + std::to_string(queue % 5), queue), 2);
        QCOMPARE(bodies(*f.store, "t" + std::to_string(queue % 5), queue).size(), std::size_t{2});
    }
    QVERIFY(f.killAndReopen());
    QCOMPARE(f.store->maxOffset("t0", 0), 2);
    QVERIFY(f.files->openFilesMax() < 300);
}

void TstStoreQueries::expiredFilesGo()
{
    StoreFixture f;
    QVERIFY(f.open());
    for (int i = 0; i < 100; ++i) {
        f.put("busy", 0, std::string(1000, 'x'), keyProperty("k" + std::to_string(i)));
        if (i == 5) {
            f.put("quiet", 0, "only one");
        }
        if (i == 49) {
            QVERIFY(f.store->sync());
            f.clock.advance(std::chrono::hours(80));
        }
    }
    QVERIFY(f.store->sync());
    const int before = f.store->positions().commitLogFiles;
    QVERIFY(f.store->deleteExpiredFiles() > 0);
    const StorePositions after = f.store->positions();
    QCOMPARE(before - after.commitLogFiles, 3); // the file that was written again lives on
    QCOMPARE(after.minOffset, 3 * f.config.commitLogFileSize);
    QVERIFY(f.store->minOffset("busy", 0) > 40);
    QCOMPARE(f.store->maxOffset("busy", 0), 100);
    QCOMPARE(static_cast<std::int64_t>(bodies(*f.store, "busy", 0).size()),
             100 - f.store->minOffset("busy", 0));
    QVERIFY(!f.files->exists(kRoot / "consumequeue" / "busy" / "0" / std::string(20, '0')));
    // A queue all of whose messages are gone keeps its number.
    QCOMPARE(f.store->minOffset("quiet", 0), 1);
    QCOMPARE(f.store->maxOffset("quiet", 0), 1);
    GetRequest request;
    request.topic = "busy";
    COMPARE_NAMES(f.store->get(request).status, GetStatus::OffsetTooSmall);
    QCOMPARE(f.store->get(request).nextBeginOffset, f.store->minOffset("busy", 0));
    const std::int64_t minOffset = f.store->minOffset("busy", 0);
    QVERIFY(f.reopen());
    QCOMPARE(f.store->minOffset("busy", 0), minOffset);
    QCOMPARE(f.put("quiet", 0, "second").queueOffset, 1);
    QVERIFY(f.killAndReopen());
    QCOMPARE(f.store->minOffset("busy", 0), minOffset);
    QCOMPARE(f.store->maxOffset("quiet", 0), 2);
    QCOMPARE(bodies(*f.store, "quiet", 0), std::vector<std::string>{"second"});
}

void TstStoreQueries::nearlyFullDiskLosesOldestFiles()
{
    StoreFixture f;
    QVERIFY(f.open());
    for (int i = 0; i < 100; ++i) {
        f.put("t", 0, std::string(1000, 'x'));
    }
    QVERIFY(f.store->sync());
    f.files->setCapacity(1'000'000);
    f.files->setForeignBytes(790'000);
    QCOMPARE(f.store->deleteExpiredFiles() > 0,
             true); // above 85 %: the oldest go, whatever their age
    COMPARE_NAMES(f.store->positions().state, StoreState::Running);
    f.files->setForeignBytes(990'000);
    f.store->deleteExpiredFiles();
    COMPARE_NAMES(f.store->positions().state, StoreState::DiskFull);
    COMPARE_NAMES(f.put("t", 0, "x").status, PutStatus::ServiceNotAvailable);
    QVERIFY(f.store->positions().commitLogFiles >= 1);
    f.files->setForeignBytes(0);
    f.store->deleteExpiredFiles();
    COMPARE_NAMES(f.store->positions().state, StoreState::Running);
    QCOMPARE(f.put("t", 0, "x").queueOffset, 100);
}

void TstStoreQueries::slowDiskTimesOut()
{
    StoreFixture f;
    f.config.flushMode = FlushMode::Sync;
    f.config.consumeQueueFlushInterval =
        std::chrono::milliseconds(5); // how often the house thread looks
    QVERIFY(f.open());
    QVERIFY(f.store->sync());
    std::atomic<bool> isHanging{false};
    f.files->setObserver([&](MemoryFileSystem::Call call, const std::filesystem::path& path) {
        if (call == MemoryFileSystem::Call::Sync &&
            path.string().find("commitlog") != std::string::npos && !isHanging.exchange(true)) {
            f.clock.advance(std::chrono::seconds(6));
        }
    });
    const PutResult result = f.put("t", 0, "x");
    // Whoever was faster, the disk or the clock: the message is stored, and the answer says how.
    QVERIFY(result.isStored());
    QVERIFY(isHanging.load());
    f.files->setObserver({});
}

void TstStoreQueries::saysWhenAMessageIsFarAway()
{
    StoreFixture f;
    QVERIFY(f.open());
    for (int i = 0; i < 20; ++i) {
        f.put("t", 0, std::string(100, 'x'));
    }
    QVERIFY(f.store->sync());
    GetRequest request{"t", 0, 0};
    QCOMPARE(f.store->get(request).messageCount, 20);
    const std::int64_t all = f.store->positions().maxOffset - f.store->entryAt("t", 0, 0)->commitLogOffset;
    request.mayBeFar = false;
    request.distanceMax = all;
    QCOMPARE(f.store->get(request).messageCount, 20);
    QVERIFY(!f.store->get(request).isFar);
    request.distanceMax = all - 1;
    QVERIFY(f.store->get(request).wouldWait && f.store->get(request).isFar);
    request.offset = 1;
    QCOMPARE(f.store->get(request).messageCount, 19);
    request.offset = 0;
    request.mayBeFar = true;
    QCOMPARE(f.store->get(request).messageCount, 20);
    QVERIFY(f.store->get(request).isFar);
    request.offset = 20; // the end is not far away
    QVERIFY(f.store->get(request).status == GetStatus::OffsetOverflowOne);
}

void TstStoreQueries::realFileSystem()
{
    QTemporaryDir directory;
    for (const FlushMode mode : {FlushMode::Async, FlushMode::Sync}) {
        const StoreConfig config = realConfig(directory, mode);
        auto& files = PosixFileSystem::instance();
        std::vector<std::string> expected;
        for (int round = 0; round < 2; ++round) {
            auto store = MessageStore::open(config, {files, SystemClock::instance()});
            QVERIFY2(store.has_value(), store ? "" : store.error().message.c_str());
            const std::string topic = mode == FlushMode::Sync ? "sync" : "async";
            std::atomic<int> ok{0};
            for (int i = 0; i < 500; ++i) {
                expected.push_back(std::to_string(i) + std::string(1000, '.'));
                (*store)->put(
                    message(topic, 1, expected.back(), keyProperty("k" + std::to_string(i))),
                    [&](PutResult result) { ok += result.status == PutStatus::Ok ? 1 : 0; });
            }
            QVERIFY((*store)->sync());
            QTRY_COMPARE(ok.load(), 500);
            QCOMPARE(bodies(**store, topic, 1), expected);
            QVERIFY((*store)->close());
        }
        StoreChecker checker(files, config.rootDirectory);
        checker.read();
        const auto problems = checker.problems();
        QVERIFY2(problems.empty(), problems.empty() ? "" : problems.front().c_str());
    }
}

void TstStoreQueries::realProcessKilled()
{
    QTemporaryDir directory;
    const StoreConfig config = realConfig(directory, FlushMode::Sync);
    int acknowledgedBefore = 0;
    for (int round = 0; round < 5; ++round) {
        int channel[2];
        QVERIFY(::pipe(channel) == 0);
        const pid_t child = ::fork();
        QVERIFY(child >= 0);
        if (child == 0) {
            ::close(channel[0]);
            auto store =
                MessageStore::open(config, {PosixFileSystem::instance(), SystemClock::instance()});
            for (int i = 0; store && i < 1'000'000; ++i) {
                (*store)->put(message("t", i % 4, std::string(700, 'x'),
                                      keyProperty("k" + std::to_string(i))),
                              [&channel](PutResult result) {
                                  const char answer = result.status == PutStatus::Ok ? '+' : '-';
                                  if (::write(channel[1], &answer, 1) != 1) {
                                      ::_exit(1);
                                  }
                              });
            }
            ::_exit(0);
        }
        ::close(channel[1]);
        int acknowledged = 0;
        char answers[256];
        while (acknowledged < 100 + 150 * round) {
            const ssize_t count = ::read(channel[0], answers, sizeof(answers));
            QVERIFY(count > 0);
            acknowledged += static_cast<int>(std::count(answers, answers + count, '+'));
        }
        ::kill(child, SIGKILL);
        for (ssize_t count = 0; (count = ::read(channel[0], answers, sizeof(answers))) > 0;) {
            acknowledged += static_cast<int>(std::count(answers, answers + count, '+'));
        }
        ::close(channel[0]);
        ::waitpid(child, nullptr, 0);
        auto store =
            MessageStore::open(config, {PosixFileSystem::instance(), SystemClock::instance()});
        QVERIFY2(store.has_value(), store ? "" : store.error().message.c_str());
        QVERIFY(!(*store)->recovery().cleanExit);
        int found = 0;
        for (int queue = 0; queue < 4; ++queue) {
            found += static_cast<int>(bodies(**store, "t", queue).size());
        }
        QVERIFY2(found >= acknowledgedBefore + acknowledged,
                 qPrintable(
                     QString("%1 < %2 + %3").arg(found).arg(acknowledgedBefore).arg(acknowledged)));
        acknowledgedBefore = found;
        QVERIFY((*store)->close());
        StoreChecker checker(PosixFileSystem::instance(), config.rootDirectory);
        checker.read();
        const auto problems = checker.problems();
        QVERIFY2(problems.empty(), problems.empty() ? "" : problems.front().c_str());
    }
}

QTEST_APPLESS_MAIN(TstStoreQueries)
#include "tst_store_queries.moc"
