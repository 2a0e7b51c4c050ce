// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/posix_file_system.h"
#include "client/consumer_stats.h"
#include "client/offset_store.h"
#include "client/process_queue.h"
#include "client/task_scheduler.h"
#include "support/compare.h"

#include <QTemporaryDir>

#include <atomic>
#include <future>
#include <latch>
#include <thread>

using namespace gantry;
using namespace gantry::client;

namespace {

using std::chrono::milliseconds;

MessageExt at(std::int64_t offset, std::size_t bytes = 10)
{
    MessageExt message;
    message.queueOffset = offset;
    message.body.assign(bytes, 'x');
    return message;
}

ConsumeBatchPtr batchOf(std::initializer_list<std::int64_t> offsets)
{
    auto batch = std::make_shared<ConsumeBatch>();
    for (const auto offset : offsets) {
        batch->messages.push_back(at(offset));
    }
    return batch;
}

std::vector<std::int64_t> offsetsOf(const std::vector<MessageExt>& messages)
{
    std::vector<std::int64_t> offsets;
    for (const auto& message : messages) {
        offsets.push_back(message.queueOffset);
    }
    return offsets;
}

const MessageQueue kQueue{"orders", "broker-a", 0};
const MessageQueue kOther{"orders", "broker-a", 1};

std::string contentOf(const QString& path)
{
    return readWholeFile(PosixFileSystem::instance(), path.toStdString(), 1 << 20).value_or("");
}

} // namespace

class TstClientState : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void committableOffsetIsTheOldestUnfinished();
    void putAgainReplacesWithoutCountingTwice();
    void expiredBatchIsTheOldestWithTheListener();
    void orderedQueueHasOneConsumer();
    void orderedMessagesGoBackInOrder();
    void depthCountsWhatTheListenerHas();
    void locksRunOut();
    void clearForgets();

    void offsetsOnlyGrowWhenAsked();
    void frozenOffsetsStayUntilRemoved();
    void localOffsetsHaveApachesLayout();
    void localOffsetsSurvive();
    void localOffsetsFallBackToTheBackup();
    void localOffsetsKeepOtherQueues();

    void statsCountByTopicAndWindow();

    void schedulerKeepsOrder();
    void schedulerRunsLaterTasksByTime();
    void schedulerUsesItsThreads();
    void schedulerStopDropsOrRuns();
    void schedulerMayBeStoppedByItsTask();
};

void TstClientState::committableOffsetIsTheOldestUnfinished()
{
    ProcessQueue queue(0);
    const auto first = batchOf({5, 6});
    const auto second = batchOf({7});
    const auto third = batchOf({9});
    queue.put({first, second, third});
    QCOMPARE(queue.remove(second->messages, 1), 5);
    QCOMPARE(queue.remove(first->messages, 2), 9);
    QCOMPARE(queue.remove(third->messages, 3), 10); // empty: behind the newest
    QCOMPARE(queue.remove(third->messages, 4), -1);
    QCOMPARE(queue.lastConsumeMs(), 4);
    QCOMPARE(queue.depth().count, 0U);
    QCOMPARE(queue.depth().bytes, 0U);
}

void TstClientState::putAgainReplacesWithoutCountingTwice()
{
    ProcessQueue queue(0);
    queue.put({batchOf({1, 2})});
    queue.put({batchOf({2})});
    QCOMPARE(queue.depth().count, 2U);
    QCOMPARE(queue.depth().bytes, 20U);
    QCOMPARE(queue.remove({at(1), at(2)}, 1), 3);
    QCOMPARE(queue.depth().bytes, 0U);
}

void TstClientState::expiredBatchIsTheOldestWithTheListener()
{
    ProcessQueue queue(0);
    const auto first = batchOf({1});
    const auto second = batchOf({2});
    queue.put({first, second});
    second->startedMs = 1'000;
    QVERIFY(!queue.expiredBatch(100'000, 500)); // the oldest has not begun
    first->startedMs = 2'000;
    QVERIFY(!queue.expiredBatch(2'500, 500));
    QCOMPARE(queue.expiredBatch(2'501, 500), first);
}

void TstClientState::orderedQueueHasOneConsumer()
{
    ProcessQueue queue(0);
    QVERIFY(queue.putOrdered({at(1), at(2)}));
    QVERIFY(!queue.putOrdered({at(3)}));
    QCOMPARE(offsetsOf(queue.take(2, 1)), (std::vector<std::int64_t>{1, 2}));
    QVERIFY(!queue.putOrdered({at(4)}));
    QCOMPARE(queue.commitTaken(), 3);
    QCOMPARE(queue.commitTaken(), -1);
    QCOMPARE(offsetsOf(queue.take(10, 2)), (std::vector<std::int64_t>{3, 4}));
    QCOMPARE(queue.commitTaken(), 5);
    QVERIFY(queue.take(1, 3).empty()); // the consumer's task ends here
    QVERIFY(queue.putOrdered({at(5)}));
}

void TstClientState::orderedMessagesGoBackInOrder()
{
    ProcessQueue queue(0);
    QVERIFY(queue.putOrdered({at(1), at(2), at(3)}));
    auto taken = queue.take(2, 1);
    ++taken[0].reconsumeTimes;
    queue.putBack(std::move(taken));
    QCOMPARE(queue.depth().count, 3U);
    QCOMPARE(queue.depth().bytes, 30U);
    const auto again = queue.take(3, 2);
    QCOMPARE(offsetsOf(again), (std::vector<std::int64_t>{1, 2, 3}));
    QCOMPARE(again[0].reconsumeTimes, 1);
    QCOMPARE(again[0].body.size(), 10U);
    QCOMPARE(queue.commitTaken(), 4);
}

void TstClientState::depthCountsWhatTheListenerHas()
{
    ProcessQueue queue(0);
    QVERIFY(queue.putOrdered({at(10, 3), at(11, 4), at(20, 5)}));
    const auto taken = queue.take(1, 1);
    auto depth = queue.depth();
    QCOMPARE(depth.count, 3U);
    QCOMPARE(depth.takenCount, 1U);
    QCOMPARE(depth.bytes, 12U);
    QCOMPARE(depth.minOffset, 10);
    QCOMPARE(depth.maxOffset, 20);
    QCOMPARE(depth.span, 10);
    QCOMPARE(queue.commitTaken(), 11);
    depth = queue.depth();
    QCOMPARE(depth.count, 2U);
    QCOMPARE(depth.bytes, 9U);
}

void TstClientState::locksRunOut()
{
    ProcessQueue queue(1'000);
    QVERIFY(!queue.isLocked());
    queue.setLocked(true, 5'000);
    QVERIFY(queue.isLocked());
    QVERIFY(!queue.isLockExpired(35'000));
    QVERIFY(queue.isLockExpired(35'001));
    queue.setLocked(false, 40'000);
    QVERIFY(!queue.isLocked());
    QVERIFY(!queue.isPullExpired(121'000));
    QVERIFY(queue.isPullExpired(121'001));
    queue.abandon();
    QVERIFY(queue.isDropped() && queue.isAbandoned());
}

void TstClientState::clearForgets()
{
    ProcessQueue queue(0);
    queue.put({batchOf({1, 2, 3})});
    queue.clear();
    QCOMPARE(queue.depth().count, 0U);
    QCOMPARE(queue.remove({at(1)}, 1), -1);
}

void TstClientState::offsetsOnlyGrowWhenAsked()
{
    const auto store = makeLocalOffsetStore("/nonexistent", "client", "billing");
    QVERIFY(!store->cached(kQueue));
    store->update(kQueue, 5, true);
    store->update(kQueue, 4, true);
    QCOMPARE(*store->cached(kQueue), 5);
    store->update(kQueue, 4, false);
    QCOMPARE(*store->cached(kQueue), 4);
    store->update(kOther, 9, true);
    QCOMPARE(store->snapshot("orders").size(), 2U);
    QCOMPARE(store->snapshot("other").size(), 0U);
}

void TstClientState::frozenOffsetsStayUntilRemoved()
{
    const auto store = makeLocalOffsetStore("/nonexistent", "client", "billing");
    store->update(kQueue, 5, true);
    store->updateAndFreeze(kQueue, 2);
    store->update(kQueue, 6, true);
    store->update(kQueue, 6, false);
    QCOMPARE(*store->cached(kQueue), 2);
    store->remove(kQueue);
    store->update(kQueue, 6, true);
    QCOMPARE(*store->cached(kQueue), 6);
}

void TstClientState::localOffsetsHaveApachesLayout()
{
    const QTemporaryDir dir;
    const auto store =
        makeLocalOffsetStore(dir.path().toStdString(), "127.0.0.1@DEFAULT", "billing");
    QVERIFY(store->load());
    store->update(kQueue, 42, true);
    store->persist(kQueue);
    auto content = contentOf(dir.filePath("127.0.0.1@DEFAULT/billing/offsets.json"));
    std::erase_if(content, [](char c) { return c == '\n' || c == '\t' || c == ' '; });
    QCOMPARE(content,
             std::string(
                 R"({"offsetTable":{{"brokerName":"broker-a","queueId":0,"topic":"orders"}:42}})"));
}

void TstClientState::localOffsetsSurvive()
{
    const QTemporaryDir dir;
    const auto path = dir.path().toStdString();
    {
        const auto store = makeLocalOffsetStore(path, "c", "billing");
        QVERIFY(store->load());
        QCOMPARE(*store->read(kQueue), -1);
        store->update(kQueue, 42, true);
        store->update(kOther, 7, true);
        store->persistAll({kQueue, kOther});
    }
    const auto store = makeLocalOffsetStore(path, "c", "billing");
    QVERIFY(store->load());
    QCOMPARE(*store->cached(kQueue), 42);
    QCOMPARE(*store->read(kOther), 7);
    const auto otherGroup = makeLocalOffsetStore(path, "c", "other");
    QVERIFY(otherGroup->load());
    QCOMPARE(*otherGroup->read(kQueue), -1);
}

void TstClientState::localOffsetsFallBackToTheBackup()
{
    const QTemporaryDir dir;
    const auto path = dir.path().toStdString();
    const auto file = path + "/c/billing/offsets.json";
    auto store = makeLocalOffsetStore(path, "c", "billing");
    QVERIFY(store->load());
    store->update(kQueue, 42, true);
    store->persist(kQueue);
    store->update(kQueue, 43, true);
    store->persist(kQueue);
    QVERIFY(replaceFile(PosixFileSystem::instance(), file, "{\"offsetTa"));
    store = makeLocalOffsetStore(path, "c", "billing");
    QVERIFY(store->load());
    QCOMPARE(*store->cached(kQueue), 42);

    QVERIFY(replaceFile(PosixFileSystem::instance(), file + ".bak", "also damaged"));
    store = makeLocalOffsetStore(path, "c", "billing");
    QVERIFY(!store->load());
}

void TstClientState::localOffsetsKeepOtherQueues()
{
    const QTemporaryDir dir;
    const auto path = dir.path().toStdString();
    auto store = makeLocalOffsetStore(path, "c", "billing");
    store->update(kQueue, 1, true);
    store->persist(kQueue);
    store = makeLocalOffsetStore(path, "c", "billing");
    store->update(kOther, 2, true);
    store->persistAll({kOther});
    store = makeLocalOffsetStore(path, "c", "billing");
    QCOMPARE(*store->read(kQueue), 1);
    QCOMPARE(*store->read(kOther), 2);
}

void TstClientState::statsCountByTopicAndWindow()
{
    ConsumerStats stats;
    stats.noteConsumed("orders", true, 3, 30, 100'000);
    stats.noteConsumed("orders", false, 1, 10, 101'000);
    stats.noteConsumed("other", true, 5, 1, 101'000);
    stats.notePulled("orders", 32, 4, 101'000);
    const auto totals = stats.totals();
    QCOMPARE(totals.consumedOk, 8U);
    QCOMPARE(totals.consumedFailed, 1U);
    QCOMPARE(totals.consumeCalls, 3U);
    QCOMPARE(totals.pulled, 32U);
    const auto rates = stats.rates("orders", 120'000);
    QCOMPARE(rates.consumeMsMean, 20.0);
    QCOMPARE(rates.okPerSecond, 3.0 / 60);
    QCOMPARE(rates.failedPerSecond, 1.0 / 60);
    QCOMPARE(rates.pullMsMean, 4.0);
    QCOMPARE(rates.failed, 1U);
    QCOMPARE(stats.rates("orders", 200'000).okPerSecond, 0.0); // a minute is over
    QCOMPARE(stats.rates("unknown", 120'000).consumeMsMean, 0.0);
}

void TstClientState::schedulerKeepsOrder()
{
    TaskScheduler scheduler("t", 1);
    std::vector<int> seen;
    std::promise<void> done;
    for (int i = 0; i < 100; ++i) {
        QVERIFY(scheduler.post([&seen, i] { seen.push_back(i); }));
    }
    QVERIFY(scheduler.post([&done] { done.set_value(); }));
    done.get_future().wait();
    QCOMPARE(seen.size(), 100U);
    QVERIFY(std::is_sorted(seen.begin(), seen.end()));
    QVERIFY(!scheduler.isThisThread());
}

void TstClientState::schedulerRunsLaterTasksByTime()
{
    TaskScheduler scheduler("t", 1);
    std::vector<int> seen;
    std::promise<void> done;
    const auto begin = std::chrono::steady_clock::now();
    QVERIFY(scheduler.postAfter(milliseconds{40}, [&] {
        seen.push_back(2);
        done.set_value();
    }));
    QVERIFY(scheduler.postAfter(milliseconds{10},
                                [&seen] { seen.push_back(1); })); // wakes the sleeper earlier
    QVERIFY(scheduler.post([&seen] { seen.push_back(0); }));
    done.get_future().wait();
    QCOMPARE(seen, (std::vector<int>{0, 1, 2}));
    QVERIFY(std::chrono::steady_clock::now() - begin >= milliseconds{40});
}

void TstClientState::schedulerUsesItsThreads()
{
    TaskScheduler scheduler("t", 3);
    std::latch together(3); // each task waits for the others, so three threads are needed
    std::latch done(3);
    for (int i = 0; i < 3; ++i) {
        QVERIFY(scheduler.post([&] {
            together.arrive_and_wait();
            done.count_down();
        }));
    }
    done.wait();
    QVERIFY(done.try_wait());
}

void TstClientState::schedulerStopDropsOrRuns()
{
    for (const auto pending : {TaskScheduler::Pending::Drop, TaskScheduler::Pending::RunReady}) {
        TaskScheduler scheduler("t", 1);
        std::promise<void> begun;
        std::promise<void> mayEnd;
        std::atomic<int> ran{0};
        QVERIFY(scheduler.post([&] {
            begun.set_value();
            mayEnd.get_future().wait();
        }));
        QVERIFY(scheduler.post([&ran] { ++ran; }));
        QVERIFY(scheduler.postAfter(milliseconds{100'000}, [&ran] { ran += 10; }));
        begun.get_future().wait();
        std::thread stopper([&] { scheduler.stop(pending); });
        while (scheduler.post([] {})) { // refused as soon as stopping has begun
            std::this_thread::yield();
        }
        mayEnd.set_value();
        stopper.join();
        QCOMPARE(ran.load(), pending == TaskScheduler::Pending::Drop ? 0 : 1);
        scheduler.stop(pending);
    }
}

void TstClientState::schedulerMayBeStoppedByItsTask()
{
    std::promise<void> done;
    {
        auto scheduler = std::make_shared<TaskScheduler>("t", 2);
        QVERIFY(scheduler->post([scheduler, &done]() mutable {
            scheduler->stop(TaskScheduler::Pending::Drop);
            QVERIFY(!scheduler->post([] {}));
            scheduler.reset();
            done.set_value();
        }));
    }
    done.get_future().wait();
}

QTEST_APPLESS_MAIN(TstClientState)
#include "tst_client_state.moc"
