// SPDX-License-Identifier: GPL-3.0-or-later
// Delayed messages whose queue entries are damaged: each is delivered once, in its time.
#include "broker/broker_metrics.h"
#include "broker/delay_service.h"
#include "engine/store/store_test_kit.h"
#include "message/message_property.h"
#include "message/topic_name.h"

#include "base/log.h"

#include <QtTest>

using namespace gantry;
using namespace gantry::test;

namespace {

constexpr int kMessages = 30;
constexpr auto kLevel = std::chrono::seconds(1);

std::string parkedProperties(int level)
{
    PropertyList list;
    list.set(property::kDelayLevel, std::to_string(level));
    list.set(property::kRealTopic, "t");
    list.set(property::kRealQueueId, level == 1 ? "0" : "1");
    return list.encode();
}

/// Messages of two levels, parked and not yet due, in a store that was closed. The log's first record, where an entry of
/// zeros leads, is of the other level.
struct Parking
{
    StoreFixture f;
    BrokerMetrics metrics;
    std::vector<std::string> sent;
    std::vector<std::int64_t> places;
    std::unique_ptr<DelayService> delay;

    Parking() { f.config.delayLevels = {kLevel, std::chrono::hours(1)}; }
    ~Parking() { delay.reset(); }

    [[nodiscard]] bool prepare()
    {
        if (!f.open()) {
            return false;
        }
        for (int i = 0; i < kMessages; ++i) {
            f.put(std::string(kScheduleTopic), 1, "later", parkedProperties(2));
            sent.push_back("message " + std::to_string(i));
            places.push_back(f.put(std::string(kScheduleTopic), 0, sent.back(), parkedProperties(1)).commitLogOffset);
        }
        return f.store->close().has_value();
    }
    static std::filesystem::path queueFile(int level)
    {
        return kRoot / "consumequeue" / kScheduleTopic / std::to_string(level - 1) / "00000000000000000000";
    }
    void setEntries(std::size_t first, const std::string& bytes) { f.files->overwrite(queueFile(1), first * 20, bytes); }
    /// The first file's only: a start looks at the last one itself.
    std::string entry(int level, std::size_t number) { return f.files->content(queueFile(level)).substr(number * 20, 20); }

    /// A driven store makes no entries anew as long as nobody steps it.
    [[nodiscard]] bool start(bool isDriven = false)
    {
        delay.reset();
        f.store.reset();
        auto opened = MessageStore::open(f.config, {*f.files, f.clock, isDriven});
        if (!opened) {
            return false;
        }
        f.store = std::move(*opened);
        DelayService::Options options{kRoot / "config" / "delayOffset.json", f.config.delayLevels, std::chrono::seconds(10)};
        delay = std::make_unique<DelayService>(*f.files, f.clock, *f.store, metrics, std::move(options));
        if (!delay->load()) {
            return false;
        }
        delay->start();
        return true;
    }
    void advance(std::chrono::milliseconds by)
    {
        f.clock.advance(by);
        delay->onArrival();
    }
    [[nodiscard]] std::int64_t positionOf(std::int32_t level)
    {
        const auto offsets = delay->offsets();
        return offsets.contains(level) ? offsets.at(level) : 0;
    }
};

} // namespace

class TstDelayDamage : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { log::setLevel(log::Level::Off); }
    void damagedEntriesCostNoMessage_data();
    void damagedEntriesCostNoMessage();
    void onlyWhatTheLogDoesNotHaveIsSkipped();
    void waitsWhileAnEntryIsBeingMadeAnew();
};

void TstDelayDamage::damagedEntriesCostNoMessage_data()
{
    QTest::addColumn<int>("first");
    QTest::addColumn<QString>("kind");
    QTest::newRow("zeros at the begin") << 0 << "zeros";
    QTest::newRow("zeros in the middle") << 7 << "zeros";
    QTest::newRow("fillers") << 7 << "filler";
    QTest::newRow("of another level") << 7 << "other level";
    QTest::newRow("of messages delivered before") << 7 << "again";
}

void TstDelayDamage::damagedEntriesCostNoMessage()
{
    QFETCH(const int, first);
    QFETCH(const QString, kind);
    Parking p;
    QVERIFY(p.prepare());
    for (std::size_t i = 0; i < 3; ++i) {
        const auto number = static_cast<std::size_t>(first) + i;
        std::string bytes(20, '\0');
        if (kind == "filler") {
            bytes.replace(8, 4, "\x7F\xFF\xFF\xFF");
        } else if (kind == "other level") {
            bytes = p.entry(2, number);
        } else if (kind == "again") {
            bytes = p.entry(1, i);
        }
        p.setEntries(number, bytes);
    }
    QVERIFY(p.start());
    // Nothing is due, whatever an entry of zeros says.
    QTest::qWait(300);
    QCOMPARE(p.f.store->maxOffset("t", 0), 0);
    QCOMPARE(p.f.store->maxOffset("t", 1), 0);
    p.advance(kLevel);
    const bool isFiller = kind == "filler"; // stands for a message that the log does not have
    QTRY_COMPARE_WITH_TIMEOUT(p.positionOf(1), kMessages, 10'000);
    QVERIFY(p.f.store->sync());
    auto expected = p.sent;
    if (isFiller) {
        expected.erase(expected.begin() + first, expected.begin() + first + 3);
    }
    QCOMPARE(bodies(*p.f.store, "t", 0), expected);
    QCOMPARE(p.f.store->maxOffset("t", 1), 0);
    QCOMPARE(p.f.store->metrics().queueEntriesMended.load(), isFiller ? std::uint64_t{0} : std::uint64_t{3});
    p.advance(std::chrono::hours(1));
    QTRY_COMPARE_WITH_TIMEOUT(p.positionOf(2), kMessages, 10'000);
    QVERIFY(p.f.store->sync());
    QCOMPARE(bodies(*p.f.store, "t", 1), std::vector<std::string>(kMessages, "later"));
}

/// Entries of zeros, one of whose records is gone, too.
void TstDelayDamage::onlyWhatTheLogDoesNotHaveIsSkipped()
{
    Parking p;
    QVERIFY(p.prepare());
    p.setEntries(7, std::string(60, '\0'));
    QVERIFY(p.places[8] < p.f.config.commitLogFileSize);
    p.f.files->overwrite(kRoot / "commitlog" / "00000000000000000000", static_cast<std::uint64_t>(p.places[8]), std::string(20, '\0'));
    QVERIFY(p.start());
    p.advance(kLevel);
    QTRY_COMPARE_WITH_TIMEOUT(p.positionOf(1), kMessages, 10'000);
    QVERIFY(p.f.store->sync());
    p.sent.erase(p.sent.begin() + 8);
    QCOMPARE(bodies(*p.f.store, "t", 0), p.sent);
}

/// The message stays where it is meanwhile, and goes when its entry is good again.
void TstDelayDamage::waitsWhileAnEntryIsBeingMadeAnew()
{
    Parking p;
    QVERIFY(p.prepare());
    p.setEntries(7, std::string(60, '\0'));
    QVERIFY(p.start(true));
    p.advance(kLevel);
    QTRY_COMPARE_WITH_TIMEOUT(p.positionOf(1), 7, 10'000);
    QTest::qWait(500);
    QCOMPARE(p.positionOf(1), 7);
    QVERIFY(p.start());
    QTRY_COMPARE_WITH_TIMEOUT(p.positionOf(1), kMessages, 10'000);
    QVERIFY(p.f.store->sync());
    QCOMPARE(bodies(*p.f.store, "t", 0), p.sent);
}

QTEST_GUILESS_MAIN(TstDelayDamage)
#include "tst_delay_damage.moc"
