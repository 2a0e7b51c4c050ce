// SPDX-License-Identifier: GPL-3.0-or-later
#include "broker_harness.h"
#include "cold_files.h"
#include "command_words.h"

#include "message/topic_name.h"
#include "namesrv/name_server.h"
#include "protocol/bodies/offset_table.h"
#include "protocol/bodies/topic_route.h"
#include "protocol/headers/consumer_send_back.h"
#include "protocol/headers/namesrv.h"
#include "support/compare.h"
#include "support/raw_peer.h"

#include <QtTest>

#include <atomic>
#include <future>
#include <set>
#include <thread>

using namespace gantry;

#define START(harness)                                                                                         \
    do {                                                                                                       \
        const auto started = (harness).start();                                                                \
        QVERIFY2(started.has_value(), started ? "" : started.error().message.c_str());                         \
    } while (false)

class TstBrokerLife : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void answersWhatCameBeforeTheEnd_data();
    void answersWhatCameBeforeTheEnd();
    void bringsFailedMessagesBackAndGivesUp();
    void givesUpAtOnceWhenAsked();
    void redirectsExhaustedRetriesToDeadLetters();
    void redirectsRetriesOfOrderedGroups();
    void deliversDelayedMessagesInOrder();
    void deliversDelayedMessagesAfterARestart();
    void saysWhyItCannotStart();
    void releasesHeldPullsWhenItStops();
    void stopsInTheMiddleOfTraffic_data();
    void stopsInTheMiddleOfTraffic();
    void registersWithEveryNameServer();
    void startsWithoutNameServers();
    void listensOnTheFastPort();
    void readsFromTheDiskOffTheLoops();

private:
    static void sendBack(BrokerHarness& harness, const MessageExt& message, const std::string& group, int delayLevel, int timesMax);
};

/// Whatever a client may ask for that lies in the files: a thread that serves connections does not wait for it.
void TstBrokerLife::readsFromTheDiskOffTheLoops()
{
    ColdFiles files;
    BrokerHarness harness;
    START(harness);
    for (int i = 0; i < 50; ++i) {
        COMPARE_CODE(harness.call(BrokerHarness::sendRequest(BrokerHarness::sendHeader("cold", 0, properties({{"KEYS", "k"}})), "x")),
                     ResponseCode::Success);
    }
    QCOMPARE(harness.pullMessages("cold", 0, 0, 50).size(), std::size_t{50});
    harness.stop();
    harness.useFiles(files);
    START(harness); // the queues' entries are in their files only now
    files.counts.onLoops = 0;

    const auto messages = harness.pullMessages("cold", 0, 0, 50);
    QCOMPARE(messages.size(), std::size_t{50});
    QVERIFY(files.counts.refused > 0);
    QVERIFY(files.counts.elsewhere > 0);
    for (const auto code : {RequestCode::QueryConsumerOffset, RequestCode::SearchOffsetByTimestamp, RequestCode::GetEarliestMsgStoretime,
                            RequestCode::ViewMessageById, RequestCode::QueryMessage, RequestCode::GetTopicStatsInfo}) {
        auto request = RemotingCommand::request(code);
        request.fields.add("consumerGroup", "new group");
        request.fields.add("topic", "cold");
        request.fields.add("queueId", "0");
        request.fields.add("timestamp", "1");
        request.fields.add("offset", messages.front().commitLogOffset);
        request.fields.add("key", "k");
        request.fields.add("maxNum", "32");
        request.fields.add("beginTimestamp", "0");
        request.fields.add("endTimestamp", "9999999999999");
        COMPARE_CODE(harness.call(request), ResponseCode::Success);
    }
    ConsumerSendMsgBackHeader back;
    back.offset = messages.front().commitLogOffset;
    back.group = "g";
    back.delayLevel = 1;
    back.originMsgId = "x";
    COMPARE_CODE(harness.call(BrokerHarness::make(RequestCode::ConsumerSendMsgBack, back)), ResponseCode::Success);
    QCOMPARE(files.counts.onLoops.load(), 0);
}

void TstBrokerLife::sendBack(BrokerHarness& harness, const MessageExt& message, const std::string& group, int delayLevel, int timesMax)
{
    ConsumerSendMsgBackHeader header;
    header.offset = message.commitLogOffset;
    header.group = group;
    header.delayLevel = delayLevel;
    header.originTopic = message.topic;
    header.maxReconsumeTimes = timesMax;
    COMPARE_CODE(harness.call(BrokerHarness::make(RequestCode::ConsumerSendMsgBack, header)), ResponseCode::Success);
}

void TstBrokerLife::bringsFailedMessagesBackAndGivesUp()
{
    BrokerHarness harness([](BrokerConfig& config) { config.messageDelayLevel = "1s 1s 1s 1s"; });
    START(harness);
    COMPARE_CODE(harness.send("work", 0, "poison", properties({{"TAGS", "t"}})), ResponseCode::Success);
    auto messages = harness.pullMessages("work", 0, 0, 1);
    QCOMPARE(messages.size(), std::size_t{1});
    const auto originId = messages[0].offsetMessageId();
    const auto begin = std::chrono::steady_clock::now();
    sendBack(harness, messages[0], "team", 0, 2);
    messages = harness.pullMessages("%RETRY%team", 0, 0, 1);
    QCOMPARE(messages.size(), std::size_t{1});
    QVERIFY(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(900));
    QCOMPARE(messages[0].body, std::string("poison"));
    QCOMPARE(messages[0].reconsumeTimes, 1);
    QCOMPARE(messages[0].properties.value("RETRY_TOPIC"), std::string_view("work"));
    QCOMPARE(messages[0].properties.value("ORIGIN_MESSAGE_ID"), std::string_view(originId));
    QCOMPARE(messages[0].properties.value("DELAY"), std::string_view("3"));
    QCOMPARE(messages[0].properties.value("TAGS"), std::string_view("t"));
    sendBack(harness, messages[0], "team", 1, 2);
    messages = harness.pullMessages("%RETRY%team", 0, 1, 1);
    QCOMPARE(messages.size(), std::size_t{1});
    QCOMPARE(messages[0].reconsumeTimes, 2);
    QCOMPARE(messages[0].properties.value("ORIGIN_MESSAGE_ID"), std::string_view(originId)); // the first failure's
    sendBack(harness, messages[0], "team", 0, 2);
    messages = harness.pullMessages("%DLQ%team", 0, 0, 1);
    QCOMPARE(messages.size(), std::size_t{1});
    QCOMPARE(messages[0].properties.value("RETRY_TOPIC"), std::string_view("work"));
    QCOMPARE(messages[0].reconsumeTimes, 3);
    const auto view = harness.broker().view();
    QCOMPARE(view.counters.sendBacks, std::uint64_t{3});
    QCOMPARE(view.counters.deadLetters, std::uint64_t{1});
    QCOMPARE(view.counters.delayedWaiting, std::size_t{0});

    ConsumerSendMsgBackHeader nowhere;
    nowhere.offset = 99'999'999;
    nowhere.group = "team";
    COMPARE_CODE(harness.call(BrokerHarness::make(RequestCode::ConsumerSendMsgBack, nowhere)), ResponseCode::SystemError);
}

void TstBrokerLife::givesUpAtOnceWhenAsked()
{
    BrokerHarness harness;
    START(harness);
    COMPARE_CODE(harness.send("work", 0, "poison"), ResponseCode::Success);
    const auto messages = harness.pullMessages("work", 0, 0, 1);
    QCOMPARE(messages.size(), std::size_t{1});
    sendBack(harness, messages[0], "team", -1, 16);
    QCOMPARE(harness.pullMessages("%DLQ%team", 0, 0, 1).size(), std::size_t{1});
}

void TstBrokerLife::redirectsExhaustedRetriesToDeadLetters()
{
    BrokerHarness harness;
    START(harness);
    COMPARE_CODE(harness.call(BrokerHarness::heartbeat("c1", "team", "work")), ResponseCode::Success);
    auto header = BrokerHarness::sendHeader("%RETRY%team", 0);
    header.reconsumeTimes = 3;
    header.maxReconsumeTimes = 3; // not yet more than the limit
    COMPARE_CODE(harness.call(BrokerHarness::sendRequest(header, "again")), ResponseCode::Success);
    QCOMPARE(harness.pullMessages("%RETRY%team", 0, 0, 1).size(), std::size_t{1});
    header.reconsumeTimes = 4;
    COMPARE_CODE(harness.call(BrokerHarness::sendRequest(header, "dead")), ResponseCode::Success);
    const auto dead = harness.pullMessages("%DLQ%team", 0, 0, 1);
    QCOMPARE(dead.size(), std::size_t{1});
    QCOMPARE(dead[0].body, std::string("dead"));
    header.batch = true;
    COMPARE_CODE(harness.call(BrokerHarness::sendRequest(header, "batch")), ResponseCode::MessageIllegal);
}

void TstBrokerLife::redirectsRetriesOfOrderedGroups()
{
    BrokerHarness harness;
    START(harness);
    COMPARE_CODE(harness.call(BrokerHarness::heartbeat("c1", "team", "work")), ResponseCode::Success);
    auto lock = RemotingCommand::request(RequestCode::LockBatchMq);
    lock.body = R"({"clientId":"c1","consumerGroup":"team","mqSet":[{"brokerName":"bk-1","queueId":0,"topic":"work"}],"onlyThisBroker":false})";
    COMPARE_CODE(harness.call(lock), ResponseCode::Success);
    COMPARE_CODE(harness.call(BrokerHarness::sendRequest(BrokerHarness::sendHeader("%RETRY%team", 0), "given up")), ResponseCode::Success);
    QCOMPARE(harness.pullMessages("%DLQ%team", 0, 0, 1).size(), std::size_t{1});
}

void TstBrokerLife::deliversDelayedMessagesInOrder()
{
    BrokerHarness harness([](BrokerConfig& config) { config.messageDelayLevel = "2s 1s"; });
    START(harness);
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 5; ++i) {
        COMPARE_CODE(harness.send("later", 1, "slow " + std::to_string(i), properties({{"DELAY", "1"}, {"KEYS", "k"}})), ResponseCode::Success);
        const auto answer = harness.send("later", 1, "quick " + std::to_string(i), properties({{"DELAY", "9"}})); // the last level
        COMPARE_CODE(answer, ResponseCode::Success);
        QCOMPARE(answer.fields.find("queueId").value_or("?"), std::string_view("1"));
    }
    QCOMPARE(harness.broker().view().counters.messagesIn, std::uint64_t{10});
    const auto messages = harness.pullMessages("later", 1, 0, 10);
    const auto took = std::chrono::steady_clock::now() - begin;
    QCOMPARE(messages.size(), std::size_t{10});
    QVERIFY(took >= std::chrono::milliseconds(1900) && took < std::chrono::seconds(8));
    for (std::size_t i = 0; i < 5; ++i) {
        QCOMPARE(messages[i].body, "quick " + std::to_string(i));
        QCOMPARE(messages[i + 5].body, "slow " + std::to_string(i));
        QVERIFY(messages[i + 5].storeTimestampMs - messages[i + 5].bornTimestampMs >= 1990);
    }
    QCOMPARE(messages[0].properties.value("DELAY"), std::string_view("2"));
    QCOMPARE(messages[0].properties.value("REAL_TOPIC"), std::string_view("later"));
    QCOMPARE(messages[5].properties.value("KEYS"), std::string_view("k"));
    QTRY_COMPARE(harness.broker().view().counters.delayedWaiting, std::size_t{0});
}

void TstBrokerLife::deliversDelayedMessagesAfterARestart()
{
    BrokerHarness harness([](BrokerConfig& config) { config.messageDelayLevel = "1s 3s"; });
    START(harness);
    COMPARE_CODE(harness.send("later", 0, "before", properties({{"DELAY", "1"}})), ResponseCode::Success);
    QCOMPARE(harness.pullMessages("later", 0, 0, 1).size(), std::size_t{1});
    COMPARE_CODE(harness.send("later", 0, "over the restart", properties({{"DELAY", "2"}})), ResponseCode::Success);
    harness.stop();
    const auto saved = readWholeFile(harness.files(), harness.directory() + "/config/delayOffset.json", 10'000);
    QVERIFY(saved.has_value());
    QCOMPARE(DelayOffsetTable::decode(*saved)->offsets, (std::map<std::int32_t, std::int64_t>{{1, 1}}));
    START(harness);
    const auto messages = harness.pullMessages("later", 0, 0, 2);
    QCOMPARE(messages.size(), std::size_t{2}); // once each
    QCOMPARE(messages[1].body, std::string("over the restart"));
    QVERIFY(messages[1].storeTimestampMs - messages[1].bornTimestampMs >= 2990);
    harness.stop();
    // A position that cannot be true is brought back to its queue.
    QVERIFY(replaceFile(harness.files(), harness.directory() + "/config/delayOffset.json", R"({"offsetTable":{1:77,2:0}})").has_value());
    START(harness);
    COMPARE_CODE(harness.send("later", 0, "still works", properties({{"DELAY", "1"}})), ResponseCode::Success);
    std::set<std::string> bodies;
    for (const auto& message : harness.pullMessages("later", 0, 2, 2)) {
        bodies.insert(message.body);
    }
    QCOMPARE(bodies, (std::set<std::string>{"over the restart", "still works"})); // level 2 began again
}

void TstBrokerLife::saysWhyItCannotStart()
{
    BrokerHarness first;
    START(first);
    const auto port = HostAddress::parse(first.broker().address())->port;

    BrokerHarness samePort([&](BrokerConfig& config) { config.port = static_cast<std::uint16_t>(port); });
    auto refused = samePort.start();
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, Errc::AddressInUse);
    QVERIFY(refused.error().message.find(std::to_string(port)) != std::string::npos);

    BrokerHarness sameStore([&](BrokerConfig& config) { config.store.rootDirectory = first.directory(); });
    refused = sameStore.start();
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, Errc::Locked);
    QVERIFY(refused.error().message.find(first.directory()) != std::string::npos);

    BrokerHarness badLevels([&](BrokerConfig& config) { config.messageDelayLevel = "1s soon"; });
    refused = badLevels.start();
    QVERIFY(!refused);
    QVERIFY(refused.error().message.find("soon") != std::string::npos);

    // A table that cannot be read stops the start and leaves nothing behind: not the port, not the lock.
    first.stop();
    const auto table = first.directory() + "/config/topics.json";
    QVERIFY(replaceFile(first.files(), table, "{ not json").has_value());
    (void)first.files().remove(table + ".bak");
    refused = first.start();
    QVERIFY(!refused);
    QVERIFY(refused.error().message.find("topics.json") != std::string::npos);
    QVERIFY(first.files().remove(table).has_value());
    BrokerHarness successor([&](BrokerConfig& config) {
        config.store.rootDirectory = first.directory();
        config.port = static_cast<std::uint16_t>(port);
    });
    START(successor);
}

void TstBrokerLife::releasesHeldPullsWhenItStops()
{
    BrokerHarness harness;
    START(harness);
    COMPARE_CODE(harness.send("held", 0, "x"), ResponseCode::Success);
    auto header = BrokerHarness::pullHeader("g", "held", 1, 0);
    header.sysFlag |= pullflag::kSuspend;
    header.suspendTimeoutMillis = 15'000;
    std::promise<Result<RemotingCommand>> promise;
    auto answered = promise.get_future();
    harness.client().invokeAsync(harness.broker().address(), BrokerHarness::make(RequestCode::PullMessage, header), std::chrono::seconds(20),
                                 [&](Result<RemotingCommand> answer) { promise.set_value(std::move(answer)); });
    QTRY_COMPARE(harness.broker().view().counters.heldPulls, std::size_t{1});
    const auto begin = std::chrono::steady_clock::now();
    harness.broker().stop();
    QVERIFY(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
    QVERIFY(answered.wait_for(std::chrono::seconds(5)) == std::future_status::ready); // an answer or a closed connection
    harness.broker().stop(); // once more is harmless
    QCOMPARE(harness.broker().view().brokerName, std::string("bk-1"));
}

void TstBrokerLife::stopsInTheMiddleOfTraffic_data()
{
    QTest::addColumn<bool>("isSync");
    QTest::newRow("sync flush") << true;
    QTest::newRow("async flush") << false;
}

void TstBrokerLife::stopsInTheMiddleOfTraffic()
{
    QFETCH(bool, isSync);
    BrokerHarness harness([&](BrokerConfig& config) { config.store.flushMode = isSync ? FlushMode::Sync : FlushMode::Async; });
    START(harness);
    const auto address = harness.broker().address();
    std::atomic<bool> isOver = false;
    std::atomic<int> acknowledged = 0;
    std::vector<std::thread> senders;
    for (int thread = 0; thread < 3; ++thread) {
        senders.emplace_back([&, thread] {
            const auto client = harness.anotherClient();
            for (int i = 0; !isOver; ++i) {
                auto request = BrokerHarness::sendRequest(BrokerHarness::sendHeader("busy", thread, properties({{"DELAY", i % 10 == 0 ? "1" : "0"}})), "x");
                const auto answer = client->invokeSync(address, std::move(request), std::chrono::seconds(5));
                if (answer && answer->code == 0 && i % 10 != 0) {
                    ++acknowledged;
                } else if (!answer) {
                    break;
                }
            }
            client->stop();
        });
    }
    std::thread puller([&] {
        const auto client = harness.anotherClient();
        while (!isOver) {
            auto header = BrokerHarness::pullHeader("g", "busy", 3, 0);
            header.sysFlag |= pullflag::kSuspend;
            header.suspendTimeoutMillis = 100;
            if (!client->invokeSync(address, BrokerHarness::make(RequestCode::PullMessage, header), std::chrono::seconds(5))) {
                break;
            }
        }
        client->stop();
    });
    QTRY_VERIFY_WITH_TIMEOUT(acknowledged > 200, 20'000);
    harness.broker().stop();
    isOver = true;
    for (auto& sender : senders) {
        sender.join();
    }
    puller.join();
    QVERIFY(harness.restart().has_value());
    QVERIFY(harness.broker().view().recovery.cleanExit);
    int found = 0;
    for (int queue = 0; queue < 3; ++queue) {
        found += static_cast<int>(harness.broker().store().maxOffset("busy", queue));
    }
    QVERIFY2(found >= acknowledged, qPrintable(QString("%1 found, %2 acknowledged").arg(found).arg(acknowledged)));
}

void TstBrokerLife::registersWithEveryNameServer()
{
    PosixFileSystem files;
    IoRuntime runtime{IoRuntime::Options{}};
    NameServerConfig first;
    first.port = 0;
    NameServer one(first, runtime, files, SystemClock::instance());
    NameServer two(first, runtime, files, SystemClock::instance());
    QVERIFY(one.start().has_value());
    QVERIFY(two.start().has_value());
    BrokerHarness harness([&](BrokerConfig& config) {
        config.nameServers = {one.address(), "127.0.0.1:1", two.address()}; // nobody listens on port 1
        config.registerPeriod = std::chrono::milliseconds(300);
    });
    START(harness);
    QTRY_COMPARE(one.view().brokers.size(), std::size_t{1});
    QTRY_COMPARE(two.view().brokers.size(), std::size_t{1});
    QCOMPARE(one.view().brokers[0].address, harness.broker().address());
    QTRY_VERIFY(one.view().brokers[0].registrations >= 3); // again and again
    const auto states = harness.broker().view().nameServers;
    QCOMPARE(states, (std::vector<std::pair<std::string, bool>>{{one.address(), true}, {"127.0.0.1:1", false}, {two.address(), true}}));

    // A new topic is announced at once.
    COMPARE_CODE(harness.send("announced", 0, "x"), ResponseCode::Success);
    const auto route = [&](const std::string& nameServer) {
        auto request = BrokerHarness::make(RequestCode::GetRouteInfoByTopic, GetRouteInfoHeader{"announced", {}});
        return harness.client().invokeSync(nameServer, std::move(request), std::chrono::seconds(5))->code;
    };
    QTRY_COMPARE(route(one.address()), 0);
    QTRY_COMPARE(route(two.address()), 0);

    // A NameServer that restarts knows the broker again.
    two.stop();
    QTRY_VERIFY(!harness.broker().view().nameServers[2].second);
    NameServerConfig again;
    again.port = static_cast<std::uint16_t>(HostAddress::parse(states[2].first)->port);
    NameServer successor(again, runtime, files, SystemClock::instance());
    QVERIFY(successor.start().has_value());
    QTRY_COMPARE_WITH_TIMEOUT(successor.view().brokers.size(), std::size_t{1}, 15'000);

    const auto begin = std::chrono::steady_clock::now();
    harness.broker().stop();
    QVERIFY(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
    QCOMPARE(one.view().brokers.size(), std::size_t{0});
    QCOMPARE(successor.view().brokers.size(), std::size_t{0});
}

void TstBrokerLife::startsWithoutNameServers()
{
    BrokerHarness harness;
    START(harness);
    QVERIFY(harness.broker().view().nameServers.empty());
}

void TstBrokerLife::listensOnTheFastPort()
{
    BrokerHarness harness([](BrokerConfig& config) { config.fastPortEnabled = true; });
    START(harness);
    const auto main = HostAddress::parse(harness.broker().address());
    auto request = BrokerHarness::sendRequest(BrokerHarness::sendHeader("fast", 0), "x");
    const auto answer = harness.client().invokeSync("127.0.0.1:" + std::to_string(main->port - 2), std::move(request), std::chrono::seconds(5));
    QVERIFY(answer.has_value());
    COMPARE_CODE(*answer, ResponseCode::Success);
    QCOMPARE(harness.broker().view().counters.connections, std::size_t{1});
}

void TstBrokerLife::answersWhatCameBeforeTheEnd_data()
{
    QTest::addColumn<std::string>("end");
    QTest::newRow("closed for sending") << std::string();
    QTest::newRow("garbage") << std::string("\x7f\x7f\x7f\x7f garbage");
}

void TstBrokerLife::answersWhatCameBeforeTheEnd()
{
    QFETCH(const std::string, end);
    constexpr int kSends = 20;
    BrokerHarness harness;
    QVERIFY(harness.start());
    QCOMPARE(harness.send("Ends", 0, "first").code, 0);
    auto peer = test::RawPeer::connected(static_cast<std::uint16_t>(HostAddress::parse(harness.broker().address()).value().port));
    std::string frames;
    for (int i = 0; i < kSends; ++i) {
        auto request = BrokerHarness::sendRequest(BrokerHarness::sendHeader("Ends", 0), std::to_string(i));
        request.opaque = i;
        frames += encodeFrame(request, HeaderEncoding::Json);
    }
    QVERIFY(peer.send(frames + end));
    if (end.empty()) {
        peer.finishSending();
    }
    for (int i = 0; i < kSends; ++i) {
        const auto answer = peer.receive();
        QVERIFY2(answer, peer.problem().c_str());
        QCOMPARE(answer->command.opaque, i);
        QCOMPARE(answer->command.code, 0);
    }
    QVERIFY(peer.endsWithin(std::chrono::seconds(10)));
    QCOMPARE(harness.pullMessages("Ends", 0, 0, kSends + 1).size(), std::size_t{kSends + 1});
}

QTEST_GUILESS_MAIN(TstBrokerLife)
#include "tst_broker_life.moc"
