// SPDX-License-Identifier: GPL-3.0-or-later
// Every place at which the power can go, and every call that can fail, of one course of a store (support/crash_trace.h).
#include "engine/store/crash_seeds.h"
#include "support/crash_trace.h"

#include "base/log.h"

#include <QTest>

using namespace gantry;
using namespace gantry::test;

class TstStoreFaults : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { log::setLevel(log::Level::Off); }
    void everyCrashPoint_data() { modes(); }
    void everyCrashPoint();
    void everyFailingCall_data() { modes(); }
    void everyFailingCall();
    void everyFailingCallOfAStart();

private:
    static void modes()
    {
        QTest::addColumn<bool>("isSync");
        QTest::newRow("sync flush") << true;
        QTest::newRow("async flush") << false;
    }
    static FlushMode mode(bool isSync) { return isSync ? FlushMode::Sync : FlushMode::Async; }
};

void TstStoreFaults::everyCrashPoint()
{
    QFETCH(const bool, isSync);
    TraceAmounts amounts;
    QStringList failures;
    std::uint64_t script = 0;
    // One has some thousand states; a night goes through many.
    for (; amounts.checked < scaled(1'000) && failures.size() < 20; ++script) {
        const std::string wrong = enumerateCrashPoints(mode(isSync), script, scaled(1'000), amounts);
        if (!wrong.empty()) {
            failures.append(QString("script %1: %2").arg(script).arg(QString::fromStdString(wrong)));
        }
    }
    qInfo("%llu scripts, %llu different states, %llu looked at", static_cast<unsigned long long>(script),
          static_cast<unsigned long long>(amounts.states), static_cast<unsigned long long>(amounts.checked));
    QVERIFY2(failures.isEmpty(), qPrintable(failures.join('\n')));
}

void TstStoreFaults::everyFailingCall()
{
    QFETCH(const bool, isSync);
    TraceAmounts amounts;
    for (const bool isLasting : {false, true}) {
        const std::uint64_t stride = (isLasting && crashFactor() <= 1 ? 3 : 1) * crashStride();
        const std::string wrong = failEveryCall(mode(isSync), isLasting, stride, amounts);
        QVERIFY2(wrong.empty(), wrong.c_str());
    }
    qInfo("%llu runs of %llu", static_cast<unsigned long long>(amounts.checked), static_cast<unsigned long long>(amounts.states));
    QVERIFY(amounts.checked >= 300 / crashStride());
}

void TstStoreFaults::everyFailingCallOfAStart()
{
    TraceAmounts amounts;
    const std::string wrong = failEveryCallOfAStart(amounts);
    qInfo("%llu starts", static_cast<unsigned long long>(amounts.checked));
    QVERIFY2(wrong.empty(), wrong.c_str());
    QVERIFY(amounts.checked >= 40);
}

QTEST_APPLESS_MAIN(TstStoreFaults)
#include "tst_store_faults.moc"
