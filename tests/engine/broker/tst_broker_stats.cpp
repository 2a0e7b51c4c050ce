// SPDX-License-Identifier: GPL-3.0-or-later
#include "broker/broker_stats.h"
#include "support/manual_clock.h"

#include <QtTest>

#include <ctime>

using namespace gantry;
using namespace std::chrono_literals;

class TstBrokerStats : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void keepsAMinuteAnHourAndADay();
    void knowsNothingOfSilentCounters();
    void countsGroups();
    void forgetsTopicsAndGroups();
    void givesStoreRatesOfThreeWindows();
    void rollsAtMidnight();

private:
    struct Parts
    {
        explicit Parts(std::int64_t startMs = 1'700'000'000'000)
            : clock(startMs)
        {
            topics["orders"] = std::make_shared<const TopicConfig>();
        }
        void run(std::chrono::seconds time, std::uint64_t messagesPerSecond,
                 std::uint64_t bytesEach = 100)
        {
            for (std::chrono::seconds passed{0}; passed < time; ++passed) {
                if (messagesPerSecond > 0) {
                    broker.countPut("orders", messagesPerSecond, messagesPerSecond * bytesEach);
                    store.messagesPut += messagesPerSecond;
                }
                clock.advance(1s);
                stats.tick(store, topics);
            }
        }
        ManualClock clock;
        BrokerMetrics broker;
        StoreMetrics store;
        TopicConfigManager::Table topics;
        BrokerStats stats{broker, clock, "East"};
    };
};

void TstBrokerStats::keepsAMinuteAnHourAndADay()
{
    Parts parts;
    parts.run(2h, 10);
    auto data = parts.stats.find("TOPIC_PUT_NUMS", "orders");
    QVERIFY(data.has_value());
    QCOMPARE(data->minute.sum, std::uint64_t{600});
    QVERIFY(std::abs(data->minute.tps - 10) < 0.01);
    QCOMPARE(data->minute.averagePerCall, 1.0);
    QCOMPARE(data->hour.sum, std::uint64_t{36'000});
    QVERIFY(std::abs(data->hour.tps - 10) < 0.01);
    QCOMPARE(parts.stats.find("TOPIC_PUT_SIZE", "orders")->minute.averagePerCall, 100.0);
    QCOMPARE(parts.stats.topicPutTps("orders"), data->minute.tps);
    // Nothing for an hour: the minute is empty, the hour nearly so, the day still knows.
    parts.run(1h, 0);
    data = parts.stats.find("TOPIC_PUT_NUMS", "orders");
    QCOMPARE(data->minute.sum, std::uint64_t{0});
    QVERIFY(data->hour.sum <= 6'000);
    QVERIFY(data->day.sum >= 60'000 && data->day.sum <= 72'000);
    parts.run(26h, 0);
    QCOMPARE(parts.stats.find("TOPIC_PUT_NUMS", "orders")->day.sum, std::uint64_t{0});
}

void TstBrokerStats::knowsNothingOfSilentCounters()
{
    Parts parts;
    parts.run(60s, 0);
    QVERIFY(!parts.stats.find("TOPIC_PUT_NUMS", "orders"));
    QVERIFY(!parts.stats.find("NO_SUCH_STATS", "orders"));
    QCOMPARE(parts.stats.topicPutTps("orders"), 0.0);
    parts.run(1s, 5);
    QVERIFY(parts.stats.find("BROKER_PUT_NUMS", "East"));
}

void TstBrokerStats::countsGroups()
{
    Parts parts;
    parts.stats.countGroupGet("billing", "orders", 30, 3000);
    parts.stats.countGroupGet("billing", "orders", 30, 3000);
    parts.stats.countSendBack("billing", "orders");
    parts.run(10s, 0);
    QCOMPARE(parts.stats.find("GROUP_GET_NUMS", "orders@billing")->minute.sum, std::uint64_t{60});
    QCOMPARE(parts.stats.find("GROUP_GET_SIZE", "orders@billing")->minute.averagePerCall, 100.0);
    QCOMPARE(parts.stats.find("SNDBCK_PUT_NUMS", "orders@billing")->minute.sum, std::uint64_t{1});
    QVERIFY(parts.stats.groupGetTps("billing", "orders") > 0);
    QCOMPARE(parts.stats.groupGetTps("other", "orders"), 0.0);
}

void TstBrokerStats::forgetsTopicsAndGroups()
{
    Parts parts;
    parts.stats.countGroupGet("billing", "orders", 1, 1);
    parts.stats.countGroupGet("audit", "orders", 1, 1);
    parts.stats.countGroupGet("audit", "payments", 1, 1);
    parts.run(10s, 1);
    parts.stats.forgetGroup("billing");
    QVERIFY(!parts.stats.find("GROUP_GET_NUMS", "orders@billing"));
    QVERIFY(parts.stats.find("GROUP_GET_NUMS", "orders@audit"));
    parts.stats.forgetTopic("orders");
    parts.topics.clear();
    parts.run(20s, 0);
    QVERIFY(!parts.stats.find("TOPIC_PUT_NUMS", "orders"));
    QVERIFY(!parts.stats.find("GROUP_GET_NUMS", "orders@audit"));
    QVERIFY(parts.stats.find("GROUP_GET_NUMS", "payments@audit"));
}

void TstBrokerStats::givesStoreRatesOfThreeWindows()
{
    Parts parts;
    QCOMPARE(parts.stats.storeRates().put, std::string("0.00 0.00 0.00"));
    parts.run(2s, 50);
    QCOMPARE(parts.stats.storeRates().put,
             std::string("50.00 50.00 50.00")); // the history reaches no further
    parts.run(598s, 50);
    parts.run(30s, 0);
    const auto rates = QString::fromStdString(parts.stats.storeRates().put).split(' ');
    QCOMPARE(rates.size(), 3);
    QCOMPARE(rates[0], QString("0.00"));
    QCOMPARE(rates[1], QString("25.00"));
    QCOMPARE(rates[2], QString("47.50"));
    parts.store.getsFound = 100;
    parts.store.getsMissed = 20;
    parts.store.messagesGot = 3200;
    parts.run(1s, 0);
    const auto gets = parts.stats.storeRates();
    QCOMPARE(gets.getFound.substr(0, 6), std::string("10.00 "));
    QCOMPARE(gets.getMiss.substr(0, 5), std::string("2.00 "));
    QCOMPARE(gets.getTotal.substr(0, 6), std::string("12.00 "));
    QCOMPARE(gets.transferred.substr(0, 7), std::string("320.00 "));
}

void TstBrokerStats::rollsAtMidnight()
{
    std::tm noon{};
    noon.tm_year = 123;
    noon.tm_mon = 10;
    noon.tm_mday = 14;
    noon.tm_hour = 12;
    noon.tm_isdst = -1;
    Parts parts(std::int64_t{std::mktime(&noon)} * 1000);
    parts.broker.countPut("orders", 100, 1);
    parts.run(1s, 0);
    QCOMPARE(parts.stats.putTotals().todayMorning, std::uint64_t{0});
    QCOMPARE(parts.stats.putTotals().now, std::uint64_t{100});
    parts.clock.advance(13h);
    parts.run(1s, 0);
    parts.broker.countPut("orders", 11, 1);
    QCOMPARE(parts.stats.putTotals().yesterdayMorning, std::uint64_t{0});
    QCOMPARE(parts.stats.putTotals().todayMorning, std::uint64_t{100});
    parts.clock.advance(24h);
    parts.run(1s, 0);
    QCOMPARE(parts.stats.putTotals().yesterdayMorning, std::uint64_t{100});
    QCOMPARE(parts.stats.putTotals().todayMorning, std::uint64_t{111});
    QCOMPARE(parts.stats.getTotals().now, std::uint64_t{0});
}

QTEST_APPLESS_MAIN(TstBrokerStats)
#include "tst_broker_stats.moc"
