// SPDX-License-Identifier: GPL-3.0-or-later
#include "broker/cold_read_pace.h"

#include "base/units.h"

#include <QTest>

using namespace gantry;
using namespace std::chrono_literals;

class TstColdReadPace : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void keepsTheRate();
    void keepsTheRateWhenReadsComeLate();
    void savesNothingUp();
    void staysAheadOfSenders();
    void staysAheadOfSendersWhenAReadTakesSeconds();
    void doesNotLimitWithoutALimit();
};

namespace {

constexpr ColdReadPace::Time kBegin{1h};

/// Reads one MiB after the other, each as soon as it may, until the time is over; returns how many.
int readFor(ColdReadPace& pace, ColdReadPace::Time begin, std::chrono::milliseconds time, std::uint64_t sentPerMs = 0,
            std::uint64_t sentBefore = 0)
{
    int reads = 0;
    for (auto now = begin; now < begin + time;) {
        if (const auto delay = pace.delay(now); delay > delay.zero()) {
            now += delay;
            continue;
        }
        const auto ms = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now - begin).count());
        pace.account(now, kMiB, sentBefore + ms * sentPerMs);
        ++reads;
        now += 10us;
        if (reads > 100'000) {
            return reads; // no pace at all
        }
    }
    return reads;
}

} // namespace

void TstColdReadPace::keepsTheRate()
{
    ColdReadPace pace(100 * kMiB);
    QCOMPARE(pace.delay(kBegin), ColdReadPace::Duration::zero());
    const int reads = readFor(pace, kBegin, 10s);
    QVERIFY2(reads >= 1000 && reads <= 1002, std::to_string(reads).c_str());
}

/// A timer rings late, and a thread gets the processor later still.
void TstColdReadPace::keepsTheRateWhenReadsComeLate()
{
    ColdReadPace pace(100 * kMiB);
    int reads = 0;
    for (auto now = kBegin; now < kBegin + 10s; ++reads) {
        pace.account(now, kMiB, 0);
        now += pace.delay(now) + 3ms;
    }
    QVERIFY2(reads >= 990 && reads <= 1002, std::to_string(reads).c_str());
}

void TstColdReadPace::savesNothingUp()
{
    ColdReadPace pace(100 * kMiB);
    QVERIFY(readFor(pace, kBegin, 100ms) > 0);
    const int reads = readFor(pace, kBegin + 1h, 1s);
    QVERIFY2(reads >= 100 && reads <= 102, std::to_string(reads).c_str());
}

void TstColdReadPace::staysAheadOfSenders()
{
    ColdReadPace pace(100 * kMiB);
    constexpr std::uint64_t kSentPerMs = 200 * kMiB / 1000;
    const int few = readFor(pace, kBegin, 10s, kSentPerMs);
    QVERIFY2(few > 3900 && few < 4010, std::to_string(few).c_str()); // the first 100 ms at the limit that is configured
    // The senders become slow: the limit holds again.
    const int reads = readFor(pace, kBegin + 10s, 10s, kMiB / 1000, 10'000 * kSentPerMs);
    QVERIFY2(reads >= 1000 && reads < 1100, std::to_string(reads).c_str());
}

void TstColdReadPace::staysAheadOfSendersWhenAReadTakesSeconds()
{
    ColdReadPace pace(kMiB);
    int reads = 0;
    for (auto now = kBegin; now < kBegin + 60s; now += pace.delay(now), ++reads) {
        const auto ms = static_cast<std::uint64_t>((now - kBegin) / 1ms);
        pace.account(now, 4 * kMiB, ms * (10 * kMiB / 1000)); // four seconds at the limit that is configured
    }
    QVERIFY2(reads > 250 && reads < 300, std::to_string(reads).c_str());
}

void TstColdReadPace::doesNotLimitWithoutALimit()
{
    ColdReadPace pace(0);
    pace.account(kBegin, 1024 * kGiB, 0);
    QCOMPARE(pace.delay(kBegin), ColdReadPace::Duration::zero());
}

QTEST_APPLESS_MAIN(TstColdReadPace)
#include "tst_cold_read_pace.moc"
