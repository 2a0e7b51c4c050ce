// SPDX-License-Identifier: GPL-3.0-or-later
#include "client/admin_client.h"
#include "client/producer.h"
#include "client/pull_consumer.h"
#include "client/push_consumer.h"
#include "client_collector.h"
#include "message/topic_name.h"
#include "support/compare.h"

#include <QTemporaryDir>

#include <atomic>
#include <future>
#include <limits>
#include <random>
#include <thread>

using namespace gantry;
using namespace gantry::test;

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

template <typename T>
T need(Result<T> result)
{
    if (!result) {
        qFatal("%s", result.error().message.c_str());
    }
    return std::move(*result);
}

void need(const Result<>& result)
{
    if (!result) {
        qFatal("%s", result.error().message.c_str());
    }
}

Message makeMessage(const std::string& topic, std::string body, std::string_view tag = {})
{
    Message message;
    message.topic = topic;
    message.body = std::move(body);
    if (!tag.empty()) {
        message.setTags(tag);
    }
    return message;
}

} // namespace

/// Our client against whatever cluster the NameServer in GANTRY_NAMESRV knows: Apache's or ours.
class TstClientAgainstBroker : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();

    void sendsAndPullsEveryWay();
    void createsTopicsBySending();
    void delayedMessageComesLater();
    void pushConsumesByTag();
    void orderIsKeptThroughFailures();
    void failedMessagesComeBackAndDie();
    void orderlyMessagesDieToo();
    void broadcastReachesEveryMember();
    void offsetsSurviveARestart();
    void subscriptionsChangeWhileRunning();
    void tenThousandMessagesSurviveAThirdMember();
    void administratorSeesAndChanges();
    void offsetsAreResetWhileConsuming();

private:
    [[nodiscard]] std::string unique(const std::string& name) const
    {
        return name + "-" + m_suffix;
    }
    [[nodiscard]] std::unique_ptr<ClientInstance> newInstance()
    {
        return std::make_unique<ClientInstance>(*m_runtime, m_config);
    }
    [[nodiscard]] std::string newTopic(const std::string& name, int queues);
    [[nodiscard]] std::unique_ptr<PushConsumer> newConsumer(ClientInstance& instance,
                                                            PushConsumer::Options options,
                                                            const std::string& topic,
                                                            const std::string& expression = "*");

    std::unique_ptr<IoRuntime> m_runtime;
    ClientConfig m_config;
    std::unique_ptr<ClientInstance> m_instance;
    std::unique_ptr<AdminClient> m_admin;
    std::unique_ptr<Producer> m_producer;
    std::string m_broker;
    std::string m_suffix;
};

void TstClientAgainstBroker::initTestCase()
{
    const auto nameServer = qEnvironmentVariable("GANTRY_NAMESRV");
    if (nameServer.isEmpty()) {
        QSKIP("GANTRY_NAMESRV names no NameServer (ip:port)");
    }
    m_suffix = std::to_string(std::random_device{}() % 1'000'000);
    m_runtime = std::make_unique<IoRuntime>(IoRuntime::Options{});
    m_config.nameServers = {nameServer.toStdString()};
    m_instance = newInstance();
    m_admin = std::make_unique<AdminClient>(*m_instance);
    m_producer =
        std::make_unique<Producer>(*m_instance, Producer::Options{.group = unique("shop")});
    need(m_producer->start());
    ClusterInfo cluster;
    const auto hasBroker = [&] {
        cluster = need(m_admin->clusterInfo());
        return !cluster.brokerAddrTable.empty();
    };
    QTRY_VERIFY_WITH_TIMEOUT(hasBroker(), 40'000); // brokers register every 30 s
    m_broker = cluster.brokerAddrTable.begin()->second.address();
}

void TstClientAgainstBroker::cleanupTestCase()
{
    m_producer.reset();
    m_admin.reset();
    m_instance.reset();
    m_runtime.reset();
}

std::string TstClientAgainstBroker::newTopic(const std::string& name, int queues)
{
    TopicConfig config;
    config.topicName = unique(name);
    config.readQueueNums = queues;
    config.writeQueueNums = queues;
    need(m_admin->createTopic(m_broker, config));
    for (int i = 0; i < 200 && !m_admin->topicRoute(config.topicName); ++i) {
        QTest::qWait(20);
    }
    return config.topicName;
}

std::unique_ptr<PushConsumer> TstClientAgainstBroker::newConsumer(ClientInstance& instance,
                                                                  PushConsumer::Options options,
                                                                  const std::string& topic,
                                                                  const std::string& expression)
{
    auto consumer = std::make_unique<PushConsumer>(instance, std::move(options));
    need(consumer->subscribe(topic, expression));
    return consumer;
}

void TstClientAgainstBroker::sendsAndPullsEveryWay()
{
    const auto topic = newTopic("every-way", 4);
    Message rich = makeMessage(topic, "sync", "TagA");
    rich.setKeys("key-1 key-2");
    rich.flag = 42;
    rich.properties.set("colour", "blau, grün ✓");
    const auto sync = need(m_producer->send(rich));
    QCOMPARE(sync.status, SendStatus::SendOk);
    QCOMPARE(sync.messageId.size(), 32U);
    QCOMPARE(sync.offsetMessageId.size(), 32U);

    const MessageQueue third{topic, sync.queue.brokerName, 2};
    QCOMPARE(need(m_producer->send(makeMessage(topic, "fixed"), third)).queue, third);
    QCOMPARE(need(m_producer->send(makeMessage(topic, "selected"),
                                   [](const auto&) { return std::size_t{3}; }))
                 .queue.queueId,
             3);

    std::promise<Result<SendResult>> async;
    m_producer->sendAsync(makeMessage(topic, "async"),
                          [&](Result<SendResult> sent) { async.set_value(std::move(sent)); });
    QCOMPARE(need(async.get_future().get()).status, SendStatus::SendOk);
    need(m_producer->sendOneway(makeMessage(topic, "oneway")));
    const auto batch =
        need(m_producer->sendBatch({makeMessage(topic, "batch-1", "TagA"),
                                    makeMessage(topic, "batch-2"), makeMessage(topic, "batch-3")}));
    QCOMPARE(batch.messageId.size(), 3U * 32 + 2);
    const std::string large(100'000, 'L');
    need(m_producer->send(makeMessage(topic, large)));

    PullConsumer puller(*m_instance, {});
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
    const auto topic = unique("made-by-sending");
    const auto sent = m_producer->send(makeMessage(topic, "first"));
    QVERIFY2(sent.has_value(), sent ? "" : sent.error().message.c_str());
    QTRY_VERIFY_WITH_TIMEOUT(m_admin->topicRoute(topic).has_value(), 10'000);
    QCOMPARE(need(m_admin->topicRoute(topic)).queueDatas.at(0).writeQueueNums, 4);
}

void TstClientAgainstBroker::delayedMessageComesLater()
{
    const auto topic = newTopic("delayed", 1);
    Collector collector;
    auto consumer = newConsumer(
        *m_instance, {.group = unique("delayed-group"), .fromWhere = ConsumeFromWhere::FirstOffset},
        topic);
    consumer->setListener(collector.concurrent());
    need(consumer->start());
    Message message = makeMessage(topic, "later");
    message.setDelayLevel(1); // one second
    need(m_producer->send(message));
    QVERIFY(collector.hasMessages(1));
    const auto received = collector.all().at(0);
    QVERIFY(received.storeTimestampMs - received.bornTimestampMs >= 900);
    QCOMPARE(received.topic, topic);
}

void TstClientAgainstBroker::pushConsumesByTag()
{
    const auto topic = newTopic("tags", 4);
    Collector collector;
    auto consumer = newConsumer(
        *m_instance, {.group = unique("tags-group"), .fromWhere = ConsumeFromWhere::FirstOffset},
        topic, "Aa || TagC");
    consumer->setListener(collector.concurrent());
    need(consumer->start());
    for (int i = 0; i < 100; ++i) {
        for (const char* tag : {"Aa", "BB", "TagC", "TagD"}) { // Aa and BB have the same hash
            need(m_producer->send(makeMessage(topic, std::string(tag) + std::to_string(i), tag)));
        }
    }
    QVERIFY(collector.hasBodies(200));
    for (const auto& message : collector.all()) {
        QVERIFY(message.tags() == "Aa" || message.tags() == "TagC");
    }
    QTRY_COMPARE_WITH_TIMEOUT(consumer->counters().consumedOk, 200U, 5'000);
    QCOMPARE(collector.all().size(), 200U);
}

void TstClientAgainstBroker::orderIsKeptThroughFailures()
{
    const auto topic = newTopic("ordered", 4);
    Collector collector;
    std::atomic<int> failures{0};
    auto consumer = newConsumer(*m_instance,
                                {.group = unique("ordered-group"),
                                 .fromWhere = ConsumeFromWhere::FirstOffset,
                                 .suspendCurrentQueue = milliseconds{50}},
                                topic);
    consumer->setListener([&](const std::vector<MessageExt>& messages, ConsumeContext&) {
        if (messages[0].body.ends_with("-7") && messages[0].reconsumeTimes < 2) {
            ++failures;
            return OrderlyResult::Suspend;
        }
        collector.add(messages);
        return OrderlyResult::Success;
    });
    need(consumer->start());
    for (int step = 0; step < 20; ++step) {
        for (std::size_t order = 0; order < 10; ++order) {
            need(m_producer->send(
                makeMessage(topic, std::to_string(order) + "-" + std::to_string(step)),
                [order](const auto& queues) { return order % queues.size(); }));
        }
    }
    QVERIFY(collector.hasMessages(200));
    std::map<std::string, int> nextStep;
    for (const auto& message : collector.all()) {
        const auto dash = message.body.find('-');
        QCOMPARE(std::stoi(message.body.substr(dash + 1)),
                 nextStep[message.body.substr(0, dash)]++);
    }
    QCOMPARE(failures.load(), 20);
}

void TstClientAgainstBroker::failedMessagesComeBackAndDie()
{
    const auto topic = newTopic("failing", 2);
    const auto group = unique("failing-group");
    Collector seen;
    auto consumer = newConsumer(
        *m_instance,
        {.group = group, .fromWhere = ConsumeFromWhere::FirstOffset, .maxReconsumeTimes = 1},
        topic);
    consumer->setListener([&](const std::vector<MessageExt>& messages, ConsumeContext&) {
        seen.add(messages);
        return messages[0].body == "poison" ? ConsumeResult::RetryLater : ConsumeResult::Success;
    });
    need(consumer->start());
    const auto sent = need(m_producer->send(makeMessage(topic, "poison", "TagP")));
    need(m_producer->send(makeMessage(topic, "fine")));
    QVERIFY(seen.hasMessages(3));
    std::vector<MessageExt> poison;
    for (const auto& message : seen.all()) {
        if (message.body == "poison") {
            poison.push_back(message);
        }
    }
    QCOMPARE(poison.size(), 2U);
    QCOMPARE(poison[1].topic, topic); // not the retry topic
    QCOMPARE(poison[1].reconsumeTimes, 1);
    QCOMPARE(poison[1].properties.value(property::kOriginMessageId),
             std::string_view(sent.offsetMessageId));

    const auto dead = deadLetterTopicOf(group);
    QTRY_VERIFY_WITH_TIMEOUT(m_admin->topicRoute(dead).has_value(), 20'000);
    PullConsumer puller(*m_instance, {});
    std::vector<MessageExt> buried;
    for (int i = 0; i < 200 && buried.empty(); ++i) {
        const MessageQueue queue{dead, sent.queue.brokerName, 0};
        buried = need(puller.pull(queue, "*", 0, 32)).messages;
        QTest::qWait(50);
    }
    QCOMPARE(buried.size(), 1U);
    QCOMPARE(buried[0].body, std::string("poison"));
    QCOMPARE(buried[0].properties.value(property::kRetryTopic), std::string_view(topic));
    QCOMPARE(consumer->counters().consumedFailed, 2U);
}

void TstClientAgainstBroker::orderlyMessagesDieToo()
{
    const auto topic = newTopic("failing-ordered", 1);
    const auto group = unique("failing-ordered-group");
    Collector seen;
    auto consumer = newConsumer(*m_instance,
                                {.group = group,
                                 .fromWhere = ConsumeFromWhere::FirstOffset,
                                 .maxReconsumeTimes = 2,
                                 .suspendCurrentQueue = milliseconds{50}},
                                topic);
    consumer->setListener([&](const std::vector<MessageExt>& messages, ConsumeContext&) {
        seen.add(messages);
        return messages[0].body == "poison" ? OrderlyResult::Suspend : OrderlyResult::Success;
    });
    need(consumer->start());
    need(m_producer->send(makeMessage(topic, "poison")));
    need(m_producer->send(makeMessage(topic, "behind")));
    QVERIFY(seen.hasMessages(4));
    const auto all = seen.all();
    QCOMPARE(all[2].reconsumeTimes, 2);
    QCOMPARE(all[3].body, std::string("behind"));
    QTRY_VERIFY_WITH_TIMEOUT(m_admin->topicRoute(deadLetterTopicOf(group)).has_value(), 20'000);
}

void TstClientAgainstBroker::broadcastReachesEveryMember()
{
    const auto topic = newTopic("broadcast", 2);
    const QTemporaryDir dir;
    const auto group = unique("broadcast-group");
    m_config.instanceName = "east";
    const auto east = newInstance();
    m_config.instanceName = "west";
    const auto west = newInstance();
    m_config.instanceName.clear();
    const PushConsumer::Options options{.group = group,
                                        .model = MessageModel::Broadcasting,
                                        .fromWhere = ConsumeFromWhere::FirstOffset,
                                        .broadcastOffsetDirectory = dir.path().toStdString()};
    Collector eastSees;
    Collector westSees;
    auto eastConsumer = newConsumer(*east, options, topic);
    eastConsumer->setListener(eastSees.concurrent());
    need(eastConsumer->start());
    auto westConsumer = newConsumer(*west, options, topic);
    westConsumer->setListener(westSees.concurrent());
    need(westConsumer->start());
    for (int i = 0; i < 20; ++i) {
        need(m_producer->send(makeMessage(topic, std::to_string(i))));
    }
    QVERIFY(eastSees.hasBodies(20) && westSees.hasBodies(20));
    westConsumer.reset(); // stores its offsets
    need(m_producer->send(makeMessage(topic, "while away")));
    QVERIFY(eastSees.hasBodies(21));
    Collector westAgain;
    westConsumer = newConsumer(*west, options, topic);
    westConsumer->setListener(westAgain.concurrent());
    need(westConsumer->start());
    QVERIFY(westAgain.hasMessages(1));
    QTest::qWait(300);
    QCOMPARE(westAgain.bodies(), std::set<std::string>{"while away"});
}

void TstClientAgainstBroker::offsetsSurviveARestart()
{
    const auto topic = newTopic("restart", 2);
    const PushConsumer::Options options{.group = unique("restart-group"),
                                        .fromWhere = ConsumeFromWhere::FirstOffset};
    Collector before;
    auto consumer = newConsumer(*m_instance, options, topic);
    consumer->setListener(before.concurrent());
    need(consumer->start());
    for (int i = 0; i < 50; ++i) {
        need(m_producer->send(makeMessage(topic, "before" + std::to_string(i))));
    }
    QVERIFY(before.hasBodies(50));
    QTRY_COMPARE_WITH_TIMEOUT(consumer->counters().consumedOk, 50U, 5'000);
    consumer.reset();
    for (int i = 0; i < 10; ++i) {
        need(m_producer->send(makeMessage(topic, "after" + std::to_string(i))));
    }
    Collector after;
    consumer = newConsumer(*m_instance, options, topic);
    consumer->setListener(after.concurrent());
    need(consumer->start());
    QVERIFY(after.hasBodies(10));
    QCOMPARE(after.all().size(), 10U);
}

void TstClientAgainstBroker::subscriptionsChangeWhileRunning()
{
    const auto first = newTopic("changing-1", 1);
    const auto second = newTopic("changing-2", 1);
    Collector collector;
    auto consumer = newConsumer(
        *m_instance,
        {.group = unique("changing-group"), .fromWhere = ConsumeFromWhere::FirstOffset}, first);
    consumer->setListener(collector.concurrent());
    need(consumer->start());
    need(m_producer->send(makeMessage(first, "one")));
    QVERIFY(collector.hasBodies(1));
    need(consumer->subscribe(second));
    need(m_producer->send(makeMessage(second, "two")));
    QVERIFY(collector.hasBodies(2));
    consumer->suspend();
    consumer->unsubscribe(first);
    const auto isGone = [&] {
        const auto queues = consumer->queues();
        return std::none_of(queues.begin(), queues.end(),
                            [&](const auto& status) { return status.queue.topic == first; });
    };
    QTRY_VERIFY_WITH_TIMEOUT(isGone(), 10'000);
    consumer->resume();
    need(m_producer->send(makeMessage(second, "three")));
    QVERIFY(collector.hasBodies(3));
}

void TstClientAgainstBroker::tenThousandMessagesSurviveAThirdMember()
{
    constexpr int kThreads = 4;
    constexpr int kEach = 2'500;
    const auto topic = newTopic("crowd", 6);
    const PushConsumer::Options options{.group = unique("crowd-group"),
                                        .fromWhere = ConsumeFromWhere::FirstOffset};
    Collector collector;
    std::vector<std::unique_ptr<ClientInstance>> instances;
    std::vector<std::unique_ptr<PushConsumer>> consumers;
    const auto join = [&] {
        instances.push_back(newInstance());
        consumers.push_back(newConsumer(*instances.back(), options, topic));
        consumers.back()->setListener(collector.orderly());
        need(consumers.back()->start());
    };
    const auto isShared = [&](std::size_t queuesEach) {
        return std::all_of(consumers.begin(), consumers.end(), [&](const auto& consumer) {
            const auto queues = consumer->queues();
            return std::count_if(queues.begin(), queues.end(), [&](const auto& status) {
                       return status.queue.topic == topic;
                   }) == static_cast<std::ptrdiff_t>(queuesEach);
        });
    };
    join();
    join();
    QTRY_VERIFY_WITH_TIMEOUT(isShared(3), 30'000);
    std::vector<std::thread> senders;
    std::atomic<int> failed{0};
    for (int t = 0; t < kThreads; ++t) {
        senders.emplace_back([&, t] {
            for (int i = 0; i < kEach; ++i) {
                const auto sent = m_producer->send(
                    makeMessage(topic, fmt::format("{}:{:05}", t, i)), [t](const auto& queues) {
                        return static_cast<std::size_t>(t) % queues.size();
                    });
                failed += sent ? 0 : 1;
            }
        });
    }
    QVERIFY(collector.hasBodies(2'000));
    join();
    for (auto& sender : senders) {
        sender.join();
    }
    QCOMPARE(failed.load(), 0);
    QVERIFY(collector.hasBodies(kThreads * kEach));
    QTRY_VERIFY_WITH_TIMEOUT(isShared(2), 30'000);
    // Each queue's messages were seen in order; a message may come twice when a queue changes
    // hands.
    for (const auto& [queue, bodies] : collector.byQueue()) {
        std::string newest;
        std::set<std::string> known;
        for (const auto& body : bodies) {
            if (known.insert(body).second) {
                QVERIFY2(newest < body, (newest + " before " + body).c_str());
                newest = body;
            }
        }
    }
    qInfo("consumed %zu messages, %zu of them again", collector.all().size(),
          collector.all().size() - collector.bodies().size());
}

void TstClientAgainstBroker::administratorSeesAndChanges()
{
    const auto topic = newTopic("admin", 3);
    const auto group = unique("admin-group");
    QVERIFY(need(m_admin->brokerTopics(m_broker)).topics.at(topic).writeQueueNums == 3);
    const auto topics = need(m_admin->topicList());
    QVERIFY(std::find(topics.begin(), topics.end(), topic) != topics.end());

    SubscriptionGroupConfig config;
    config.groupName = group;
    config.retryMaxTimes = 5;
    need(m_admin->createGroup(m_broker, config));
    QCOMPARE(need(m_admin->brokerGroups(m_broker)).groups.at(group).retryMaxTimes, 5);

    Collector collector;
    auto consumer = newConsumer(
        *m_instance, {.group = group, .fromWhere = ConsumeFromWhere::FirstOffset}, topic);
    consumer->setListener(collector.concurrent());
    need(consumer->start());
    Message message = makeMessage(topic, "look me up", "TagA");
    message.setKeys("order-77 other-key");
    const auto sent = need(m_producer->send(message));
    QVERIFY(collector.hasBodies(1));

    QCOMPARE(need(m_admin->viewMessage(sent.offsetMessageId)).body, std::string("look me up"));
    QTRY_VERIFY_WITH_TIMEOUT(m_admin->viewMessageByUniqueKey(topic, sent.messageId).has_value(),
                             10'000);
    QCOMPARE(need(m_admin->viewMessageByUniqueKey(topic, sent.messageId)).queueOffset,
             sent.queueOffset);
    const auto byKey = need(
        m_admin->queryByKey(topic, "order-77", 32, 0, std::numeric_limits<std::int64_t>::max()));
    QCOMPARE(byKey.size(), 1U);
    QCOMPARE(byKey[0].messageId(), sent.messageId);
    QCOMPARE(
        need(m_admin->queryByKey(topic, "order-7", 32, 0, std::numeric_limits<std::int64_t>::max()))
            .size(),
        0U);
    QCOMPARE(m_admin->viewMessageByUniqueKey(topic, std::string(32, '0')).error().code,
             Errc::NotFound);

    const auto stats = need(m_admin->topicStats(m_broker, topic));
    QCOMPARE(stats.offsetTable.size(), 3U);
    QCOMPARE(stats.offsetTable.at(sent.queue).maxOffset, 1);
    QTRY_COMPARE_WITH_TIMEOUT(need(m_admin->consumeStats(m_broker, group, topic))
                                  .offsetTable.at(sent.queue)
                                  .consumerOffset,
                              1, 15'000);
    const auto members = need(m_admin->consumerConnections(m_broker, group));
    QCOMPARE(members.connections.size(), 1U);
    QCOMPARE(members.connections[0].clientId, m_instance->clientId());
    QVERIFY(members.subscriptions.contains(topic));
    QTRY_VERIFY_WITH_TIMEOUT(m_admin->producerConnections(m_broker, unique("shop")).has_value(),
                             5'000);
    QVERIFY(!need(m_admin->brokerRuntimeInfo(m_broker)).empty());

    const auto info = need(m_admin->consumerRunningInfo(m_broker, group, m_instance->clientId()));
    QCOMPARE(info.mqTable.at(sent.queue).commitOffset, 1);
    QCOMPARE(info.properties.at("consumerGroup"), group);
    const auto direct = need(
        m_admin->consumeDirectly(m_broker, group, m_instance->clientId(), sent.offsetMessageId));
    QCOMPARE(direct.consumeResult, ConsumeResultCode::Success);
    QCOMPARE(collector.all().size(), 2U);

    consumer.reset();
    need(m_admin->updateConsumerOffset(m_broker, group, sent.queue, 0));
    QCOMPARE(need(m_admin->consumeStats(m_broker, group, topic))
                 .offsetTable.at(sent.queue)
                 .consumerOffset,
             0);
    need(m_admin->deleteGroup(m_broker, group, true));
    QVERIFY(!need(m_admin->brokerGroups(m_broker)).groups.contains(group));
    need(m_admin->deleteTopic(topic));
    QVERIFY(!need(m_admin->brokerTopics(m_broker)).topics.contains(topic));
    QVERIFY(!m_admin->topicRoute(topic));
}

void TstClientAgainstBroker::offsetsAreResetWhileConsuming()
{
    const auto topic = newTopic("reset", 2);
    const auto group = unique("reset-group");
    Collector collector;
    auto consumer = newConsumer(
        *m_instance, {.group = group, .fromWhere = ConsumeFromWhere::FirstOffset}, topic);
    consumer->setListener(collector.concurrent());
    need(consumer->start());
    for (int i = 0; i < 10; ++i) {
        need(m_producer->send(makeMessage(topic, std::to_string(i))));
    }
    QVERIFY(collector.hasMessages(10));
    QTRY_COMPARE_WITH_TIMEOUT(consumer->counters().consumedOk, 10U, 5'000);
    const auto offsets = need(m_admin->resetOffsetByTime(topic, group, 0));
    QCOMPARE(offsets.size(), 2U);
    QVERIFY(collector.hasMessages(20));
    QCOMPARE(collector.bodies().size(), 10U);
}

QTEST_GUILESS_MAIN(TstClientAgainstBroker)
#include "tst_client_against_broker.moc"
