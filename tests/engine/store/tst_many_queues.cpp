// SPDX-License-Identifier: GPL-3.0-or-later
// A store with many queues: few descriptors, one sync for all of them, and the same messages whatever happens between.
#include "engine/store/store_test_kit.h"

#include "base/posix_file_system.h"

#include <QTemporaryDir>

#include <sys/resource.h>

#include <cerrno>

using namespace gantry;
using namespace gantry::test;

namespace {

constexpr int kQueues = 600;
constexpr rlim_t kDescriptors = 330;

/// Opening one descriptor more than that fails, as it would for a broker whose system allows few.
class DescriptorLimit
{
public:
    explicit DescriptorLimit(rlim_t limit)
    {
        ::getrlimit(RLIMIT_NOFILE, &m_before);
        rlimit small = m_before;
        small.rlim_cur = limit;
        m_isSet = ::setrlimit(RLIMIT_NOFILE, &small) == 0;
    }
    ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &m_before); }
    DescriptorLimit(const DescriptorLimit&) = delete;
    DescriptorLimit& operator=(const DescriptorLimit&) = delete;
    [[nodiscard]] bool isSet() const { return m_isSet; }

private:
    rlimit m_before{};
    bool m_isSet = false;
};

struct RealStore
{
    QTemporaryDir directory;
    StoreConfig config;
    std::unique_ptr<MessageStore> store;

    RealStore()
    {
        config = smallConfig();
        config.rootDirectory = directory.path().toStdString();
        config.commitLogFileSize = 256 * 1024;
        config.consumeQueueFileSize = 6'000'000;
        config.indexEnabled = false;
    }
    [[nodiscard]] bool open()
    {
        store.reset();
        auto opened = MessageStore::open(config, {PosixFileSystem::instance(), SystemClock::instance()});
        if (!opened) {
            fprintf(stderr, "open failed: %s\n", opened.error().message.c_str());
            return false;
        }
        store = std::move(*opened);
        return true;
    }
    void putRound(int round)
    {
        for (int queue = 0; queue < kQueues; ++queue) {
            const PutResult put = store->putAndWait(message("Many", queue, fmt::format("{}/{}", queue, round)));
            QVERIFY2(put.status == PutStatus::Ok, put.reason.c_str());
            QCOMPARE(put.queueOffset, std::int64_t{round});
        }
    }
    /// Each queue holds its own messages of rounds 0 to `rounds` - 1, in order.
    void verify(int rounds) const
    {
        for (int queue = 0; queue < kQueues; ++queue) {
            const std::vector<std::string> found = bodies(*store, "Many", queue);
            QCOMPARE(found.size(), static_cast<std::size_t>(rounds));
            for (int round = 0; round < rounds; ++round) {
                QCOMPARE(found[static_cast<std::size_t>(round)], fmt::format("{}/{}", queue, round));
            }
        }
    }
};

/// Forty queues, every one with a message, on a disk in memory; more than four files are synced at once.
struct SmallStore : StoreFixture
{
    static constexpr int kSmallQueues = 40;

    SmallStore() { config.queueFilesSyncedOneByOne = 4; }
    void putRound(int round)
    {
        for (int queue = 0; queue < kSmallQueues; ++queue) {
            COMPARE_NAMES(put("Many", queue, fmt::format("{}/{}", queue, round)).status, PutStatus::Ok);
        }
    }
    void verify(int rounds) const
    {
        for (int queue = 0; queue < kSmallQueues; ++queue) {
            const std::vector<std::string> found = bodies(*store, "Many", queue);
            QCOMPARE(found.size(), static_cast<std::size_t>(rounds));
            QCOMPARE(found.back(), fmt::format("{}/{}", queue, rounds - 1));
        }
    }
    [[nodiscard]] int syncs() const { return files->callCount(MemoryFileSystem::Call::Sync); }
};

} // namespace

class TstManyQueues : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void needFewDescriptors();
    void areSyncedInOneCall();
    void surviveAPowerCutBehindTheCheckpoint();
    void failedSyncOfTheDiskPoisons();
    void lastMessageIsKnownWithoutReading();
    void expiredOnesKeepTheirNumbers();
    void longAndShortOnesAreLoaded_data();
    void longAndShortOnesAreLoaded();
};

void TstManyQueues::needFewDescriptors()
{
    const DescriptorLimit limit(kDescriptors);
    QVERIFY(limit.isSet());
    RealStore s;
    QVERIFY(s.open());
    s.putRound(0);
    QVERIFY(s.store->sync());
    s.putRound(1);
    QVERIFY(s.store->sync());
    s.verify(2);
    QVERIFY(s.open()); // a clean stop between
    QVERIFY(s.store->recovery().cleanExit);
    QCOMPARE(s.store->recovery().scannedRecords, std::int64_t{0});
    QCOMPARE(s.store->positions().consumeQueueFiles, kQueues);
    s.verify(2);
    s.putRound(2);
    QVERIFY(s.store->sync());
    // What a killed process leaves: an abort file.
    const auto root = s.config.rootDirectory;
    s.store.reset();
    QVERIFY(PosixFileSystem::instance().open(root / "abort", OpenMode::Create));
    QVERIFY(s.open());
    QVERIFY(!s.store->recovery().cleanExit);
    s.verify(3);
    s.putRound(3);
    QVERIFY(s.store->sync());
    s.verify(4);
}

void TstManyQueues::areSyncedInOneCall()
{
    SmallStore s;
    QVERIFY(s.open());
    s.putRound(0);
    QVERIFY(s.store->sync());
    const int before = s.syncs();
    s.putRound(1);
    QVERIFY(s.store->sync());
    // The log, the queues, the index (if it has something), the checkpoint.
    QVERIFY2(s.syncs() - before < 10, qPrintable(QString::number(s.syncs() - before)));
}

void TstManyQueues::surviveAPowerCutBehindTheCheckpoint()
{
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        SmallStore s;
        QVERIFY(s.open());
        s.putRound(0);
        QVERIFY(s.store->sync());
        s.putRound(1);
        QVERIFY(s.store->sync());
        QVERIFY(s.cutPowerAndReopen(seed));
        s.verify(2);
    }
}

void TstManyQueues::failedSyncOfTheDiskPoisons()
{
    SmallStore s;
    QVERIFY(s.open());
    s.putRound(0);
    s.files->failCall(MemoryFileSystem::Call::Sync, 1, EIO, false, "consumequeue");
    QVERIFY(!s.store->sync());
    COMPARE_NAMES(s.put("Many", 0, "refused").status, PutStatus::ServiceNotAvailable);
    s.files->clearFailures();
    s.verify(1);
    QVERIFY(s.reopen());
    QVERIFY(!s.store->recovery().cleanExit);
    s.verify(1);
}

void TstManyQueues::lastMessageIsKnownWithoutReading()
{
    SmallStore s;
    QVERIFY(s.open());
    s.putRound(0);
    s.putRound(1);
    QVERIFY(s.reopen());
    for (int queue = 0; queue < SmallStore::kSmallQueues; ++queue) {
        const int opens = s.files->callCount(MemoryFileSystem::Call::Open);
        const auto last = s.store->entryAt("Many", queue, 1);
        QVERIFY(last);
        QVERIFY(s.store->storeTimestampOf("Many", queue, 1) > 0);
        QVERIFY(!s.store->entryAt("Many", queue, 2));
        // The CommitLog's files may be opened, the queue's need not be.
        QVERIFY(s.files->callCount(MemoryFileSystem::Call::Open) - opens <= 1);
        const auto first = s.store->entryAt("Many", queue, 0);
        QVERIFY(first);
        QVERIFY(first->commitLogOffset < last->commitLogOffset);
    }
}

void TstManyQueues::expiredOnesKeepTheirNumbers()
{
    SmallStore s;
    QVERIFY(s.open());
    for (int round = 0; round < 24; ++round) {
        s.putRound(round);
    }
    QVERIFY(s.store->sync());
    const auto logFiles = s.store->positions().commitLogFiles;
    QVERIFY(logFiles > 3);
    s.clock.advance(std::chrono::hours(100));
    s.put("Many", 0, "late");
    QVERIFY(s.store->sync());
    QVERIFY(s.store->deleteExpiredFiles() > 0);
    const std::int64_t begin = s.store->positions().minOffset;
    const auto check = [&] {
        for (int queue = 0; queue < SmallStore::kSmallQueues; ++queue) {
            const std::int64_t min = s.store->minOffset("Many", queue);
            const std::int64_t max = s.store->maxOffset("Many", queue);
            QCOMPARE(max, std::int64_t{queue == 0 ? 25 : 24});
            QVERIFY(min > 0);
            if (min < max) {
                QVERIFY(s.store->entryAt("Many", queue, min)->commitLogOffset >= begin);
            }
            QVERIFY(!s.store->entryAt("Many", queue, min - 1));
        }
    };
    check();
    QVERIFY(s.store->deleteExpiredFiles() >= 0);
    check();
    QVERIFY(s.reopen());
    check();
    QCOMPARE(s.put("Many", 1, "next").queueOffset, std::int64_t{24});
}

void TstManyQueues::longAndShortOnesAreLoaded_data()
{
    QTest::addColumn<int>("count");
    // Two pages are read at once: 409 entries. A page of zeros fits behind 204.
    for (const int count : {1, 203, 204, 205, 408, 409, 410, 819, 1000}) {
        QTest::addRow("%d", count) << count;
    }
}

void TstManyQueues::longAndShortOnesAreLoaded()
{
    QFETCH(int, count);
    for (const std::int64_t fileSize : {8'000LL, 20'000LL, 6'000'000LL}) {
        StoreFixture s;
        s.config.commitLogFileSize = 1 << 20;
        s.config.consumeQueueFileSize = fileSize;
        QVERIFY(s.open());
        for (int i = 0; i < count; ++i) {
            QCOMPARE(s.put("T", 0, "x").queueOffset, std::int64_t{i});
        }
        QVERIFY(s.reopen());
        QCOMPARE(s.store->maxOffset("T", 0), std::int64_t{count});
        QCOMPARE(s.store->recovery().scannedRecords, std::int64_t{0});
        QVERIFY(s.killAndReopen());
        QCOMPARE(s.store->maxOffset("T", 0), std::int64_t{count});
        QCOMPARE(bodies(*s.store, "T", 0).size(), static_cast<std::size_t>(count));
        QCOMPARE(s.put("T", 0, "y").queueOffset, std::int64_t{count});
    }
}

QTEST_APPLESS_MAIN(TstManyQueues)
#include "tst_many_queues.moc"
