// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/topic_name.h"
#include "runtime/resend.h"
#include "runtime/snapshot_builder.h"
#include "runtime/task_threads.h"

#include <QTest>

#include <atomic>

using namespace gantry;

namespace {

constexpr std::int64_t kStart = 1'700'000'000'000;

TopicView topicView(const std::string& name, std::int64_t minOffset, std::int64_t maxOffset, std::uint64_t in = 0)
{
    TopicView topic;
    topic.config.topicName = name;
    topic.config.readQueueNums = 1;
    topic.config.writeQueueNums = 1;
    topic.queues.push_back({0, minOffset, maxOffset, kStart});
    topic.messagesIn = in;
    return topic;
}

ClusterObservation oneBroker(std::int64_t nowMs)
{
    ClusterObservation observation;
    observation.nowMs = nowMs;
    observation.nameServers.push_back({"127.0.0.1:9876", {}, NameServerView{}});
    observation.nameServers[0].view->brokers.emplace_back();
    BrokerObservation broker;
    broker.name = "broker-a";
    broker.view = BrokerView{};
    broker.view->brokerName = "broker-a";
    broker.view->store.state = StoreState::Running;
    observation.brokers.push_back(std::move(broker));
    return observation;
}

} // namespace

class TstSnapshotBuilder : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aRateIsUnknownUntilTwoLooks()
    {
        SnapshotBuilder builder;
        auto now = oneBroker(kStart);
        now.brokers[0].view->counters.messagesIn = 100;
        QVERIFY(!builder.build(now)->brokers[0].putRate.has_value());
        now.nowMs += 500;
        now.brokers[0].view->counters.messagesIn = 150;
        QCOMPARE(builder.build(now)->brokers[0].putRate.value(), 100.0);
        now.nowMs += 500;
        now.brokers[0].view->counters.messagesIn = 3; // restarted
        QVERIFY(!builder.build(now)->brokers[0].putRate.has_value());
    }

    void latenciesAreOfTheInterval()
    {
        SnapshotBuilder builder;
        LatencyHistogram histogram;
        auto now = oneBroker(kStart);
        histogram.record(50'000'000);
        now.brokers[0].view->putLatency = histogram.snapshot();
        (void)builder.build(now);
        histogram.record(1'000'000);
        now.nowMs += 500;
        now.brokers[0].view->putLatency = histogram.snapshot();
        const auto latency = builder.build(now)->brokers[0].putLatency.value();
        QCOMPARE(latency.count, 1);
        QVERIFY(latency.p99 >= 1'000'000 && latency.p99 < 1'100'000);
        QVERIFY(latency.max < 1'100'000);
    }

    void lagIsKnownOnlyWhereTheGroupHasAnOffset()
    {
        SnapshotBuilder builder;
        auto now = oneBroker(kStart);
        auto& view = *now.brokers[0].view;
        view.topics = {topicView("orders", 0, 40), topicView("parcels", 0, 7)};
        ConsumerGroupView group;
        group.group = "billing";
        group.isOnline = true;
        group.clientIds = {"c1"};
        group.subscriptions = {makeSubscription("orders", "*"), makeSubscription("parcels", "*")};
        view.consumers = {group};
        ConsumerOffsetView offset;
        offset.group = "billing";
        offset.queue = {"orders", "broker-a", 0};
        offset.consumerOffset = 33;
        offset.lastPullClientId = "c1";
        offset.lastPullMs = kStart - 1000;
        view.offsets = {offset};
        const auto snapshot = builder.build(now);
        QCOMPARE(snapshot->groups.size(), 1U);
        const GroupInfo& info = snapshot->groups[0];
        QCOMPARE(info.lag.value(), 7);
        QCOMPARE(info.queues.size(), 2U);
        QCOMPARE(info.queues[0].ownerClientId, std::string("c1"));
        QVERIFY(!info.queues[1].consumerOffset.has_value());
        QVERIFY(!info.queues[1].lag.has_value());
        QCOMPARE(info.queues[1].brokerOffset.value(), 7);
        QCOMPARE(snapshot->topics[0].groups, std::vector<std::string>{"billing"});
        QCOMPARE(snapshot->topics[0].lagMax.value(), 7);
    }

    void aQueueNobodyPullsHasNoOwner()
    {
        SnapshotBuilder builder;
        auto now = oneBroker(kStart);
        ConsumerOffsetView offset;
        offset.group = "billing";
        offset.queue = {"orders", "broker-a", 0};
        offset.lastPullClientId = "c1";
        offset.lastPullMs = kStart - 120'000;
        now.brokers[0].view->offsets = {offset};
        QVERIFY(builder.build(now)->groups[0].queues[0].ownerClientId.empty());
    }

    void aDeadBrokerIsAnErrorAndItsValuesAreUnknown()
    {
        SnapshotBuilder builder;
        auto now = oneBroker(kStart);
        now.brokers[0].view.reset();
        now.brokers[0].problem = "the connection was refused";
        const auto snapshot = builder.build(now);
        QVERIFY(!snapshot->brokers[0].isUp);
        QVERIFY(!snapshot->brokers[0].messagesPut.has_value());
        QVERIFY(!snapshot->findings.empty());
        QVERIFY(snapshot->findings[0].severity == FindingSeverity::Error);
        QCOMPARE(snapshot->findings[0].page, std::string("brokers"));
    }

    void showsRetentionAndWhatWasDamaged()
    {
        SnapshotBuilder builder;
        auto now = oneBroker(kStart);
        auto& view = *now.brokers[0].view;
        view.storeConfig.reservedTime = std::chrono::hours(48);
        view.storeConfig.deleteAtHours = {3, 15};
        view.storeConfig.diskDeleteRatio = 60;
        view.store.commitLogFiles = 7;
        view.store.commitLogDiskRatio = 0.7;
        view.store.retention.commitLogFilesDeleted = 2;
        view.store.retention.problem = "an expired CommitLog file stays: permission denied";
        view.recovery.cleanExit = false;
        view.recovery.damagedOffsets = {10, 20, 30, 40, 50};
        view.queueEntriesMended = 204;
        const auto snapshot = builder.build(now);
        const auto& broker = snapshot->brokers[0];
        QVERIFY(broker.retention.has_value());
        QCOMPARE(broker.retention->reservedHours, 48);
        QCOMPARE(broker.retention->deleteAtHours, (std::vector<int>{3, 15}));
        QCOMPARE(broker.retention->commitLogFiles, 7);
        QCOMPARE(broker.retention->done.commitLogFilesDeleted, 2);
        QVERIFY(!broker.retention->oldestStoredAtMs.has_value()); // nothing is stored: unknown, not 1970
        const auto isFound = [&](const std::string& words) {
            return std::any_of(snapshot->findings.begin(), snapshot->findings.end(), [&](const Finding& finding) {
                return (finding.title + " " + finding.detail).find(words) != std::string::npos;
            });
        };
        QVERIFY(isFound("has 5 damaged messages"));
        QVERIFY(isFound("10, 20, 30 and 2 more"));
        QVERIFY(isFound("made 204 damaged ConsumeQueue entries anew"));
        QVERIFY(isFound("permission denied"));
        QVERIFY(isFound("was not stopped cleanly"));
        QVERIFY(isFound("is 70 % full")); // above this broker's own 60 %
        QVERIFY(!isFound("could not write to its disk"));
    }

    void findsDeadLettersAndGroupsWithoutConsumers()
    {
        SnapshotBuilder builder;
        auto now = oneBroker(kStart);
        auto& view = *now.brokers[0].view;
        view.topics = {topicView(deadLetterTopicOf("billing"), 0, 3), topicView("orders", 0, 9)};
        ConsumerOffsetView offset;
        offset.group = "billing";
        offset.queue = {"orders", "broker-a", 0};
        view.offsets = {offset};
        const auto snapshot = builder.build(now);
        QCOMPARE(snapshot->groups[0].deadLetters.value(), 3);
        QStringList titles;
        for (const auto& finding : snapshot->findings) {
            titles << QString::fromStdString(finding.title);
        }
        QVERIFY2(titles.contains("3 dead letters of group billing"), qPrintable(titles.join('|')));
        QVERIFY2(titles.contains("Nobody consumes for group billing: 9 messages wait"), qPrintable(titles.join('|')));
    }

    void historyHasASampleASecondAndForgets()
    {
        SnapshotBuilder builder;
        auto now = oneBroker(kStart);
        SnapshotPtr last;
        for (int i = 0; i < 2000; ++i) {
            last = builder.build(now);
            now.nowMs += 500;
        }
        QCOMPARE(last->history->size(), 901U);
        QCOMPARE(last->history->back().timeMs - last->history->front().timeMs, 900'000);
        QVERIFY(!last->history->back().putLatency.has_value()); // nothing was put: no value, not 0
    }

    void clientsAreCalledByTheirRelease()
    {
        QCOMPARE(clientVersionText(479), std::string("V5_3_3"));
        QCOMPARE(clientVersionText(478), std::string("V5_3_3_SNAPSHOT"));
        QCOMPARE(clientVersionText(212), std::string("V4_0_0_SNAPSHOT"));
        QCOMPARE(clientVersionText(401), std::string("V4_9_4"));
        QCOMPARE(clientVersionText(113), std::string("V3"));
        QCOMPARE(clientVersionText(9999), std::string("9999"));
        QCOMPARE(clientVersionText(-1), std::string("-1"));
    }

    void aSumWithAPartMissingIsNotKnown()
    {
        SnapshotBuilder builder;
        auto now = oneBroker(kStart);
        const auto snapshot = builder.build(now);
        const MetricSample& sample = snapshot->history->back();
        const bool isKnown = std::all_of(snapshot->groups.begin(), snapshot->groups.end(),
                                         [](const GroupInfo& g) { return g.isSystem || g.lag.has_value(); });
        QCOMPARE(sample.lag.has_value(), isKnown);
        now.brokers.front().view.reset();
        now.nowMs += 2000;
        const auto nobody = builder.build(now);
        QVERIFY(nobody->groups.empty());
        QCOMPARE(nobody->history->back().lag.value_or(-1), 0); // no group, no lag
    }

    void aResentDeadLetterIsWhatItsProducerSent()
    {
        MessageExt deadLetter;
        deadLetter.topic = "%DLQ%billing";
        deadLetter.body = "x";
        for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
                 {"KEYS", "o-1"}, {"TAGS", "gift"}, {"channel", "web"}, {"RETRY_TOPIC", "orders"}, {"UNIQ_KEY", "AA"}, {"DELAY", "0"},
                 {"REAL_TOPIC", "%DLQ%billing"}, {"ORIGIN_MESSAGE_ID", "BB"}, {"RECONSUME_TIME", "3"}}) {
            deadLetter.properties.set(name, value);
        }
        const Message message = originalOf(deadLetter);
        QCOMPARE(message.topic, std::string("orders"));
        QCOMPARE(message.properties.size(), 3U);
        QCOMPARE(message.keys(), std::string_view("o-1"));
        QCOMPARE(message.properties.value("channel"), std::string_view("web"));
    }

    void taskThreadsFinishWhatTheyTookAndRefuseMore()
    {
        std::atomic<int> done{0};
        std::atomic<bool> go{false};
        TaskThreads threads("test", 1, 2);
        const auto task = [&] {
            go.wait(false);
            ++done;
        };
        QVERIFY(threads.run(task));
        while (!threads.run(task)) {
        }
        (void)threads.run(task); // one runs, at most two wait
        bool refused = false;
        for (int i = 0; i < 4; ++i) {
            refused = !threads.run(task) || refused;
        }
        QVERIFY(refused);
        go.store(true);
        go.notify_all();
        threads.stop();
        QVERIFY(done.load() >= 2);
        QVERIFY(!threads.run(task));
    }
};

QTEST_APPLESS_MAIN(TstSnapshotBuilder)
#include "tst_snapshot_builder.moc"
