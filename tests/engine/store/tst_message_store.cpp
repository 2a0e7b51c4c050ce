// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/store/store_test_kit.h"

#include <atomic>
#include <future>
#include <thread>

using namespace gantry;
using namespace gantry::test;

namespace {

class OnlyTag final : public MessageFilter
{
public:
    explicit OnlyTag(std::int64_t code)
        : m_code(code)
    {}
    [[nodiscard]] bool matchesTagsCode(std::int64_t tagsCode) const override
    {
        return tagsCode == m_code;
    }
    [[nodiscard]] bool matchesRecord(ByteView record) const override { return !record.empty(); }

private:
    std::int64_t m_code;
};

GetResult get(MessageStore& store, std::string_view topic, std::int64_t offset, int countMax = 32,
              const MessageFilter* filter = nullptr)
{
    GetRequest request;
    request.topic = topic;
    request.offset = offset;
    request.messagesMax = countMax;
    request.filter = filter;
    return store.get(request);
}

} // namespace

class TstMessageStore : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void keepsEveryByteInFilesOfAnySize_data();
    void keepsEveryByteInFilesOfAnySize();
    void givesBackWhatWasPut();
    void numbersEachQueueFromZero();
    void rollsOverManyFiles();
    void putsBatchesWithConsecutiveOffsets();
    void refusesIllegalMessages();
    void answersEveryGetStatus();
    void filtersByTagsCode();
    void computesDueTimeForDelayedMessages();
    void keepsPreparedMessagesOutOfQueues();
    void tellsArrivals();
    void reopensAfterClose();
    void deletesTopicsForGood();
    void aTopicMayGoWhileItIsSynced();
    void aTopicMayComeBackWhileItIsDeleted();
    void takesPutsFromManyThreads();
    void syncFlushShowsOnlyDurableMessages();
};

void TstMessageStore::givesBackWhatWasPut()
{
    StoreFixture f;
    QVERIFY(f.open());
    QVERIFY(f.store->recovery().cleanExit);
    const PutResult put = f.put("orders", 1, "hello", keyProperty("k"));
    COMPARE_NAMES(put.status, PutStatus::Ok);
    QCOMPARE(put.commitLogOffset, 0);
    QCOMPARE(put.queueOffset, 0);
    QVERIFY(f.store->sync());
    QCOMPARE(bodies(*f.store, "orders", 1), std::vector<std::string>{"hello"});
    const auto record = f.store->recordAt(0);
    QVERIFY(record);
    QCOMPARE(static_cast<std::int32_t>(record->size()), put.size);
    COMPARE_NAMES(f.store->recordAt(1).error().code, Errc::NotFound);
    QCOMPARE(f.store->storeTimestampOf("orders", 1, 0), f.clock.wallMs());
    QVERIFY(f.store->close());
    QVERIFY(f.store->close());
    QVERIFY(!f.files->exists(kRoot / "abort"));
    COMPARE_NAMES(f.put("orders", 1, "late").status, PutStatus::ServiceNotAvailable);
}

void TstMessageStore::numbersEachQueueFromZero()
{
    StoreFixture f;
    QVERIFY(f.open());
    for (int i = 0; i < 30; ++i) {
        QCOMPARE(f.put("t", i % 3, std::to_string(i)).queueOffset, i / 3);
    }
    QVERIFY(f.store->sync());
    for (int queue = 0; queue < 3; ++queue) {
        QCOMPARE(f.store->maxOffset("t", queue), 10);
        QCOMPARE(bodies(*f.store, "t", queue).at(4), std::to_string(12 + queue));
    }
    QCOMPARE(f.store->queues().size(), std::size_t{3});
}

void TstMessageStore::rollsOverManyFiles()
{
    StoreFixture f;
    QVERIFY(f.open());
    std::vector<std::string> expected;
    for (int i = 0; i < 200; ++i) {
        expected.push_back(std::string(1000, static_cast<char>('a' + i % 26)) + std::to_string(i));
        COMPARE_NAMES(f.put("t", 0, expected.back()).status, PutStatus::Ok);
    }
    QVERIFY(f.store->sync());
    QCOMPARE(bodies(*f.store, "t", 0), expected);
    QVERIFY(f.store->positions().commitLogFiles >= 13);
    QCOMPARE(f.store->positions().consumeQueueFiles, 10);
    QVERIFY(f.reopen());
    QCOMPARE(bodies(*f.store, "t", 0), expected);
    QCOMPARE(f.put("t", 0, "next").queueOffset, 200);
}

void TstMessageStore::putsBatchesWithConsecutiveOffsets()
{
    StoreFixture f;
    QVERIFY(f.open());
    COMPARE_NAMES(f.put("t", 0, std::string(15'000, 'x')).status, PutStatus::Ok);
    std::vector<PutRequest> batch;
    for (int i = 0; i < 5; ++i) {
        batch.push_back(message("t", 0, "item" + std::to_string(i) + std::string(500, '.')));
    }
    PutResult result;
    f.store->putBatch(batch, [&](PutResult given) { result = std::move(given); });
    COMPARE_NAMES(result.status, PutStatus::Ok);
    QCOMPARE(result.queueOffset, 1);
    QCOMPARE(result.batchCommitLogOffsets.size(), std::size_t{5});
    // The whole batch moved to the next file.
    QCOMPARE(result.commitLogOffset, f.config.commitLogFileSize);
    QCOMPARE(result.batchCommitLogOffsets.front(), result.commitLogOffset);
    QVERIFY(f.store->sync());
    QCOMPARE(f.store->maxOffset("t", 0), 6);
    QVERIFY(bodies(*f.store, "t", 0).at(5).starts_with("item4"));
    batch.back().queueId = 1;
    f.store->putBatch(batch, [&](PutResult given) { result = std::move(given); });
    COMPARE_NAMES(result.status, PutStatus::MessageIllegal);
}

void TstMessageStore::refusesIllegalMessages()
{
    StoreFixture f;
    f.config.messageBytesMax = 1000;
    QVERIFY(f.open());
    COMPARE_NAMES(f.put("", 0, "x").status, PutStatus::MessageIllegal);
    COMPARE_NAMES(f.put("a/b", 0, "x").status, PutStatus::MessageIllegal);
    COMPARE_NAMES(f.put("..", 0, "x").status, PutStatus::MessageIllegal);
    COMPARE_NAMES(f.put(std::string(128, 't'), 0, "x").status, PutStatus::MessageIllegal);
    COMPARE_NAMES(f.put("%RETRY%" + std::string(200, 't'), 0, "x").status, PutStatus::Ok);
    COMPARE_NAMES(f.put("%RETRY%" + std::string(249, 't'), 0, "x").status,
                  PutStatus::MessageIllegal);
    COMPARE_NAMES(f.put("t", -1, "x").status, PutStatus::MessageIllegal);
    COMPARE_NAMES(f.put("t", 0, std::string(1001, 'x')).status, PutStatus::MessageIllegal);
    COMPARE_NAMES(f.put("t", 0, std::string(1000, 'x')).status, PutStatus::Ok);
    COMPARE_NAMES(f.put("t", 0, "x", std::string(32'768, 'p')).status,
                  PutStatus::PropertiesTooLarge);
    // Fits every limit but the file.
    COMPARE_NAMES(f.put("t", 0, "x", std::string(32'000, 'p')).status, PutStatus::MessageIllegal);
    COMPARE_NAMES(f.put("t", 0, "").status, PutStatus::Ok);
    QCOMPARE(f.store->metrics().messagesPut.load(), 3U);
}

void TstMessageStore::answersEveryGetStatus()
{
    StoreFixture f;
    QVERIFY(f.open());
    GetResult got = get(*f.store, "none", 5);
    COMPARE_NAMES(got.status, GetStatus::NoMatchedLogicQueue);
    QCOMPARE(got.nextBeginOffset, 0);
    for (int i = 0; i < 10; ++i) {
        f.put("t", 0, std::to_string(i));
    }
    QVERIFY(f.store->sync());
    got = get(*f.store, "t", 3, 4);
    COMPARE_NAMES(got.status, GetStatus::Found);
    QCOMPARE(got.messageCount, 4);
    QCOMPARE(got.nextBeginOffset, 7);
    QCOMPARE(got.minOffset, 0);
    QCOMPARE(got.maxOffset, 10);
    QCOMPARE(got.lastStoreTimestampMs, f.clock.wallMs());
    got = get(*f.store, "t", 10);
    COMPARE_NAMES(got.status, GetStatus::OffsetOverflowOne);
    QCOMPARE(got.nextBeginOffset, 10);
    got = get(*f.store, "t", 12);
    COMPARE_NAMES(got.status, GetStatus::OffsetOverflowBadly);
    QCOMPARE(got.nextBeginOffset, 10);
    got = get(*f.store, "t", -1);
    COMPARE_NAMES(got.status, GetStatus::OffsetTooSmall);
    QCOMPARE(got.nextBeginOffset, 0);
    const OnlyTag filter(77);
    got = get(*f.store, "t", 0, 32, &filter);
    COMPARE_NAMES(got.status, GetStatus::NoMatchedMessage);
    QCOMPARE(got.nextBeginOffset, 10);
    GetRequest small;
    small.topic = "t";
    small.bytesMax = 1; // the first message always comes
    got = f.store->get(small);
    QCOMPARE(got.messageCount, 1);
    QCOMPARE(got.nextBeginOffset, 1);
}

void TstMessageStore::filtersByTagsCode()
{
    StoreFixture f;
    QVERIFY(f.open());
    for (int i = 0; i < 40; ++i) {
        f.put("t", 0, std::to_string(i),
              i % 4 == 0 ? std::string("TAGS\x01TagA\x02") : std::string("TAGS\x01other\x02"));
    }
    QVERIFY(f.store->sync());
    const OnlyTag filter(2598919); // hash of "TagA"
    const GetResult got = get(*f.store, "t", 0, 5, &filter);
    QCOMPARE(got.messageCount, 5);
    QCOMPARE(got.nextBeginOffset, 20);
    QCOMPARE(f.store->entryAt("t", 0, 4)->tagsCode, 2598919);
}

void TstMessageStore::computesDueTimeForDelayedMessages()
{
    StoreFixture f;
    QVERIFY(f.open());
    f.put("SCHEDULE_TOPIC_XXXX", 2, "later",
          "DELAY\x01"
          "3\x02TAGS\x01TagA\x02");
    f.put("SCHEDULE_TOPIC_XXXX", 2, "last",
          "DELAY\x01"
          "99\x02");
    QVERIFY(f.store->sync());
    QCOMPARE(f.store->entryAt("SCHEDULE_TOPIC_XXXX", 2, 0)->tagsCode, f.clock.wallMs() + 10'000);
    QCOMPARE(f.store->entryAt("SCHEDULE_TOPIC_XXXX", 2, 1)->tagsCode,
             f.clock.wallMs() + 2 * 3'600'000);
}

void TstMessageStore::keepsPreparedMessagesOutOfQueues()
{
    StoreFixture f;
    QVERIFY(f.open());
    const auto putType = [&](std::int32_t type) {
        PutRequest request = message("t", 0, "x");
        request.sysFlag = type;
        return f.store->putAndWait(request).queueOffset;
    };
    QCOMPARE(putType(0), 0);
    QCOMPARE(putType(4), 0);  // prepared
    QCOMPARE(putType(12), 0); // rollback
    QCOMPARE(putType(8), 1);  // commit
    QVERIFY(f.store->sync());
    QCOMPARE(f.store->maxOffset("t", 0), 2);
}

void TstMessageStore::tellsArrivals()
{
    StoreFixture f;
    QVERIFY(f.open());
    std::vector<std::string> seen;
    f.store->setArrivalListener([&](const MessageStore::Arrival& arrival) {
        seen.push_back(std::string(arrival.topic) + ":" + std::to_string(arrival.queueOffset) +
                       ":" + std::to_string(arrival.tagsCode));
    });
    f.put("t", 0, "a", "TAGS\x01TagA\x02");
    f.put("t", 0, "b");
    QVERIFY(f.store->sync());
    f.store->setArrivalListener({});
    QCOMPARE(seen, (std::vector<std::string>{"t:0:2598919", "t:1:0"}));
}

void TstMessageStore::reopensAfterClose()
{
    StoreFixture f;
    QVERIFY(f.open());
    std::vector<std::string> expected;
    for (int round = 0; round < 5; ++round) {
        for (int i = 0; i < 17; ++i) {
            expected.push_back(std::to_string(round) + "." + std::to_string(i) +
                               std::string(300, '-'));
            QCOMPARE(f.put("t", 0, expected.back()).queueOffset,
                     static_cast<std::int64_t>(expected.size()) - 1);
        }
        QVERIFY(f.reopen());
        QVERIFY(f.store->recovery().cleanExit);
        QCOMPARE(f.store->recovery().scannedRecords, 0);
        QCOMPARE(f.store->recovery().truncatedAtOffset, -1);
        QCOMPARE(bodies(*f.store, "t", 0), expected);
        QCOMPARE(f.store->maxOffset("t", 0), static_cast<std::int64_t>(expected.size()));
    }
}

void TstMessageStore::deletesTopicsForGood()
{
    StoreFixture f;
    QVERIFY(f.open());
    for (int i = 0; i < 50; ++i) {
        f.put("gone", i % 2, "x");
        f.put("stays", 0, "y");
    }
    QVERIFY(f.store->sync());
    QVERIFY(f.store->deleteTopic("gone"));
    QCOMPARE(f.store->maxOffset("gone", 0), 0);
    QVERIFY(!f.files->exists(kRoot / "consumequeue" / "gone"));
    QCOMPARE(f.put("gone", 0, "anew").queueOffset, 0);
    QVERIFY(f.store->sync());
    QCOMPARE(bodies(*f.store, "gone", 0), std::vector<std::string>{"anew"});
    QCOMPARE(f.store->maxOffset("stays", 0), 50);
    // The old records are still in the log and come by again; the new message must win.
    QVERIFY(f.killAndReopen());
    QCOMPARE(f.store->maxOffset("gone", 0), 1);
    QCOMPARE(bodies(*f.store, "gone", 0), std::vector<std::string>{"anew"});
    QCOMPARE(f.store->maxOffset("stays", 0), 50);
    // The same without anything of the new queue on disk, and with more than one message.
    for (int count = 1; count <= 2; ++count) {
        QVERIFY(f.store->deleteTopic("gone"));
        for (int i = 0; i < count; ++i) {
            QCOMPARE(f.put("gone", 0, "anew" + std::to_string(i)).queueOffset, i);
        }
        QVERIFY(f.killAndReopen());
        QCOMPARE(bodies(*f.store, "gone", 0).size(), static_cast<std::size_t>(count));
        QCOMPARE(f.store->maxOffset("gone", 0), count);
    }
}

void TstMessageStore::aTopicMayGoWhileItIsSynced()
{
    for (const char* directory : {"gone/0", "gone"}) {
        StoreFixture f;
        QVERIFY(f.open());
        COMPARE_NAMES(f.put("gone", 0, "a").status, PutStatus::Ok);
        COMPARE_NAMES(f.put("stays", 0, "b").status, PutStatus::Ok);
        int times = 0;
        f.files->setObserver([&](MemoryFileSystem::Call call, const std::filesystem::path& path) {
            if (call == MemoryFileSystem::Call::SyncDirectory && path == kRoot / "consumequeue" / directory && ++times == 1) {
                (void)f.files->removeTree(path);
            }
        });
        QVERIFY(f.store->sync());
        QCOMPARE(times, 1);
        COMPARE_NAMES(f.store->positions().state, StoreState::Running);
        COMPARE_NAMES(f.put("stays", 0, "c").status, PutStatus::Ok);
        QVERIFY(f.store->close());
        f.files->setObserver(nullptr);
    }
}

void TstMessageStore::aTopicMayComeBackWhileItIsDeleted()
{
    for (const char* removed : {"gone/0", "gone"}) {
        StoreFixture f;
        auto opened = MessageStore::open(f.config, {*f.files, f.clock, true});
        QVERIFY(opened.has_value());
        f.store = std::move(*opened);
        using Worker = MessageStore::Worker;
        COMPARE_NAMES(f.put("gone", 0, "old").status, PutStatus::Ok);
        QVERIFY(f.store->sync());
        int times = 0;
        std::future<bool> house;
        f.files->setObserver([&](MemoryFileSystem::Call call, const std::filesystem::path& path) {
            if (call != MemoryFileSystem::Call::Remove || path != kRoot / "consumequeue" / removed || ++times > 1) {
                return;
            }
            COMPARE_NAMES(f.put("gone", 0, "new").status, PutStatus::Ok);
            f.store->step(Worker::Flush);
            f.store->step(Worker::Reput);
            // It must come back without having written the new queue, which would wait here for this very call.
            house = std::async(std::launch::async, [&] { return f.store->step(Worker::House); });
            QCOMPARE(house.wait_for(std::chrono::seconds(20)), std::future_status::ready);
        });
        QVERIFY(f.store->deleteTopic("gone"));
        f.files->setObserver(nullptr);
        QVERIFY(times > 0);
        house.wait();
        f.store->step(Worker::House);
        QCOMPARE(bodies(*f.store, "gone", 0), std::vector<std::string>{"new"});
        QVERIFY(f.files->exists(kRoot / "consumequeue/gone/0"));
        QVERIFY(f.store->close());
        f.store.reset();
        QVERIFY(f.open());
        QCOMPARE(f.store->recovery().queuesRebuilt, 0);
        QCOMPARE(bodies(*f.store, "gone", 0), std::vector<std::string>{"new"});
    }
}

void TstMessageStore::takesPutsFromManyThreads()
{
    constexpr int kThreads = 4;
    constexpr int kEach = 300;
    for (const FlushMode mode : {FlushMode::Async, FlushMode::Sync}) {
        StoreFixture f;
        f.config.flushMode = mode;
        QVERIFY(f.open());
        std::atomic<int> ok{0};
        std::vector<std::thread> threads;
        for (int t = 0; t < kThreads; ++t) {
            threads.emplace_back([&, t] {
                for (int i = 0; i < kEach; ++i) {
                    f.store->put(
                        message("t", t % 2,
                                std::to_string(t) + ":" + std::to_string(i) +
                                    std::string(200, ' ')),
                        [&](PutResult result) { ok += result.status == PutStatus::Ok ? 1 : 0; });
                }
            });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
        QVERIFY(f.store->sync());
        QTRY_COMPARE(ok.load(), kThreads * kEach);
        std::vector<int> last(kThreads, -1);
        int count = 0;
        for (int queue = 0; queue < 2; ++queue) {
            for (const std::string& body : bodies(*f.store, "t", queue)) {
                const int thread = body[0] - '0';
                const int number = std::stoi(body.substr(2));
                QCOMPARE(number, last[static_cast<std::size_t>(thread)] + 1);
                last[static_cast<std::size_t>(thread)] = number;
                ++count;
            }
        }
        QCOMPARE(count, kThreads * kEach);
    }
}

void TstMessageStore::syncFlushShowsOnlyDurableMessages()
{
    StoreFixture f;
    f.config.flushMode = FlushMode::Sync;
    QVERIFY(f.open());
    COMPARE_NAMES(f.put("t", 0, "durable").status, PutStatus::Ok);
    QVERIFY(f.store->positions().flushedOffset == f.store->positions().maxOffset);
    std::atomic<int> answers{0};
    PutRequest noWait = message("t", 0, "not waiting");
    noWait.waitForFlush = false;
    f.store->put(noWait,
                 [&](PutResult result) { answers += result.status == PutStatus::Ok ? 1 : 100; });
    QCOMPARE(answers.load(), 1);
    QVERIFY(f.store->positions().dispatchedOffset <= f.store->positions().flushedOffset);
    QVERIFY(f.store->sync());
    QCOMPARE(f.store->maxOffset("t", 0), 2);
}

void TstMessageStore::keepsEveryByteInFilesOfAnySize_data()
{
    QTest::addColumn<int>("fileSize");
    QTest::addColumn<bool>("isSync");
    for (const int size : {4096, 4096 + 20, 10'001, 3 * 4096, 16'383}) {
        QTest::addRow("%d, async", size) << size << false;
        QTest::addRow("%d, sync", size) << size << true;
    }
}

/// The log is written in whole pages, the begin of the first one again: at the ends of files, and after a start in the
/// middle of a page.
void TstMessageStore::keepsEveryByteInFilesOfAnySize()
{
    QFETCH(const int, fileSize);
    QFETCH(const bool, isSync);
    StoreFixture f;
    f.config = smallConfig(isSync ? FlushMode::Sync : FlushMode::Async);
    f.config.commitLogFileSize = fileSize;
    QVERIFY(f.open());
    std::vector<std::string> sent;
    for (int i = 0; i < 120; ++i) {
        sent.push_back(std::to_string(i) + std::string(static_cast<std::size_t>(i * 37 % 900), static_cast<char>('a' + i % 26)));
        const PutResult put = f.put("Pages", 0, sent.back());
        COMPARE_NAMES(put.status, PutStatus::Ok);
        if (i % 25 == 12) {
            QVERIFY(f.reopen());
        } else if (i % 25 == 24) {
            QVERIFY(f.killAndReopen());
        }
        if (i % 40 == 39) {
            QVERIFY(f.store->sync());
            QVERIFY(bodies(*f.store, "Pages", 0) == sent);
        }
    }
    QVERIFY(f.reopen());
    QVERIFY(f.store->recovery().cleanExit);
    QVERIFY(f.store->recovery().damagedOffsets.empty());
    QVERIFY(bodies(*f.store, "Pages", 0) == sent);
}

QTEST_APPLESS_MAIN(TstMessageStore)
#include "tst_message_store.moc"
