// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/wake_signal.h"

#include <QTest>

#include <atomic>
#include <thread>
#include <vector>

using namespace gantry;
using namespace std::chrono_literals;

/// A wake-up that is lost leaves a thread asleep for ever: the runner's time limit ends the test then.
class TestWakeSignal : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void remembersWhatCameBefore()
    {
        WakeSignal signal;
        signal.notify();
        signal.notify();
        signal.wait();
        QVERIFY(!signal.waitFor(1ms)); // two calls before it looked are one
        signal.notify();
        QVERIFY(signal.waitFor(0ms));
    }

    void tellsTimeOverFromNotified()
    {
        WakeSignal signal;
        QVERIFY(!signal.waitFor(0ms));
        QVERIFY(!signal.waitFor(2ms));
        std::thread other([&] { signal.notify(); });
        QVERIFY(signal.waitFor(1h));
        other.join();
        QVERIFY(!signal.waitFor(0ms));
    }

    void losesNoWakeUp_data()
    {
        QTest::addColumn<int>("notifiers");
        QTest::addColumn<bool>("timed");
        QTest::newRow("one notifier") << 1 << false;
        QTest::newRow("one notifier, waiting with a limit") << 1 << true;
        QTest::newRow("three notifiers") << 3 << false;
        QTest::newRow("three notifiers, waiting with a limit") << 3 << true;
    }

    /// Each turn is given back before the next, so that the waiter really falls asleep between many of them.
    void losesNoWakeUp()
    {
        QFETCH(const int, notifiers);
        QFETCH(const bool, timed);
        constexpr int kTurns = 20'000;
        WakeSignal work;
        std::vector<WakeSignal> answers(static_cast<std::size_t>(notifiers));
        std::vector<int> asked(answers.size()); // relaxed: the signal alone must make it visible
        std::vector<std::atomic<int>> served(answers.size());
        std::thread waiter([&] {
            for (int left = kTurns * notifiers; left > 0;) {
                if (!timed) {
                    work.wait();
                } else if (!work.waitFor(1h)) {
                    return;
                }
                for (std::size_t i = 0; i < answers.size(); ++i) {
                    if (std::atomic_ref(asked[i]).load(std::memory_order_relaxed) > served[i]) {
                        ++served[i];
                        --left;
                        answers[i].notify();
                    }
                }
            }
        });
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < answers.size(); ++i) {
            threads.emplace_back([&, i] {
                for (int turn = 1; turn <= kTurns; ++turn) {
                    std::atomic_ref(asked[i]).store(turn, std::memory_order_relaxed);
                    work.notify();
                    answers[i].wait();
                }
            });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
        waiter.join();
        for (const std::atomic<int>& count : served) {
            QCOMPARE(count.load(), kTurns);
        }
    }
};

QTEST_GUILESS_MAIN(TestWakeSignal)
#include "tst_wake_signal.moc"
