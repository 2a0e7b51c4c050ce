// SPDX-License-Identifier: GPL-3.0-or-later
// Where a pull waits that reads backlog.
#include "fake_connection.h"

#include "base/units.h"
#include "broker/cold_read_pace.h"
#include "broker/paced_pulls.h"

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
    void readsInTheOrderOfArrival();
    void waitsAsLongAsThePaceSays();
    void keepsTheRate();
    void takesOnlySoMany();
    void closedOnesAreNotRead();
    void offersAgainWhatCouldNotBegin();
    void answersThoseWhoWaitWhenItStops();
};

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
    QVERIFY2(took >= 480 && took < 1500, std::to_string(took).c_str()); // ours are not the only threads here
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
