// SPDX-License-Identifier: GPL-3.0-or-later
// Pulls that are not answered at once: held, or read aside in the pace of backlog.
#include "broker_harness.h"
#include "cold_files.h"
#include "command_words.h"

#include "base/limits.h"
#include "support/compare.h"
#include "support/thread_names.h"

#include <QtTest>

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>

using namespace gantry;
using namespace std::chrono_literals;

namespace {

using Steady = std::chrono::steady_clock;

constexpr int kBacklog = 72; // messages of 1 MiB: more than a tail

std::string bodyOf(int i)
{
    return std::string(kMiB - 1000, static_cast<char>('a' + i % 26)) + std::to_string(i);
}

PullMessageHeader farPull()
{
    auto header = BrokerHarness::pullHeader("g", "backlog", 0, 0);
    header.maxMsgNums = 1;
    return header;
}

/// Somebody who sends all the time, as long as it lives.
class Sender
{
public:
    explicit Sender(BrokerHarness& harness)
        : m_client(harness.anotherClient())
        , m_thread([this, address = harness.broker().address()] {
            while (!m_isOver) {
                const auto sent = m_client->invokeSync(address, BrokerHarness::sendRequest(BrokerHarness::sendHeader("other", 0), "x"), 5s);
                m_sent += sent.has_value() ? 1 : 0;
                std::this_thread::sleep_for(2ms);
            }
        })
    {
        while (m_sent < 3) {
            std::this_thread::yield();
        }
    }
    ~Sender()
    {
        m_isOver = true;
        m_thread.join();
        m_client->stop();
    }
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;

private:
    std::unique_ptr<RemotingClient> m_client;
    std::atomic<bool> m_isOver{false};
    std::atomic<int> m_sent{0};
    std::thread m_thread;
};

} // namespace

class TstBrokerPulls : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_files = std::make_unique<ColdFiles>();
        m_limit = BrokerConfig{}.coldReadBytesPerSecondMax;
        m_harness = std::make_unique<BrokerHarness>([this](BrokerConfig& config) { config.coldReadBytesPerSecondMax = m_limit; });
        const auto started = m_harness->start();
        QVERIFY2(started.has_value(), started ? "" : started.error().message.c_str());
    }
    void cleanup()
    {
        m_harness.reset();
        m_files.reset();
    }

    void readsTheBacklogAsideWhileSomebodySends();
    void nearReadersDoNotWaitForThePaceOfBacklog();
    void readsNothingForClientsThatWent();
    void whatNobodyPacedIsNoDebt();
    void stopsWhileReadersOfBacklogWait();
    void holdsAPullUntilAMessageComes();
    void holdsAPullUntilItsTimeIsOver();
    void wakesOnlyForMatchingTags();
    void dropsHeldPullsOfClosedConnections();
    void holdsOnlySoManyPulls();
    void holdsAPullOfWhatCannotBeReadNow();

private:
    BrokerHarness& harness() { return *m_harness; }
    /// With one message in queue 0 that can be pulled already: a SEND_OK only promises that it will be dispatched.
    void createTopic(const std::string& topic)
    {
        COMPARE_CODE(harness().send(topic, 0, "first"), ResponseCode::Success);
        QVERIFY(harness().broker().store().sync().has_value());
    }
    void fillBacklog()
    {
        for (int i = 0; i < kBacklog; ++i) {
            COMPARE_CODE(harness().send("backlog", 0, bodyOf(i)), ResponseCode::Success);
        }
        QCOMPARE(harness().pullMessages("backlog", 0, kBacklog - 1, 1).size(), std::size_t{1});
    }
    /// From files of which nothing is in memory, with so many bytes a second of backlog.
    void startCold(std::int64_t limit)
    {
        harness().stop();
        harness().useFiles(*m_files);
        m_limit = limit;
        const auto started = harness().start();
        QVERIFY2(started.has_value(), started ? "" : started.error().message.c_str());
    }

    std::int64_t m_limit = 0;
    std::unique_ptr<ColdFiles> m_files;
    std::unique_ptr<BrokerHarness> m_harness;
};

void TstBrokerPulls::readsTheBacklogAsideWhileSomebodySends()
{
    fillBacklog();
    const auto readAll = [&](bool isSending) {
        for (std::int64_t at = 0; at < kBacklog; ++at) {
            if (isSending) {
                COMPARE_CODE(harness().send("other", 0, "x"), ResponseCode::Success);
            }
            auto header = BrokerHarness::pullHeader("g", "backlog", 0, at);
            header.maxMsgNums = 1;
            const auto answer = harness().pull(header);
            COMPARE_CODE(answer, ResponseCode::Success);
            const auto messages = decodeMessages(answer.body);
            QVERIFY(messages && messages->size() == 1 && messages->front().queueOffset == at);
            QVERIFY(messages->front().body == bodyOf(static_cast<int>(at)));
        }
    };
    readAll(false);
    readAll(true);
    QVERIFY(test::threadsNamed("gantry-back") > 0);
}

/// They need the disk, too, but are few bytes: not on the threads of backlog, and not behind it.
void TstBrokerPulls::nearReadersDoNotWaitForThePaceOfBacklog()
{
    constexpr int kFar = 40;
    fillBacklog();
    createTopic("near");
    startCold(4 * kMiB);
    const Sender sender(harness());
    const auto farReader = harness().anotherClient();
    std::atomic<int> farAnswers = 0;
    for (int i = 0; i < kFar; ++i) {
        farReader->invokeAsync(harness().broker().address(), BrokerHarness::make(RequestCode::PullMessage, farPull()), 30s,
                               [&](const Result<RemotingCommand>& answer) { farAnswers += answer && answer->code == 0 ? 1 : 0; });
    }
    QTRY_VERIFY_WITH_TIMEOUT(farAnswers > 0, 20'000);
    constexpr int kNear = 5;
    for (int i = 0; i < kNear; ++i) {
        COMPARE_CODE(harness().pull(BrokerHarness::pullHeader("g", "near", 0, 0)), ResponseCode::Success);
    }
    QVERIFY(farAnswers < kFar); // asked for before them; one after the other they would all have been answered first
    QCOMPARE(m_files->counts.onLoops.load(), 0);
    farReader->stop();
}

void TstBrokerPulls::readsNothingForClientsThatWent()
{
    fillBacklog();
    startCold(kMiB);
    const Sender sender(harness());
    const auto gone = harness().anotherClient();
    std::atomic<int> answers = 0;
    for (int i = 0; i < 40; ++i) {
        gone->invokeAsync(harness().broker().address(), BrokerHarness::make(RequestCode::PullMessage, farPull()), 60s,
                          [&](const Result<RemotingCommand>& answer) { answers += answer ? 1 : 0; });
    }
    QTRY_VERIFY_WITH_TIMEOUT(answers > 0, 20'000);
    gone->stop();
    const auto begin = Steady::now();
    COMPARE_CODE(harness().pull(farPull()), ResponseCode::Success);
    QVERIFY(Steady::now() - begin < 10s); // not the second that each of the others would have taken
}

void TstBrokerPulls::whatNobodyPacedIsNoDebt()
{
    fillBacklog();
    startCold(kMiB);
    for (int i = 0; i < 40; ++i) {
        COMPARE_CODE(harness().pull(farPull()), ResponseCode::Success);
    }
    const Sender sender(harness());
    const auto begin = Steady::now();
    COMPARE_CODE(harness().pull(farPull()), ResponseCode::Success);
    QVERIFY(Steady::now() - begin < 5s); // 40 seconds' worth was read when nobody minded
}

void TstBrokerPulls::stopsWhileReadersOfBacklogWait()
{
    constexpr int kFar = 40;
    fillBacklog();
    startCold(kMiB);
    const auto reader = harness().anotherClient();
    std::atomic<int> done = 0;
    std::atomic<int> read = 0;
    {
        const Sender sender(harness());
        for (int i = 0; i < kFar; ++i) {
            reader->invokeAsync(harness().broker().address(), BrokerHarness::make(RequestCode::PullMessage, farPull()), 60s,
                                [&](const Result<RemotingCommand>& answer) {
                                    read += answer && answer->code == 0 ? 1 : 0;
                                    ++done;
                                });
        }
        QTRY_VERIFY_WITH_TIMEOUT(done > 0, 20'000);
        const auto begin = Steady::now();
        harness().broker().stop();
        QVERIFY(Steady::now() - begin < 5s);
    }
    QTRY_COMPARE(done.load(), kFar); // an answer or a closed connection
    QVERIFY(read < kFar); // the rest was not read on the way out
    reader->stop();
}

void TstBrokerPulls::holdsAPullUntilAMessageComes()
{
    createTopic("held");
    QCOMPARE(harness().pullMessages("held", 0, 0, 1).size(), std::size_t{1});
    auto header = BrokerHarness::pullHeader("g", "held", 0, 1);
    header.sysFlag |= pullflag::kSuspend;
    header.suspendTimeoutMillis = 15'000;
    std::promise<RemotingCommand> promise;
    auto answered = promise.get_future();
    harness().client().invokeAsync(harness().broker().address(), BrokerHarness::make(RequestCode::PullMessage, header), std::chrono::seconds(20),
                                   [&](Result<RemotingCommand> answer) { promise.set_value(answer ? std::move(*answer) : RemotingCommand{}); });
    QTRY_COMPARE(harness().broker().view().counters.heldPulls, std::size_t{1});
    COMPARE_CODE(harness().send("held", 1, "other queue"), ResponseCode::Success);
    QVERIFY(answered.wait_for(std::chrono::milliseconds(100)) == std::future_status::timeout);
    const auto begin = std::chrono::steady_clock::now();
    COMPARE_CODE(harness().send("held", 0, "second"), ResponseCode::Success);
    QVERIFY(answered.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
    QVERIFY(std::chrono::steady_clock::now() - begin < std::chrono::seconds(4)); // before any sweep or deadline
    const auto answer = answered.get();
    COMPARE_CODE(answer, ResponseCode::Success);
    QCOMPARE(decodeMessages(answer.body)->front().body, std::string("second"));
    QCOMPARE(harness().broker().view().counters.heldPulls, std::size_t{0});
}

void TstBrokerPulls::holdsAPullUntilItsTimeIsOver()
{
    createTopic("empty");
    auto header = BrokerHarness::pullHeader("g", "empty", 3, 0);
    header.sysFlag |= pullflag::kSuspend;
    header.suspendTimeoutMillis = 600;
    const auto begin = std::chrono::steady_clock::now();
    const auto answer = harness().pull(header);
    const auto took = std::chrono::steady_clock::now() - begin;
    COMPARE_CODE(answer, ResponseCode::PullNotFound);
    QVERIFY(took >= std::chrono::milliseconds(600));
    QVERIFY(took < std::chrono::seconds(5));
}

void TstBrokerPulls::wakesOnlyForMatchingTags()
{
    createTopic("picky");
    QCOMPARE(harness().pullMessages("picky", 0, 0, 1).size(), std::size_t{1});
    auto header = BrokerHarness::pullHeader("g", "picky", 0, 1, "wanted");
    header.sysFlag |= pullflag::kSuspend;
    header.suspendTimeoutMillis = 15'000;
    std::promise<RemotingCommand> promise;
    auto answered = promise.get_future();
    harness().client().invokeAsync(harness().broker().address(), BrokerHarness::make(RequestCode::PullMessage, header), std::chrono::seconds(20),
                                   [&](Result<RemotingCommand> answer) { promise.set_value(answer ? std::move(*answer) : RemotingCommand{}); });
    QTRY_COMPARE(harness().broker().view().counters.heldPulls, std::size_t{1});
    COMPARE_CODE(harness().send("picky", 0, "no", properties({{"TAGS", "unwanted"}})), ResponseCode::Success);
    QVERIFY(answered.wait_for(std::chrono::milliseconds(300)) == std::future_status::timeout);
    COMPARE_CODE(harness().send("picky", 0, "yes", properties({{"TAGS", "wanted"}})), ResponseCode::Success);
    QVERIFY(answered.wait_for(std::chrono::seconds(4)) == std::future_status::ready);
    const auto answer = answered.get();
    COMPARE_CODE(answer, ResponseCode::Success);
    QCOMPARE(decodeMessages(answer.body)->size(), std::size_t{1});
    QCOMPARE(number(answer, "nextBeginOffset"), 3);
}

void TstBrokerPulls::dropsHeldPullsOfClosedConnections()
{
    createTopic("closing");
    auto header = BrokerHarness::pullHeader("g", "closing", 2, 0);
    header.sysFlag |= pullflag::kSuspend;
    header.suspendTimeoutMillis = 15'000;
    const auto client = harness().anotherClient();
    client->invokeAsync(harness().broker().address(), BrokerHarness::make(RequestCode::PullMessage, header), std::chrono::seconds(20),
                        [](const Result<RemotingCommand>&) {});
    QTRY_COMPARE(harness().broker().view().counters.heldPulls, std::size_t{1});
    client->stop();
    QTRY_COMPARE(harness().broker().view().counters.heldPulls, std::size_t{0});
}

void TstBrokerPulls::holdsOnlySoManyPulls()
{
    createTopic("crowded");
    auto header = BrokerHarness::pullHeader("g", "crowded", 2, 0);
    header.sysFlag |= pullflag::kSuspend;
    header.suspendTimeoutMillis = 15'000;
    std::atomic<std::size_t> refused = 0;
    std::atomic<std::size_t> closed = 0;
    const auto client = harness().anotherClient();
    for (std::size_t i = 0; i < limits::kHeldPullsPerQueueMax + 3; ++i) {
        client->invokeAsync(harness().broker().address(), BrokerHarness::make(RequestCode::PullMessage, header), std::chrono::seconds(30),
                            [&](const Result<RemotingCommand>& answer) {
                                ++(answer && answer->code == static_cast<int>(ResponseCode::SystemBusy) ? refused : closed);
                            });
    }
    QTRY_COMPARE(refused.load(), std::size_t{3});
    QCOMPARE(harness().broker().view().counters.heldPulls, limits::kHeldPullsPerQueueMax);
    client->stop();
    QTRY_COMPARE(closed.load(), limits::kHeldPullsPerQueueMax);
    QTRY_COMPARE(harness().broker().view().counters.heldPulls, std::size_t{0});
}

/// The message is in the queue, but a file cannot be read: who asks again at once asks many thousand times a second.
void TstBrokerPulls::holdsAPullOfWhatCannotBeReadNow()
{
    createTopic("unreadable");
    for (int i = 0; i < 5; ++i) {
        COMPARE_CODE(harness().send("unreadable", 0, "x"), ResponseCode::Success);
    }
    QCOMPARE(harness().pullMessages("unreadable", 0, 0, 6).size(), std::size_t{6});
    startCold(m_limit);
    m_files->counts.areQueuesBroken = true;
    auto header = BrokerHarness::pullHeader("g", "unreadable", 0, 0);
    header.sysFlag |= pullflag::kSuspend;
    header.suspendTimeoutMillis = 15'000;
    auto begin = Steady::now();
    const auto missed = harness().pull(header);
    COMPARE_CODE(missed, ResponseCode::PullNotFound);
    QCOMPARE(missed.remark, std::string("OFFSET_FOUND_NULL"));
    QCOMPARE(number(missed, "nextBeginOffset"), 0);
    QVERIFY(Steady::now() - begin >= 900ms);
    QVERIFY(Steady::now() - begin < 5s); // not the 15 seconds for which it would wait at the queue's end
    // Who waits for a shorter time waits for that.
    header.suspendTimeoutMillis = 100;
    begin = Steady::now();
    COMPARE_CODE(harness().pull(header), ResponseCode::PullNotFound);
    QVERIFY(Steady::now() - begin >= 100ms);
    // It can be read again.
    header.suspendTimeoutMillis = 15'000;
    std::promise<RemotingCommand> promise;
    auto answered = promise.get_future();
    harness().client().invokeAsync(harness().broker().address(), BrokerHarness::make(RequestCode::PullMessage, header), 20s,
                                   [&](Result<RemotingCommand> answer) { promise.set_value(answer ? std::move(*answer) : RemotingCommand{}); });
    QTRY_COMPARE(harness().broker().view().counters.heldPulls, std::size_t{1});
    m_files->counts.areQueuesBroken = false;
    QVERIFY(answered.wait_for(10s) == std::future_status::ready);
    const auto answer = answered.get();
    COMPARE_CODE(answer, ResponseCode::Success);
    QCOMPARE(decodeMessages(answer.body)->size(), std::size_t{6});
}

QTEST_GUILESS_MAIN(TstBrokerPulls)
#include "tst_broker_pulls.moc"
