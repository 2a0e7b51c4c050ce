// SPDX-License-Identifier: GPL-3.0-or-later
#include "broker_harness.h"
#include "command_words.h"

#include "broker/processors/topic_attributes.h"
#include "namesrv/name_server.h"
#include "protocol/bodies/broker_stats.h"
#include "protocol/bodies/name_lists.h"
#include "protocol/bodies/query_consume_queue.h"
#include "protocol/bodies/topic_config.h"
#include "protocol/bodies/topic_route.h"
#include "protocol/bodies/topic_stats.h"
#include "protocol/headers/admin_broker.h"
#include "protocol/headers/admin_topic.h"
#include "protocol/headers/namesrv.h"
#include "support/compare.h"

#include <QRegularExpression>
#include <QtTest>

#include <algorithm>
#include <set>

using namespace gantry;

namespace {

CreateTopicHeader topicHeader(const std::string& topic, int queues = 4)
{
    CreateTopicHeader header;
    header.topic = topic;
    header.defaultTopic = "TBW102";
    header.readQueueNums = queues;
    header.writeQueueNums = queues;
    header.perm = 6;
    header.topicFilterType = "SINGLE_TAG";
    return header;
}

} // namespace

/// What administrators do to topics and to the broker, over a real socket.
class TstAdminTopics : public QObject
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

    void createsAndChangesTopics();
    void refusesTopics_data();
    void refusesTopics();
    void changesAttributes_data();
    void changesAttributes();
    void keepsAttributesOfTopics();
    void createsListsOfTopics();
    void deletesTopics();
    void listsTopics();
    void showsTopicStats();
    void namesGroupsOfTopics();
    void showsConsumeQueues();
    void showsAndChangesItsConfiguration();
    void announcesAPermissionThatChanged();
    void knowsItsRuntime();
    void countsTrafficPerTopicAndGroup();
    void cleansUp();
    void refusesWhileStopped();

private:
    BrokerHarness& harness() { return *m_harness; }
    template <typename Header>
    RemotingCommand ask(RequestCode code, const Header& header)
    {
        return harness().call(BrokerHarness::make(code, header));
    }
    RemotingCommand send(RequestCode code, const std::string& body = {})
    {
        auto request = RemotingCommand::request(code);
        request.body = body;
        return harness().call(std::move(request));
    }
    Result<TopicConfig> topic(const std::string& name)
    {
        const auto answer = ask(RequestCode::GetTopicConfig, GetTopicConfigHeader{name, true});
        return answer.code == 0 ? TopicConfig::decode(answer.body)
                                : fail(Errc::Remote, "{}", answer.remark);
    }
    Result<TopicStatsTable> stats(const std::string& name)
    {
        return TopicStatsTable::decode(
            ask(RequestCode::GetTopicStatsInfo, GetTopicStatsHeader{name}).body);
    }
    std::map<std::string, std::string> runtime()
    {
        const auto table = KvTable::decode(send(RequestCode::GetBrokerRuntimeInfo).body);
        return table ? table->table : std::map<std::string, std::string>{};
    }

    std::unique_ptr<BrokerHarness> m_harness;
};

void TstAdminTopics::createsAndChangesTopics()
{
    auto header = topicHeader("orders", 3);
    header.order = true;
    COMPARE_CODE(ask(RequestCode::UpdateAndCreateTopic, header), ResponseCode::Success);
    const auto made = topic("orders");
    QVERIFY(made.has_value());
    QCOMPARE(made->writeQueueNums, 3);
    QVERIFY(made->order);
    header.writeQueueNums = 8;
    header.perm = 4;
    COMPARE_CODE(ask(RequestCode::UpdateAndCreateTopic, header), ResponseCode::Success);
    QCOMPARE(topic("orders")->writeQueueNums, 8);
    QCOMPARE(topic("orders")->readQueueNums, 3);
    COMPARE_CODE(harness().send("orders", 0, "x"), ResponseCode::NoPermission);
    QVERIFY(harness().restart());
    QCOMPARE(topic("orders")->writeQueueNums, 8);
    COMPARE_CODE(ask(RequestCode::GetTopicConfig, GetTopicConfigHeader{"nothing", {}}),
                 ResponseCode::TopicNotExist);
}

void TstAdminTopics::refusesTopics_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<int>("queues");
    QTest::addColumn<int>("perm");
    QTest::addColumn<QString>("attributes");
    QTest::addColumn<QString>("says");
    QTest::newRow("blank in the name") << "a b" << 4 << 6 << ""
                                       << "";
    QTest::newRow("no name") << "" << 4 << 6 << ""
                             << "";
    QTest::newRow("long name") << QString(128, 'a') << 4 << 6 << ""
                               << "127";
    QTest::newRow("system topic") << "SCHEDULE_TOPIC_XXXX" << 4 << 6 << ""
                                  << "conflict with system topic";
    QTest::newRow("the cluster's topic") << "TestCluster" << 4 << 6 << ""
                                         << "conflict with system topic";
    QTest::newRow("negative queues") << "t" << -1 << 6 << ""
                                     << "readQueueNums=-1";
    QTest::newRow("many queues") << "t" << 65'536 << 6 << ""
                                 << "65536";
    QTest::newRow("permission") << "t" << 4 << 16 << ""
                                << "perm=16";
    QTest::newRow("attribute") << "t" << 4 << 6 << "+no.such=1"
                               << "no.such";
    QTest::newRow("mixed messages") << "t" << 4 << 6 << "+message.type=MIXED"
                                    << "MIXED";
    QTest::newRow("attribute text") << "t" << 4 << 6 << "message.type=FIFO"
                                    << "message.type=FIFO";
}

void TstAdminTopics::refusesTopics()
{
    QFETCH(QString, name);
    QFETCH(int, queues);
    QFETCH(int, perm);
    QFETCH(QString, attributes);
    QFETCH(QString, says);
    auto header = topicHeader(name.toStdString(), queues);
    header.perm = perm;
    header.attributes = attributes.toStdString();
    const auto answer = ask(RequestCode::UpdateAndCreateTopic, header);
    COMPARE_CODE(answer, ResponseCode::InvalidParameter);
    QVERIFY2(QString::fromStdString(answer.remark).contains(says), answer.remark.c_str());
    auto incomplete = RemotingCommand::request(RequestCode::UpdateAndCreateTopic);
    incomplete.fields.add("topic", "t");
    COMPARE_CODE(harness().call(incomplete), ResponseCode::SystemError);
    COMPARE_CODE(ask(RequestCode::GetTopicConfig, GetTopicConfigHeader{"t", {}}),
                 ResponseCode::TopicNotExist);
}

void TstAdminTopics::changesAttributes_data()
{
    QTest::addColumn<bool>("isNew");
    QTest::addColumn<QString>("change");
    QTest::addColumn<QString>("outcome"); ///< "key=value ..." or "!"
    QTest::newRow("set on a new topic") << true << "+message.type=FIFO"
                                        << "message.type=FIFO";
    QTest::newRow("remove from a new topic") << true << "-message.type"
                                             << "!";
    QTest::newRow("set") << false << "+message.type=DELAY"
                         << "message.type=DELAY queue.type=SimpleCQ";
    QTest::newRow("add") << false << "+reserve.time=60"
                         << "message.type=FIFO queue.type=SimpleCQ reserve.time=60";
    QTest::newRow("remove") << false << "-message.type"
                            << "queue.type=SimpleCQ";
    QTest::newRow("remove what is not there") << false << "-reserve.time"
                                              << "!";
    QTest::newRow("change what is fixed") << false << "-queue.type"
                                          << "!";
    QTest::newRow("repeat what is fixed") << false << "+queue.type=SimpleCQ"
                                          << "message.type=FIFO queue.type=SimpleCQ";
    QTest::newRow("compaction") << true << "+cleanup.policy=COMPACTION"
                                << "!";
    QTest::newRow("reserve time below -1") << false << "+reserve.time=-2"
                                           << "!";
    QTest::newRow("reserve time no number") << false << "+reserve.time=1h"
                                            << "!";
    QTest::newRow("twice") << false << "+message.type=FIFO,-message.type"
                           << "!";
    QTest::newRow("same twice") << false << "+message.type=FIFO,+message.type=NORMAL"
                                << "!";
    QTest::newRow("unknown value") << false << "+message.type=fifo"
                                   << "!";
    QTest::newRow("two") << true << "+message.type=NORMAL,+reserve.time=-1"
                         << "message.type=NORMAL reserve.time=-1";
    QTest::newRow("sign only") << true << "+"
                               << "!";
}

void TstAdminTopics::changesAttributes()
{
    QFETCH(bool, isNew);
    QFETCH(QString, change);
    QFETCH(QString, outcome);
    const TopicAttributes current =
        isNew ? TopicAttributes{}
              : TopicAttributes{{"message.type", "FIFO"}, {"queue.type", "SimpleCQ"}};
    const auto changes = parseAttributeChanges(change.toStdString());
    const auto result = changes ? changeAttributes(isNew, current, *changes)
                                : tl::unexpected<Error>(changes.error());
    QString text = "!";
    if (result) {
        QStringList pairs;
        for (const auto& [key, value] : *result) {
            pairs << QString::fromStdString(key + "=" + value);
        }
        text = pairs.join(' ');
    }
    QCOMPARE(text, outcome);
}

void TstAdminTopics::keepsAttributesOfTopics()
{
    auto header = topicHeader("orders");
    header.attributes = "+message.type=FIFO";
    COMPARE_CODE(ask(RequestCode::UpdateAndCreateTopic, header), ResponseCode::Success);
    header.attributes.reset();
    header.perm = 4;
    COMPARE_CODE(ask(RequestCode::UpdateAndCreateTopic, header), ResponseCode::Success);
    QCOMPARE(topic("orders")->attributes, (TopicAttributes{{"message.type", "FIFO"}}));
    header.attributes = "-message.type";
    COMPARE_CODE(ask(RequestCode::UpdateAndCreateTopic, header), ResponseCode::Success);
    QVERIFY(topic("orders")->attributes.empty());
}

void TstAdminTopics::createsListsOfTopics()
{
    const std::string one =
        R"({"attributes":{"+message.type":"NORMAL"},"order":false,"perm":6,"readQueueNums":2,)"
        R"("topicFilterType":"SINGLE_TAG","topicName":"a","topicSysFlag":0,"writeQueueNums":2})";
    const std::string two = R"({"perm":6,"readQueueNums":5,"topicName":"b","writeQueueNums":5})";
    COMPARE_CODE(send(RequestCode::UpdateAndCreateTopicList,
                      R"({"topicConfigList":[)" + one + "," + two + "]}"),
                 ResponseCode::Success);
    QCOMPARE(topic("a")->attributes.at("message.type"), std::string("NORMAL"));
    QCOMPARE(topic("b")->writeQueueNums, 5);
    // One that is not allowed: none is made.
    const std::string bad =
        R"({"perm":6,"readQueueNums":5,"topicName":"TBW102","writeQueueNums":5})";
    const std::string good = R"({"perm":6,"readQueueNums":5,"topicName":"c","writeQueueNums":5})";
    COMPARE_CODE(send(RequestCode::UpdateAndCreateTopicList,
                      R"({"topicConfigList":[)" + good + "," + bad + "]}"),
                 ResponseCode::InvalidParameter);
    QVERIFY(!topic("c"));
    COMPARE_CODE(send(RequestCode::UpdateAndCreateTopicList, "[broken"), ResponseCode::SystemError);
}

void TstAdminTopics::deletesTopics()
{
    COMPARE_CODE(harness().send("orders", 0, "first"), ResponseCode::Success);
    QCOMPARE(harness().pullMessages("orders", 0, 0, 1).size(), std::size_t{1});
    COMPARE_CODE(ask(RequestCode::DeleteTopicInBroker, DeleteTopicHeader{"orders"}),
                 ResponseCode::Success);
    COMPARE_CODE(ask(RequestCode::GetTopicConfig, GetTopicConfigHeader{"orders", {}}),
                 ResponseCode::TopicNotExist);
    COMPARE_CODE(ask(RequestCode::GetTopicStatsInfo, GetTopicStatsHeader{"orders"}),
                 ResponseCode::TopicNotExist);
    COMPARE_CODE(harness().pull(BrokerHarness::pullHeader("g", "orders", 0, 0)),
                 ResponseCode::TopicNotExist);
    // A new topic of the name begins at offset 0 again.
    COMPARE_CODE(harness().send("orders", 0, "again"), ResponseCode::Success);
    const auto messages = harness().pullMessages("orders", 0, 0, 1);
    QCOMPARE(messages.size(), std::size_t{1});
    QCOMPARE(messages.front().body, std::string("again"));
    COMPARE_CODE(ask(RequestCode::DeleteTopicInBroker, DeleteTopicHeader{"  "}),
                 ResponseCode::InvalidParameter);
    COMPARE_CODE(ask(RequestCode::DeleteTopicInBroker, DeleteTopicHeader{"TBW102"}),
                 ResponseCode::InvalidParameter);
    COMPARE_CODE(ask(RequestCode::DeleteTopicInBroker, DeleteTopicHeader{"nothing"}),
                 ResponseCode::Success);
}

void TstAdminTopics::listsTopics()
{
    COMPARE_CODE(ask(RequestCode::UpdateAndCreateTopic, topicHeader("orders")),
                 ResponseCode::Success);
    const auto all = TopicConfigTable::decode(send(RequestCode::GetAllTopicConfig).body);
    QVERIFY(all.has_value());
    QVERIFY(all->topics.contains("orders") && all->topics.contains("TBW102"));
    QVERIFY(all->dataVersion.counter > 0);
    const auto system = TopicList::decode(send(RequestCode::GetSystemTopicListFromBroker).body);
    QVERIFY(system.has_value());
    const std::set<std::string> names(system->topics.begin(), system->topics.end());
    QVERIFY(names.contains("TBW102") && names.contains("SCHEDULE_TOPIC_XXXX") &&
            names.contains("TestCluster") && names.contains("bk-1"));
    QVERIFY(!names.contains("orders"));
}

void TstAdminTopics::showsTopicStats()
{
    COMPARE_CODE(ask(RequestCode::UpdateAndCreateTopic, topicHeader("orders", 2)),
                 ResponseCode::Success);
    const auto before = SystemClock::instance().wallMs();
    COMPARE_CODE(harness().send("orders", 1, "a"), ResponseCode::Success);
    COMPARE_CODE(harness().send("orders", 1, "b"), ResponseCode::Success);
    QCOMPARE(harness().pullMessages("orders", 1, 0, 2).size(), std::size_t{2});
    const auto table = stats("orders");
    QVERIFY(table.has_value());
    QCOMPARE(table->offsetTable.size(), std::size_t{2});
    const auto& empty = table->offsetTable.at({"orders", "bk-1", 0});
    QCOMPARE(empty.maxOffset, 0);
    QCOMPARE(empty.lastUpdateTimestamp, 0);
    const auto& used = table->offsetTable.at({"orders", "bk-1", 1});
    QCOMPARE(used.minOffset, 0);
    QCOMPARE(used.maxOffset, 2);
    QVERIFY(used.lastUpdateTimestamp >= before);
}

void TstAdminTopics::namesGroupsOfTopics()
{
    COMPARE_CODE(ask(RequestCode::UpdateAndCreateTopic, topicHeader("orders", 2)),
                 ResponseCode::Success);
    COMPARE_CODE(harness().call(BrokerHarness::heartbeat("c1", "online", "orders")),
                 ResponseCode::Success);
    auto pull = BrokerHarness::pullHeader("offline", "orders", 0, 0);
    pull.sysFlag |= pullflag::kCommitOffset;
    pull.commitOffset = 0;
    COMPARE_CODE(harness().pull(pull), ResponseCode::PullNotFound);
    const auto groups = GroupList::decode(
        ask(RequestCode::QueryTopicConsumeByWho, QueryTopicConsumeByWhoHeader{"orders"}).body);
    QVERIFY(groups.has_value());
    QCOMPARE(groups->groups, (std::vector<std::string>{"offline", "online"}));
}

void TstAdminTopics::showsConsumeQueues()
{
    for (int i = 0; i < 3; ++i) {
        COMPARE_CODE(harness().send("orders", 0, "x"), ResponseCode::Success);
    }
    QCOMPARE(harness().pullMessages("orders", 0, 0, 3).size(), std::size_t{3});
    QueryConsumeQueueHeader header{"orders", 0, 1, 10, "watchers"};
    auto answer = ask(RequestCode::QueryConsumeQueue, header);
    COMPARE_CODE(answer, ResponseCode::Success);
    auto body = QueryConsumeQueueResponse::decode(answer.body);
    QVERIFY(body.has_value());
    QCOMPARE(body->minQueueIndex, 0);
    QCOMPARE(body->maxQueueIndex, 3);
    QCOMPARE(body->rows.size(), std::size_t{2});
    QVERIFY(body->rows[0].physicOffset < body->rows[1].physicOffset);
    QVERIFY(body->rows[0].physicSize > 90);
    QVERIFY(body->filterData.find("is not online") != std::string::npos);
    COMPARE_CODE(harness().call(BrokerHarness::heartbeat("c1", "watchers", "orders")),
                 ResponseCode::Success);
    body = QueryConsumeQueueResponse::decode(ask(RequestCode::QueryConsumeQueue, header).body);
    QVERIFY(body && body->subscription && body->rows.front().eval);
    header.count = 1;
    QCOMPARE(QueryConsumeQueueResponse::decode(ask(RequestCode::QueryConsumeQueue, header).body)
                 ->rows.size(),
             std::size_t{1});
    header.index = 3;
    answer = ask(RequestCode::QueryConsumeQueue, header);
    COMPARE_CODE(answer, ResponseCode::Success);
    QVERIFY(answer.body.empty());
    QVERIFY(answer.remark.find("Index 3 of 0@orders") != std::string::npos);
    header.queueId = 9;
    COMPARE_CODE(ask(RequestCode::QueryConsumeQueue, header), ResponseCode::SystemError);
}

void TstAdminTopics::showsAndChangesItsConfiguration()
{
    const auto answer = send(RequestCode::GetBrokerConfig);
    COMPARE_CODE(answer, ResponseCode::Success);
    QVERIFY(DataVersion::decode(answer.fields.find("version").value_or("")).has_value());
    auto table = parseProperties(answer.body);
    QVERIFY(table.has_value());
    QCOMPARE(table->at("brokerName"), std::string("bk-1"));
    QCOMPARE(table->at("brokerPermission"), std::string("6"));
    for (const char* forbidden :
         {"storePathRootDir=/tmp", "brokerConfigPath=x", "listenPort=1", "nonsense=1"}) {
        const auto refused = send(RequestCode::UpdateBrokerConfig,
                                  std::string("brokerPermission=4\n") + forbidden + "\n");
        COMPARE_CODE(refused, ResponseCode::NoPermission);
        QVERIFY(refused.remark.find(std::string(forbidden).substr(0, 5)) != std::string::npos);
    }
    COMPARE_CODE(harness().send("orders", 0, "x"),
                 ResponseCode::Success); // nothing was changed half
    COMPARE_CODE(send(RequestCode::UpdateBrokerConfig, "brokerPermission=7\n"),
                 ResponseCode::InvalidParameter);
    COMPARE_CODE(send(RequestCode::UpdateBrokerConfig, "brokerPermission=4\n"),
                 ResponseCode::Success);
    COMPARE_CODE(harness().send("orders", 0, "x"), ResponseCode::NoPermission);
    QCOMPARE(parseProperties(send(RequestCode::GetBrokerConfig).body)->at("brokerPermission"),
             std::string("4"));
    COMPARE_CODE(send(RequestCode::UpdateBrokerConfig, "brokerPermission=6\n"),
                 ResponseCode::Success);
    COMPARE_CODE(harness().send("orders", 0, "x"), ResponseCode::Success);
}

void TstAdminTopics::announcesAPermissionThatChanged()
{
    IoRuntime runtime({1, 1, 10});
    PosixFileSystem files;
    NameServerConfig config;
    config.port = 0;
    NameServer nameServer(config, runtime, files, SystemClock::instance());
    QVERIFY(nameServer.start());
    m_harness.reset();
    m_harness = std::make_unique<BrokerHarness>(
        [&](BrokerConfig& broker) { broker.nameServers = {nameServer.address()}; });
    QVERIFY(m_harness->start());
    COMPARE_CODE(ask(RequestCode::UpdateAndCreateTopic, topicHeader("orders")),
                 ResponseCode::Success);
    const auto perm = [&] {
        auto request =
            BrokerHarness::make(RequestCode::GetRouteInfoByTopic, GetRouteInfoHeader{"orders", {}});
        const auto answer = harness().client().invokeSync(nameServer.address(), std::move(request),
                                                          std::chrono::seconds(5));
        const auto route =
            answer ? TopicRouteData::decode(answer->body) : tl::unexpected<Error>(answer.error());
        return route && !route->queueDatas.empty() ? route->queueDatas.front().perm : -1;
    };
    QTRY_COMPARE(perm(), 6);
    COMPARE_CODE(send(RequestCode::UpdateBrokerConfig, "brokerPermission=4\n"),
                 ResponseCode::Success);
    QTRY_COMPARE(perm(), 4);
    m_harness.reset();
    QTRY_VERIFY(nameServer.view().brokers.empty());
}

void TstAdminTopics::knowsItsRuntime()
{
    for (int i = 0; i < 5; ++i) {
        COMPARE_CODE(harness().send("orders", 0, "0123456789"), ResponseCode::Success);
    }
    QCOMPARE(harness().pullMessages("orders", 0, 0, 5).size(), std::size_t{5});
    auto info = runtime();
    for (const char* key : {"brokerVersionDesc",
                            "brokerActive",
                            "bootTimestamp",
                            "putTps",
                            "getFoundTps",
                            "getMissTps",
                            "getTotalTps",
                            "getTransferredTps",
                            "getTransferedTps",
                            "putLatency99",
                            "putLatency999",
                            "dispatchBehindBytes",
                            "pageCacheLockTimeMills",
                            "commitLogDirCapacity",
                            "commitLogDiskRatio",
                            "consumeQueueDiskRatio",
                            "sendThreadPoolQueueSize",
                            "pullThreadPoolQueueHeadWaitTimeMills",
                            "ackThreadPoolQueueCapacity",
                            "EndTransactionQueueSize",
                            "timerReadBehind",
                            "timerEnqueueTps",
                            "remainHowManyDataToFlush",
                            "msgPutTotalYesterdayMorning",
                            "msgGetTotalTodayMorning"}) {
        QVERIFY2(info.contains(key), key);
    }
    QCOMPARE(info["brokerVersionDesc"], std::string("V5_3_3"));
    QCOMPARE(info["msgPutTotalTodayNow"], std::string("5"));
    QCOMPARE(info["msgGetTotalTodayNow"], std::string("5"));
    QCOMPARE(info["putMessageTimesTotal"], std::string("5"));
    QVERIFY(std::stoll(info["putMessageSizeTotal"]) > 500);
    QVERIFY(std::stoll(info["commitLogMaxOffset"]) ==
            harness().broker().store().positions().maxOffset);
    QVERIFY(std::stoll(info["earliestMessageTimeStamp"]) > 0);
    const double ratio = std::stod(info["commitLogDiskRatio"]);
    QVERIFY(ratio > 0 && ratio <= 1);
    const QRegularExpression rates("^[0-9.]+ [0-9.]+ [0-9.]+$");
    for (const char* key : {"putTps", "getTotalTps", "getTransferredTps"}) {
        QVERIFY2(rates.match(QString::fromStdString(info[key])).hasMatch(), info[key].c_str());
    }
    const QRegularExpression runtimeForm(
        R"(^\[ 0 days, 0 hours, [0-9]+ minutes, [0-9]+ seconds \]$)");
    QVERIFY(runtimeForm.match(QString::fromStdString(info["runtime"])).hasMatch());
    std::uint64_t counted = 0;
    auto matches = QRegularExpression(R"(\]:([0-9]+))")
                       .globalMatch(QString::fromStdString(info["putMessageDistributeTime"]));
    while (matches.hasNext()) {
        counted += matches.next().captured(1).toULongLong();
    }
    QCOMPARE(counted, std::uint64_t{5});
    COMPARE_CODE(harness().send("orders", 0, "later",
                                "DELAY\x01"
                                "1\x02"),
                 ResponseCode::Success);
    QTRY_COMPARE(runtime()["scheduleMessageOffset_1"], std::string("1,1")); // delivered, of one
    info = runtime();
    const auto ha = send(RequestCode::GetBrokerHaStatus);
    QVERIFY(ha.body.find(R"("master":true,"masterCommitLogMaxOffset":)" +
                         info["commitLogMaxOffset"]) != std::string::npos);
}

void TstAdminTopics::countsTrafficPerTopicAndGroup()
{
    for (int i = 0; i < 4; ++i) {
        COMPARE_CODE(harness().send("orders", 0, "x"), ResponseCode::Success);
    }
    QCOMPARE(harness().pullMessages("orders", 0, 0, 4).size(), std::size_t{4});
    const auto sum = [&](const std::string& name, const std::string& key) -> std::int64_t {
        const auto answer =
            ask(RequestCode::ViewBrokerStatsData, ViewBrokerStatsDataHeader{name, key});
        const auto data = BrokerStatsData::decode(answer.body);
        return answer.code == 0 && data ? data->statsMinute.sum : -1;
    };
    // The counters are looked at once a second.
    QTRY_COMPARE_WITH_TIMEOUT(sum("TOPIC_PUT_NUMS", "orders"), std::int64_t{4}, 15'000);
    QTRY_COMPARE_WITH_TIMEOUT(sum("GROUP_GET_NUMS", "orders@reader"), std::int64_t{4}, 15'000);
    QVERIFY(sum("TOPIC_PUT_SIZE", "orders") > 360);
    QCOMPARE(sum("BROKER_PUT_NUMS", "TestCluster"), std::int64_t{4});
    const auto missing = ask(RequestCode::ViewBrokerStatsData,
                             ViewBrokerStatsDataHeader{"TOPIC_PUT_NUMS", "nothing"});
    COMPARE_CODE(missing, ResponseCode::SystemError);
    QCOMPARE(missing.remark, std::string("The stats <TOPIC_PUT_NUMS> <nothing> not exist"));
}

void TstAdminTopics::cleansUp()
{
    COMPARE_CODE(harness().send("orders", 0, "x"), ResponseCode::Success);
    QCOMPARE(harness().pullMessages("orders", 0, 0, 1).size(), std::size_t{1});
    for (const auto code : {RequestCode::CleanExpiredConsumequeue,
                            RequestCode::DeleteExpiredCommitlog, RequestCode::CleanUnusedTopic}) {
        COMPARE_CODE(send(code), ResponseCode::Success);
    }
    QCOMPARE(harness().pullMessages("orders", 0, 0, 1).size(),
             std::size_t{1}); // in use and young: stays
    // Queues whose topic has no configuration go.
    auto put = PutRequest{};
    put.topic = "leftover";
    put.body = "x";
    put.bornHost = HostAddress::parse("127.0.0.1:1").value();
    QCOMPARE(harness().broker().store().putAndWait(std::move(put)).status, PutStatus::Ok);
    const auto hasLeftover = [&] {
        const auto queues = harness().broker().store().queues();
        return std::find(queues.begin(), queues.end(),
                         std::pair<std::string, std::int32_t>{"leftover", 0}) != queues.end();
    };
    QTRY_VERIFY(hasLeftover());
    COMPARE_CODE(send(RequestCode::CleanUnusedTopic), ResponseCode::Success);
    QVERIFY(!hasLeftover());
}

void TstAdminTopics::refusesWhileStopped()
{
    const auto address = harness().broker().address();
    harness().stop();
    const auto answer = harness().client().invokeSync(
        address, RemotingCommand::request(RequestCode::GetBrokerRuntimeInfo),
        std::chrono::seconds(2));
    QVERIFY(!answer);
}

QTEST_GUILESS_MAIN(TstAdminTopics)
#include "tst_admin_topics.moc"
