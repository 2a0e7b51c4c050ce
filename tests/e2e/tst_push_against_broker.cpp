// SPDX-License-Identifier: GPL-3.0-or-later
#include "client/pull_consumer.h"
#include "client_collector.h"
#include "cluster_fixture.h"
#include "message/topic_name.h"
#include "support/compare.h"

#include <QTemporaryDir>

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>

using namespace gantry;
using namespace gantry::test;

using std::chrono::milliseconds;

/// Push consumption on a whole cluster.
class TstPushAgainstBroker : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { m_cluster = std::make_unique<ClusterFixture>(); }
    void cleanupTestCase() { m_cluster.reset(); }

    void pushConsumesByTag();
    void orderIsKeptThroughFailures();
    void failedMessagesComeBackAndDie();
    void orderlyMessagesDieToo();
    void broadcastReachesEveryMember();
    void offsetsSurviveARestart();
    void subscriptionsChangeWhileRunning();
    void tenThousandMessagesSurviveAThirdMember();

private:
    std::unique_ptr<ClusterFixture> m_cluster;
};

void TstPushAgainstBroker::pushConsumesByTag()
{
    const auto topic = m_cluster->newTopic("tags", 4);
    Collector collector;
    auto consumer = m_cluster->newConsumer(
        m_cluster->instance(),
        {.group = m_cluster->unique("tags-group"), .fromWhere = ConsumeFromWhere::FirstOffset},
        topic, "Aa || TagC");
    consumer->setListener(collector.concurrent());
    need(consumer->start());
    for (int i = 0; i < 100; ++i) {
        for (const char* tag : {"Aa", "BB", "TagC", "TagD"}) { // Aa and BB have the same hash
            need(m_cluster->producer().send(
                makeMessage(topic, std::string(tag) + std::to_string(i), tag)));
        }
    }
    QVERIFY(collector.hasBodies(200));
    for (const auto& message : collector.all()) {
        QVERIFY(message.tags() == "Aa" || message.tags() == "TagC");
    }
    QTRY_COMPARE_WITH_TIMEOUT(consumer->counters().consumedOk, 200U, 5'000);
    QCOMPARE(collector.all().size(), 200U);
}

void TstPushAgainstBroker::orderIsKeptThroughFailures()
{
    const auto topic = m_cluster->newTopic("ordered", 4);
    Collector collector;
    std::atomic<int> failures{0};
    auto consumer = m_cluster->newConsumer(m_cluster->instance(),
                                           {.group = m_cluster->unique("ordered-group"),
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
            need(m_cluster->producer().send(
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

void TstPushAgainstBroker::failedMessagesComeBackAndDie()
{
    const auto topic = m_cluster->newTopic("failing", 2);
    const auto group = m_cluster->unique("failing-group");
    Collector seen;
    auto consumer = m_cluster->newConsumer(
        m_cluster->instance(),
        {.group = group, .fromWhere = ConsumeFromWhere::FirstOffset, .maxReconsumeTimes = 1},
        topic);
    consumer->setListener([&](const std::vector<MessageExt>& messages, ConsumeContext&) {
        seen.add(messages);
        return messages[0].body == "poison" ? ConsumeResult::RetryLater : ConsumeResult::Success;
    });
    need(consumer->start());
    const auto sent = need(m_cluster->producer().send(makeMessage(topic, "poison", "TagP")));
    need(m_cluster->producer().send(makeMessage(topic, "fine")));
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
    QTRY_VERIFY_WITH_TIMEOUT(m_cluster->admin().topicRoute(dead).has_value(), 20'000);
    PullConsumer puller(m_cluster->instance(), {});
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

void TstPushAgainstBroker::orderlyMessagesDieToo()
{
    const auto topic = m_cluster->newTopic("failing-ordered", 1);
    const auto group = m_cluster->unique("failing-ordered-group");
    Collector seen;
    auto consumer = m_cluster->newConsumer(m_cluster->instance(),
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
    need(m_cluster->producer().send(makeMessage(topic, "poison")));
    need(m_cluster->producer().send(makeMessage(topic, "behind")));
    QVERIFY(seen.hasMessages(4));
    const auto all = seen.all();
    QCOMPARE(all[2].reconsumeTimes, 2);
    QCOMPARE(all[3].body, std::string("behind"));
    QTRY_VERIFY_WITH_TIMEOUT(m_cluster->admin().topicRoute(deadLetterTopicOf(group)).has_value(),
                             20'000);
}

void TstPushAgainstBroker::broadcastReachesEveryMember()
{
    const auto topic = m_cluster->newTopic("broadcast", 2);
    const QTemporaryDir dir;
    const auto group = m_cluster->unique("broadcast-group");
    const auto east = m_cluster->newInstance("east");
    const auto west = m_cluster->newInstance("west");
    const PushConsumer::Options options{.group = group,
                                        .model = MessageModel::Broadcasting,
                                        .fromWhere = ConsumeFromWhere::FirstOffset,
                                        .broadcastOffsetDirectory = dir.path().toStdString()};
    Collector eastSees;
    Collector westSees;
    auto eastConsumer = m_cluster->newConsumer(*east, options, topic);
    eastConsumer->setListener(eastSees.concurrent());
    need(eastConsumer->start());
    auto westConsumer = m_cluster->newConsumer(*west, options, topic);
    westConsumer->setListener(westSees.concurrent());
    need(westConsumer->start());
    for (int i = 0; i < 20; ++i) {
        need(m_cluster->producer().send(makeMessage(topic, std::to_string(i))));
    }
    QVERIFY(eastSees.hasBodies(20) && westSees.hasBodies(20));
    // What is being handled when a consumer stops may come again: it has to be done with all.
    const auto isIdle = [&] {
        const auto queues = westConsumer->queues();
        return westConsumer->counters().consumedOk == 20 &&
               std::all_of(queues.begin(), queues.end(),
                           [](const auto& status) { return status.cachedMessages == 0; });
    };
    QTRY_VERIFY(isIdle());
    westConsumer.reset(); // stores its offsets
    need(m_cluster->producer().send(makeMessage(topic, "while away")));
    QVERIFY(eastSees.hasBodies(21));
    Collector westAgain;
    westConsumer = m_cluster->newConsumer(*west, options, topic);
    westConsumer->setListener(westAgain.concurrent());
    need(westConsumer->start());
    QVERIFY(westAgain.hasMessages(1));
    QTest::qWait(300);
    QCOMPARE(westAgain.bodies(), std::set<std::string>{"while away"});
}

void TstPushAgainstBroker::offsetsSurviveARestart()
{
    const auto topic = m_cluster->newTopic("restart", 2);
    const PushConsumer::Options options{.group = m_cluster->unique("restart-group"),
                                        .fromWhere = ConsumeFromWhere::FirstOffset};
    Collector before;
    auto consumer = m_cluster->newConsumer(m_cluster->instance(), options, topic);
    consumer->setListener(before.concurrent());
    need(consumer->start());
    for (int i = 0; i < 50; ++i) {
        need(m_cluster->producer().send(makeMessage(topic, "before" + std::to_string(i))));
    }
    QVERIFY(before.hasBodies(50));
    QTRY_COMPARE_WITH_TIMEOUT(consumer->counters().consumedOk, 50U, 5'000);
    consumer.reset();
    for (int i = 0; i < 10; ++i) {
        need(m_cluster->producer().send(makeMessage(topic, "after" + std::to_string(i))));
    }
    Collector after;
    consumer = m_cluster->newConsumer(m_cluster->instance(), options, topic);
    consumer->setListener(after.concurrent());
    need(consumer->start());
    QVERIFY(after.hasBodies(10));
    QCOMPARE(after.all().size(), 10U);
}

void TstPushAgainstBroker::subscriptionsChangeWhileRunning()
{
    const auto first = m_cluster->newTopic("changing-1", 1);
    const auto second = m_cluster->newTopic("changing-2", 1);
    Collector collector;
    auto consumer = m_cluster->newConsumer(
        m_cluster->instance(),
        {.group = m_cluster->unique("changing-group"), .fromWhere = ConsumeFromWhere::FirstOffset},
        first);
    consumer->setListener(collector.concurrent());
    need(consumer->start());
    need(m_cluster->producer().send(makeMessage(first, "one")));
    QVERIFY(collector.hasBodies(1));
    need(consumer->subscribe(second));
    need(m_cluster->producer().send(makeMessage(second, "two")));
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
    need(m_cluster->producer().send(makeMessage(second, "three")));
    QVERIFY(collector.hasBodies(3));
}

void TstPushAgainstBroker::tenThousandMessagesSurviveAThirdMember()
{
    constexpr int kThreads = 6; // one fills each queue, so that every member has something to consume
    constexpr int kEach = 1'700;
    const auto topic = m_cluster->newTopic("crowd", kThreads);
    const PushConsumer::Options options{.group = m_cluster->unique("crowd-group"),
                                        .fromWhere = ConsumeFromWhere::FirstOffset};
    Collector collector;
    std::vector<std::unique_ptr<ClientInstance>> instances;
    std::vector<std::unique_ptr<PushConsumer>> consumers;
    const auto join = [&] {
        instances.push_back(m_cluster->newInstance());
        consumers.push_back(m_cluster->newConsumer(*instances.back(), options, topic));
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
    std::promise<void> isBalanced;
    const auto balanced = isBalanced.get_future().share();
    std::vector<std::thread> senders;
    std::atomic<int> failed{0};
    for (int t = 0; t < kThreads; ++t) {
        senders.emplace_back([&, t] {
            for (int i = 0; i < kEach; ++i) {
                if (i == kEach / 2) {
                    balanced.wait(); // the rest comes when the third member has its share
                }
                const auto sent = m_cluster->producer().send(
                    makeMessage(topic, fmt::format("{}:{:05}", t, i)), [t](const auto& queues) {
                        return static_cast<std::size_t>(t) % queues.size();
                    });
                failed += sent ? 0 : 1;
            }
        });
    }
    const bool isUnderWay = collector.hasBodies(2'000);
    join();
    const bool isSharedByThree = QTest::qWaitFor([&] { return isShared(2); }, 30'000);
    isBalanced.set_value();
    for (auto& sender : senders) {
        sender.join();
    }
    QVERIFY(isUnderWay && isSharedByThree);
    QCOMPARE(failed.load(), 0);
    QVERIFY(collector.hasBodies(kThreads * kEach));
    QVERIFY(consumers.back()->counters().consumedOk > 0);
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

QTEST_GUILESS_MAIN(TstPushAgainstBroker)
#include "tst_push_against_broker.moc"
