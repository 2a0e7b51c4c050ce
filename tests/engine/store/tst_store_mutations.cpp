// SPDX-License-Identifier: GPL-3.0-or-later
// Would the crash tests notice? Runs the simulation over a copy of the store with one mistake built in at a time.
#include "store/seeded_bug.h"
#include "support/clock_scenario.h"
#include "support/crash_trace.h"
#include "support/store_simulation.h"

#include "base/log.h"

#include <QTest>

using namespace gantry;
using namespace gantry::test;

namespace gantry {
SeededBug& plantedBug()
{
    static SeededBug bug = SeededBug::None;
    return bug;
}
} // namespace gantry

namespace {

struct Plant
{
    SeededBug bug;
    const char* name;
};

#define GANTRY_PLANT(name) Plant{SeededBug::name, #name}
constexpr Plant kPlants[] = {
    GANTRY_PLANT(DropLogSync),        GANTRY_PLANT(IgnoreLogSyncError),
    GANTRY_PLANT(AckBeforeFlush),     GANTRY_PLANT(AckBeforeWrite),
    GANTRY_PLANT(PoisonForgotten),
    GANTRY_PLANT(RollLeavesNoRoom),   GANTRY_PLANT(RollWithoutBlank),
    GANTRY_PLANT(NewFileNameNotSynced), GANTRY_PLANT(ShowUnflushed),
    GANTRY_PLANT(QueueSyncDropped),
    GANTRY_PLANT(QueueNameNotSynced), GANTRY_PLANT(IndexSyncDropped),
    GANTRY_PLANT(CheckpointAhead),    GANTRY_PLANT(CheckpointTimesOnly),
    GANTRY_PLANT(NoAbortFile),        GANTRY_PLANT(AbortRemovedAfterFailure),
    GANTRY_PLANT(CloseWithoutFlush),  GANTRY_PLANT(RecoverySkipsCrc),
    GANTRY_PLANT(ReadSkipsCrc),
    GANTRY_PLANT(DamageEndsLog),      GANTRY_PLANT(TailNotZeroed),
    GANTRY_PLANT(RecoveredNotSynced),
    GANTRY_PLANT(QueuesNotTruncated), GANTRY_PLANT(CountersBehind),
    GANTRY_PLANT(IndexNotForgotten),  GANTRY_PLANT(DiskFullForever),
    GANTRY_PLANT(ExpiryTrustsWallClock), GANTRY_PLANT(WrittenInThePastIsOld),
    GANTRY_PLANT(UnreadableIsDamage), GANTRY_PLANT(DirectoryNotSynced),
    GANTRY_PLANT(IndexNameNotSynced), GANTRY_PLANT(PoisonMarkForgotten),
    GANTRY_PLANT(ZerosOverRecords),   GANTRY_PLANT(QueuesKeepDeletedMessages),
};
#undef GANTRY_PLANT
static_assert(std::size(kPlants) == static_cast<std::size_t>(SeededBug::Count) - 1);

/// The first seed that finds something, -1 if none does.
int findBug(int seedsMax, std::string& what)
{
    for (int seed = 0; seed < seedsMax; ++seed) {
        StoreSimulation simulation(static_cast<std::uint64_t>(seed), {});
        what = simulation.run();
        if (!what.empty()) {
            return seed;
        }
    }
    return -1;
}

} // namespace

namespace {

/// What the simulation does not do: errors while reading at a start, weeks with a wrong clock.
int findBugElsewhere(std::string& what)
{
    TraceAmounts trace;
    ClockAmounts clock;
    what = failEveryCallOfAStart(trace);
    for (std::uint64_t seed = 0; what.empty() && seed < 40; ++seed) {
        what = runClockScenario(seed, clock);
    }
    return what.empty() ? -1 : 0;
}

} // namespace

class TstStoreMutations : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { log::setLevel(log::Level::Off); }
    void cleanup() { plantedBug() = SeededBug::None; }
    void isCaught_data();
    void isCaught();
    void nothingIsCaughtWithoutABug();
};

void TstStoreMutations::isCaught_data()
{
    QTest::addColumn<int>("bug");
    for (const Plant& plant : kPlants) {
        QTest::newRow(plant.name) << static_cast<int>(plant.bug);
    }
}

void TstStoreMutations::isCaught()
{
    QFETCH(const int, bug);
    plantedBug() = static_cast<SeededBug>(bug);
    std::string what;
    const bool isElsewhere = plantedBug() == SeededBug::WrittenInThePastIsOld || plantedBug() == SeededBug::QueuesKeepDeletedMessages ||
                             plantedBug() == SeededBug::UnreadableIsDamage;
    const int seed = isElsewhere ? findBugElsewhere(what) : findBug(1500, what);
    QVERIFY2(seed >= 0, "1500 seeds saw nothing wrong");
    qInfo("seed %d: %s", seed, what.c_str());
}

void TstStoreMutations::nothingIsCaughtWithoutABug()
{
    std::string what;
    const int seed = findBug(200, what);
    QVERIFY2(seed < 0, qPrintable(QString("seed %1: %2").arg(seed).arg(QString::fromStdString(what))));
    QVERIFY2(findBugElsewhere(what) < 0, what.c_str());
}

QTEST_APPLESS_MAIN(TstStoreMutations)
#include "tst_store_mutations.moc"
