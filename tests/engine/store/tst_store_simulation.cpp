// SPDX-License-Identifier: GPL-3.0-or-later
// The store on a simulated machine, one seed after another; any failure is replayed by its seed alone:
// GANTRY_CRASH_SEED=<seed> GANTRY_CRASH_COUNT=1 tst_store_simulation
#include "engine/store/crash_seeds.h"
#include "support/store_simulation.h"

#include "base/log.h"

#include <QTest>

using namespace gantry;
using namespace gantry::test;

class TstStoreSimulation : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        if (!qEnvironmentVariableIsSet("GANTRY_CRASH_COUNT")) { // else somebody looks at one seed
            log::setLevel(log::Level::Off);
        }
    }
    void nothingPromisedIsLost();
    void aSeedGivesTheSameTwice();
};

void TstStoreSimulation::nothingPromisedIsLost()
{
    int crashes = 0;
    QStringList failures;
    for (auto [seed, end] = seeds(2000); seed < end; ++seed) {
        StoreSimulation::Options options;
        options.isTold = qEnvironmentVariableIsSet("GANTRY_CRASH_TELL");
        StoreSimulation simulation(seed, options);
        const std::string wrong = simulation.run();
        if (!wrong.empty()) {
            failures.append(QString("seed %1: %2").arg(seed).arg(QString::fromStdString(wrong)));
        }
        crashes += simulation.crashes();
    }
    qInfo("%d crashes", crashes);
    QVERIFY2(failures.isEmpty(), qPrintable(QString("%1 seeds failed\n").arg(failures.size()) +
                                            failures.mid(0, 20).join('\n')));
}

void TstStoreSimulation::aSeedGivesTheSameTwice()
{
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        StoreSimulation first(seed, {});
        StoreSimulation second(seed, {});
        (void)first.run();
        (void)second.run();
        QCOMPARE(first.trace(), second.trace());
        QVERIFY(first.trace() != 0);
    }
}

QTEST_APPLESS_MAIN(TstStoreSimulation)
#include "tst_store_simulation.moc"
