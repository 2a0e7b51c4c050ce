// SPDX-License-Identifier: GPL-3.0-or-later
// What goes when the disk fills, and what stays when the clock lies.
#include "engine/store/crash_seeds.h"
#include "engine/store/store_test_kit.h"
#include "support/clock_scenario.h"

#include "base/log.h"

using namespace gantry;
using namespace gantry::test;

namespace {

constexpr std::uint64_t kDisk = 16 * 1024 * 1024;

/// Ten CommitLog files on a disk whose other users decide how full it is.
struct Disk
{
    std::unique_ptr<MemoryFileSystem> files = std::make_unique<MemoryFileSystem>();
    ManualClock clock;
    StoreConfig config = smallConfig();
    std::unique_ptr<MessageStore> store;

    bool fill(bool isDeleteHour)
    {
        files->setNow([this] { return clock.wallMs(); });
        files->setCapacity(kDisk);
        config.deleteAtHours.clear();
        for (int hour = 0; isDeleteHour && hour < 24; ++hour) {
            config.deleteAtHours.push_back(hour);
        }
        auto opened = MessageStore::open(config, {*files, clock, true});
        if (!opened) {
            return false;
        }
        store = std::move(*opened);
        while (store->positions().commitLogFiles < 10) {
            if (put() != PutStatus::Ok) {
                return false;
            }
        }
        return store->sync().has_value();
    }
    PutStatus put()
    {
        PutStatus status = PutStatus::Unknown;
        store->put(message("t", 0, std::string(2'000, '.')), [&](const PutResult& result) { status = result.status; });
        while (store->step(MessageStore::Worker::Flush) || store->step(MessageStore::Worker::Reput)) {
        }
        return status;
    }
    /// Others take so much that the disk is full to `percent`.
    void setUsed(double percent)
    {
        files->setForeignBytes(0);
        const auto space = files->space(kRoot).value();
        const std::uint64_t own = space.totalBytes - space.availableBytes;
        files->setForeignBytes(static_cast<std::uint64_t>(percent * kDisk / 100) - own);
    }
    /// What the house thread does when its time has come; true if files went.
    bool round(bool isDue)
    {
        if (isDue) {
            clock.advance(std::chrono::seconds(11));
        }
        const int before = store->positions().commitLogFiles;
        store->step(MessageStore::Worker::House);
        return store->positions().commitLogFiles < before;
    }
    [[nodiscard]] StoreState state() const { return store->positions().state; }
};

} // namespace

class TstStoreSpace : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { log::setLevel(log::Level::Off); }
    void watermarks_data();
    void watermarks();
    void writesResumeByThemselves();
    void theLastFileStays();
    void clocksDeleteNothingEarly();
};

void TstStoreSpace::watermarks_data()
{
    QTest::addColumn<double>("percent");
    QTest::addColumn<bool>("isOld");
    QTest::addColumn<bool>("isDeleteHour");
    QTest::addColumn<bool>("deletes");
    QTest::addColumn<bool>("isFull");
    const auto row = [](double percent, bool isOld, bool isDeleteHour, bool deletes, bool isFull) {
        QTest::addRow("%.0f %%, %s, %s", percent, isOld ? "expired" : "young", isDeleteHour ? "deleteWhen" : "another hour")
            << percent << isOld << isDeleteHour << deletes << isFull;
    };
    for (const bool isDeleteHour : {false, true}) {
        row(50, false, isDeleteHour, false, false);
        row(50, true, isDeleteHour, isDeleteHour, false);
        row(74, true, isDeleteHour, isDeleteHour, false);
        row(74, false, isDeleteHour, false, false);
        row(77, true, isDeleteHour, true, false); // above diskMaxUsedSpaceRatio: expired ones at any hour
        row(77, false, isDeleteHour, false, false);
        row(84, false, isDeleteHour, false, false);
        row(87, false, isDeleteHour, true, false); // above diskSpaceCleanForciblyRatio: young ones, too
        row(89, false, isDeleteHour, true, false);
        row(93, false, isDeleteHour, true, true); // above diskSpaceWarningLevelRatio: no writes
        row(93, true, isDeleteHour, true, true);
    }
}

void TstStoreSpace::watermarks()
{
    QFETCH(const double, percent);
    QFETCH(const bool, isOld);
    QFETCH(const bool, isDeleteHour);
    QFETCH(const bool, deletes);
    QFETCH(const bool, isFull);
    Disk disk;
    QVERIFY(disk.fill(isDeleteHour));
    if (isOld) {
        disk.clock.advance(std::chrono::hours(73));
        QVERIFY(disk.put() == PutStatus::Ok); // the last file is young
    }
    disk.setUsed(percent);
    QCOMPARE(disk.round(true), deletes);
    COMPARE_NAMES(disk.state(), isFull ? StoreState::DiskFull : StoreState::Running);
    COMPARE_NAMES(disk.put(), isFull ? PutStatus::ServiceNotAvailable : PutStatus::Ok);
    QVERIFY(disk.store->positions().commitLogFiles >= 1);
}

void TstStoreSpace::writesResumeByThemselves()
{
    Disk disk;
    QVERIFY(disk.fill(false));
    disk.setUsed(99);
    disk.round(true);
    COMPARE_NAMES(disk.put(), PutStatus::ServiceNotAvailable);
    QVERIFY(disk.store->positions().stateReason.find("diskSpaceWarningLevelRatio") != std::string::npos);
    // Between the two marks nothing changes in either direction. The house thread looks every second now.
    disk.setUsed(87);
    disk.round(false);
    COMPARE_NAMES(disk.state(), StoreState::DiskFull);
    disk.setUsed(84);
    disk.round(false);
    COMPARE_NAMES(disk.state(), StoreState::Running);
    COMPARE_NAMES(disk.put(), PutStatus::Ok);
    disk.setUsed(87);
    disk.round(true);
    COMPARE_NAMES(disk.state(), StoreState::Running);
    COMPARE_NAMES(disk.put(), PutStatus::Ok);
}

void TstStoreSpace::theLastFileStays()
{
    Disk disk;
    QVERIFY(disk.fill(false));
    for (int i = 0; i < 20; ++i) {
        disk.setUsed(89);
        disk.round(true);
    }
    QCOMPARE(disk.store->positions().commitLogFiles, 1);
    COMPARE_NAMES(disk.put(), PutStatus::Ok);
    QCOMPARE(disk.store->get({"t", 0, disk.store->minOffset("t", 0)}).records.empty(), false);
}

void TstStoreSpace::clocksDeleteNothingEarly()
{
    ClockAmounts amounts;
    for (auto [seed, end] = seeds(40); seed < end; ++seed) {
        const std::string wrong = runClockScenario(seed, amounts);
        QVERIFY2(wrong.empty(), qPrintable(QString("seed %1: %2").arg(seed).arg(QString::fromStdString(wrong))));
    }
    qInfo("%d times the clock was wrong, %d files went when it was their time", amounts.jumps, amounts.deletedFiles);
    QVERIFY(qEnvironmentVariableIsSet("GANTRY_CRASH_COUNT") || (amounts.jumps > 5 * static_cast<int>(scaled(40)) && 2 * amounts.deletedFiles > 5 * static_cast<int>(scaled(40))));
}

QTEST_APPLESS_MAIN(TstStoreSpace)
#include "tst_store_space.moc"
