// SPDX-License-Identifier: GPL-3.0-or-later
// The two places where a pull waits: held for a message, and in the queue of those that read backlog.
#include "fake_connection.h"

#include "base/units.h"
#include "broker/cold_read_pace.h"
#include "broker/long_polling.h"
#include "broker/paced_pulls.h"
#include "support/manual_clock.h"

#include <QTest>

#include <algorithm>
#include <numeric>
#include <thread>

using namespace gantry;
using namespace std::chrono_literals;

namespace {

HeldPull pullOf(const std::shared_ptr<FakeConnection>& connection, std::int64_t offset)
{
    RemotingCommand request = RemotingCommand::request(RequestCode::PullMessage);
    request.opaque = static_cast<std::int32_t>(offset);
    HeldPull pull;
    pull.header.topic = "t";
    pull.header.queueOffset = offset;
    pull.responder = Responder(connection, request);
    return pull;
}

class NoTags final : public MessageFilter
{
public:
    [[nodiscard]] bool matchesTagsCode(std::int64_t) const override { return false; }
    [[nodiscard]] bool matchesRecord(ByteView) const override { return false; }
};

/// The owner of a queue of pulls, and those who read.
class Reader
{
public:
    explicit Reader(std::size_t waitingMax = PacedPulls::kWaitingMax)
        : m_pulls(m_runtime, m_gate, waitingMax)
    {
        m_pulls.setCallbacks(
            [this] { return m_pace ? m_pace->delay(std::chrono::steady_clock::now()) : PacedPulls::Duration(m_delay.load()); },
            [this](const std::shared_ptr<HeldPull>& pull) { return begin(pull); });
    }
    ~Reader()
    {
        m_pulls.stop();
        m_gate->close();
        m_gate->wait();
        m_runtime.stop();
    }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    PacedPulls& pulls() { return m_pulls; }
    void setDelay(PacedPulls::Duration delay) { m_delay = delay; }
    /// Each reads so much on a background thread; before the first pull.
    void setPace(std::int64_t limit, std::uint64_t bytes)
    {
        m_pace = std::make_unique<ColdReadPace>(limit);
        m_bytes = bytes;
    }
    void refuse(bool isRefusing) { m_isRefusing = isRefusing; }
    [[nodiscard]] std::vector<std::int64_t> begun() const
    {
        const std::scoped_lock guard(m_mutex);
        return m_begun;
    }

private:
    bool begin(const std::shared_ptr<HeldPull>& pull)
    {
        if (m_isRefusing) {
            return false;
        }
        {
            const std::scoped_lock guard(m_mutex);
            m_begun.push_back(pull->header.queueOffset);
        }
        if (!m_pace) {
            pull->responder.drop();
            return true; // it is never read
        }
        auto pass = m_gate->enter();
        return pass && m_runtime.tryRunInBackground([this, pull, held = std::move(*pass)] {
            m_pace->account(std::chrono::steady_clock::now(), m_bytes, 0);
            pull->responder.drop();
            m_pulls.onRead();
        });
    }

    IoRuntime m_runtime{IoRuntime::Options{}};
    const std::shared_ptr<WorkGate> m_gate = std::make_shared<WorkGate>();
    std::atomic<PacedPulls::Duration> m_delay{PacedPulls::Duration::zero()};
    std::atomic<bool> m_isRefusing{false};
    std::unique_ptr<ColdReadPace> m_pace;
    std::uint64_t m_bytes = 0;
    mutable std::mutex m_mutex;
    std::vector<std::int64_t> m_begun;
    PacedPulls m_pulls;
};

} // namespace

class TstWaitingPulls : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void unreadableOnesWaitForTheirMessageOrASecond();
    void othersDoNotWakeAnUnreadableOne();
    void readsInTheOrderOfArrival();
    void waitsAsLongAsThePaceSays();
    void keepsTheRate();
    void takesOnlySoMany();
    void closedOnesAreNotRead();
    void offersAgainWhatCouldNotBegin();
    void answersThoseWhoWaitWhenItStops();
};

void TstWaitingPulls::unreadableOnesWaitForTheirMessageOrASecond()
{
    ManualClock clock;
    LongPolling polling(clock);
    std::vector<std::int64_t> woken;
    polling.setCallbacks(
        [&](HeldPull pull) {
            woken.push_back(pull.header.queueOffset);
            pull.responder.drop();
        },
        [](std::string_view, std::int32_t) { return std::int64_t{100}; }); // all of it is long there
    const auto connection = std::make_shared<FakeConnection>(1);
    const auto hold = [&](std::int64_t offset) {
        HeldPull pull = pullOf(connection, offset);
        pull.filter = std::make_shared<const NoTags>();
        pull.isUnreadable = true;
        pull.heldSince = clock.steady();
        pull.deadline = clock.steady() + 15s;
        QVERIFY(!polling.hold(std::move(pull)));
    };
    hold(5);
    hold(6);
    QVERIFY(woken.empty());
    polling.sweep();
    QVERIFY(woken.empty());
    polling.onArrival("t", 0, 100, 0);
    polling.onArrival("t", 1, 5, 0);
    QVERIFY(woken.empty());
    polling.onArrival("t", 0, 5, 0); // made anew
    QCOMPARE(woken, std::vector<std::int64_t>{5});
    clock.advance(900ms);
    polling.sweep();
    QCOMPARE(woken.size(), std::size_t{1});
    clock.advance(100ms);
    polling.sweep();
    QCOMPARE(woken, (std::vector<std::int64_t>{5, 6}));
    QCOMPARE(polling.heldCount(), std::size_t{0});
}

/// Of the same queue, at whose end a message has just come.
void TstWaitingPulls::othersDoNotWakeAnUnreadableOne()
{
    ManualClock clock;
    LongPolling polling(clock);
    std::vector<std::int64_t> woken;
    polling.setCallbacks(
        [&](HeldPull pull) {
            woken.push_back(pull.header.queueOffset);
            pull.responder.drop();
        },
        [](std::string_view, std::int32_t) { return std::int64_t{100}; });
    const auto connection = std::make_shared<FakeConnection>(1);
    for (const bool isUnreadable : {true, false}) {
        HeldPull pull = pullOf(connection, isUnreadable ? 5 : 99);
        pull.isUnreadable = isUnreadable;
        pull.heldSince = clock.steady();
        pull.deadline = clock.steady() + 15s;
        QVERIFY(!polling.hold(std::move(pull)));
    }
    QCOMPARE(woken, std::vector<std::int64_t>{99});
    polling.stop();
    QCOMPARE(woken, (std::vector<std::int64_t>{99, 5}));
}

void TstWaitingPulls::readsInTheOrderOfArrival()
{
    Reader reader;
    const auto connection = std::make_shared<FakeConnection>(1);
    for (int i = 0; i < 10; ++i) {
        QVERIFY(!reader.pulls().add(pullOf(connection, i)));
    }
    std::vector<std::int64_t> expected(PacedPulls::kReadingMax);
    std::iota(expected.begin(), expected.end(), 0);
    QCOMPARE(reader.begun(), expected); // the others when these have been read
    for (int i = 0; i < 8; ++i) {
        reader.pulls().onRead();
    }
    expected.resize(10);
    std::iota(expected.begin(), expected.end(), 0);
    QCOMPARE(reader.begun(), expected);
    QCOMPARE(reader.pulls().waitingCount(), std::size_t{0});
}

void TstWaitingPulls::waitsAsLongAsThePaceSays()
{
    Reader reader;
    const auto connection = std::make_shared<FakeConnection>(1);
    reader.setDelay(1h);
    QVERIFY(!reader.pulls().add(pullOf(connection, 1)));
    QTest::qWait(100);
    QVERIFY(reader.begun().empty());
    reader.setDelay(0ms); // nobody sends any more
    QTRY_COMPARE(reader.begun().size(), std::size_t{1});
}

void TstWaitingPulls::keepsTheRate()
{
    constexpr int kReads = 200; // of a quarter MiB: 500 ms, 2.5 each
    Reader reader;
    reader.setPace(100 * kMiB, kMiB / 4);
    const auto connection = std::make_shared<FakeConnection>(1);
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < kReads; ++i) {
        QVERIFY(!reader.pulls().add(pullOf(connection, i)));
    }
    while (reader.begun().size() < kReads) {
        std::this_thread::sleep_for(1ms);
    }
    const auto took = (std::chrono::steady_clock::now() - begin) / 1ms;
    QVERIFY2(took >= 480, std::to_string(took).c_str()); // that it is no slower, tst_cold_read_pace tells without a clock
    const auto begun = reader.begun();
    QVERIFY(std::is_sorted(begun.begin(), begun.end()));
}

void TstWaitingPulls::takesOnlySoMany()
{
    Reader reader(3);
    const auto connection = std::make_shared<FakeConnection>(1);
    reader.setDelay(1h);
    for (int i = 0; i < 3; ++i) {
        QVERIFY(!reader.pulls().add(pullOf(connection, i)));
    }
    auto refused = reader.pulls().add(pullOf(connection, 3));
    QVERIFY(refused && refused->responder.isPending());
    refused->responder.drop();
}

void TstWaitingPulls::closedOnesAreNotRead()
{
    Reader reader;
    reader.setDelay(1h);
    const auto first = std::make_shared<FakeConnection>(1);
    const auto second = std::make_shared<FakeConnection>(2);
    const auto third = std::make_shared<FakeConnection>(3);
    QVERIFY(!reader.pulls().add(pullOf(first, 1)));
    QVERIFY(!reader.pulls().add(pullOf(second, 2)));
    QVERIFY(!reader.pulls().add(pullOf(third, 3)));
    reader.pulls().onConnectionClosed(2);
    QCOMPARE(reader.pulls().waitingCount(), std::size_t{2});
    first->close();
    QVERIFY(!reader.pulls().add(pullOf(first, 4)));
    reader.setDelay(0ms);
    QTRY_COMPARE(reader.begun(), std::vector<std::int64_t>{3});
    QCOMPARE(reader.pulls().waitingCount(), std::size_t{0});
    QVERIFY(first->sent().empty());
}

void TstWaitingPulls::offersAgainWhatCouldNotBegin()
{
    Reader reader;
    const auto connection = std::make_shared<FakeConnection>(1);
    reader.refuse(true);
    QVERIFY(!reader.pulls().add(pullOf(connection, 1)));
    QVERIFY(!reader.pulls().add(pullOf(connection, 2)));
    QCOMPARE(reader.pulls().waitingCount(), std::size_t{2});
    reader.refuse(false);
    QTRY_COMPARE(reader.begun(), (std::vector<std::int64_t>{1, 2}));
    QVERIFY(connection->sent().empty());
}

void TstWaitingPulls::answersThoseWhoWaitWhenItStops()
{
    Reader reader;
    const auto connection = std::make_shared<FakeConnection>(1);
    reader.setDelay(1h);
    QVERIFY(!reader.pulls().add(pullOf(connection, 7)));
    reader.pulls().stop();
    const auto sent = connection->sent();
    QCOMPARE(sent.size(), std::size_t{1});
    QCOMPARE(sent[0].opaque, 7);
    QCOMPARE(sent[0].code, static_cast<int>(ResponseCode::ServiceNotAvailable));
    auto refused = reader.pulls().add(pullOf(connection, 8));
    QVERIFY(refused);
    refused->responder.drop();
    reader.setDelay(0ms);
    QTest::qWait(50);
    QVERIFY(reader.begun().empty());
}

QTEST_GUILESS_MAIN(TstWaitingPulls)
#include "tst_waiting_pulls.moc"
