// SPDX-License-Identifier: GPL-3.0-or-later
#include "broker_harness.h"
#include "command_words.h"

#include "message/batch_codec.h"
#include "message/message_id.h"
#include "message/topic_name.h"
#include "protocol/bodies/lock_batch.h"
#include "protocol/bodies/name_lists.h"
#include "protocol/headers/client_manage.h"
#include "protocol/headers/offset.h"
#include "protocol/headers/query_message.h"
#include "support/compare.h"

#include <QtTest>

#include <algorithm>
#include <set>

using namespace gantry;

class TstBroker : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_harness = std::make_unique<BrokerHarness>();
        const auto started = m_harness->start();
        QVERIFY2(started.has_value(), started ? "" : started.error().message.c_str());
    }
    void cleanup() { m_harness.reset(); }

    void sendsAndPulls_data();
    void sendsAndPulls();
    void sendsBatches();
    void speaksBinaryHeaders();
    void refusesSends_data();
    void refusesSends();
    void takesTheLargestMessageOnly();
    void createsTopicsAutomatically();
    void picksAQueueWhenAskedTo();
    void filtersByTag();
    void answersEveryPullStatus();
    void refusesPulls();
    void keepsOffsets();
    void tellsQueueBounds();
    void knowsItsClients();
    void noticesMembersThatGo();
    void asksForFullHeartbeats();
    void locksQueues();
    void findsMessagesByKeyAndId();
    void viewsItself();
    void answersUnknownCodes();

private:
    BrokerHarness& harness() { return *m_harness; }
    /// With one message in queue 0 that can be pulled already: a SEND_OK only promises that it will be dispatched.
    void createTopic(const std::string& topic)
    {
        COMPARE_CODE(harness().send(topic, 0, "first"), ResponseCode::Success);
        QVERIFY(harness().broker().store().sync().has_value());
    }

    std::unique_ptr<BrokerHarness> m_harness;
};

void TstBroker::sendsAndPulls_data()
{
    QTest::addColumn<int>("code");
    QTest::newRow("V1") << static_cast<int>(RequestCode::SendMessage);
    QTest::newRow("V2") << static_cast<int>(RequestCode::SendMessageV2);
}

void TstBroker::sendsAndPulls()
{
    QFETCH(int, code);
    auto header = BrokerHarness::sendHeader("orders", 2, properties({{"TAGS", "paid"}, {"KEYS", "k1 k2"}, {"UNIQ_KEY", "7F0000010A2B18B4AAC25A6E3F5C0001"}}));
    header.flag = 77;
    header.bornTimestamp = 1'700'000'000'123;
    const auto answer = harness().call(BrokerHarness::sendRequest(header, "hello", static_cast<RequestCode>(code)));
    COMPARE_CODE(answer, ResponseCode::Success);
    QCOMPARE(number(answer, "queueId"), 2);
    QCOMPARE(number(answer, "queueOffset"), 0);
    QCOMPARE(field(answer, "transactionId"), std::string("7F0000010A2B18B4AAC25A6E3F5C0001"));
    QCOMPARE(field(answer, "MSG_REGION"), std::string("DefaultRegion"));
    QCOMPARE(field(answer, "TRACE_ON"), std::string("true"));
    const auto id = parseOffsetMessageId(field(answer, "msgId"));
    QVERIFY(id.has_value());
    QCOMPARE(id->storeHost.toText(), harness().broker().address());

    const auto messages = harness().pullMessages("orders", 2, 0, 1);
    QCOMPARE(messages.size(), std::size_t{1});
    const auto& message = messages.front();
    QCOMPARE(message.topic, std::string("orders"));
    QCOMPARE(message.body, std::string("hello"));
    QCOMPARE(message.flag, 77);
    QCOMPARE(message.bornTimestampMs, std::int64_t{1'700'000'000'123});
    QCOMPARE(message.commitLogOffset, id->commitLogOffset);
    QCOMPARE(message.properties.value("TAGS"), std::string_view("paid"));
    QCOMPARE(message.properties.value("CLUSTER"), std::string_view("TestCluster"));
    QCOMPARE(message.bornHost.toText().substr(0, 10), std::string("127.0.0.1:"));
}

void TstBroker::sendsBatches()
{
    std::vector<Message> batch(3);
    for (int i = 0; i < 3; ++i) {
        auto& message = batch[static_cast<std::size_t>(i)];
        message.body = "item " + std::to_string(i);
        message.properties.set("TAGS", i == 1 ? "odd" : "even");
    }
    auto header = BrokerHarness::sendHeader("batches", 1);
    header.batch = true;
    for (const auto code : {RequestCode::SendBatchMessage, RequestCode::SendMessageV2}) {
        const auto answer = harness().call(BrokerHarness::sendRequest(header, encodeBatch(batch), code));
        COMPARE_CODE(answer, ResponseCode::Success);
        const auto ids = field(answer, "msgId");
        QCOMPARE(std::count(ids.begin(), ids.end(), ','), 2);
    }
    const auto messages = harness().pullMessages("batches", 1, 0, 6);
    QCOMPARE(messages.size(), std::size_t{6});
    QCOMPARE(messages[4].body, std::string("item 1"));
    QCOMPARE(messages[4].queueOffset, 4);
    QCOMPARE(messages[4].properties.value("TAGS"), std::string_view("odd"));
    QVERIFY(messages[3].uniqueKey() != messages[4].uniqueKey());

    const auto damaged = harness().call(BrokerHarness::sendRequest(header, "not a batch", RequestCode::SendBatchMessage));
    COMPARE_CODE(damaged, ResponseCode::MessageIllegal);
}

void TstBroker::speaksBinaryHeaders()
{
    const auto client = harness().anotherClient(HeaderEncoding::Binary);
    const auto sent = harness().call(BrokerHarness::sendRequest(BrokerHarness::sendHeader("binary", 0, properties({{"KEYS", "ü"}})), "x"), client.get());
    COMPARE_CODE(sent, ResponseCode::Success);
    const auto messages = harness().pullMessages("binary", 0, 0, 1);
    QCOMPARE(messages.size(), std::size_t{1});
    QCOMPARE(messages[0].properties.value("KEYS"), std::string_view("ü"));
    const auto pulled = harness().call(BrokerHarness::make(RequestCode::LitePullMessage, BrokerHarness::pullHeader("g", "binary", 0, 0)), client.get());
    COMPARE_CODE(pulled, ResponseCode::Success);
    client->stop();
}

void TstBroker::refusesSends_data()
{
    QTest::addColumn<QString>("topic");
    QTest::addColumn<int>("queueId");
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("value");
    QTest::addColumn<int>("expected");
    const auto row = [](const char* what, const char* topic, int queueId, const char* name, const char* value, ResponseCode code) {
        QTest::newRow(what) << topic << queueId << name << value << static_cast<int>(code);
    };
    row("illegal characters", "bad topic", 0, "TAGS", "a", ResponseCode::InvalidParameter);
    row("empty topic", "", 0, "TAGS", "a", ResponseCode::InvalidParameter);
    row("own topic of the broker", "SCHEDULE_TOPIC_XXXX", 0, "TAGS", "a", ResponseCode::NoPermission);
    row("queue out of range", "refused", 99, "TAGS", "a", ResponseCode::InvalidParameter);
    row("transaction", "refused", 0, "TRAN_MSG", "true", ResponseCode::NoPermission);
    row("timer", "refused", 0, "TIMER_DELAY_SEC", "5", ResponseCode::SystemError);
    row("retry topic of nobody", "%RETRY%nobody", 0, "TAGS", "a", ResponseCode::SubscriptionGroupNotExist);
}

void TstBroker::refusesSends()
{
    QFETCH(QString, topic);
    QFETCH(int, queueId);
    QFETCH(QString, name);
    QFETCH(QString, value);
    QFETCH(int, expected);
    createTopic("refused");
    const auto answer = harness().send(topic.toStdString(), queueId, "body", properties({{name.toStdString(), value.toStdString()}}));
    COMPARE_CODE(answer, expected);
    QVERIFY(!answer.remark.empty());
}

void TstBroker::takesTheLargestMessageOnly()
{
    const std::string largest(4 * kMiB, 'x');
    COMPARE_CODE(harness().send("large", 0, largest), ResponseCode::Success);
    COMPARE_CODE(harness().send("large", 0, largest + "x"), ResponseCode::MessageIllegal);
    COMPARE_CODE(harness().send("large", 0, {}), ResponseCode::MessageIllegal);
    COMPARE_CODE(harness().send("large", 0, "x", properties({{"LONG", std::string(33'000, 'p')}})), ResponseCode::MessageIllegal);
    const auto messages = harness().pullMessages("large", 0, 0, 1);
    QCOMPARE(messages.size(), std::size_t{1});
    QVERIFY(messages[0].body == largest);
}

void TstBroker::createsTopicsAutomatically()
{
    auto header = BrokerHarness::sendHeader("wide", 0);
    header.defaultTopicQueueNums = 16;
    COMPARE_CODE(harness().call(BrokerHarness::sendRequest(header, "x")), ResponseCode::Success);
    header = BrokerHarness::sendHeader("no-template", 0);
    header.defaultTopic = "unknown";
    const auto refused = harness().call(BrokerHarness::sendRequest(header, "x"));
    COMPARE_CODE(refused, ResponseCode::TopicNotExist);
    QVERIFY(refused.remark.find("no-template") != std::string::npos);
    const auto view = harness().broker().view();
    const auto wide = std::find_if(view.topics.begin(), view.topics.end(), [](const TopicView& topic) { return topic.config.topicName == "wide"; });
    QVERIFY(wide != view.topics.end());
    QCOMPARE(wide->config.writeQueueNums, 8);
    QCOMPARE(wide->config.perm, perm::kReadWrite);
    // It is there after a crash, too: the file is written before the answer.
    const auto file = readWholeFile(harness().files(), harness().directory() + "/config/topics.json", 1 << 20);
    QVERIFY(file && file->find("\"wide\"") != std::string::npos);
}

void TstBroker::picksAQueueWhenAskedTo()
{
    std::set<std::int64_t> queues;
    for (int i = 0; i < 8; ++i) {
        const auto answer = harness().send("any-queue", -1, "x");
        COMPARE_CODE(answer, ResponseCode::Success);
        queues.insert(number(answer, "queueId"));
    }
    QCOMPARE(queues, (std::set<std::int64_t>{0, 1, 2, 3}));
}

void TstBroker::filtersByTag()
{
    for (const char* tag : {"a", "b", "c", "a", "b"}) {
        COMPARE_CODE(harness().send("tagged", 0, tag, properties({{"TAGS", tag}})), ResponseCode::Success);
    }
    QCOMPARE(harness().pullMessages("tagged", 0, 0, 5).size(), std::size_t{5});
    const auto some = harness().pull(BrokerHarness::pullHeader("g", "tagged", 0, 0, "a || c"));
    COMPARE_CODE(some, ResponseCode::Success);
    QCOMPARE(decodeMessages(some.body)->size(), std::size_t{3});
    QCOMPARE(number(some, "nextBeginOffset"), 5);
    const auto none = harness().pull(BrokerHarness::pullHeader("g", "tagged", 0, 1, "z"));
    COMPARE_CODE(none, ResponseCode::PullRetryImmediately);
    QCOMPARE(number(none, "nextBeginOffset"), 5);
    QCOMPARE(none.remark, std::string("NO_MATCHED_MESSAGE"));
    auto sql = BrokerHarness::pullHeader("g", "tagged", 0, 0, "a > 5");
    sql.expressionType = "SQL92";
    COMPARE_CODE(harness().pull(sql), ResponseCode::SystemError);
}

void TstBroker::answersEveryPullStatus()
{
    createTopic("states");
    QCOMPARE(harness().pullMessages("states", 0, 0, 1).size(), std::size_t{1});
    const auto check = [&](std::int32_t queueId, std::int64_t offset, ResponseCode code, std::int64_t next) {
        const auto answer = harness().pull(BrokerHarness::pullHeader("g", "states", queueId, offset));
        COMPARE_CODE(answer, code);
        QCOMPARE(number(answer, "nextBeginOffset"), next);
        for (const char* name : {"suggestWhichBrokerId", "minOffset", "maxOffset"}) {
            QVERIFY2(number(answer, name) >= 0, name);
        }
    };
    check(0, 0, ResponseCode::Success, 1);
    check(0, 1, ResponseCode::PullNotFound, 1);
    check(0, 5, ResponseCode::PullOffsetMoved, 1);
    check(0, -1, ResponseCode::PullOffsetMoved, 0);
    check(1, 0, ResponseCode::PullNotFound, 0);   // a queue without messages
    check(1, 7, ResponseCode::PullOffsetMoved, 0);
}

void TstBroker::refusesPulls()
{
    createTopic("guarded");
    COMPARE_CODE(harness().pull(BrokerHarness::pullHeader("g", "no-such-topic", 0, 0)), ResponseCode::TopicNotExist);
    COMPARE_CODE(harness().pull(BrokerHarness::pullHeader("g", "guarded", 4, 0)), ResponseCode::InvalidParameter);
    COMPARE_CODE(harness().pull(BrokerHarness::pullHeader("bad group", "guarded", 0, 0)), ResponseCode::SubscriptionGroupNotExist);
    auto header = BrokerHarness::pullHeader("g", "guarded", 0, 0);
    header.sysFlag = 0; // the subscription is that of the heartbeat
    COMPARE_CODE(harness().pull(header), ResponseCode::SubscriptionNotExist);
    COMPARE_CODE(harness().call(BrokerHarness::heartbeat("c1", "g", "elsewhere")), ResponseCode::Success);
    COMPARE_CODE(harness().pull(header), ResponseCode::SubscriptionNotExist);
    COMPARE_CODE(harness().call(BrokerHarness::heartbeat("c1", "g", "guarded", "*", 10)), ResponseCode::Success);
    header.subVersion = 11;
    COMPARE_CODE(harness().pull(header), ResponseCode::SubscriptionNotLatest);
    header.subVersion = 10;
    COMPARE_CODE(harness().pull(header), ResponseCode::Success);
    auto incomplete = BrokerHarness::make(RequestCode::PullMessage, header);
    incomplete.fields.remove("queueId");
    COMPARE_CODE(harness().call(incomplete), ResponseCode::SystemError);
}

void TstBroker::keepsOffsets()
{
    createTopic("positions");
    QCOMPARE(harness().pullMessages("positions", 0, 0, 1).size(), std::size_t{1});
    QueryConsumerOffsetHeader query{"g", "positions", 0, std::nullopt};
    auto answer = harness().call(BrokerHarness::make(RequestCode::QueryConsumerOffset, query));
    COMPARE_CODE(answer, ResponseCode::Success); // a young queue: from its start
    QCOMPARE(number(answer, "offset"), 0);
    query.setZeroIfNotFound = false;
    COMPARE_CODE(harness().call(BrokerHarness::make(RequestCode::QueryConsumerOffset, query)), ResponseCode::QueryNotFound);
    query.queueId = 1;
    query.setZeroIfNotFound.reset();
    COMPARE_CODE(harness().call(BrokerHarness::make(RequestCode::QueryConsumerOffset, query)), ResponseCode::QueryNotFound); // empty

    const UpdateConsumerOffsetHeader update{"g", "positions", 0, 1};
    COMPARE_CODE(harness().call(BrokerHarness::make(RequestCode::UpdateConsumerOffset, update)), ResponseCode::Success);
    auto incomplete = BrokerHarness::make(RequestCode::UpdateConsumerOffset, update);
    incomplete.fields.remove("commitOffset");
    COMPARE_CODE(harness().call(incomplete), ResponseCode::InvalidParameter);
    COMPARE_CODE(harness().call(BrokerHarness::make(RequestCode::UpdateConsumerOffset, UpdateConsumerOffsetHeader{"g", "nope", 0, 1})),
                 ResponseCode::TopicNotExist);
    query = {"g", "positions", 0, false};
    QCOMPARE(number(harness().call(BrokerHarness::make(RequestCode::QueryConsumerOffset, query)), "offset"), 1);

    auto pull = BrokerHarness::pullHeader("g2", "positions", 0, 0);
    pull.sysFlag |= pullflag::kCommitOffset;
    pull.commitOffset = 1;
    COMPARE_CODE(harness().pull(pull), ResponseCode::Success);
    query.consumerGroup = "g2";
    QCOMPARE(number(harness().call(BrokerHarness::make(RequestCode::QueryConsumerOffset, query)), "offset"), 1);

    QVERIFY(harness().restart().has_value());
    QCOMPARE(number(harness().call(BrokerHarness::make(RequestCode::QueryConsumerOffset, query)), "offset"), 1);
}

void TstBroker::tellsQueueBounds()
{
    const auto before = SystemClock::instance().wallMs();
    for (int i = 0; i < 3; ++i) {
        COMPARE_CODE(harness().send("bounds", 0, "x"), ResponseCode::Success);
    }
    QCOMPARE(harness().pullMessages("bounds", 0, 0, 3).size(), std::size_t{3});
    QCOMPARE(number(harness().call(BrokerHarness::make(RequestCode::GetMaxOffset, GetMaxOffsetHeader{"bounds", 0, {}})), "offset"), 3);
    QCOMPARE(number(harness().call(BrokerHarness::make(RequestCode::GetMinOffset, GetMinOffsetHeader{"bounds", 0})), "offset"), 0);
    const auto search = [&](std::int64_t at) {
        return number(harness().call(BrokerHarness::make(RequestCode::SearchOffsetByTimestamp, SearchOffsetHeader{"bounds", 0, at, {}})), "offset");
    };
    QCOMPARE(search(before - 1000), 0);
    QCOMPARE(search(before + 60'000), 3);
    const auto earliest = number(harness().call(BrokerHarness::make(RequestCode::GetEarliestMsgStoretime, GetEarliestMsgStoretimeHeader{"bounds", 0})), "timestamp");
    QVERIFY(earliest >= before && earliest <= SystemClock::instance().wallMs());
    QCOMPARE(number(harness().call(BrokerHarness::make(RequestCode::GetEarliestMsgStoretime, GetEarliestMsgStoretimeHeader{"bounds", 1})), "timestamp"), -1);
}

void TstBroker::knowsItsClients()
{
    createTopic("watched");
    GetConsumerListByGroupHeader list{"team"};
    COMPARE_CODE(harness().call(BrokerHarness::make(RequestCode::GetConsumerListByGroup, list)), ResponseCode::SystemError);
    const auto first = harness().call(BrokerHarness::heartbeat("c1", "team", "watched"));
    COMPARE_CODE(first, ResponseCode::Success);
    QCOMPARE(field(first, "IS_SUPPORT_HEART_BEAT_V2"), std::string("true"));
    QVERIFY(harness().waitForNotices(1)); // its own arrival
    const auto other = harness().anotherClient();
    COMPARE_CODE(harness().call(BrokerHarness::heartbeat("c2", "team", "watched"), other.get()), ResponseCode::Success);
    QVERIFY(harness().waitForNotices(2));
    auto answer = harness().call(BrokerHarness::make(RequestCode::GetConsumerListByGroup, list));
    COMPARE_CODE(answer, ResponseCode::Success);
    auto ids = ConsumerIdList::decode(answer.body)->consumerIds;
    std::sort(ids.begin(), ids.end());
    QCOMPARE(ids, (std::vector<std::string>{"c1", "c2"}));
    // The same heartbeat again changes nothing and disturbs nobody.
    COMPARE_CODE(harness().call(BrokerHarness::heartbeat("c2", "team", "watched"), other.get()), ResponseCode::Success);
    QCOMPARE(harness().noticeCount(), std::size_t{2});
    // Another subscription does.
    COMPARE_CODE(harness().call(BrokerHarness::heartbeat("c2", "team", "another", "*", 2), other.get()), ResponseCode::Success);
    QVERIFY(harness().waitForNotices(3));
    COMPARE_CODE(harness().call(BrokerHarness::make(RequestCode::UnregisterClient, UnregisterClientHeader{"c2", {}, "team"}), other.get()), ResponseCode::Success);
    QVERIFY(harness().waitForNotices(4));
    answer = harness().call(BrokerHarness::make(RequestCode::GetConsumerListByGroup, list));
    QCOMPARE(ConsumerIdList::decode(answer.body)->consumerIds, std::vector<std::string>{"c1"});
    const auto view = harness().broker().view();
    QVERIFY(std::any_of(view.topics.begin(), view.topics.end(), [](const TopicView& topic) { return topic.config.topicName == "%RETRY%team"; }));
    other->stop();
}

void TstBroker::noticesMembersThatGo()
{
    COMPARE_CODE(harness().call(BrokerHarness::heartbeat("c1", "team", "watched")), ResponseCode::Success);
    const auto other = harness().anotherClient();
    COMPARE_CODE(harness().call(BrokerHarness::heartbeat("c2", "team", "watched"), other.get()), ResponseCode::Success);
    QVERIFY(harness().waitForNotices(2));
    other->stop(); // the connection goes without a word
    QVERIFY(harness().waitForNotices(3));
    QTRY_COMPARE(harness().broker().view().clients.size(), std::size_t{1});
}

void TstBroker::asksForFullHeartbeats()
{
    auto request = BrokerHarness::heartbeat("c1", "team", "watched");
    auto data = HeartbeatData::decode(request.body).value();
    data.fingerprint = 4711;
    data.withoutSub = true;
    request.body = data.encode();
    QCOMPARE(field(harness().call(request), "IS_SUB_CHANGE"), std::string("true")); // we never got the subscriptions
    data.withoutSub = false;
    request.body = data.encode();
    QCOMPARE(field(harness().call(request), "IS_SUB_CHANGE"), std::string("false"));
    data.withoutSub = true;
    request.body = data.encode();
    QCOMPARE(field(harness().call(request), "IS_SUB_CHANGE"), std::string("false"));
    createTopic("watched");
    auto header = BrokerHarness::pullHeader("team", "watched", 0, 0);
    header.sysFlag = 0;
    COMPARE_CODE(harness().pull(header), ResponseCode::Success);
}

void TstBroker::locksQueues()
{
    LockBatchRequest lock;
    lock.consumerGroup = "ordered";
    lock.clientId = "c1";
    lock.queues = {{"t", "bk-1", 0}, {"t", "bk-1", 1}};
    auto request = RemotingCommand::request(RequestCode::LockBatchMq);
    request.body = lock.encode();
    QCOMPARE(LockBatchResponse::decode(harness().call(request).body)->lockedQueues.size(), std::size_t{2});
    lock.clientId = "c2";
    request.body = lock.encode();
    QCOMPARE(LockBatchResponse::decode(harness().call(request).body)->lockedQueues.size(), std::size_t{0});
    lock.clientId = "c1";
    lock.queues.pop_back();
    auto unlock = RemotingCommand::request(RequestCode::UnlockBatchMq);
    unlock.body = lock.encode();
    COMPARE_CODE(harness().call(unlock), ResponseCode::Success);
    QCOMPARE(LockBatchResponse::decode(harness().call(request).body)->lockedQueues, (std::vector<MessageQueue>{{"t", "bk-1", 0}}));
}

void TstBroker::findsMessagesByKeyAndId()
{
    const auto sent = harness().send("indexed", 0, "find me", properties({{"KEYS", "k-1 k-2"}, {"UNIQ_KEY", "7F0000010A2B18B4AAC25A6E3F5C00AA"}}));
    COMPARE_CODE(sent, ResponseCode::Success);
    QVERIFY(harness().broker().store().sync().has_value());
    QueryMessageHeader query{"indexed", "k-2", 32, 0, SystemClock::instance().wallMs() + 1000, {}};
    auto answer = harness().call(BrokerHarness::make(RequestCode::QueryMessage, query));
    COMPARE_CODE(answer, ResponseCode::Success);
    QCOMPARE(decodeMessages(answer.body)->front().body, std::string("find me"));
    QVERIFY(number(answer, "indexLastUpdateTimestamp") > 0);
    query.key = "7F0000010A2B18B4AAC25A6E3F5C00AA";
    query.uniqueKeyQuery = true;
    COMPARE_CODE(harness().call(BrokerHarness::make(RequestCode::QueryMessage, query)), ResponseCode::Success);
    query.key = "k-3";
    COMPARE_CODE(harness().call(BrokerHarness::make(RequestCode::QueryMessage, query)), ResponseCode::QueryNotFound);

    const auto id = parseOffsetMessageId(field(sent, "msgId"));
    answer = harness().call(BrokerHarness::make(RequestCode::ViewMessageById, ViewMessageHeader{id->commitLogOffset, {}}));
    COMPARE_CODE(answer, ResponseCode::Success);
    QCOMPARE(decodeMessages(answer.body)->front().body, std::string("find me"));
    COMPARE_CODE(harness().call(BrokerHarness::make(RequestCode::ViewMessageById, ViewMessageHeader{123'456'789, {}})), ResponseCode::SystemError);
}

void TstBroker::viewsItself()
{
    COMPARE_CODE(harness().send("seen", 1, "body"), ResponseCode::Success);
    COMPARE_CODE(harness().call(BrokerHarness::heartbeat("c1", "team", "seen", "a || b")), ResponseCode::Success);
    QCOMPARE(harness().pullMessages("seen", 1, 0, 1).size(), std::size_t{1});
    auto pull = BrokerHarness::pullHeader("team", "seen", 1, 0);
    pull.sysFlag |= pullflag::kCommitOffset;
    pull.commitOffset = 1;
    COMPARE_CODE(harness().pull(pull), ResponseCode::Success);
    const auto view = harness().broker().view();
    QCOMPARE(view.brokerName, std::string("bk-1"));
    QCOMPARE(view.address, harness().broker().address());
    QCOMPARE(view.counters.messagesIn, std::uint64_t{1});
    QVERIFY(view.counters.messagesOut >= 2);
    QVERIFY(view.putLatency.count >= 1);
    const auto topic = std::find_if(view.topics.begin(), view.topics.end(), [](const auto& each) { return each.config.topicName == "seen"; });
    QVERIFY(topic != view.topics.end());
    QCOMPARE(topic->queues.size(), std::size_t{4});
    QCOMPARE(topic->queues[1].maxOffset, 1);
    QVERIFY(topic->queues[1].lastStoreTimestampMs > 0);
    QCOMPARE(topic->queues[0].lastStoreTimestampMs, -1);
    QCOMPARE(topic->messagesIn, std::uint64_t{1});
    const auto group = std::find_if(view.consumers.begin(), view.consumers.end(), [](const auto& each) { return each.group == "team"; });
    QVERIFY(group != view.consumers.end());
    QCOMPARE(group->clientIds, std::vector<std::string>{"c1"});
    QCOMPARE(group->subscriptions.front().subString, std::string("a || b"));
    const auto offset = std::find_if(view.offsets.begin(), view.offsets.end(), [](const auto& each) { return each.group == "team"; });
    QVERIFY(offset != view.offsets.end());
    QCOMPARE(offset->consumerOffset, 1);
    QCOMPARE(offset->lastPullClientId, std::string("c1"));
    QCOMPARE(offset->queue.brokerName, std::string("bk-1"));
    QVERIFY(offset->lastPullMs > 0);
    QCOMPARE(view.clients.size(), std::size_t{1});
    QCOMPARE(view.clients[0].clientId, std::string("c1"));
    QVERIFY(view.clients[0].role == ClientView::Role::Consumer);
    QVERIFY(view.clients[0].framesIn > 0 && view.clients[0].connectedAtMs > 0);
}

void TstBroker::answersUnknownCodes()
{
    auto request = RemotingCommand::request(RequestCode::SendMessage);
    request.code = 31'337;
    const auto answer = harness().call(request);
    COMPARE_CODE(answer, ResponseCode::RequestCodeNotSupported);
    QVERIFY(answer.remark.find("31337") != std::string::npos);
}

QTEST_GUILESS_MAIN(TstBroker)
#include "tst_broker.moc"
