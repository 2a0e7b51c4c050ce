// SPDX-License-Identifier: GPL-3.0-or-later
// A store with many queues: few descriptors, one sync for all of them, and the same messages whatever happens between.
#include "engine/store/store_test_kit.h"

#include "base/posix_file_system.h"
#include "store/consume_queue_entry.h"

#include <QTemporaryDir>

#include <sys/resource.h>

#include <atomic>
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

    /// The house thread writes nothing by itself from the next open on.
    void keepHouseQuiet() { config.consumeQueueFlushInterval = std::chrono::hours(1); }
    static std::filesystem::path queueFile(int queue)
    {
        return kRoot / "consumequeue" / "Many" / std::to_string(queue) / "00000000000000000000";
    }
    /// Where something other than zeros ends in a queue's first file, in entries.
    [[nodiscard]] std::int64_t writtenEntries(int queue) const
    {
        const std::string bytes = files->content(queueFile(queue));
        const std::size_t last = bytes.find_last_not_of('\0');
        return last == std::string::npos ? 0 : static_cast<std::int64_t>(last) / kConsumeQueueEntrySize + 1;
    }
    /// A process is killed, and the log has lost its last record, of queue 39, which the queue's file has.
    [[nodiscard]] std::unique_ptr<MemoryFileSystem> withoutTheLastRecord() const
    {
        const auto last = store->entryAt("Many", kSmallQueues - 1, 1);
        auto left = files->afterKill();
        if (last) {
            const std::int64_t file = last->commitLogOffset / config.commitLogFileSize * config.commitLogFileSize;
            left->overwrite(kRoot / "commitlog" / fmt::format("{:020}", file),
                            static_cast<std::uint64_t>(last->commitLogOffset - file),
                            std::string(static_cast<std::size_t>(last->size), '\0'));
        }
        (void)left->remove(kRoot / "checkpoint"); // with one that vouches for it, it would be damage and keep its number
        return left;
    }
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
    void areFoundWhateverTheirIds();
    void areWrittenAfterARestartNotDuringIt();
    void entriesOfLostRecordsGoBeforeTheCheckpoint();
    void entriesOfLostRecordsAreNotBelievedAfterTheNextCrash();
    void fileStillToBeWrittenIsNotDropped();
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
    // A page is read at once: 204 entries and most of one more.
    for (const int count : {1, 203, 204, 205, 206, 408, 409, 410, 819, 1000}) {
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

void TstManyQueues::areFoundWhateverTheirIds()
{
    const std::vector<std::int32_t> ids{2'000'000'000, 300, 255, 256, 7, 1'000, 100'000, 0, 1, 1'300, 2'147'483'647};
    SmallStore s;
    QVERIFY(s.open());
    const auto check = [&](std::int64_t count) {
        QCOMPARE(s.store->queues().size(), ids.size());
        for (const std::int32_t id : ids) {
            QCOMPARE(s.store->maxOffset("Ids", id), count);
            QCOMPARE(bodies(*s.store, "Ids", id).back(), fmt::format("{}/{}", id, count - 1));
        }
        QCOMPARE(s.store->maxOffset("Ids", 2), std::int64_t{0});
        QCOMPARE(s.store->maxOffset("Ids", 1'999'999'999), std::int64_t{0});
    };
    for (int round = 0; round < 3; ++round) {
        for (const std::int32_t id : ids) {
            QCOMPARE(s.put("Ids", id, fmt::format("{}/{}", id, round)).queueOffset, std::int64_t{round});
        }
        QVERIFY(s.store->sync());
        check(round + 1);
        QVERIFY(round == 1 ? s.killAndReopen() : s.reopen());
        check(round + 1);
    }
    QVERIFY(s.store->deleteTopic("Ids"));
    QVERIFY(s.store->queues().empty());
}

void TstManyQueues::areWrittenAfterARestartNotDuringIt()
{
    SmallStore s;
    s.keepHouseQuiet();
    QVERIFY(s.open());
    s.putRound(0);
    QVERIFY(s.store->sync());
    s.putRound(1);
    for (int restart = 0; restart < 2; ++restart) { // the second with nothing written since the first
        auto left = s.files->afterKill();
        std::atomic<int> changes{0};
        left->setObserver([&changes](MemoryFileSystem::Call call, const std::filesystem::path& path) {
            const bool isOfQueue = path.native().find("/consumequeue/Many/") != std::string::npos;
            changes += isOfQueue && call != MemoryFileSystem::Call::Open ? 1 : 0;
        });
        QVERIFY(s.replaceFiles(std::move(left)));
        QCOMPARE(changes.load(), 0);
        s.files->setObserver({});
        QVERIFY(!s.store->recovery().cleanExit);
        QCOMPARE(s.writtenEntries(7), std::int64_t{1});
        s.verify(2);
    }
    QVERIFY(s.store->sync());
    for (int queue = 0; queue < SmallStore::kSmallQueues; ++queue) {
        QCOMPARE(s.writtenEntries(queue), std::int64_t{2});
    }
    QVERIFY(s.reopen());
    QCOMPARE(s.store->recovery().scannedRecords, std::int64_t{0});
    s.verify(2);
}

void TstManyQueues::entriesOfLostRecordsGoBeforeTheCheckpoint()
{
    constexpr int kLast = SmallStore::kSmallQueues - 1;
    SmallStore s;
    s.keepHouseQuiet();
    QVERIFY(s.open());
    s.putRound(0);
    s.putRound(1);
    QVERIFY(s.store->sync());
    QVERIFY(s.replaceFiles(s.withoutTheLastRecord()));
    QCOMPARE(s.writtenEntries(kLast), std::int64_t{2}); // not yet
    QCOMPARE(s.store->maxOffset("Many", kLast), std::int64_t{1});
    QCOMPARE(bodies(*s.store, "Many", kLast).size(), std::size_t{1});
    s.files->failCall(MemoryFileSystem::Call::Write, 1, EIO, false, SmallStore::queueFile(kLast).native());
    QVERIFY(!s.store->sync()); // the checkpoint does not vouch for what was not cut
    s.files->clearFailures();
    QVERIFY(s.reopen());
    QVERIFY(!s.store->recovery().cleanExit);
    QVERIFY(s.store->sync());
    QCOMPARE(s.writtenEntries(kLast), std::int64_t{1});
    QVERIFY(s.reopen());
    QVERIFY(s.store->recovery().cleanExit);
    QCOMPARE(s.store->maxOffset("Many", kLast), std::int64_t{1});
    QCOMPARE(s.put("Many", kLast, "39/1").queueOffset, std::int64_t{1});
    QVERIFY(s.store->sync());
    s.verify(2);
}

void TstManyQueues::entriesOfLostRecordsAreNotBelievedAfterTheNextCrash()
{
    constexpr int kLast = SmallStore::kSmallQueues - 1;
    SmallStore s;
    s.keepHouseQuiet();
    QVERIFY(s.open());
    s.putRound(0);
    s.putRound(1);
    QVERIFY(s.store->sync());
    QVERIFY(s.replaceFiles(s.withoutTheLastRecord()));
    // Another queue's message comes to lie where the lost one was.
    const std::string body = "another";
    QCOMPARE(s.put("Many", 0, body).queueOffset, std::int64_t{2});
    QCOMPARE(s.writtenEntries(kLast), std::int64_t{2});
    QVERIFY(s.killAndReopen());
    QCOMPARE(s.store->maxOffset("Many", kLast), std::int64_t{1});
    QCOMPARE(bodies(*s.store, "Many", 0).back(), body);
    QCOMPARE(s.put("Many", kLast, "39/1").queueOffset, std::int64_t{1});
    QVERIFY(s.store->sync());
    QVERIFY(s.killAndReopen());
    QCOMPARE(bodies(*s.store, "Many", kLast).back(), std::string("39/1"));
    QCOMPARE(bodies(*s.store, "Many", 0).back(), body);
}

/// The log begins with number 20, and a queue's first file has lost what it had before that: fillers go there.
void TstManyQueues::fileStillToBeWrittenIsNotDropped()
{
    SmallStore s;
    s.keepHouseQuiet();
    QVERIFY(s.open());
    for (int i = 0; i < 30; ++i) { // ten to a file of the log, twenty to one of the queue
        s.put("Many", 0, std::to_string(i) + std::string(1500, '.'));
    }
    QVERIFY(s.store->sync());
    auto left = s.files->afterKill();
    QVERIFY(left->remove(kRoot / "commitlog" / fmt::format("{:020}", 0)));
    QVERIFY(left->remove(kRoot / "commitlog" / fmt::format("{:020}", 16 * 1024)));
    left->overwrite(SmallStore::queueFile(0), 0, std::string(400, '\0'));
    QVERIFY(s.replaceFiles(std::move(left)));
    for (int round = 0; round < 2; ++round) {
        QCOMPARE(s.store->minOffset("Many", 0), std::int64_t{20});
        QCOMPARE(s.store->maxOffset("Many", 0), std::int64_t{30});
        QCOMPARE(bodies(*s.store, "Many", 0).size(), std::size_t{10});
        const Result<> closed = s.store->close();
        QVERIFY2(closed, closed ? "" : closed.error().message.c_str());
        QVERIFY(s.reopen());
        QVERIFY(s.store->recovery().cleanExit);
    }
}

QTEST_APPLESS_MAIN(TstManyQueues)
#include "tst_many_queues.moc"
