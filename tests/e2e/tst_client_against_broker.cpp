// SPDX-License-Identifier: GPL-3.0-or-later
#include "client/pull_consumer.h"
#include "client_collector.h"
#include "cluster_fixture.h"
#include "support/compare.h"

#include <algorithm>
#include <future>
#include <limits>

using namespace gantry;
using namespace gantry::test;

/// Sending, pulling and administering on a whole cluster.
class TstClientAgainstBroker : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { m_cluster = std::make_unique<ClusterFixture>(); }
    void cleanupTestCase() { m_cluster.reset(); }

    void sendsAndPullsEveryWay();
    void createsTopicsBySending();
    void delayedMessageComesLater();
    void administratorSeesAndChanges();
    void offsetsAreResetWhileConsuming();

private:
    std::unique_ptr<ClusterFixture> m_cluster;
};

void TstClientAgainstBroker::sendsAndPullsEveryWay()
{
    const auto topic = m_cluster->newTopic("every-way", 4);
    Message rich = makeMessage(topic, "sync", "TagA");
    rich.setKeys("key-1 key-2");
    rich.flag = 42;
    rich.properties.set("colour", "blau, grün ✓");
    const auto sync = need(m_cluster->producer().send(rich));
    QCOMPARE(sync.status, SendStatus::SendOk);
    QCOMPARE(sync.messageId.size(), 32U);
    QCOMPARE(sync.offsetMessageId.size(), 32U);

    const MessageQueue third{topic, sync.queue.brokerName, 2};
    QCOMPARE(need(m_cluster->producer().send(makeMessage(topic, "fixed"), third)).queue, third);
    QCOMPARE(need(m_cluster->producer().send(makeMessage(topic, "selected"),
                                             [](const auto&) { return std::size_t{3}; }))
                 .queue.queueId,
             3);

    std::promise<Result<SendResult>> async;
    m_cluster->producer().sendAsync(makeMessage(topic, "async"), [&](Result<SendResult> sent) {
        async.set_value(std::move(sent));
    });
    QCOMPARE(need(async.get_future().get()).status, SendStatus::SendOk);
    need(m_cluster->producer().sendOneway(makeMessage(topic, "oneway")));
    const auto batch = need(m_cluster->producer().sendBatch({makeMessage(topic, "batch-1", "TagA"),
                                                             makeMessage(topic, "batch-2"),
                                                             makeMessage(topic, "batch-3")}));
    QCOMPARE(batch.messageId.size(), 3U * 32 + 2);
    const std::string large(100'000, 'L');
    need(m_cluster->producer().send(makeMessage(topic, large)));

    PullConsumer puller(m_cluster->instance(), {});
    const auto queues = need(puller.subscribeQueues(topic));
    QCOMPARE(queues.size(), 4U);
    std::map<std::string, MessageExt> found;
    for (int round = 0; round < 200 && found.size() < 9; ++round) {
        for (const auto& queue : queues) {
            const auto pulled = need(puller.pull(queue, "*", need(puller.minOffset(queue)), 32));
            for (const auto& message : pulled.messages) {
                found.emplace(message.body, message);
            }
        }
        QTest::qWait(20); // the one-way send
    }
    QCOMPARE(found.size(), 9U);
    QVERIFY(found.contains(large));
    const auto& stored = found.at("sync");
    QCOMPARE(stored.flag, 42);
    QCOMPARE(stored.keys(), std::string_view("key-1 key-2"));
    QCOMPARE(stored.tags(), std::string_view("TagA"));
    QCOMPARE(stored.properties.value("colour"), std::string_view("blau, grün ✓"));
    QCOMPARE(stored.messageId(), sync.messageId);
    QCOMPARE(stored.offsetMessageId(), sync.offsetMessageId);
    QCOMPARE(stored.queueOffset, sync.queueOffset);
    QCOMPARE(stored.queueId, sync.queue.queueId);
    QCOMPARE(found.at("batch-1").messageId(), batch.messageId.substr(0, 32));
    QCOMPARE(found.at("batch-3").queueOffset, batch.queueOffset + 2);

    const auto end = need(puller.maxOffset(third));
    QCOMPARE(need(puller.pull(third, "*", end, 32)).status == PullStatus::NoNewMessage, true);
    QCOMPARE(need(puller.pull(third, "*", end + 100, 32)).status == PullStatus::OffsetIllegal,
             true);
    QCOMPARE(need(puller.searchOffset(third, 0)), 0);
    QCOMPARE(need(puller.fetchOffset(third)), -1);
    need(puller.commitOffset(third, 1));
    QCOMPARE(need(puller.fetchOffset(third)), 1);
}

void TstClientAgainstBroker::createsTopicsBySending()
{
    const auto topic = m_cluster->unique("made-by-sending");
    const auto sent = m_cluster->producer().send(makeMessage(topic, "first"));
    QVERIFY2(sent.has_value(), sent ? "" : sent.error().message.c_str());
    QTRY_VERIFY_WITH_TIMEOUT(m_cluster->admin().topicRoute(topic).has_value(), 10'000);
    QCOMPARE(need(m_cluster->admin().topicRoute(topic)).queueDatas.at(0).writeQueueNums, 4);
}

void TstClientAgainstBroker::delayedMessageComesLater()
{
    const auto topic = m_cluster->newTopic("delayed", 1);
    Collector collector;
    auto consumer = m_cluster->newConsumer(
        m_cluster->instance(),
        {.group = m_cluster->unique("delayed-group"), .fromWhere = ConsumeFromWhere::FirstOffset},
        topic);
    consumer->setListener(collector.concurrent());
    need(consumer->start());
    Message message = makeMessage(topic, "later");
    message.setDelayLevel(1); // one second
    need(m_cluster->producer().send(message));
    QVERIFY(collector.hasMessages(1));
    const auto received = collector.all().at(0);
    QVERIFY(received.storeTimestampMs - received.bornTimestampMs >= 900);
    QCOMPARE(received.topic, topic);
}

void TstClientAgainstBroker::administratorSeesAndChanges()
{
    const auto topic = m_cluster->newTopic("admin", 3);
    const auto group = m_cluster->unique("admin-group");
    QVERIFY(need(m_cluster->admin().brokerTopics(m_cluster->broker()))
                .topics.at(topic)
                .writeQueueNums == 3);
    const auto topics = need(m_cluster->admin().topicList());
    QVERIFY(std::find(topics.begin(), topics.end(), topic) != topics.end());

    SubscriptionGroupConfig config;
    config.groupName = group;
    config.retryMaxTimes = 5;
    need(m_cluster->admin().createGroup(m_cluster->broker(), config));
    QCOMPARE(
        need(m_cluster->admin().brokerGroups(m_cluster->broker())).groups.at(group).retryMaxTimes,
        5);

    Collector collector;
    auto consumer = m_cluster->newConsumer(
        m_cluster->instance(), {.group = group, .fromWhere = ConsumeFromWhere::FirstOffset}, topic);
    consumer->setListener(collector.concurrent());
    need(consumer->start());
    Message message = makeMessage(topic, "look me up", "TagA");
    message.setKeys("order-77 other-key");
    const auto sent = need(m_cluster->producer().send(message));
    QVERIFY(collector.hasBodies(1));

    QCOMPARE(need(m_cluster->admin().viewMessage(sent.offsetMessageId)).body,
             std::string("look me up"));
    QTRY_VERIFY_WITH_TIMEOUT(
        m_cluster->admin().viewMessageByUniqueKey(topic, sent.messageId).has_value(), 10'000);
    QCOMPARE(need(m_cluster->admin().viewMessageByUniqueKey(topic, sent.messageId)).queueOffset,
             sent.queueOffset);
    const auto byKey = need(m_cluster->admin().queryByKey(
        topic, "order-77", 32, 0, std::numeric_limits<std::int64_t>::max()));
    QCOMPARE(byKey.size(), 1U);
    QCOMPARE(byKey[0].messageId(), sent.messageId);
    QCOMPARE(need(m_cluster->admin().queryByKey(topic, "order-7", 32, 0,
                                                std::numeric_limits<std::int64_t>::max()))
                 .size(),
             0U);
    QCOMPARE(m_cluster->admin().viewMessageByUniqueKey(topic, std::string(32, '0')).error().code,
             Errc::NotFound);

    const auto stats = need(m_cluster->admin().topicStats(m_cluster->broker(), topic));
    QCOMPARE(stats.offsetTable.size(), 3U);
    QCOMPARE(stats.offsetTable.at(sent.queue).maxOffset, 1);
    QTRY_COMPARE_WITH_TIMEOUT(
        need(m_cluster->admin().consumeStats(m_cluster->broker(), group, topic))
            .offsetTable.at(sent.queue)
            .consumerOffset,
        1, 15'000);
    const auto members = need(m_cluster->admin().consumerConnections(m_cluster->broker(), group));
    QCOMPARE(members.connections.size(), 1U);
    QCOMPARE(members.connections[0].clientId, m_cluster->instance().clientId());
    QVERIFY(members.subscriptions.contains(topic));
    QTRY_VERIFY_WITH_TIMEOUT(
        m_cluster->admin()
            .producerConnections(m_cluster->broker(), m_cluster->unique("shop"))
            .has_value(),
        5'000);
    QVERIFY(!need(m_cluster->admin().brokerRuntimeInfo(m_cluster->broker())).empty());

    const auto info = need(m_cluster->admin().consumerRunningInfo(
        m_cluster->broker(), group, m_cluster->instance().clientId()));
    QCOMPARE(info.mqTable.at(sent.queue).commitOffset, 1);
    QCOMPARE(info.properties.at("consumerGroup"), group);
    const auto direct = need(m_cluster->admin().consumeDirectly(
        m_cluster->broker(), group, m_cluster->instance().clientId(), sent.offsetMessageId));
    QCOMPARE(direct.consumeResult, ConsumeResultCode::Success);
    QCOMPARE(collector.all().size(), 2U);

    consumer.reset();
    need(m_cluster->admin().updateConsumerOffset(m_cluster->broker(), group, sent.queue, 0));
    QCOMPARE(need(m_cluster->admin().consumeStats(m_cluster->broker(), group, topic))
                 .offsetTable.at(sent.queue)
                 .consumerOffset,
             0);
    need(m_cluster->admin().deleteGroup(m_cluster->broker(), group, true));
    QVERIFY(!need(m_cluster->admin().brokerGroups(m_cluster->broker())).groups.contains(group));
    need(m_cluster->admin().deleteTopic(topic));
    QVERIFY(!need(m_cluster->admin().brokerTopics(m_cluster->broker())).topics.contains(topic));
    QVERIFY(!m_cluster->admin().topicRoute(topic));
}

void TstClientAgainstBroker::offsetsAreResetWhileConsuming()
{
    const auto topic = m_cluster->newTopic("reset", 2);
    const auto group = m_cluster->unique("reset-group");
    Collector collector;
    auto consumer = m_cluster->newConsumer(
        m_cluster->instance(), {.group = group, .fromWhere = ConsumeFromWhere::FirstOffset}, topic);
    consumer->setListener(collector.concurrent());
    need(consumer->start());
    for (int i = 0; i < 10; ++i) {
        need(m_cluster->producer().send(makeMessage(topic, std::to_string(i))));
    }
    QVERIFY(collector.hasMessages(10));
    QTRY_COMPARE_WITH_TIMEOUT(consumer->counters().consumedOk, 10U, 5'000);
    const auto offsets = need(m_cluster->admin().resetOffsetByTime(topic, group, 0));
    QCOMPARE(offsets.size(), 2U);
    QVERIFY(collector.hasMessages(20));
    QCOMPARE(collector.bodies().size(), 10U);
}

QTEST_GUILESS_MAIN(TstClientAgainstBroker)
#include "tst_client_against_broker.moc"
