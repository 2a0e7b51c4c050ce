// SPDX-License-Identifier: GPL-3.0-or-later
// What a store still has after its process died, the machine lost power, or the disk failed.
#include "engine/store/crash_seeds.h"
#include "engine/store/store_test_kit.h"
#include "support/store_checker.h"

#include "base/log.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <random>
#include <set>

using namespace gantry;
using namespace gantry::test;
using Call = MemoryFileSystem::Call;

namespace {

std::string problemsOf(MemoryFileSystem& files, int holesAllowed = 0)
{
    StoreChecker checker(files, kRoot);
    checker.read();
    std::string text;
    for (const std::string& problem : checker.problems(holesAllowed)) {
        text += problem + "\n";
    }
    return text;
}

/// Random messages whose bodies are unique; remembers which were acknowledged.
class Traffic
{
public:
    explicit Traffic(std::uint64_t seed)
        : m_random(seed)
    {}

    void put(MessageStore& store, int count)
    {
        for (int i = 0; i < count; ++i) {
            const bool isLarge = m_random() % 8 == 0;
            const std::string body =
                std::to_string(m_number++) + std::string(m_random() % (isLarge ? 6000 : 300), '#');
            PutRequest request = message(
                "topic" + std::to_string(m_random() % 2), static_cast<std::int32_t>(m_random() % 3),
                body, "KEYS\x01k" + std::to_string(m_number) + "\x02TAGS\x01tag\x02");
            request.waitForFlush = m_random() % 5 != 0;
            const bool isPromise = request.waitForFlush;
            store.put(std::move(request), [this, body, isPromise](PutResult result) {
                const std::lock_guard guard(m_mutex);
                if (result.status == PutStatus::Ok && isPromise) {
                    m_acknowledged.insert(body);
                }
            });
        }
    }
    /// What the store said after it was killed, while it closed on a disk that nobody looks at again, was said to nobody.
    void forgetLater(const std::set<std::string>& acknowledged)
    {
        const std::lock_guard guard(m_mutex);
        m_acknowledged = acknowledged;
    }
    [[nodiscard]] std::set<std::string> acknowledged()
    {
        const std::lock_guard guard(m_mutex);
        return m_acknowledged;
    }

private:
    std::mt19937_64 m_random;
    int m_number = 0;
    std::mutex m_mutex;
    std::set<std::string> m_acknowledged;
};

std::multiset<std::string> everything(MessageStore& store)
{
    std::multiset<std::string> result;
    for (const auto& [topic, queueId] : store.queues()) {
        for (std::string& body : bodies(store, topic, queueId)) {
            result.insert(std::move(body));
        }
    }
    return result;
}

/// Empty, or what is wrong: something acknowledged is missing, or something is there twice.
std::string judge(const std::set<std::string>& acknowledged,
                  const std::multiset<std::string>& found)
{
    for (const std::string& body : acknowledged) {
        if (found.count(body) != 1) {
            return "acknowledged message " + body.substr(0, 12) + " is there " +
                   std::to_string(found.count(body)) + " times";
        }
    }
    for (const std::string& body : found) {
        if (found.count(body) != 1) {
            return "message " + body.substr(0, 12) + " is there " +
                   std::to_string(found.count(body)) + " times";
        }
    }
    return {};
}

/// Opens what a crash left, twice, and looks at it with the store's eyes and with others.
std::string examine(StoreFixture& f, const std::set<std::string>& acknowledged, std::uint64_t seed)
{
    if (!f.open()) {
        return "does not open";
    }
    const std::multiset<std::string> found = everything(*f.store);
    if (std::string wrong = judge(acknowledged, found); !wrong.empty()) {
        return wrong;
    }
    // Power fails again just after recovery: the same must come out.
    if (!f.cutPowerAndReopen(seed + 1)) {
        return "does not open the second time";
    }
    if (everything(*f.store) != found) {
        return "the second recovery gives something else";
    }
    if (const Result<> closed = f.store->close(); !closed) {
        return "does not close: " + closed.error().message;
    }
    return problemsOf(*f.files);
}

} // namespace

class TstStoreCrash : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { log::setLevel(log::Level::Off); }
    void killLosesNothing();
    void powerCutKeepsWhatWasAcknowledged();
    void powerCutAtEveryCall();
    void tornTailAtEveryByte();
    void flippedByteCostsOneMessage_data();
    void flippedByteCostsOneMessage();
    void wrongQueueOffsetCostsOneMessage();
    void lostFirstRecordOfAFile();
    void tornTailOverTwoFiles();
    void tornRecordBetweenTwoGoodOnes();
    void failedSyncPoisons();
    void failedQueueWritePoisons();
    void fullDiskRefusesAndResumes();
    void indexWithoutSpaceDoesNotStopTheLog();
};

void TstStoreCrash::killLosesNothing()
{
    for (auto [seed, end] = seeds(40); seed < end; ++seed) {
        StoreFixture f;
        f.config.flushMode = seed % 2 == 0 ? FlushMode::Async : FlushMode::Sync;
        QVERIFY(f.open());
        Traffic traffic(seed);
        for (int round = 0; round < 3; ++round) {
            traffic.put(*f.store, 30);
            if (seed % 3 == 0) {
                QVERIFY(f.store->sync());
            }
            f.clock.advance(std::chrono::seconds(2));
            const auto acknowledged = traffic.acknowledged();
            QVERIFY(f.killAndReopen());
            traffic.forgetLater(acknowledged);
            QVERIFY(!f.store->recovery().cleanExit);
            QCOMPARE(QString::fromStdString(judge(acknowledged, everything(*f.store))), QString{});
        }
        QVERIFY(f.store->close());
        QCOMPARE(QString::fromStdString(problemsOf(*f.files)), QString{});
    }
}

void TstStoreCrash::powerCutKeepsWhatWasAcknowledged()
{
    for (auto [seed, end] = seeds(300); seed < end; ++seed) {
        StoreFixture f;
        f.config.flushMode = FlushMode::Sync;
        QVERIFY(f.open());
        Traffic traffic(seed);
        std::mt19937_64 random(seed * 7919);
        const int rounds = 1 + static_cast<int>(random() % 5);
        for (int round = 0; round < rounds; ++round) {
            traffic.put(*f.store, 1 + static_cast<int>(random() % 25));
            f.clock.advance(std::chrono::milliseconds(random() % 5000));
            if (random() % 3 == 0) {
                QVERIFY(f.store->sync());
            }
            if (random() % 2 == 0) {
                f.files->writeBackSome(random());
            }
        }
        const auto acknowledged = traffic.acknowledged(); // before the power goes
        auto left = f.files->afterPowerCut(seed);
        f.store.reset();
        f.files = std::move(left);
        const std::string wrong = examine(f, acknowledged, seed);
        QVERIFY2(wrong.empty(),
                 qPrintable(QString("seed %1: %2").arg(seed).arg(QString::fromStdString(wrong))));
    }
}

void TstStoreCrash::powerCutAtEveryCall()
{
    struct Moment
    {
        std::unique_ptr<MemoryFileSystem> files;
        std::set<std::string> acknowledged;
    };
    std::vector<Moment> moments;
    StoreFixture f;
    f.config.flushMode = FlushMode::Sync;
    Traffic traffic(42);
    f.files->setObserver([&](Call, const std::filesystem::path&) {
        if (moments.size() < 500) {
            auto acknowledged = traffic.acknowledged();
            moments.push_back({f.files->afterPowerCut(moments.size()), std::move(acknowledged)});
        }
    });
    QVERIFY(f.open());
    // How many calls a round makes depends on how the threads meet.
    for (int round = 0; round < 6 || (round < 100 && moments.size() < 200); ++round) {
        traffic.put(*f.store, 8);
        QVERIFY(f.store->sync());
        f.clock.advance(std::chrono::seconds(4));
    }
    QVERIFY(f.reopen()); // close and a clean recovery are part of it
    traffic.put(*f.store, 8);
    QVERIFY(f.store->close());
    f.files->setObserver({});
    QVERIFY(moments.size() >= 200);
    for (std::size_t i = 0; i < moments.size(); ++i) {
        StoreFixture after;
        after.config = f.config;
        after.files = std::move(moments[i].files);
        const std::string wrong = examine(after, moments[i].acknowledged, i);
        QVERIFY2(wrong.empty(),
                 qPrintable(QString("call %1: %2").arg(i).arg(QString::fromStdString(wrong))));
    }
}

void TstStoreCrash::tornTailAtEveryByte()
{
    StoreFixture f;
    QVERIFY(f.open());
    std::vector<std::string> expected;
    std::vector<PutResult> puts;
    for (int i = 0; i < 8; ++i) {
        expected.push_back("body " + std::to_string(i) + std::string(20, '.'));
        puts.push_back(f.put("t", 0, expected.back(), keyProperty("k" + std::to_string(i))));
        if (i == 4) {
            QVERIFY(f.store->sync()); // what comes behind no checkpoint vouches for
        }
    }
    const std::filesystem::path logFile = kRoot / "commitlog" / std::string(20, '0');
    const auto whole = f.files->afterKill();
    const std::int64_t begin = puts[5].commitLogOffset;
    const std::int64_t end = puts[7].commitLogOffset + puts[7].size;
    for (const char filling : {'\0', '\xDA'}) {
        for (std::int64_t cut = begin; cut < end; ++cut) {
            // Only the body has a checksum: garbage in the properties is a message with such
            // properties.
            const bool isInProperties =
                std::any_of(puts.begin(), puts.end(), [&](const PutResult& put) {
                    const std::int64_t recordEnd = put.commitLogOffset + put.size;
                    return cut < recordEnd && cut >= recordEnd - 8;
                });
            if (filling != '\0' && isInProperties) {
                continue;
            }
            StoreFixture torn;
            torn.files = whole->afterKill();
            torn.files->overwrite(logFile, static_cast<std::uint64_t>(cut),
                                  std::string(static_cast<std::size_t>(end - cut), filling));
            QVERIFY(torn.open());
            const auto kept = std::count_if(puts.begin(), puts.end(), [&](const PutResult& put) {
                return put.commitLogOffset + put.size <= cut;
            });
            const std::vector<std::string> wanted(expected.begin(), expected.begin() + kept);
            QCOMPARE(bodies(*torn.store, "t", 0), wanted);
            QVERIFY(torn.store->recovery().damagedOffsets.empty());
            QCOMPARE(torn.store->positions().maxOffset,
                     kept == 0 ? 0
                               : puts[static_cast<std::size_t>(kept) - 1].commitLogOffset +
                                     puts[static_cast<std::size_t>(kept) - 1].size);
            QCOMPARE(torn.put("t", 0, "after").queueOffset, static_cast<std::int64_t>(kept));
            QVERIFY(torn.store->close());
            QCOMPARE(QString::fromStdString(problemsOf(*torn.files)), QString{});
        }
    }
}

void TstStoreCrash::flippedByteCostsOneMessage_data()
{
    QTest::addColumn<bool>("isVouchedFor");
    QTest::newRow("behind the checkpoint") << false;
    QTest::newRow("before the checkpoint") << true;
}

void TstStoreCrash::flippedByteCostsOneMessage()
{
    QFETCH(const bool, isVouchedFor);
    StoreFixture f;
    QVERIFY(f.open());
    std::vector<std::string> expected;
    for (int i = 0; i < 60; ++i) {
        expected.push_back("body " + std::to_string(i) + std::string(500, '.'));
        QCOMPARE(f.put("t", 0, expected.back()).queueOffset, i);
    }
    QVERIFY(!isVouchedFor || f.store->sync());
    const auto whole = f.files->afterKill();
    const std::int64_t end = f.store->positions().maxOffset;
    int reported = 0;
    for (std::int64_t at = 0; at < end - 700; at += 97) {
        StoreFixture damaged;
        damaged.files = whole->afterKill();
        const std::int64_t file =
            at / damaged.config.commitLogFileSize * damaged.config.commitLogFileSize;
        const std::filesystem::path path =
            kRoot / "commitlog" / QString("%1").arg(file, 20, 10, QChar('0')).toStdString();
        const std::string byte =
            damaged.files->content(path).substr(static_cast<std::size_t>(at - file), 1);
        damaged.files->overwrite(path, static_cast<std::uint64_t>(at - file),
                                 std::string(1, static_cast<char>(byte[0] ^ 0x40)));
        QVERIFY(damaged.open());
        const std::multiset<std::string> found = everything(*damaged.store);
        const auto missing =
            std::count_if(expected.begin(), expected.end(),
                          [&](const std::string& body) { return found.count(body) != 1; });
        QVERIFY2(missing <= 1,
                 qPrintable(QString("%1 messages lost by the byte at %2").arg(missing).arg(at)));
        QCOMPARE(damaged.store->maxOffset("t", 0), 60);
        QCOMPARE(damaged.store->positions().maxOffset, end);
        // By recovery what it scanned, by reading what lies before the checkpoint.
        QVERIFY(!isVouchedFor || damaged.store->recovery().scannedRecords == 0);
        reported += damaged.store->metrics().damagedRecords == 0 ? 0 : 1;
        // And the same the next time.
        QVERIFY(damaged.killAndReopen());
        QCOMPARE(everything(*damaged.store), found);
    }
    QVERIFY(reported > 200);
}

void TstStoreCrash::wrongQueueOffsetCostsOneMessage()
{
    // The header has no checksum: bits of every field that a message is found by.
    StoreFixture f;
    QVERIFY(f.open());
    std::vector<std::string> expected;
    std::vector<std::int64_t> offsets;
    for (int i = 0; i < 70; ++i) {
        expected.push_back("body " + std::to_string(i) + std::string(80, '.'));
        offsets.push_back(f.put("t", 0, expected.back()).commitLogOffset);
    }
    QVERIFY(f.store->sync());
    const auto whole = f.files->afterKill();
    const std::filesystem::path logFile = kRoot / "commitlog" / std::string(20, '0');
    const std::string bytes = whole->content(logFile);
    const auto flip = [&](int number, int field, int bit) -> std::string {
        const auto at = static_cast<std::size_t>(offsets[static_cast<std::size_t>(number)] + field +
                                                 7 - bit / 8);
        StoreFixture damaged;
        damaged.files = whole->afterKill();
        damaged.files->overwrite(logFile, at,
                                 std::string(1, static_cast<char>(bytes[at] ^ (1 << (bit % 8)))));
        if (!damaged.open()) {
            return "does not open";
        }
        const std::multiset<std::string> found = everything(*damaged.store);
        const auto missing =
            std::count_if(expected.begin(), expected.end(),
                          [&](const std::string& body) { return found.count(body) != 1; });
        if (missing > 1) {
            return std::to_string(missing) + " messages lost";
        }
        return damaged.killAndReopen() && everything(*damaged.store) == found
                   ? ""
                   : "not the same twice";
    };
    for (const int number : {1, 32, 64, 68, 69}) {
        for (const int field : {4, 12, 20, 28, 36, 84}) { // magic, queue, offsets, flags, lengths
            for (int bit = 0; bit < 64; bit += field == 20 ? 1 : 5) {
                const std::string wrong = flip(number, field, bit);
                QVERIFY2(wrong.empty(), qPrintable(QString("message %1, byte %2, bit %3: %4")
                                                       .arg(number)
                                                       .arg(field)
                                                       .arg(bit)
                                                       .arg(QString::fromStdString(wrong))));
            }
        }
    }
}

void TstStoreCrash::lostFirstRecordOfAFile()
{
    StoreFixture f;
    QVERIFY(f.open());
    for (int i = 0; i < 40; ++i) {
        f.put("t", 0, std::to_string(i) + std::string(1000, '.'));
    }
    auto left = f.files->afterKill();
    left->overwrite(kRoot / "commitlog" / "00000000000000016384", 0, std::string(600, '\0'));
    QVERIFY(f.replaceFiles(std::move(left)));
    const std::multiset<std::string> found = everything(*f.store);
    QCOMPARE(found.size(), std::size_t{39});
    QCOMPARE(f.store->recovery().damagedOffsets, std::vector<std::int64_t>{16384});
    QCOMPARE(f.store->maxOffset("t", 0), 40);
}

namespace {

struct TwoFiles
{
    std::int64_t lastOfFirst = 0; ///< offset of the first file's last record
    std::size_t before = 0;       ///< messages before it
    std::unique_ptr<MemoryFileSystem> left;
};

/// Two CommitLog files, `inSecond` records in the second one; the body of the first file's last record is damaged and
/// the first record of the second file lacks a sector of its properties.
bool tearOverTwoFiles(StoreFixture& f, int inSecond, TwoFiles& torn)
{
    const std::int64_t fileSize = f.config.commitLogFileSize;
    const std::string properties = keyProperty("k") + "filling\x01" + std::string(1'500, 'x') + "\x02";
    for (int beyond = 0, i = 0; beyond < inSecond; ++i) {
        const PutResult put = f.put("t", 0, std::to_string(i) + std::string(500, '.'), properties);
        if (put.status != PutStatus::Ok) {
            return false;
        }
        beyond += put.commitLogOffset >= fileSize ? 1 : 0;
        if (put.commitLogOffset < fileSize) {
            torn.lastOfFirst = put.commitLogOffset;
            torn.before = static_cast<std::size_t>(i);
        }
    }
    torn.left = f.files->afterKill();
    const auto path = [](const char* name) { return kRoot / "commitlog" / name; };
    torn.left->overwrite(path("00000000000000000000"), static_cast<std::uint64_t>(torn.lastOfFirst + 100),
                         std::string(100, 'U'));
    torn.left->overwrite(path("00000000000000016384"), 1'024, std::string(512, '\0')); // all of it properties
    return true;
}

} // namespace

void TstStoreCrash::tornTailOverTwoFiles()
{
    StoreFixture f;
    QVERIFY(f.open());
    TwoFiles torn;
    QVERIFY(tearOverTwoFiles(f, 1, torn));
    QVERIFY(f.replaceFiles(std::move(torn.left)));
    QCOMPARE(everything(*f.store).size(), torn.before);
    QCOMPARE(f.store->positions().maxOffset, torn.lastOfFirst);
    QVERIFY(f.killAndReopen()); // each file has its size still
    QCOMPARE(everything(*f.store).size(), torn.before);
    COMPARE_NAMES(f.put("t", 0, "next").status, PutStatus::Ok);
}

void TstStoreCrash::tornRecordBetweenTwoGoodOnes()
{
    // As above, but another record follows: only the two that are torn are gone.
    StoreFixture f;
    QVERIFY(f.open());
    TwoFiles torn;
    QVERIFY(tearOverTwoFiles(f, 2, torn));
    // Not a zero up to the first file's last byte, so that the search ends exactly where the second file begins.
    torn.left->overwrite(kRoot / "commitlog" / "00000000000000000000",
                         static_cast<std::uint64_t>(f.config.commitLogFileSize - 8), std::string(8, 'U'));
    QVERIFY(f.replaceFiles(std::move(torn.left)));
    QCOMPARE(everything(*f.store).size(), torn.before + 1);
    QCOMPARE(f.store->recovery().damagedOffsets.size(), std::size_t{2});
    QCOMPARE(f.store->maxOffset("t", 0), static_cast<std::int64_t>(torn.before) + 3);
}

void TstStoreCrash::failedSyncPoisons()
{
    int poisoned = 0;
    for (int k = 1; k <= 40; ++k) {
        StoreFixture f;
        f.config.flushMode = FlushMode::Sync;
        QVERIFY(f.open());
        f.files->failCall(Call::Sync, k, EIO, false, "commitlog");
        std::set<std::string> acknowledged;
        int i = 0;
        for (; i < 60; ++i) {
            const std::string body = std::to_string(i) + std::string(1200, '.');
            const PutResult result = f.put("t", 0, body);
            if (result.status != PutStatus::Ok) {
                break;
            }
            acknowledged.insert(body);
        }
        if (f.store->positions().state != StoreState::Poisoned) {
            QCOMPARE(i, 60); // the file ahead could not be made and was made anew: nothing that was
                             // promised is in doubt
            continue;
        }
        QVERIFY(i < 60);
        ++poisoned;
        QVERIFY(!f.store->positions().stateReason.empty());
        // The disk works again, but nobody knows what it has: no promise any more.
        for (int more = 0; more < 3; ++more) {
            COMPARE_NAMES(f.put("t", 0, "more").status, PutStatus::ServiceNotAvailable);
        }
        QTRY_COMPARE(everything(*f.store).size(),
                     acknowledged.size()); // reading goes on, of what is durable
        QVERIFY(!f.store->close());
        QVERIFY(f.files->exists(kRoot / "abort"));
        QVERIFY(f.cutPowerAndReopen(static_cast<std::uint64_t>(k)));
        QCOMPARE(judge(acknowledged, everything(*f.store)), std::string{});
        COMPARE_NAMES(f.put("t", 0, "again").status, PutStatus::Ok);
    }
    QVERIFY(poisoned > 25);
}

void TstStoreCrash::failedQueueWritePoisons()
{
    StoreFixture f;
    QVERIFY(f.open());
    COMPARE_NAMES(f.put("t", 0, "one").status, PutStatus::Ok);
    f.files->failCall(Call::Write, 1, EIO, false, "consumequeue");
    QVERIFY(!f.store->sync());
    COMPARE_NAMES(f.store->positions().state, StoreState::Poisoned);
    COMPARE_NAMES(f.put("t", 0, "two").status, PutStatus::ServiceNotAvailable);
    QCOMPARE(bodies(*f.store, "t", 0), std::vector<std::string>{"one"});
    QVERIFY(f.killAndReopen());
    QCOMPARE(bodies(*f.store, "t", 0), std::vector<std::string>{"one"});
}

void TstStoreCrash::fullDiskRefusesAndResumes()
{
    for (auto [seed, end] = seeds(2); seed < end; ++seed) {
        StoreFixture f;
        f.config.flushMode = seed % 2 == 0 ? FlushMode::Async : FlushMode::Sync;
        f.config.indexEnabled = false;
        f.files->setCapacity(100 * 1024 + seed / 2 * 1'500); // full at another place each time
        QVERIFY(f.open());
        std::vector<std::string> expected;
        PutResult result;
        for (int i = 0; i < 200; ++i) {
            const std::string body = std::to_string(i) + std::string(1000, '.');
            result = f.put("t", 0, body);
            if (result.status != PutStatus::Ok) {
                break;
            }
            expected.push_back(body);
        }
        COMPARE_NAMES(result.status, PutStatus::ServiceNotAvailable);
        COMPARE_NAMES(f.store->positions().state, StoreState::DiskFull);
        QVERIFY(!f.store->isWritable());
        QVERIFY(expected.size() > 40);
        f.files->setCapacity(10 * 1024 * 1024);
        f.store->deleteExpiredFiles(); // what the house thread does every second
        COMPARE_NAMES(f.store->positions().state, StoreState::Running);
        for (int i = 0; i < 30; ++i) {
            expected.push_back("resumed " + std::to_string(i) + std::string(1000, '.'));
            COMPARE_NAMES(f.put("t", 0, expected.back()).status, PutStatus::Ok);
        }
        QVERIFY(f.store->sync());
        QCOMPARE(bodies(*f.store, "t", 0), expected);
        QVERIFY(f.killAndReopen());
        QCOMPARE(bodies(*f.store, "t", 0), expected);
        QVERIFY(f.store->close());
        QCOMPARE(QString::fromStdString(problemsOf(*f.files)), QString{});
    }
}

void TstStoreCrash::indexWithoutSpaceDoesNotStopTheLog()
{
    StoreFixture f;
    f.files->failCall(Call::Allocate, 1, ENOSPC, true, "/index/");
    QVERIFY(f.open());
    COMPARE_NAMES(f.put("t", 0, "one", keyProperty("k")).status, PutStatus::Ok);
    QVERIFY(f.store->sync());
    QVERIFY(!f.store->positions().indexError.empty());
    QCOMPARE(bodies(*f.store, "t", 0), std::vector<std::string>{"one"});
    QVERIFY(f.store->queryByKey("t", "k", 10, 0, INT64_MAX).records.empty());
    f.files->clearFailures();
    f.clock.advance(std::chrono::seconds(11));
    f.put("t", 0, "two", keyProperty("k"));
    QVERIFY(f.store->sync());
    QCOMPARE(f.store->queryByKey("t", "k", 10, 0, INT64_MAX).records.size(), std::size_t{1});
    QVERIFY(f.store->positions().indexError.empty());
}

QTEST_APPLESS_MAIN(TstStoreCrash)
#include "tst_store_crash.moc"
