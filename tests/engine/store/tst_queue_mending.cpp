// SPDX-License-Identifier: GPL-3.0-or-later
// Damaged ConsumeQueue entries are made anew when they are read; no message that the log has is passed over for them.
#include "engine/store/recovery_kit.h"

#include "base/log.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <random>

using namespace gantry;
using namespace gantry::test;

namespace {

constexpr std::size_t kEntry = 20;

std::filesystem::path queueFile(std::int32_t queueId, std::int64_t file = 0, const std::string& topic = "t")
{
    return kRoot / "consumequeue" / topic / std::to_string(queueId) / QString("%1").arg(file, 20, 10, QChar('0')).toStdString();
}

std::map<std::filesystem::path, std::string> contents(const MemoryFileSystem& files)
{
    std::map<std::filesystem::path, std::string> result;
    for (const auto& path : files.files()) {
        result[path] = files.content(path);
    }
    return result;
}

GetResult getAt(MessageStore& store, std::int64_t offset, const std::string& topic = "t", std::int32_t queueId = 0)
{
    GetRequest request;
    request.topic = topic;
    request.queueId = queueId;
    request.offset = offset;
    return store.get(request);
}

/// Ten entries a file, cleanly closed; entry 4 is zeros.
struct Zeroed
{
    StoreFixture f;
    std::vector<std::string> sent;
    bool prepare(int count = 30)
    {
        f.config.consumeQueueFileSize = 10 * kEntry;
        if (!f.open()) {
            return false;
        }
        for (int i = 0; i < count; ++i) {
            sent.push_back(std::to_string(i));
            f.put("t", 0, sent.back());
        }
        if (!f.store->close()) {
            return false;
        }
        f.files->overwrite(queueFile(0), 4 * kEntry, std::string(kEntry, '\0'));
        return true;
    }
    /// Without threads: a question is answered by a step of the house.
    std::unique_ptr<MessageStore> openDriven() { return MessageStore::open(f.config, {*f.files, f.clock, true}).value(); }
};

} // namespace

class TstQueueMending : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { log::setLevel(log::Level::Off); }
    void damagedEntriesAreMadeAnew();
    void damagedEntryOfADamagedRecord();
    void entriesThatLie();
    void lastEntryOfAQuietQueue();
    void manyQueuesAtOnce();
    void poisonedStoreGivesThemToo();
    void whatCannotBeWrittenStaysInMemory_data();
    void whatCannotBeWrittenStaysInMemory();
    void logThatCannotBeReadForAWhile();
    void sectorThatIsNotItsOwn();
    void recordThatCannotBeReadIsNotPassedOver();
    void destroyedRecordsAreCounted();
    void wildSizesAreNotReadFor();
    void lightQueuesAreLeftAlone();
    void longDamageReadsTheLogOnce();
    void isDurableWithTheNextStop();
};

/// Entries of every kind of damage, in the first, a middle and the last file of a queue, after a clean stop: the files are
/// the same again, byte by byte, and stay so.
void TstQueueMending::damagedEntriesAreMadeAnew()
{
    StoreFixture f;
    f.config.consumeQueueFileSize = 20 * 100;
    QVERIFY(f.open());
    std::vector<std::string> sent;
    for (int i = 0; i < 250; ++i) {
        sent.push_back(std::to_string(i));
        COMPARE_NAMES(f.put("t", 0, sent.back(), "TAGS\1tag" + std::to_string(i % 3) + "\2").status, PutStatus::Ok);
        COMPARE_NAMES(f.put("t", 1, "other").status, PutStatus::Ok);
    }
    QVERIFY(f.store->close());
    const auto whole = contents(*f.files);
    std::mt19937_64 random(7);
    std::uint64_t damaged = 0;
    for (const std::int64_t file : {0, 2000, 4000}) {
        const std::string other = f.files->content(queueFile(1, file));
        std::string wild(20, '\0');
        std::generate(wild.begin(), wild.end(), [&random] { return static_cast<char>(random()); });
        f.files->overwrite(queueFile(0, file), 3 * 20, std::string(5 * 20, '\0'));
        f.files->overwrite(queueFile(0, file), 11 * 20, other.substr(11 * 20, 20));
        f.files->overwrite(queueFile(0, file), 20 * 20, wild);
        damaged += file < 4000 ? 7 : 0;
    }
    QVERIFY(f.open());
    QCOMPARE(f.store->recovery().queuesRebuilt, 1); // the last file's head is looked at by every start
    QCOMPARE(bodies(*f.store, "t", 0), sent);
    QCOMPARE(f.store->metrics().queueEntriesMended.load(), damaged);
    QCOMPARE(f.store->metrics().damagedRecords.load(), std::uint64_t{0});
    QVERIFY(f.store->close());
    for (const auto& [path, bytes] : whole) {
        QVERIFY2(path.native().find("consumequeue") == std::string::npos || f.files->content(path) == bytes, path.c_str());
    }
    QVERIFY(f.reopen());
    QCOMPARE(bodies(*f.store, "t", 0), sent);
    QCOMPARE(f.store->metrics().queueEntriesMended.load(), std::uint64_t{0});
}

/// An entry and its record both gone: that message, and no other.
void TstQueueMending::damagedEntryOfADamagedRecord()
{
    StoreFixture f;
    f.config.consumeQueueFileSize = 20 * 10;
    QVERIFY(f.open());
    std::int64_t place = 0;
    std::vector<std::string> left;
    for (int i = 0; i < 30; ++i) {
        const PutResult put = f.put("t", 0, std::to_string(i));
        place = i == 4 ? put.commitLogOffset : place;
        if (i != 4) {
            left.push_back(std::to_string(i));
        }
    }
    QVERIFY(f.store->close());
    f.files->overwrite(queueFile(0), 3 * 20, std::string(3 * 20, '\0'));
    f.files->overwrite(logPath(0), static_cast<std::uint64_t>(place % f.config.commitLogFileSize),
                       std::string(20, '\0'));
    QVERIFY(f.open());
    QCOMPARE(bodies(*f.store, "t", 0), left);
    QCOMPARE(f.store->metrics().queueEntriesMended.load(), std::uint64_t{2});
    QVERIFY(f.store->metrics().damagedRecords >= 1);
}

/// Entries that point at another queue's record, at another message of their own queue, or say that theirs is longer.
void TstQueueMending::entriesThatLie()
{
    StoreFixture f;
    QVERIFY(f.open());
    for (int i = 0; i < 10; ++i) {
        f.put("t", i % 2, std::to_string(i));
    }
    QVERIFY(f.store->close());
    const std::string other = f.files->content(queueFile(1)).substr(kEntry, kEntry);
    std::string longer = f.files->content(queueFile(0)).substr(3 * kEntry, kEntry);
    longer[11] = static_cast<char>(longer[11] + 7);
    f.files->overwrite(queueFile(0), kEntry, other);
    f.files->overwrite(queueFile(0), 3 * kEntry, longer);
    f.files->overwrite(queueFile(0), 2 * kEntry, f.files->content(queueFile(0)).substr(0, kEntry));
    QVERIFY(f.reopen());
    QCOMPARE(bodies(*f.store, "t", 0), (std::vector<std::string>{"0", "2", "4", "6", "8"}));
    QCOMPARE(bodies(*f.store, "t", 1).size(), std::size_t{5});
    QCOMPARE(f.store->metrics().queueEntriesMended.load(), std::uint64_t{3});
}

void TstQueueMending::lastEntryOfAQuietQueue()
{
    StoreFixture f;
    f.config.consumeQueueFileSize = 100 * kEntry;
    QVERIFY(f.open());
    for (int i = 0; i < 10; ++i) {
        f.put("t", 0, std::to_string(i));
        f.put("t", 1, "other");
    }
    QVERIFY(f.store->close());
    f.files->overwrite(queueFile(0), 9 * kEntry, f.files->content(queueFile(1)).substr(8 * kEntry, kEntry));
    QVERIFY(f.open());
    QCOMPARE(f.store->recovery().queuesRebuilt, 0);
    QCOMPARE(bodies(*f.store, "t", 0, 9), std::vector<std::string>{"9"});
    QCOMPARE(f.store->metrics().queueEntriesMended.load(), std::uint64_t{1});
    QCOMPARE(f.store->storeTimestampOf("t", 0, 9), f.clock.wallMs());
}

void TstQueueMending::manyQueuesAtOnce()
{
    constexpr int kQueues = 1200;
    StoreFixture f;
    f.config.consumeQueueFileSize = 10 * kEntry;
    f.config.commitLogFileSize = 4 * kMiB;
    QVERIFY(f.open());
    for (int queue = 0; queue < kQueues; ++queue) {
        for (int i = 0; i < 12; ++i) {
            f.put("t", queue, std::to_string(i));
        }
    }
    QVERIFY(f.store->close());
    for (int queue = 0; queue < kQueues; ++queue) {
        f.files->overwrite(queueFile(queue), 4 * kEntry, std::string(kEntry, '\0'));
    }
    const auto store = MessageStore::open(f.config, {*f.files, f.clock, true}).value();
    for (int queue = 0; queue < kQueues; ++queue) {
        COMPARE_NAMES(getAt(*store, 4, "t", queue).status, GetStatus::OffsetFoundNull);
    }
    store->step(MessageStore::Worker::House);
    for (int queue = 0; queue < kQueues; ++queue) {
        QCOMPARE(getAt(*store, 4, "t", queue).messageCount, 8);
    }
}

void TstQueueMending::poisonedStoreGivesThemToo()
{
    Zeroed z;
    QVERIFY(z.prepare());
    QVERIFY(z.f.open());
    z.f.files->failCall(MemoryFileSystem::Call::Sync, 1, EIO, true);
    z.f.put("t", 0, "x");
    QVERIFY(!z.f.store->sync());
    COMPARE_NAMES(z.f.store->positions().state, StoreState::Poisoned);
    auto found = bodies(*z.f.store, "t", 0);
    found.resize(z.sent.size());
    QCOMPARE(found, z.sent);
    z.f.files->clearFailures();
}

void TstQueueMending::whatCannotBeWrittenStaysInMemory_data()
{
    QTest::addColumn<int>("call");
    QTest::addColumn<int>("error");
    QTest::newRow("disk full") << static_cast<int>(MemoryFileSystem::Call::Write) << ENOSPC;
    QTest::newRow("write fails") << static_cast<int>(MemoryFileSystem::Call::Write) << EIO;
}

void TstQueueMending::whatCannotBeWrittenStaysInMemory()
{
    QFETCH(const int, call);
    QFETCH(const int, error);
    Zeroed z;
    QVERIFY(z.prepare());
    QVERIFY(z.f.open());
    z.f.files->failCall(static_cast<MemoryFileSystem::Call>(call), 1, error, true, "consumequeue");
    QCOMPARE(bodies(*z.f.store, "t", 0), z.sent);
    z.f.files->clearFailures();
    QVERIFY(z.f.reopen());
    QCOMPARE(bodies(*z.f.store, "t", 0), z.sent);
}

void TstQueueMending::logThatCannotBeReadForAWhile()
{
    Zeroed z;
    QVERIFY(z.prepare());
    const auto store = z.openDriven();
    COMPARE_NAMES(getAt(*store, 4).status, GetStatus::OffsetFoundNull);
    z.f.files->failCall(MemoryFileSystem::Call::Read, 1, EIO, false, "commitlog");
    store->step(MessageStore::Worker::House);
    z.f.files->clearFailures();
    store->step(MessageStore::Worker::House);
    QCOMPARE(bodies(*store, "t", 0), z.sent);
}

void TstQueueMending::sectorThatIsNotItsOwn()
{
    // No good entry behind the damage, and a file of the log that has nothing of the queue cannot be read.
    StoreFixture f;
    f.config.consumeQueueFileSize = 100 * kEntry;
    f.config.commitLogFileSize = 64 * 1024;
    QVERIFY(f.open());
    std::vector<std::string> sent;
    for (int i = 0; i < 200; ++i) {
        sent.push_back(std::to_string(i));
        f.put("t", 0, sent.back());
    }
    for (int i = 0; i < 400; ++i) {
        f.put("u", 0, std::string(900, 'x'));
    }
    QVERIFY(f.store->close());
    f.files->overwrite(queueFile(0), 50 * kEntry, std::string(50 * kEntry, '\0'));
    const auto store = MessageStore::open(f.config, {*f.files, f.clock, true}).value();
    f.files->failCall(MemoryFileSystem::Call::Read, 1, EIO, true, logPath(4 * f.config.commitLogFileSize).filename());
    COMPARE_NAMES(getAt(*store, 50).status, GetStatus::OffsetFoundNull);
    store->step(MessageStore::Worker::House);
    f.files->clearFailures();
    QCOMPARE(bodies(*store, "t", 0), sent);
}

void TstQueueMending::recordThatCannotBeReadIsNotPassedOver()
{
    StoreFixture f;
    f.config.commitLogFileSize = 4096;
    QVERIFY(f.open());
    for (int i = 0; i < 10; ++i) {
        f.put("t", 0, std::to_string(i) + std::string(1000, 'x'));
    }
    QVERIFY(f.store->sync());
    f.files->failCall(MemoryFileSystem::Call::Read, 1, EIO, true, logPath(4096).filename());
    std::int64_t at = 0;
    GetResult got;
    for (int i = 0; i < 20 && at < 10; ++i) {
        got = getAt(*f.store, at);
        at = got.nextBeginOffset;
    }
    COMPARE_NAMES(got.status, GetStatus::OffsetFoundNull);
    QVERIFY2(at > 0 && at < 9, std::to_string(at).c_str());
    f.files->clearFailures();
    QVERIFY(getAt(*f.store, at).messageCount > 0);
}

void TstQueueMending::destroyedRecordsAreCounted()
{
    StoreFixture f;
    f.config.consumeQueueFileSize = 10 * kEntry;
    QVERIFY(f.open());
    std::int64_t place = 0;
    for (int i = 0; i < 30; ++i) {
        const PutResult put = f.put("t", 0, std::to_string(i));
        place = i == 4 ? put.commitLogOffset : place;
    }
    QVERIFY(f.store->close());
    f.files->overwrite(logPath(0), static_cast<std::uint64_t>(place), std::string(16, '\0'));
    QVERIFY(f.open());
    QCOMPARE(bodies(*f.store, "t", 0).size(), std::size_t{29});
    QCOMPARE(f.store->metrics().damagedRecords.load(), std::uint64_t{1});
    QCOMPARE(f.store->metrics().queueEntriesMended.load(), std::uint64_t{0});
}

void TstQueueMending::wildSizesAreNotReadFor()
{
    Zeroed z;
    QVERIFY(z.prepare());
    std::string wild = z.f.files->content(queueFile(0)).substr(3 * kEntry, kEntry);
    wild[8] = '\x7f';
    z.f.files->overwrite(queueFile(0), 4 * kEntry, wild);
    QVERIFY(z.f.open());
    QVERIFY(getAt(*z.f.store, 4).records.capacity() < 1024 * 1024);
    QCOMPARE(bodies(*z.f.store, "t", 0), z.sent);
}

void TstQueueMending::lightQueuesAreLeftAlone()
{
    const std::string light = "%LMQ%x";
    StoreFixture f;
    f.config.consumeQueueFileSize = 10 * kEntry;
    QVERIFY(f.open());
    for (int i = 0; i < 30; ++i) {
        f.put(light, 0, "b");
        f.put("t", 0, std::to_string(i));
    }
    QVERIFY(f.store->close());
    // As an Apache broker makes them: entries of others' records.
    const std::string others = f.files->content(queueFile(0));
    f.files->overwrite(queueFile(0, 0, light), 0, others.substr(0, 4 * kEntry) + std::string(kEntry, '\0') + others.substr(5 * kEntry, 5 * kEntry));
    QVERIFY(f.open());
    QCOMPARE(getAt(*f.store, 0, light).messageCount, 27 + 2); // of the 32 that are asked for at once only the zeros are missing
    QCOMPARE(getAt(*f.store, 4, light).status == GetStatus::OffsetFoundNull, false);
    QCOMPARE(f.store->metrics().queueEntriesMended.load(), std::uint64_t{0});
}

void TstQueueMending::longDamageReadsTheLogOnce()
{
    constexpr int kCount = 20'000;
    StoreFixture f;
    f.config.consumeQueueFileSize = 1000 * kEntry;
    f.config.commitLogFileSize = 1024 * 1024;
    QVERIFY(f.open());
    for (int i = 0; i < kCount; ++i) {
        f.put("t", 0, "b");
    }
    QVERIFY(f.store->close());
    for (int file = 1; file < 18; ++file) {
        f.files->overwrite(queueFile(0, file * 1000 * static_cast<int>(kEntry)), 0, std::string(1000 * kEntry, '\0'));
    }
    const auto store = MessageStore::open(f.config, {*f.files, f.clock, true}).value();
    COMPARE_NAMES(getAt(*store, 1000).status, GetStatus::OffsetFoundNull);
    store->step(MessageStore::Worker::House);
    QCOMPARE(store->metrics().queueEntriesMended.load(), std::uint64_t{17'000});
    QCOMPARE(bodies(*store, "t", 0).size(), std::size_t{kCount});
}

void TstQueueMending::isDurableWithTheNextStop()
{
    Zeroed z;
    QVERIFY(z.prepare());
    QVERIFY(z.f.open());
    QCOMPARE(bodies(*z.f.store, "t", 0), z.sent);
    QVERIFY(z.f.store->close()); // nothing else is new
    QVERIFY(z.f.cutPowerAndReopen(5));
    QCOMPARE(bodies(*z.f.store, "t", 0), z.sent);
    QCOMPARE(z.f.store->metrics().queueEntriesMended.load(), std::uint64_t{0});
}

QTEST_APPLESS_MAIN(TstQueueMending)
#include "tst_queue_mending.moc"
