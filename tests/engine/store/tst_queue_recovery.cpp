// SPDX-License-Identifier: GPL-3.0-or-later
// ConsumeQueues that lack what the checkpoint says they had: made anew from the log, whatever happens meanwhile.
#include "engine/store/recovery_kit.h"

#include "base/byte_cursor.h"
#include "base/log.h"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <map>
#include <optional>

using namespace gantry;
using namespace gantry::test;

namespace {

using Damage = void (*)(MemoryFileSystem&);

std::filesystem::path queuePath(int file)
{
    return kRoot / "consumequeue" / "t" / "0" / QString("%1").arg(file * 400, 20, 10, QChar('0')).toStdString();
}

void removeFile(MemoryFileSystem& files, int number)
{
    (void)files.remove(queuePath(number));
}

/// 20 entries a file, 70 in all.
const std::pair<const char*, Damage> kQueueDamages[] = {
    {"first file", [](MemoryFileSystem& files) { removeFile(files, 0); }},
    {"first two files", [](MemoryFileSystem& files) { removeFile(files, 0); removeFile(files, 1); }},
    {"file in the middle", [](MemoryFileSystem& files) { removeFile(files, 1); }},
    {"last file", [](MemoryFileSystem& files) { removeFile(files, 3); }},
    {"all files", [](MemoryFileSystem& files) { (void)files.removeTree(kRoot / "consumequeue" / "t" / "0"); }},
    {"topic", [](MemoryFileSystem& files) { (void)files.removeTree(kRoot / "consumequeue" / "t"); }},
    {"everything", [](MemoryFileSystem& files) { (void)files.removeTree(kRoot / "consumequeue"); }},
    {"last entry", [](MemoryFileSystem& files) { files.overwrite(queuePath(3), 9 * 20, std::string(20, '\0')); }},
    {"zeros in the last file", [](MemoryFileSystem& files) { files.overwrite(queuePath(3), 2 * 20, std::string(60, '\0')); }},
    {"last entries", [](MemoryFileSystem& files) { files.overwrite(queuePath(3), 0, std::string(200, '\0')); }},
};

} // namespace

class TstQueueRecovery : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { log::setLevel(log::Level::Off); }
    void lostQueueEntriesAreMadeAnew_data();
    void lostQueueEntriesAreMadeAnew();
    void onlyTheDamagedQueueIsMadeAnew();
    void secondKillKeepsWhatIsVouchedFor_data();
    void secondKillKeepsWhatIsVouchedFor();
    void noRoomForTheMarks();
    void crashesWhileAQueueIsMadeAnew();
    void expiredQueueFilesAreNotMissed();
    void damagedEntriesDoNotExpire_data();
    void damagedEntriesDoNotExpire();
    void aWrongNumberCostsItsMessage_data();
    void aWrongNumberCostsItsMessage();
    void damagedLastEntryOfTheCheckpoint_data();
    void damagedLastEntryOfTheCheckpoint();
    void goodRecordsBetweenLostOnes();
};

void TstQueueRecovery::lostQueueEntriesAreMadeAnew_data()
{
    QTest::addColumn<int>("damage");
    QTest::addColumn<bool>("isClean");
    QTest::addColumn<bool>("goesOn");
    for (std::size_t i = 0; i < std::size(kQueueDamages); ++i) {
        for (const bool isClean : {false, true}) {
            for (const bool goesOn : {false, true}) {
                QTest::addRow("%s, %s, %s", kQueueDamages[i].first, isClean ? "clean" : "killed",
                              goesOn ? "with more behind" : "all of it vouched for")
                    << static_cast<int>(i) << isClean << goesOn;
            }
        }
    }
}

void TstQueueRecovery::lostQueueEntriesAreMadeAnew()
{
    QFETCH(const int, damage);
    QFETCH(const bool, isClean);
    QFETCH(const bool, goesOn);
    StoreFixture f;
    QVERIFY(f.open());
    std::vector<std::string> sent;
    putMany(f, goesOn ? 60 : 70, &sent);
    f.put("u", 0, "of another queue", keyProperty("other"));
    QVERIFY(f.store->sync());
    putMany(f, goesOn ? 10 : 0, &sent);
    QVERIFY(!isClean || f.store->close());
    QTRY_VERIFY(isClean || f.store->positions().dispatchedOffset == f.store->positions().maxOffset);
    auto left = f.files->afterKill();
    if (left->exists(queuePath(3)) || goesOn) { // without a checkpoint the last file may not have been written yet
        const bool needsLast = damage == 3 || damage >= 7;
        if (!needsLast || left->exists(queuePath(3))) {
            kQueueDamages[damage].second(*left);
        }
    }
    QVERIFY(f.replaceFiles(std::move(left)));
    QCOMPARE(bodies(*f.store, "t", 0), sent);
    QCOMPARE(f.store->minOffset("t", 0), 0);
    QCOMPARE(bodies(*f.store, "u", 0), std::vector<std::string>{"of another queue"});
    QVERIFY(f.store->recovery().damagedOffsets.empty());
    if (!goesOn || isClean) {
        QCOMPARE(f.store->recovery().queuesRebuilt, damage == 6 ? 2 : 1);
        QVERIFY(f.store->recovery().rebuiltFromOffset >= 0);
    }
    QCOMPARE(f.put("t", 0, "next").queueOffset, 70);
    sent.push_back("next");
    QVERIFY(f.killAndReopen());
    QCOMPARE(bodies(*f.store, "t", 0), sent);
    QVERIFY(f.reopen());
    QVERIFY(f.store->recovery().cleanExit);
    QCOMPARE(f.store->recovery().queuesRebuilt, 0);
    QCOMPARE(f.store->recovery().scannedBytes, 0);
    QVERIFY(f.store->close());
    QCOMPARE(problemsOf(*f.files), QString{});
}

void TstQueueRecovery::onlyTheDamagedQueueIsMadeAnew()
{
    // What was deleted is in the log still, and so is a damaged record that nothing but its queue's entry knows of.
    StoreFixture f;
    QVERIFY(f.open());
    std::vector<std::string> sent;
    putMany(f, 30, &sent);
    f.put("gone", 0, "deleted");
    f.put("u", 0, "zero");
    const PutResult damaged = f.put("u", 0, "one");
    f.put("u", 0, "two");
    QVERIFY(f.store->deleteTopic("gone"));
    auto left = f.files->afterKill();
    left->overwrite(logPath(damaged.commitLogOffset / f.config.commitLogFileSize * f.config.commitLogFileSize),
                    static_cast<std::uint64_t>(damaged.commitLogOffset % f.config.commitLogFileSize), std::string(20, 'U'));
    QVERIFY(left->remove(queuePath(0)));
    QVERIFY(f.replaceFiles(std::move(left)));
    QCOMPARE(f.store->recovery().queuesRebuilt, 1);
    QCOMPARE(bodies(*f.store, "t", 0), sent);
    QCOMPARE(f.store->maxOffset("u", 0), 3);
    QCOMPARE(bodies(*f.store, "u", 0), (std::vector<std::string>{"zero", "two"}));
    QCOMPARE(f.store->queues().size(), std::size_t{2});
}

void TstQueueRecovery::secondKillKeepsWhatIsVouchedFor_data()
{
    QTest::addColumn<bool>("isClean");
    QTest::newRow("after a clean stop") << true;
    QTest::newRow("after a kill") << false;
}

void TstQueueRecovery::secondKillKeepsWhatIsVouchedFor()
{
    // One queue is made anew from far before the checkpoint. What the checkpoint says of all else holds, however often
    // the process dies before it wrote another.
    QFETCH(const bool, isClean);
    StoreFixture f;
    QVERIFY(f.open());
    std::vector<std::string> sent;
    putMany(f, 30, &sent);
    const std::int64_t begin = f.put("u", 0, "zero").commitLogOffset;
    const PutResult last = f.put("u", 0, "one");
    const std::int64_t end = last.commitLogOffset + last.size;
    QVERIFY(isClean ? f.store->close().has_value() : f.store->sync().has_value());
    auto left = f.files->afterKill();
    const std::int64_t file = last.commitLogOffset / f.config.commitLogFileSize * f.config.commitLogFileSize;
    left->overwrite(logPath(file), static_cast<std::uint64_t>(last.commitLogOffset - file),
                    std::string(static_cast<std::size_t>(last.size), '\0'));
    QVERIFY(left->remove(queuePath(0)));
    QVERIFY(f.replaceFiles(std::move(left)));
    for (int round = 0; round < 4; ++round) {
        QCOMPARE(f.store->recovery().queuesRebuilt, 1);
        QCOMPARE(f.store->recovery().damagedOffsets, std::vector<std::int64_t>{last.commitLogOffset});
        QCOMPARE(f.store->recovery().truncatedAtOffset, -1);
        QCOMPARE(f.store->positions().maxOffset, end);
        QCOMPARE(bodies(*f.store, "t", 0), sent);
        QCOMPARE(f.store->maxOffset("u", 0), 2);
        QVERIFY(begin < last.commitLogOffset);
        if (round % 2 == 0) {
            QVERIFY(f.killAndReopen());
        } else {
            auto cut = f.files->afterPowerCut(static_cast<std::uint64_t>(round));
            QVERIFY(f.replaceFiles(std::move(cut)));
        }
    }
    QCOMPARE(f.put("u", 0, "two").queueOffset, 2);
    QVERIFY(f.store->sync());
    QVERIFY(f.killAndReopen());
    QCOMPARE(f.store->recovery().queuesRebuilt, 0);
    QCOMPARE(bodies(*f.store, "t", 0), sent);
    QCOMPARE(f.store->maxOffset("u", 0), 3);
}

namespace {

/// 30 messages of one queue, some of which a lost file had, and one of another queue; all of it durable.
std::unique_ptr<MemoryFileSystem> withoutAQueueFile(std::vector<std::string>& sent)
{
    StoreFixture f;
    if (!f.open()) {
        return nullptr;
    }
    putMany(f, 30, &sent);
    f.put("u", 0, "of another queue");
    if (!f.store->sync()) {
        return nullptr;
    }
    auto left = f.files->afterKill();
    return left->remove(queuePath(0)) ? std::move(left) : nullptr;
}

} // namespace

void TstQueueRecovery::noRoomForTheMarks()
{
    // The disk is full where the table would go. The checkpoint goes down instead, so nothing is forgotten.
    std::vector<std::string> sent;
    StoreFixture f;
    f.files = withoutAQueueFile(sent);
    QVERIFY(f.files);
    int refused = 0;
    f.files->setObserver([&refused](MemoryFileSystem::Call call, const std::filesystem::path& path) {
        refused += call == MemoryFileSystem::Call::Write && path.filename().native().starts_with("queues.") ? 1 : 0;
    });
    f.files->failCall(MemoryFileSystem::Call::Write, 1, ENOSPC, true, "/queues.");
    QVERIFY(f.open());
    f.files->setObserver({});
    QVERIFY(refused > 0);
    for (int round = 0; round < 3; ++round) {
        QCOMPARE(bodies(*f.store, "t", 0), sent);
        QCOMPARE(bodies(*f.store, "u", 0), std::vector<std::string>{"of another queue"});
        QVERIFY(f.killAndReopen());
    }
    QCOMPARE(bodies(*f.store, "t", 0), sent);
    QVERIFY(f.store->sync());
    QVERIFY(f.reopen());
    QCOMPARE(f.store->recovery().queuesRebuilt, 0);
    QCOMPARE(bodies(*f.store, "t", 0), sent);
    QVERIFY(f.store->close());
    QCOMPARE(problemsOf(*f.files), QString{});
}

void TstQueueRecovery::crashesWhileAQueueIsMadeAnew()
{
    // Before each call that changes something, from the start that finds the damage to the checkpoint behind it: between
    // the table and the checkpoint that names it, too.
    std::vector<std::string> sent;
    const auto damaged = withoutAQueueFile(sent);
    QVERIFY(damaged);
    std::vector<std::unique_ptr<MemoryFileSystem>> states;
    int tables = 0;
    {
        StoreFixture f;
        f.files = damaged->afterKill();
        f.files->setNow([&f] { return f.clock.wallMs(); });
        f.files->setObserver([&](MemoryFileSystem::Call, const std::filesystem::path& path) {
            tables += path.filename().native().starts_with("queues.") ? 1 : 0;
            states.push_back(f.files->afterKill());
            for (std::uint64_t seed = 1; seed <= 3; ++seed) {
                states.push_back(f.files->afterPowerCut(states.size() * 8 + seed));
            }
        });
        auto store = MessageStore::open(f.config, {*f.files, f.clock, true});
        QVERIFY(store);
        QVERIFY((*store)->sync());
        f.files->setObserver({});
    }
    QVERIFY(tables > 1);
    qInfo("%zu states", states.size());
    QVERIFY(states.size() > 40);
    for (std::size_t i = 0; i < states.size(); ++i) {
        StoreFixture f;
        f.files = std::move(states[i]);
        const QByteArray where = "state " + QByteArray::number(static_cast<qulonglong>(i));
        QVERIFY2(f.open(), where);
        QVERIFY2(bodies(*f.store, "t", 0) == sent, where);
        QVERIFY2(bodies(*f.store, "u", 0) == std::vector<std::string>{"of another queue"}, where);
        QVERIFY2(f.store->recovery().damagedOffsets.empty(), where);
        QCOMPARE(f.put("t", 0, "next").queueOffset, static_cast<std::int64_t>(sent.size()));
        QVERIFY2(f.reopen(), where);
        QCOMPARE(f.store->recovery().queuesRebuilt, 0);
        QCOMPARE(bodies(*f.store, "t", 0).size(), sent.size() + 1);
        QVERIFY2(f.store->close(), where);
        QCOMPARE(problemsOf(*f.files), QString{});
    }
}

void TstQueueRecovery::expiredQueueFilesAreNotMissed()
{
    StoreFixture f;
    QVERIFY(f.open());
    putMany(f, 50);
    QVERIFY(f.store->sync());
    f.clock.advance(std::chrono::hours(100));
    putMany(f, 50);
    QVERIFY(f.store->sync());
    QVERIFY(f.store->deleteExpiredFiles() > 0);
    const std::int64_t first = f.store->minOffset("t", 0);
    QVERIFY(first >= 20);
    QVERIFY(f.killAndReopen()); // no checkpoint since
    QCOMPARE(f.store->recovery().queuesRebuilt, 0);
    QCOMPARE(f.store->minOffset("t", 0), first);
    QVERIFY(f.store->sync());
    QVERIFY(f.reopen());
    QCOMPARE(f.store->recovery().queuesRebuilt, 0);
    QCOMPARE(f.store->recovery().scannedBytes, 0);
    QCOMPARE(f.store->minOffset("t", 0), first);
}

void TstQueueRecovery::damagedEntriesDoNotExpire_data()
{
    const QByteArray zeros(20, '\0');
    const QByteArray pointsToWhatIsGone = QByteArray::fromHex("000000000000002a" "000000c8" "0000000000000007");
    QTest::addColumn<int>("first");
    QTest::addColumn<int>("count");
    QTest::addColumn<QByteArray>("entry");
    QTest::newRow("what retention asks first") << 60 << 20 << zeros;
    QTest::newRow("across where the queue begins afterwards") << 25 << 50 << zeros;
    QTest::newRow("the first that is left") << 46 << 1 << zeros;
    QTest::newRow("all that is left but the last file") << 30 << 90 << zeros;
    QTest::newRow("the first, which points far behind the log") << 0 << 1 << QByteArray(20, '\x12');
    QTest::newRow("what retention asks first, which points to what is gone") << 70 << 1 << pointsToWhatIsGone;
    QTest::newRow("the second that is left, which points to what is gone") << 47 << 1 << pointsToWhatIsGone;
    QTest::newRow("the last, which points to what is gone") << 139 << 1 << pointsToWhatIsGone;
}

/// Retention asks the entries what lies before the log's begin. One of zeros does not know; it must not be taken for
/// the oldest of all, which would hide good messages and delete their queue files; nor one that points behind the log
/// for proof that nothing has expired, nor one that points to what is gone for proof that all before it has.
void TstQueueRecovery::damagedEntriesDoNotExpire()
{
    QFETCH(const int, first);
    QFETCH(const int, count);
    QFETCH(const QByteArray, entry);
    std::vector<std::string> left[2];
    std::int64_t begin[2] = {};
    for (const bool isDamaged : {false, true}) {
        StoreFixture f;
        QVERIFY(f.open());
        for (int i = 0; i < 140; ++i) {
            if (i == 50) {
                QVERIFY(f.store->sync());
                f.clock.advance(std::chrono::hours(100));
            }
            f.put("t", 0, std::to_string(1000 + i) + std::string(612, '.'));
        }
        QVERIFY(f.store->close());
        for (int i = first; isDamaged && i < first + count; ++i) {
            f.files->overwrite(queuePath(i / 20), static_cast<std::uint64_t>(i % 20 * 20), entry.toStdString());
        }
        QVERIFY(f.reopen());
        QCOMPARE(f.store->recovery().queuesRebuilt, 0);
        QVERIFY(f.store->deleteExpiredFiles() > 0);
        begin[isDamaged] = f.store->minOffset("t", 0);
        left[isDamaged] = bodies(*f.store, "t", 0);
        QCOMPARE(f.store->maxOffset("t", 0), 140);
    }
    QCOMPARE(begin[0], 46);
    // Nobody knows of those in front of it that they are gone, so they stay to be looked for.
    QCOMPARE(begin[1], first < 46 && first + count > 46 ? first : 46);
    QVERIFY(left[0].size() > 90);
    QCOMPARE(left[1], left[0]);
}

void TstQueueRecovery::aWrongNumberCostsItsMessage_data()
{
    constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
    QTest::addColumn<bool>("isLogCut");
    QTest::addColumn<bool>("hasOtherDamage");
    QTest::addColumn<int>("which");
    QTest::addColumn<std::int64_t>("number");
    for (const bool isLogCut : {false, true}) {
        for (const bool hasOtherDamage : {false, true}) {
            for (const int which : {0, 1, 2, 20, 38, 39}) {
                const std::int64_t right = which + (isLogCut ? 40 : 0);
                for (const std::int64_t number : {std::int64_t{0}, std::int64_t{1}, std::int64_t{45}, right - 2, right - 1, right + 1, right + 2,
                                                  right + 20, std::int64_t{900}, std::int64_t{1} << 33U, std::int64_t{1} << 62U,
                                                  std::int64_t{-1}, kMin}) {
                    QTest::addRow("%s%s, message %d says it is %lld", isLogCut ? "without the first file" : "whole log",
                                  hasOtherDamage ? " with other damage" : "", which, static_cast<long long>(number))
                        << isLogCut << hasOtherDamage << which << number;
                }
            }
        }
    }
}

/// The number has no checksum. With the queue's files gone, nothing but the records themselves says what the queue was.
void TstQueueRecovery::aWrongNumberCostsItsMessage()
{
    QFETCH(const bool, isLogCut);
    QFETCH(const bool, hasOtherDamage);
    QFETCH(const int, which);
    QFETCH(const std::int64_t, number);
    StoreFixture f;
    QVERIFY(f.open());
    std::vector<PutResult> puts;
    std::optional<PutResult> other;
    for (int i = 0; i < 90; ++i) {
        if (i == 45) {
            other = f.put("u", 0, std::string(4000, '.')); // 4,000 bytes explain a gap of 40 messages
        }
        puts.push_back(f.put("t", 0, std::to_string(1000 + i) + std::string(300, '.'), keyProperty("k" + std::to_string(i))));
    }
    QVERIFY(f.store->close());
    const std::int64_t fileSize = f.config.commitLogFileSize;
    const std::int64_t begin = isLogCut ? fileSize : 0;
    QVERIFY(f.files->removeTree(kRoot / "consumequeue"));
    QVERIFY(!isLogCut || f.files->remove(logPath(0)));
    std::vector<std::string> expected;
    std::optional<PutResult> wrong;
    int left = 0;
    for (int i = 0; i < 90; ++i) {
        const PutResult& put = puts[static_cast<std::size_t>(i)];
        if (put.commitLogOffset >= begin && left++ == which) {
            wrong = put;
        } else if (put.commitLogOffset >= begin) {
            expected.push_back(std::to_string(1000 + i) + std::string(300, '.'));
        }
    }
    QVERIFY(wrong && left > 40);
    const auto overwrite = [&](std::int64_t offset, const std::string& bytes) {
        f.files->overwrite(logPath(offset / fileSize * fileSize), static_cast<std::uint64_t>(offset % fileSize), bytes);
    };
    std::string bytes(8, '\0');
    storeBig(reinterpret_cast<std::byte*>(bytes.data()), number);
    overwrite(wrong->commitLogOffset + static_cast<std::int64_t>(record_layout::kQueueOffset), bytes);
    std::vector<std::int64_t> damaged = {wrong->commitLogOffset};
    if (hasOtherDamage) {
        overwrite(other->commitLogOffset, std::string(100, 'U'));
        damaged.push_back(other->commitLogOffset);
    }
    QVERIFY(f.reopen());
    std::map<std::string, std::int64_t> numbers; // by body
    for (std::int64_t at = f.store->minOffset("t", 0), end = f.store->maxOffset("t", 0); at < end;) {
        GetRequest request;
        request.topic = "t";
        request.offset = at;
        const GetResult got = getMended(*f.store, request);
        QVERIFY(got.nextBeginOffset > at);
        const auto messages = decodeMessages(got.records);
        QVERIFY(messages);
        for (const MessageExt& message : *messages) {
            QVERIFY2(numbers.emplace(message.body, message.queueOffset).second, message.body.substr(0, 4).c_str());
        }
        at = got.nextBeginOffset;
    }
    for (const std::string& body : expected) {
        QVERIFY2(numbers.contains(body), body.substr(0, 4).c_str());
        QCOMPARE(numbers[body], std::stoll(body.substr(0, 4)) - 1000);
    }
    // It has its own place still, or it is reported.
    std::ranges::sort(damaged);
    QVERIFY(numbers.size() == expected.size() + 1 || f.store->recovery().damagedOffsets == damaged);
}

void TstQueueRecovery::damagedLastEntryOfTheCheckpoint_data()
{
    QTest::addColumn<int>("at");
    QTest::addColumn<char>("byte");
    QTest::addColumn<bool>("isClean");
    for (const bool isClean : {false, true}) {
        const char* how = isClean ? "clean" : "killed";
        QTest::addRow("points far behind the log, %s", how) << 3 << '\x01' << isClean;
        QTest::addRow("points into the prepared file, %s", how) << 5 << '\x02' << isClean;
        QTest::addRow("of a long record, %s", how) << 8 << '\x20' << isClean;
        QTest::addRow("of a short record, %s", how) << 10 << '\x00' << isClean;
        QTest::addRow("points to the log's begin, %s", how) << 6 << '\x00' << isClean;
    }
}

/// It is the queue's last one in its files, and the log goes on behind it.
void TstQueueRecovery::damagedLastEntryOfTheCheckpoint()
{
    QFETCH(const int, at);
    QFETCH(const char, byte);
    QFETCH(const bool, isClean);
    StoreFixture f;
    QVERIFY(f.open());
    std::vector<std::string> sent;
    putMany(f, 70, &sent);
    QVERIFY(f.store->sync());
    putMany(f, isClean ? 0 : 6, &sent);
    QVERIFY(!isClean || f.store->close());
    auto left = f.files->afterKill();
    const std::uint64_t last = 69 % 20 * 20;
    left->overwrite(queuePath(3), last + 20, std::string(6 * 20, '\0'));
    left->overwrite(queuePath(3), last + static_cast<std::uint64_t>(at), std::string(1, byte));
    QVERIFY(f.replaceFiles(std::move(left)));
    QCOMPARE(bodies(*f.store, "t", 0), sent);
    const auto next = static_cast<std::int64_t>(sent.size());
    QCOMPARE(f.put("t", 0, "next").queueOffset, next);
    sent.push_back("next");
    QTRY_COMPARE(f.store->maxOffset("t", 0), next + 1);
    QCOMPARE(bodies(*f.store, "t", 0), sent);
    QVERIFY(f.killAndReopen());
    QCOMPARE(bodies(*f.store, "t", 0), sent);
}

/// Those that are damaged but for their header say nothing against a good one in front of them.
void TstQueueRecovery::goodRecordsBetweenLostOnes()
{
    StoreFixture f;
    QVERIFY(f.open());
    std::vector<std::string> sent;
    putMany(f, 20, &sent);
    QVERIFY(f.store->sync());
    std::vector<PutResult> puts;
    for (int i = 0; i < 7; ++i) {
        puts.push_back(f.put("t", 0, "behind " + std::to_string(i) + std::string(300, '.')));
        f.put("u", 0, "of another queue");
    }
    QTRY_COMPARE(f.store->positions().flushedOffset, f.store->positions().maxOffset);
    auto left = f.files->afterKill();
    const auto overwrite = [&](const PutResult& put, std::int64_t from, const std::string& bytes) {
        const std::int64_t offset = put.commitLogOffset + from;
        const std::int64_t file = offset / f.config.commitLogFileSize * f.config.commitLogFileSize;
        left->overwrite(logPath(file), static_cast<std::uint64_t>(offset - file), bytes);
    };
    for (const std::size_t lost : {std::size_t{0}, std::size_t{2}}) {
        overwrite(puts[lost], 0, std::string(200, 'U'));
    }
    for (const std::size_t damaged : {std::size_t{3}, std::size_t{4}}) {
        overwrite(puts[damaged], 150, "damage");
    }
    QVERIFY(f.replaceFiles(std::move(left)));
    for (const int good : {1, 5, 6}) {
        sent.push_back("behind " + std::to_string(good) + std::string(300, '.'));
    }
    QCOMPARE(bodies(*f.store, "t", 0), sent);
    QCOMPARE(f.store->recovery().damagedOffsets, (std::vector{puts[0].commitLogOffset, puts[2].commitLogOffset, puts[3].commitLogOffset,
                                                              puts[4].commitLogOffset}));
    QCOMPARE(f.put("t", 0, "next").queueOffset, 27);
    QCOMPARE(bodies(*f.store, "u", 0).size(), std::size_t{7});
}

QTEST_APPLESS_MAIN(TstQueueRecovery)
#include "tst_queue_recovery.moc"
