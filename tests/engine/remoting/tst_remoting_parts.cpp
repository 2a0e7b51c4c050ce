// SPDX-License-Identifier: GPL-3.0-or-later
#include "remoting/io_runtime.h"
#include "remoting/log_throttle.h"
#include "remoting/output_queue.h"
#include "remoting/pending_table.h"
#include "support/thread_names.h"

#include <QtTest>

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <future>
#include <latch>
#include <map>
#include <random>
#include <set>

using namespace gantry;
using gantry::test::threadsNamed;
using namespace std::chrono_literals;

namespace {

PendingTable::Entry entryAt(PendingTable::Time deadline)
{
    PendingTable::Entry entry;
    entry.code = 10;
    entry.deadline = deadline;
    entry.done = [](Result<RemotingCommand>) {};
    return entry;
}

RemotingCommand commandWithBody(std::size_t bytes, char fill)
{
    auto command = RemotingCommand::response(ResponseCode::Success);
    command.body.assign(bytes, fill);
    return command;
}

} // namespace

class TstRemotingParts : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void givesEachCallAnOpaqueOfItsOwn();
    void stepsOverSlowRequests();
    void expiresInOrderOfDeadlines();
    void survivesRandomUse();
    void writesWhatWasAppendedInAnyPortions();
    void refusesAFrameOverTheLimit();
    void throttlesAndCounts();
    void runsTasksOnItsLoops();
    void timersFireRepeatAndCancel();
    void boundsTheBlockingQueue();
    void backgroundThreadsComeLateAndGiveWay();
    void stopsTwiceAndRefusesAfterwards();
};

void TstRemotingParts::givesEachCallAnOpaqueOfItsOwn()
{
    PendingTable table(1000);
    const auto now = PendingTable::Time{} + 1h;
    std::vector<std::int32_t> opaques;
    for (int i = 0; i < 1000; ++i) {
        opaques.push_back(table.add(entryAt(now)));
    }
    QVERIFY(table.isFull());
    QCOMPARE(std::set<std::int32_t>(opaques.begin(), opaques.end()).size(), std::size_t{1000});
    QVERIFY(!table.take(opaques.back() + 1));
    QVERIFY(!table.take(-5));
    for (const auto opaque : opaques) {
        const auto entry = table.take(opaque);
        QVERIFY(entry);
        QCOMPARE(entry->opaque, opaque);
        QVERIFY2(!table.take(opaque), "a second response to the same request finds nobody");
    }
    QCOMPARE(table.size(), std::size_t{0});
    QVERIFY(!table.earliestDeadline());
}

void TstRemotingParts::stepsOverSlowRequests()
{
    PendingTable table(10);
    const auto now = PendingTable::Time{} + 1h;
    const auto slow = table.add(entryAt(now + 1h));
    for (int i = 0; i < 1000; ++i) {
        const auto quick = table.add(entryAt(now));
        QVERIFY(quick != slow);
        QVERIFY(table.take(quick));
    }
    QCOMPARE(*table.earliestDeadline(), now + 1h);
    QVERIFY(table.take(slow));
}

void TstRemotingParts::expiresInOrderOfDeadlines()
{
    PendingTable table(10);
    const auto now = PendingTable::Time{} + 1h;
    const auto third = table.add(entryAt(now + 3s));
    const auto first = table.add(entryAt(now + 1s));
    const auto answered = table.add(entryAt(now + 500ms));
    const auto second = table.add(entryAt(now + 2s));
    QVERIFY(table.take(answered));
    QCOMPARE(*table.earliestDeadline(), now + 1s);
    std::vector<PendingTable::Entry> expired;
    table.takeExpired(now + 2s, expired);
    QCOMPARE(expired.size(), std::size_t{2});
    QCOMPARE(expired[0].opaque, first);
    QCOMPARE(expired[1].opaque, second);
    QCOMPARE(*table.earliestDeadline(), now + 3s);
    QCOMPARE(table.takeAll().front().opaque, third);
}

void TstRemotingParts::survivesRandomUse()
{
    std::mt19937 random(7); // NOLINT: the same run every time
    PendingTable table(300);
    std::map<std::int32_t, PendingTable::Time> model;
    auto now = PendingTable::Time{} + 1h;
    for (int step = 0; step < 20'000; ++step) {
        const auto what = random() % 10;
        if (what < 5 && !table.isFull()) {
            const auto deadline = now + std::chrono::milliseconds(random() % 500);
            const auto opaque = table.add(entryAt(deadline));
            QVERIFY(model.emplace(opaque, deadline).second);
        } else if (what < 9 && !model.empty()) {
            const auto chosen =
                std::next(model.begin(), static_cast<std::ptrdiff_t>(random() % model.size()));
            QVERIFY(table.take(chosen->first));
            model.erase(chosen);
        } else {
            now += std::chrono::milliseconds(random() % 20);
            std::vector<PendingTable::Entry> expired;
            table.takeExpired(now, expired);
            for (const auto& entry : expired) {
                QVERIFY(model.at(entry.opaque) <= now);
                model.erase(entry.opaque);
            }
        }
        QCOMPARE(table.size(), model.size());
        PendingTable::Time earliest = PendingTable::Time::max();
        for (const auto& [opaque, deadline] : model) {
            earliest = std::min(earliest, deadline);
        }
        QCOMPARE(table.earliestDeadline().value_or(PendingTable::Time::max()), earliest);
    }
    (void)table.takeAll();
}

void TstRemotingParts::writesWhatWasAppendedInAnyPortions()
{
    std::mt19937 random(11); // NOLINT
    OutputQueue queue;
    std::string expected;
    std::string written;
    std::array<iovec, 5> pieces{};
    for (int round = 0; round < 400; ++round) {
        for (auto count = random() % 4; count > 0; --count) {
            auto command =
                commandWithBody(random() % 3 == 0 ? 8'000 + random() % 20'000 : random() % 300,
                                static_cast<char>('a' + random() % 26));
            const auto frame = encodeFrame(command);
            QCOMPARE(queue.append(std::move(command), HeaderEncoding::Json, 1'000'000),
                     frame.size());
            expected += frame;
        }
        QCOMPARE(queue.bytes(), expected.size() - written.size());
        const auto count = queue.gather(pieces);
        QCOMPARE(count == 0, queue.isEmpty());
        std::string offered;
        for (std::size_t i = 0; i < count; ++i) {
            offered.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
        }
        const auto taken = offered.empty() ? 0 : random() % (offered.size() + 1);
        written += offered.substr(0, taken);
        queue.consume(taken);
        queue.trim(round % 7 == 0);
    }
    while (!queue.isEmpty()) {
        const auto count = queue.gather(pieces);
        for (std::size_t i = 0; i < count; ++i) {
            written.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
        }
        queue.consume(written.size() - (expected.size() - queue.bytes()));
    }
    QVERIFY(written == expected);
}

void TstRemotingParts::refusesAFrameOverTheLimit()
{
    OutputQueue queue;
    QVERIFY(queue.append(commandWithBody(100, 'x'), HeaderEncoding::Json, 400) > 100);
    const auto before = queue.bytes();
    QCOMPARE(queue.append(commandWithBody(401, 'x'), HeaderEncoding::Json, 400), std::size_t{0});
    QCOMPARE(queue.append(commandWithBody(399, 'x'), HeaderEncoding::Json, 400), std::size_t{0});
    QCOMPARE(queue.bytes(), before);
    queue.clear();
    QVERIFY(queue.isEmpty());
}

void TstRemotingParts::throttlesAndCounts()
{
    LogThrottle throttle(2, 10s);
    const auto now = std::chrono::steady_clock::time_point{} + 1h;
    QCOMPARE(throttle.admit(now).value_or(99), std::uint64_t{0});
    QVERIFY(throttle.admit(now + 1s));
    QVERIFY(!throttle.admit(now + 2s));
    QVERIFY(!throttle.admit(now + 9s));
    QCOMPARE(throttle.admit(now + 10s).value_or(99), std::uint64_t{2});
}

void TstRemotingParts::runsTasksOnItsLoops()
{
    IoRuntime runtime(IoRuntime::Options{2, 1, 10});
    QCOMPARE(runtime.loopCount(), std::size_t{2});
    for (std::size_t i = 0; i < 2; ++i) {
        std::promise<std::pair<bool, bool>> where;
        runtime.loop(i).post([&] {
            where.set_value({runtime.loop(i).isThisThread(), runtime.loop(1 - i).isThisThread()});
        });
        const auto [mine, other] = where.get_future().get();
        QVERIFY(mine);
        QVERIFY(!other);
    }
    QVERIFY(!runtime.loop(0).isThisThread());
    // Tasks of one thread run in order.
    std::promise<std::vector<int>> order;
    auto seen = std::make_shared<std::vector<int>>();
    for (int i = 0; i < 1000; ++i) {
        runtime.loop(0).post([seen, i] { seen->push_back(i); });
    }
    runtime.loop(0).post([&, seen] { order.set_value(*seen); });
    const auto result = order.get_future().get();
    QCOMPARE(result.size(), std::size_t{1000});
    QVERIFY(std::is_sorted(result.begin(), result.end()));
}

void TstRemotingParts::timersFireRepeatAndCancel()
{
    IoRuntime runtime(IoRuntime::Options{1, 1, 10});
    std::promise<void> fired;
    const auto once = runtime.runAfter(1ms, [&] { fired.set_value(); });
    QCOMPARE(fired.get_future().wait_for(10s), std::future_status::ready);

    struct Repeats
    {
        std::promise<void> thrice;
        int count = 0;
    };
    const auto repeats = std::make_shared<Repeats>();
    auto every = runtime.runEvery(1ms, [repeats] {
        if (++repeats->count == 3) {
            repeats->thrice.set_value();
        }
    });
    QCOMPARE(repeats->thrice.get_future().wait_for(10s), std::future_status::ready);
    every.reset();
    const auto never = std::make_shared<std::atomic<bool>>(false);
    runtime.runAfter(20ms, [never] { *never = true; }).reset(); // the handle dies at once
    std::promise<void> later;
    const auto after = runtime.runAfter(50ms, [&] { later.set_value(); });
    QCOMPARE(later.get_future().wait_for(10s), std::future_status::ready);
    QVERIFY(!*never);
    QVERIFY(never.use_count() <= 2);
}

void TstRemotingParts::boundsTheBlockingQueue()
{
    std::promise<void> entered;
    std::promise<void> release;
    IoRuntime runtime(IoRuntime::Options{1, 1, 2}); // its threads end before what the tasks use
    QVERIFY(runtime.tryRunBlocking([&] {
        entered.set_value();
        release.get_future().wait();
    }));
    entered.get_future().wait();
    QVERIFY(runtime.tryRunBlocking([] {}));
    QVERIFY(runtime.tryRunBlocking([] {}));
    QVERIFY2(!runtime.tryRunBlocking([] {}), "two may wait, not three");
    release.set_value();
}

void TstRemotingParts::backgroundThreadsComeLateAndGiveWay()
{
    const auto niceOfThisThread = [] { return ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid())); };
    const int usual = niceOfThisThread();
    IoRuntime runtime(IoRuntime::Options{1, 1, 2, 2});
    QCOMPARE(threadsNamed("gantry-back"), 0);
    const auto nicenessOf = [&](bool (IoRuntime::*run)(UniqueFunction<void()>)) {
        std::promise<int> niceness;
        [&] { QVERIFY((runtime.*run)([&] { niceness.set_value(niceOfThisThread()); })); }();
        return niceness.get_future().get();
    };
    QVERIFY(nicenessOf(&IoRuntime::tryRunInBackground) > std::min(usual, 18)); // 19 is the last there is
    QCOMPARE(nicenessOf(&IoRuntime::tryRunBlocking), usual);
    // Two that wait for each other need two threads; no third one comes for those behind them.
    std::latch together(2);
    std::promise<void> release;
    const auto released = release.get_future().share();
    for (int i = 0; i < 2; ++i) {
        QVERIFY(runtime.tryRunInBackground([&, released] {
            together.arrive_and_wait();
            released.wait();
        }));
    }
    together.wait();
    QVERIFY(runtime.tryRunInBackground([] {}));
    QVERIFY(runtime.tryRunInBackground([] {}));
    QVERIFY2(!runtime.tryRunInBackground([] {}), "two may wait, not three");
    QCOMPARE(threadsNamed("gantry-back"), 2);
    release.set_value();
    runtime.stop();
    QVERIFY(!runtime.tryRunInBackground([] {}));
    while (threadsNamed("gantry-back") != 0) { // a joined thread is still listed for a moment
        std::this_thread::yield();
    }
}

void TstRemotingParts::stopsTwiceAndRefusesAfterwards()
{
    IoRuntime runtime(IoRuntime::Options{2, 1, 10});
    const auto held = std::make_shared<int>(1);
    const auto timer = runtime.runEvery(1h, [held] {});
    runtime.loop(0).post([held] {});
    runtime.stop();
    runtime.stop();
    QCOMPARE(held.use_count(), 1L);
    QVERIFY(!runtime.tryRunBlocking([] {}));
    runtime.loop(0).post([held] {});
    QCOMPARE(held.use_count(), 1L);
}

QTEST_APPLESS_MAIN(TstRemotingParts)
#include "tst_remoting_parts.moc"
