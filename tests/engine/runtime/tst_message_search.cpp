// SPDX-License-Identifier: GPL-3.0-or-later
// Searches over queues whose entries are damaged: what is missing is waited for, or the page says that it is missing.
#include "engine/store/store_test_kit.h"
#include "runtime/message_search.h"

#include "base/log.h"

#include <QtTest>

#include <chrono>

using namespace gantry;
using namespace gantry::test;

namespace {

constexpr int kMessages = 100;

std::vector<std::string> bodiesOf(const MessagePage& page, bool isNewestFirst)
{
    std::vector<std::string> result;
    for (const MessageExt& message : page.messages) {
        result.push_back(message.body);
    }
    if (isNewestFirst) {
        std::reverse(result.begin(), result.end());
    }
    return result;
}

/// Of one queue, a second between any two messages.
struct DamagedQueue
{
    StoreFixture f;
    std::vector<std::string> sent;
    std::int64_t beginMs = 0;
    CancelToken cancel;

    DamagedQueue() { f.config.consumeQueueFileSize = 20 * 80; }
    [[nodiscard]] bool prepare(std::size_t first, std::size_t count)
    {
        if (!f.open()) {
            return false;
        }
        beginMs = f.clock.wallMs();
        for (int i = 0; i < kMessages; ++i) {
            sent.push_back(std::to_string(i));
            f.put("t", 0, sent.back());
            f.clock.advance(std::chrono::seconds(1));
        }
        if (!f.store->close()) {
            return false;
        }
        f.files->overwrite(kRoot / "consumequeue" / "t" / "0" / "00000000000000000000", first * 20, std::string(count * 20, '\0'));
        return true;
    }
    /// Nobody makes entries anew.
    [[nodiscard]] bool openDriven()
    {
        f.store.reset();
        auto opened = MessageStore::open(f.config, {*f.files, f.clock, true});
        if (opened) {
            f.store = std::move(*opened);
        }
        return opened.has_value();
    }
    [[nodiscard]] MessagePage byTime(std::int64_t endMs, int countMax = 1000)
    {
        return browseTime({{"a", f.store.get()}}, "t", 0, endMs, countMax, cancel).value();
    }
    [[nodiscard]] MessagePage byQueue(std::int64_t from = 0)
    {
        return browseQueue({{"a", f.store.get()}}, {"t", "a", 0}, from, 1000, cancel).value();
    }
};

} // namespace

class TstMessageSearch : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { log::setLevel(log::Level::Off); }
    void waitsForEntriesThatAreMadeAnew();
    void saysWhatItCouldNotRead();
    void goesOnBehindLostMessages();
    void cancelEndsTheWait();
};

void TstMessageSearch::waitsForEntriesThatAreMadeAnew()
{
    for (const bool isByTime : {true, false}) {
        DamagedQueue q;
        QVERIFY(q.prepare(30, 30));
        QVERIFY(q.f.reopen());
        const MessagePage page = isByTime ? q.byTime(INT64_MAX) : q.byQueue();
        QCOMPARE(bodiesOf(page, isByTime), q.sent);
        QVERIFY(page.isComplete);
        QCOMPARE(page.note, std::string{});
        QCOMPARE(q.f.store->metrics().queueEntriesMended.load(), std::uint64_t{30});
    }
}

void TstMessageSearch::saysWhatItCouldNotRead()
{
    DamagedQueue q;
    QVERIFY(q.prepare(40, 2));
    QVERIFY(q.openDriven());
    const MessagePage byTime = q.byTime(INT64_MAX);
    QVERIFY(!byTime.isComplete);
    QVERIFY2(byTime.note.find("offset 40 of queue 0") != std::string::npos, byTime.note.c_str());
    const auto found = bodiesOf(byTime, true);
    for (int i = 0; i < kMessages; ++i) { // the older ones, too; of the chunk only what is in front of the damage
        const bool isExpected = i < 40 || i >= 68;
        QCOMPARE(std::count(found.begin(), found.end(), std::to_string(i)), isExpected ? 1 : 0);
    }
    const MessagePage some = q.byTime(INT64_MAX, 35);
    QVERIFY(!some.isComplete);
    QVERIFY2(some.note.find("the newest 35") != std::string::npos && some.note.find("offset 40") != std::string::npos, some.note.c_str());

    const MessagePage byQueue = q.byQueue(-5);
    QCOMPARE(bodiesOf(byQueue, false), std::vector<std::string>(q.sent.begin(), q.sent.begin() + 40));
    QVERIFY(!byQueue.isComplete);
    QCOMPARE(byQueue.nextOffset, 40);
    QVERIFY2(byQueue.note.find("offset 40 of queue 0") != std::string::npos, byQueue.note.c_str());
    QVERIFY2(byQueue.note.find("outside this queue") != std::string::npos, byQueue.note.c_str());
}

/// More of them than one get looks at; and the range's end is kept though the store gives what is behind instead.
void TstMessageSearch::goesOnBehindLostMessages()
{
    DamagedQueue q;
    QVERIFY(q.prepare(0, 0));
    std::string fillers(20, '\0');
    fillers.replace(8, 4, "\x7F\xFF\xFF\xFF");
    for (std::size_t i = 0; i < 45; ++i) {
        q.f.files->overwrite(kRoot / "consumequeue" / "t" / "0" / "00000000000000000000", (10 + i) * 20, fillers);
    }
    QVERIFY(q.f.reopen());
    std::vector<std::string> expected(q.sent.begin(), q.sent.begin() + 10);
    expected.insert(expected.end(), q.sent.begin() + 55, q.sent.begin() + 70);
    const MessagePage page = q.byTime(q.beginMs + 69'000);
    QCOMPARE(bodiesOf(page, true), expected);
    QVERIFY(page.isComplete);
}

void TstMessageSearch::cancelEndsTheWait()
{
    DamagedQueue q;
    QVERIFY(q.prepare(40, 2));
    QVERIFY(q.openDriven());
    q.cancel.cancel();
    QVERIFY(!q.byTime(q.beginMs + 50'000).isComplete);
    QVERIFY(!q.byQueue(40).isComplete);
    std::thread canceller;
    q.cancel = CancelToken{};
    canceller = std::thread([token = q.cancel] {
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        token.cancel();
    });
    const MessagePage page = q.byQueue(40);
    canceller.join();
    QVERIFY(!page.isComplete);
    QVERIFY2(page.note.find("cancelled") != std::string::npos, page.note.c_str()); // had it waited to the end it would say so
}

QTEST_GUILESS_MAIN(TstMessageSearch)
#include "tst_message_search.moc"
