// SPDX-License-Identifier: GPL-3.0-or-later
#include "name_server_fixture.h"

#include "base/crc32.h"
#include "protocol/command_codec.h"

#include <QFile>
#include <QtTest>

#include <atomic>
#include <thread>

using namespace gantry;
using namespace gantry::test;
using namespace std::chrono_literals;

namespace {

constexpr int code(ResponseCode responseCode)
{
    return static_cast<int>(responseCode);
}
constexpr int kSuccess = code(ResponseCode::Success);
constexpr int kNoRoute = code(ResponseCode::TopicNotExist);
constexpr int kSystemError = code(ResponseCode::SystemError);

/// Queue permission of the first broker in the route.
int permOf(Peer& peer, const std::string& address, const std::string& topic)
{
    const auto route = TopicRouteData::decode(routeOf(peer, address, topic).body);
    return route && !route->queueDatas.empty() ? route->queueDatas.front().perm : -1;
}

/// A frame recorded between Apache's own programs.
RemotingCommand recorded(const QString& name)
{
    QFile file(QStringLiteral(GANTRY_TEST_DATA_DIR "/golden/") + name + ".hex");
    QByteArray hex;
    if (file.open(QIODevice::ReadOnly)) {
        file.readLine(); // a comment
        hex = file.readAll();
    }
    const std::string frame = QByteArray::fromHex(hex).toStdString();
    const auto decoded =
        decodeCommand(asBytes(frame).subspan(std::min<std::size_t>(4, frame.size())));
    if (!decoded) {
        qWarning("%s: %s", qPrintable(name), decoded.error().message.c_str());
        return {};
    }
    return decoded->command;
}

} // namespace

class TstNameServer : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void everyBrokerRegistersWithEveryServer();
    void routesKeepWhatClientsParse();
    void clusterInfoHasJavasNumericKeys();
    void answersLikeApaches_data();
    void answersLikeApaches();
    void aClosedConnectionRemovesItsBrokerAtOnce();
    void anOldConnectionDoesNotRemoveANewRegistration();
    void silenceRemovesABroker();
    void patienceHasAnEnd();
    void anEqualDataVersionChangesNothing();
    void dataVersionsCanBeAskedFor();
    void partialTablesAddAndFullOnesDoNotDelete();
    void aFirstTableOfOneTopicIsRefused();
    void oneAddressHasOneId();
    void anOlderTermIsIgnored();
    void slavesLearnTheirMaster();
    void actingMastersAreReadOnly();
    void compressedAndOldBodiesAreUnderstood();
    void damagedRegistrationsAreRefused();
    void unregisteringRemovesRoutes();
    void writePermissionIsWipedAndGivenBack();
    void topicsAreDeletedPerCluster();
    void topicsCanBeRegisteredWithoutABroker();
    void topicListsKnowUnitsAndSystemTopics();
    void unknownCodesAreNamed();
    void listsCanBeSwitchedOff();
    void stopsInTheMiddleOfTraffic();
};

void TstNameServer::everyBrokerRegistersWithEveryServer()
{
    Site site;
    const auto first = site.start(site.config());
    const auto second = site.start(site.config());
    QVERIFY(first && second);
    QVERIFY(first->address() != second->address());
    Peer a(site.runtime);
    Peer b(site.runtime);
    const BrokerFacts brokerA;
    BrokerFacts brokerB;
    brokerB.name = "broker-b";
    brokerB.address = "127.0.0.1:10921";
    for (const auto& address : {first->address(), second->address()}) {
        QCOMPARE(registerAt(a, address, brokerA).code, kSuccess);
        QCOMPARE(registerAt(b, address, brokerB).code, kSuccess);
    }
    Peer client(site.runtime);
    for (const auto& address : {first->address(), second->address()}) {
        const auto response = routeOf(client, address, "Orders");
        QCOMPARE(response.code, kSuccess);
        const auto route = TopicRouteData::decode(response.body);
        QVERIFY(route);
        QCOMPARE(route->queueDatas.size(), std::size_t(2));
        QCOMPARE(route->brokerDatas.size(), std::size_t(2));
        QCOMPARE(route->brokerDatas.front().brokerAddrs.at(0), brokerA.address);
        QCOMPARE(route->brokerDatas.back().brokerAddrs.at(0), brokerB.address);
    }
    QCOMPARE(routeOf(client, first->address(), "Nothing").code, kNoRoute);
    QCOMPARE(first->view().routeQueries, std::int64_t(2));
    const auto view = second->view();
    QCOMPARE(view.brokers.size(), std::size_t(2));
    QCOMPARE(view.topicCount, std::size_t(2));
    QCOMPARE(view.connectionCount, std::size_t(3));
    QCOMPARE(view.brokers.front().name, std::string("broker-a"));
    QCOMPARE(view.brokers.front().registrations, std::int64_t(1));
    QCOMPARE(view.brokers.front().topics, std::size_t(2));
    QCOMPARE(view.brokers.front().lastHeartbeatMs, site.clock.wallMs());
}

void TstNameServer::routesKeepWhatClientsParse()
{
    Site site;
    const auto server = site.start(site.config());
    Peer peer(site.runtime);
    QCOMPARE(registerAt(peer, server->address(), {}).code, kSuccess);
    // Go splits this text at commas and colons, and strict parsers need the quotes around the id.
    const std::string expected =
        R"({"brokerDatas":[{"brokerAddrs":{"0":"127.0.0.1:10911"},"brokerName":"broker-a","cluster":"East",)"
        R"("enableActingMaster":false}],"filterServerTable":{},"queueDatas":[{"brokerName":"broker-a","perm":6,)"
        R"("readQueueNums":4,"topicSysFlag":0,"writeQueueNums":4}]})";
    for (const std::int32_t version : {317, 401, 479}) {
        QCOMPARE(QString::fromStdString(routeOf(peer, server->address(), "Orders", version).body),
                 QString::fromStdString(expected));
    }
}

void TstNameServer::clusterInfoHasJavasNumericKeys()
{
    Site site;
    const auto server = site.start(site.config());
    Peer peer(site.runtime);
    QCOMPARE(registerAt(peer, server->address(), {}).code, kSuccess);
    const auto response = peer.ask(server->address(), RequestCode::GetBrokerClusterInfo);
    QCOMPARE(
        QString::fromStdString(response.body),
        QString(
            R"({"brokerAddrTable":{"broker-a":{"brokerAddrs":{0:"127.0.0.1:10911"},"brokerName":"broker-a",)"
            R"("cluster":"East","enableActingMaster":false}},"clusterAddrTable":{"East":["broker-a"]}})"));
    const auto members = peer.ask(server->address(), RequestCode::GetBrokerMemberGroup,
                                  GetBrokerMemberGroupHeader{"East", "broker-a"});
    QCOMPARE(
        QString::fromStdString(members.body),
        QString(
            R"({"brokerMemberGroup":{"brokerAddrs":{0:"127.0.0.1:10911"},"brokerName":"broker-a","cluster":"East"}})"));
    const auto nobody = peer.ask(server->address(), RequestCode::GetBrokerMemberGroup,
                                 GetBrokerMemberGroupHeader{"East", "broker-x"});
    QCOMPARE(
        QString::fromStdString(nobody.body),
        QString(
            R"({"brokerMemberGroup":{"brokerAddrs":{},"brokerName":"broker-x","cluster":"East"}})"));
}

void TstNameServer::answersLikeApaches_data()
{
    QTest::addColumn<QString>("client");
    QTest::newRow("5.3.3") << "";
    QTest::newRow("4.9.8") << "-4.9";
}

void TstNameServer::answersLikeApaches()
{
    QFETCH(QString, client);
    Site site;
    const auto server = site.start(site.config());
    Peer broker(site.runtime);
    const auto registration = recorded("103-register-broker-request" + client);
    QCOMPARE(registration.code, 103);
    QCOMPARE(broker.ask(server->address(), registration).code, kSuccess);
    QCOMPARE(permOf(broker, server->address(), "TBW102"), 7);
    // The topic came later, by a registration of what had changed.
    BrokerFacts change;
    change.cluster = "DefaultCluster";
    change.address = registration.fields.find("brokerAddr").value_or("");
    change.version = 77;
    auto body = RegisterBrokerBody{};
    body.topicTable.dataVersion = change.dataVersion();
    body.topicTable.topics["golden_send"].topicName = "golden_send";
    body.topicTable.topics["golden_send"].readQueueNums = 2;
    body.topicTable.topics["golden_send"].writeQueueNums = 2;
    QCOMPARE(
        broker.ask(server->address(), RequestCode::RegisterBroker, change.header(), body.encode())
            .code,
        kSuccess);
    for (const char* question : {"105-route", "105-route-unknown", "106-cluster"}) {
        const auto expected = recorded(question + QStringLiteral("-response") + client);
        const auto answer =
            broker.ask(server->address(), recorded(question + QStringLiteral("-request") + client));
        QCOMPARE(answer.code, expected.code);
        QCOMPARE(QString::fromStdString(answer.body), QString::fromStdString(expected.body));
    }
}

void TstNameServer::aClosedConnectionRemovesItsBrokerAtOnce()
{
    Site site;
    const auto server = site.start(site.config());
    Peer client(site.runtime);
    auto broker = std::make_unique<Peer>(site.runtime);
    QCOMPARE(registerAt(*broker, server->address(), {}).code, kSuccess);
    QCOMPARE(routeOf(client, server->address(), "Orders").code, kSuccess);
    broker->leave();
    QTRY_COMPARE(routeOf(client, server->address(), "Orders").code,
                 kNoRoute); // the clock stands still all the while
    QVERIFY(server->view().brokers.empty());
    QCOMPARE(server->view().topicCount, std::size_t(0));
}

void TstNameServer::anOldConnectionDoesNotRemoveANewRegistration()
{
    Site site;
    const auto server = site.start(site.config());
    Peer client(site.runtime);
    auto before = std::make_unique<Peer>(site.runtime);
    Peer after(site.runtime);
    QCOMPARE(registerAt(*before, server->address(), {}).code, kSuccess);
    QCOMPARE(registerAt(after, server->address(), {}).code, kSuccess); // it reconnected
    before->leave();
    QTRY_COMPARE(server->view().connectionCount, std::size_t(1));
    QCOMPARE(routeOf(client, server->address(), "Orders").code, kSuccess);
}

void TstNameServer::silenceRemovesABroker()
{
    Site site;
    const auto server = site.start(site.config());
    Peer client(site.runtime);
    Peer silent(site.runtime);
    Peer hasty(site.runtime);
    Peer beating(site.runtime);
    BrokerFacts hastyBroker;
    hastyBroker.name = "broker-b";
    hastyBroker.address = "127.0.0.1:10921";
    hastyBroker.topics = {"Hasty", "Hasty2"};
    hastyBroker.expiryMs = 1000;
    BrokerFacts beatingBroker;
    beatingBroker.name = "broker-c";
    beatingBroker.address = "127.0.0.1:10931";
    beatingBroker.topics = {"Beating", "Beating2"};
    QCOMPARE(registerAt(silent, server->address(), {}).code, kSuccess);
    QCOMPARE(registerAt(hasty, server->address(), hastyBroker).code, kSuccess);
    QCOMPARE(registerAt(beating, server->address(), beatingBroker).code, kSuccess);

    site.clock.advance(1001ms);
    QTRY_COMPARE(routeOf(client, server->address(), "Hasty").code, kNoRoute);
    QCOMPARE(routeOf(client, server->address(), "Orders").code, kSuccess);

    site.clock.advance(118'999ms); // 120 s since the others registered: not longer than allowed
    BrokerHeartbeatHeader beat;
    beat.clusterName = beatingBroker.cluster;
    beat.brokerName = beatingBroker.name;
    beat.brokerAddr = beatingBroker.address;
    QCOMPARE(beating.ask(server->address(), RequestCode::BrokerHeartbeat, beat).code, kSuccess);
    QCOMPARE(routeOf(client, server->address(), "Orders").code, kSuccess);
    site.clock.advance(1ms);
    QTRY_COMPARE(routeOf(client, server->address(), "Orders").code, kNoRoute);
    QCOMPARE(routeOf(client, server->address(), "Beating").code, kSuccess);
    QTRY_COMPARE(server->view().connectionCount,
                 std::size_t(2)); // their connections are closed, too
    beat.brokerAddr = "127.0.0.1:1";
    QCOMPARE(beating.ask(server->address(), RequestCode::BrokerHeartbeat, beat).code,
             kSuccess); // unknown: ignored
    QCOMPARE(server->view().brokers.size(), std::size_t(1));
}

/// Times that no clock can add up do not make a broker expire at once.
void TstNameServer::patienceHasAnEnd()
{
    Site site;
    const auto server = site.start(site.config());
    Peer silent(site.runtime);
    Peer client(site.runtime);
    BrokerFacts broker;
    broker.expiryMs = INT64_MAX;
    QCOMPARE(registerAt(silent, server->address(), broker).code, kSuccess);
    BrokerFacts hasty;
    hasty.name = "broker-b";
    hasty.address = "127.0.0.1:10921";
    hasty.topics = {"Hasty", "Hasty2"};
    hasty.expiryMs = INT64_MIN;
    QCOMPARE(registerAt(client, server->address(), hasty).code, kSuccess);
    site.clock.advance(1h);
    QTRY_COMPARE(routeOf(client, server->address(), "Hasty").code, kNoRoute);
    QCOMPARE(routeOf(client, server->address(), "Orders").code, kSuccess);
}

void TstNameServer::anEqualDataVersionChangesNothing()
{
    Site site;
    const auto server = site.start(site.config());
    Peer peer(site.runtime);
    BrokerFacts broker;
    QCOMPARE(registerAt(peer, server->address(), broker).code, kSuccess);
    broker.perm = 4;
    QCOMPARE(registerAt(peer, server->address(), broker).code, kSuccess);
    QCOMPARE(permOf(peer, server->address(), "Orders"), 6);
    // A topic that the table lost is taken again even so.
    QCOMPARE(peer.ask(server->address(), RequestCode::DeleteTopicInNamesrv,
                      DeleteTopicInNamesrvHeader{"Orders", {}})
                 .code,
             kSuccess);
    QCOMPARE(registerAt(peer, server->address(), broker).code, kSuccess);
    QCOMPARE(permOf(peer, server->address(), "Orders"), 4);
    QCOMPARE(permOf(peer, server->address(), "Payments"), 6);
    broker.version = 2;
    QCOMPARE(registerAt(peer, server->address(), broker).code, kSuccess);
    QCOMPARE(permOf(peer, server->address(), "Payments"), 4);
    QCOMPARE(server->view().brokers.front().registrations, std::int64_t(4));
    QCOMPARE(server->view().brokers.front().dataVersionCounter, std::int64_t(2));
}

void TstNameServer::dataVersionsCanBeAskedFor()
{
    Site site;
    const auto server = site.start(site.config());
    Peer peer(site.runtime);
    BrokerFacts broker;
    const QueryDataVersionHeader header{broker.name, broker.address, broker.cluster, 0};
    const auto ask = [&](std::int64_t counter) {
        DataVersion version = broker.dataVersion();
        version.counter = counter;
        return peer.ask(server->address(), RequestCode::QueryDataVersion, header, version.encode());
    };
    auto response = ask(1);
    QCOMPARE(response.code, kSuccess);
    QCOMPARE(std::string(response.fields.find("changed").value_or("")), std::string("true"));
    QVERIFY(response.body.empty());
    QCOMPARE(registerAt(peer, server->address(), broker).code, kSuccess);
    response = ask(1);
    QCOMPARE(std::string(response.fields.find("changed").value_or("")), std::string("false"));
    const auto known = DataVersion::decode(response.body);
    QVERIFY(known);
    QCOMPARE(known->counter, std::int64_t(1));
    QCOMPARE(std::string(ask(2).fields.find("changed").value_or("")), std::string("true"));
    // The question is a sign of life.
    site.clock.advance(119s);
    QCOMPARE(ask(1).code, kSuccess);
    site.clock.advance(119s);
    QCOMPARE(routeOf(peer, server->address(), "Orders").code, kSuccess);
}

void TstNameServer::partialTablesAddAndFullOnesDoNotDelete()
{
    Site site;
    const auto server = site.start(site.config());
    Peer peer(site.runtime);
    BrokerFacts broker;
    QCOMPARE(registerAt(peer, server->address(), broker).code, kSuccess);
    broker.topics = {"New"};
    broker.version = 2;
    QCOMPARE(registerAt(peer, server->address(), broker).code, kSuccess);
    for (const char* topic : {"Orders", "Payments", "New"}) {
        QCOMPARE(routeOf(peer, server->address(), topic).code, kSuccess);
    }
    auto config = site.config();
    config.kvConfigPath.clear();
    config.deleteTopicWithBrokerRegistration = true;
    const auto strict = site.start(config);
    BrokerFacts full;
    QCOMPARE(registerAt(peer, strict->address(), full).code, kSuccess);
    full.topics = {"Payments", "New"};
    full.version = 2;
    QCOMPARE(registerAt(peer, strict->address(), full).code, kSuccess);
    QCOMPARE(routeOf(peer, strict->address(), "Orders").code, kNoRoute);
    QCOMPARE(routeOf(peer, strict->address(), "Payments").code, kSuccess);
}

void TstNameServer::aFirstTableOfOneTopicIsRefused()
{
    Site site;
    const auto server = site.start(site.config());
    Peer peer(site.runtime);
    BrokerFacts broker;
    broker.topics = {"Orders"};
    const auto response = registerAt(peer, server->address(), broker);
    QCOMPARE(response.code, kSystemError);
    QVERIFY(response.remark.find("one topic") != std::string::npos);
    QVERIFY(server->view().brokers.empty());
    QCOMPARE(
        QString::fromStdString(peer.ask(server->address(), RequestCode::GetBrokerClusterInfo).body),
        QString(R"({"brokerAddrTable":{},"clusterAddrTable":{}})"));
}

void TstNameServer::oneAddressHasOneId()
{
    Site site;
    const auto server = site.start(site.config());
    Peer peer(site.runtime);
    BrokerFacts broker;
    broker.id = 1;
    QCOMPARE(registerAt(peer, server->address(), broker).code, kSuccess);
    broker.id = 0; // the slave became master
    QCOMPARE(registerAt(peer, server->address(), broker).code, kSuccess);
    const auto view = server->view();
    QCOMPARE(view.brokers.size(), std::size_t(1));
    QCOMPARE(view.brokers.front().id, std::int64_t(0));
    QCOMPARE(routeOf(peer, server->address(), "Orders").code, kSuccess);
}

void TstNameServer::anOlderTermIsIgnored()
{
    Site site;
    const auto server = site.start(site.config());
    Peer peer(site.runtime);
    BrokerFacts current;
    current.stateVersion = 5;
    QCOMPARE(registerAt(peer, server->address(), current).code, kSuccess);
    BrokerFacts former;
    former.stateVersion = 4;
    former.address = "127.0.0.1:20911";
    const auto response = registerAt(peer, server->address(), former);
    QCOMPARE(response.code, kSuccess);
    QVERIFY(!response.fields.contains("masterAddr"));
    QCOMPARE(server->view().brokers.front().address, current.address);
    former.stateVersion = 6;
    QCOMPARE(registerAt(peer, server->address(), former).code, kSuccess);
    QCOMPARE(server->view().brokers.front().address, former.address);
    QCOMPARE(server->view().brokers.size(), std::size_t(1));
}

void TstNameServer::slavesLearnTheirMaster()
{
    Site site;
    const auto server = site.start(site.config());
    Peer peer(site.runtime);
    const BrokerFacts master;
    BrokerFacts slave;
    slave.id = 1;
    slave.address = "127.0.0.1:10921";
    slave.topics = {"OnlyOnSlave", "OnlyOnSlave2"};
    slave.enableActingMaster.reset();
    QCOMPARE(registerAt(peer, server->address(), master).code, kSuccess);
    const auto response = registerAt(peer, server->address(), slave);
    QCOMPARE(response.code, kSuccess);
    QCOMPARE(std::string(response.fields.find("masterAddr").value_or("")), master.address);
    QCOMPARE(std::string(response.fields.find("haServerAddr").value_or("")), master.haAddress);
    QCOMPARE(routeOf(peer, server->address(), "OnlyOnSlave").code,
             kNoRoute); // masters define topics
    const auto route = TopicRouteData::decode(routeOf(peer, server->address(), "Orders").body);
    QVERIFY(route);
    QCOMPARE(route->brokerDatas.front().brokerAddrs.size(), std::size_t(2));
    // The master leaves, the slave stays reachable.
    QCOMPARE(peer.ask(server->address(), RequestCode::UnregisterBroker,
                      UnregisterBrokerHeader{master.name, master.address, master.cluster, 0})
                 .code,
             kSuccess);
    const auto rest = TopicRouteData::decode(routeOf(peer, server->address(), "Orders").body);
    QVERIFY(rest);
    QCOMPARE(rest->brokerDatas.front().brokerAddrs.size(), std::size_t(1));
    QCOMPARE(rest->brokerDatas.front().brokerAddrs.at(1), slave.address);
    QCOMPARE(rest->queueDatas.front().perm, 6);
}

void TstNameServer::actingMastersAreReadOnly()
{
    Site site;
    const auto server = site.start(site.config());
    Peer peer(site.runtime);
    BrokerFacts slave;
    slave.id = 2;
    slave.enableActingMaster = true;
    QCOMPARE(registerAt(peer, server->address(), slave).code, kSuccess); // the smallest id there is
    QCOMPARE(permOf(peer, server->address(), "Orders"), 4);
    BrokerFacts master;
    master.address = "127.0.0.1:10921";
    master.enableActingMaster = true;
    QCOMPARE(registerAt(peer, server->address(), master).code, kSuccess);
    QCOMPARE(permOf(peer, server->address(), "Orders"), 6);
    QCOMPARE(peer.ask(server->address(), RequestCode::UnregisterBroker,
                      UnregisterBrokerHeader{master.name, master.address, master.cluster, 0})
                 .code,
             kSuccess);
    QCOMPARE(permOf(peer, server->address(), "Orders"), 4);
}

void TstNameServer::compressedAndOldBodiesAreUnderstood()
{
    Site site;
    const auto server = site.start(site.config());
    Peer peer(site.runtime);
    BrokerFacts broker;
    broker.compressed = true;
    const std::string body = broker.body();
    auto header = broker.header();
    header.bodyCrc32 = storedCrc32(asBytes(body));
    QCOMPARE(peer.ask(server->address(), RequestCode::RegisterBroker, header, body).code, kSuccess);
    QCOMPARE(permOf(peer, server->address(), "Payments"), 6);

    const std::string table =
        R"({"dataVersion":{"counter":3,"timestamp":1},"topicConfigTable":{"Ancient":{"order":false,"perm":6,)"
        R"("readQueueNums":2,"topicFilterType":"SINGLE_TAG","topicName":"Ancient","topicSysFlag":0,)"
        R"("writeQueueNums":2},"Ancient2":{"perm":6,"readQueueNums":2,"topicName":"Ancient2","writeQueueNums":2}}})";
    BrokerFacts ancient;
    ancient.name = "broker-old";
    ancient.address = "127.0.0.1:10931";
    ancient.enableActingMaster.reset();
    QCOMPARE(
        peer.ask(server->address(), RequestCode::RegisterBroker, ancient.header(), table, 36).code,
        kSuccess);
    QCOMPARE(permOf(peer, server->address(), "Ancient"), 6);
    // Without a body: alive, no topics.
    BrokerFacts bare;
    bare.name = "broker-bare";
    bare.address = "127.0.0.1:10941";
    QCOMPARE(peer.ask(server->address(), RequestCode::RegisterBroker, bare.header()).code,
             kSuccess);
    QCOMPARE(server->view().brokers.size(), std::size_t(3));
}

void TstNameServer::damagedRegistrationsAreRefused()
{
    Site site;
    const auto server = site.start(site.config());
    Peer peer(site.runtime);
    const BrokerFacts broker;
    auto header = broker.header();
    header.bodyCrc32 = storedCrc32(asBytes(broker.body())) ^ 1;
    auto response = peer.ask(server->address(), RequestCode::RegisterBroker, header, broker.body());
    QCOMPARE(response.code, kSystemError);
    QCOMPARE(response.remark, std::string("crc32 not match"));
    response = peer.ask(server->address(), RequestCode::RegisterBroker, broker.header(),
                        std::string("{\"broken"));
    QCOMPARE(response.code, kSystemError);
    auto compressed = broker.header();
    compressed.compressed = true;
    response = peer.ask(server->address(), RequestCode::RegisterBroker, compressed,
                        std::string("\x78\x9cnot zlib at all"));
    QCOMPARE(response.code, kSystemError);
    auto incomplete = RemotingCommand::request(RequestCode::RegisterBroker);
    incomplete.fields.add("brokerName", "broker-a");
    response = peer.ask(server->address(), std::move(incomplete));
    QCOMPARE(response.code, kSystemError);
    QVERIFY(response.remark.find("brokerAddr") != std::string::npos);
    QVERIFY(server->view().brokers.empty());
}

void TstNameServer::unregisteringRemovesRoutes()
{
    Site site;
    const auto server = site.start(site.config());
    Peer peer(site.runtime);
    const BrokerFacts broker;
    QCOMPARE(registerAt(peer, server->address(), broker).code, kSuccess);
    QCOMPARE(peer.ask(server->address(), RequestCode::UnregisterBroker,
                      UnregisterBrokerHeader{broker.name, broker.address, broker.cluster, 0})
                 .code,
             kSuccess);
    QCOMPARE(routeOf(peer, server->address(), "Orders").code, kNoRoute);
    QCOMPARE(
        QString::fromStdString(peer.ask(server->address(), RequestCode::GetBrokerClusterInfo).body),
        QString(R"({"brokerAddrTable":{},"clusterAddrTable":{}})"));
}

void TstNameServer::writePermissionIsWipedAndGivenBack()
{
    Site site;
    const auto server = site.start(site.config());
    Peer peer(site.runtime);
    QCOMPARE(registerAt(peer, server->address(), {}).code, kSuccess);
    auto response = peer.ask(server->address(), RequestCode::WipeWritePermOfBroker,
                             WipeWritePermHeader{"broker-a"});
    QCOMPARE(std::string(response.fields.find("wipeTopicCount").value_or("")), std::string("2"));
    QCOMPARE(permOf(peer, server->address(), "Orders"), 4);
    QCOMPARE(registerAt(peer, server->address(), {}).code,
             kSuccess); // the periodic registration does not undo it
    QCOMPARE(permOf(peer, server->address(), "Orders"), 4);
    response = peer.ask(server->address(), RequestCode::AddWritePermOfBroker,
                        WipeWritePermHeader{"broker-a"});
    QCOMPARE(std::string(response.fields.find("addTopicCount").value_or("")), std::string("2"));
    QCOMPARE(permOf(peer, server->address(), "Orders"), 6);
    response = peer.ask(server->address(), RequestCode::WipeWritePermOfBroker,
                        WipeWritePermHeader{"broker-x"});
    QCOMPARE(std::string(response.fields.find("wipeTopicCount").value_or("")), std::string("0"));
}

void TstNameServer::topicsAreDeletedPerCluster()
{
    Site site;
    const auto server = site.start(site.config());
    Peer a(site.runtime);
    Peer b(site.runtime);
    BrokerFacts west;
    west.cluster = "West";
    west.name = "broker-w";
    west.address = "127.0.0.1:10921";
    QCOMPARE(registerAt(a, server->address(), {}).code, kSuccess);
    QCOMPARE(registerAt(b, server->address(), west).code, kSuccess);
    QCOMPARE(a.ask(server->address(), RequestCode::DeleteTopicInNamesrv,
                   DeleteTopicInNamesrvHeader{"Orders", "West"})
                 .code,
             kSuccess);
    const auto route = TopicRouteData::decode(routeOf(a, server->address(), "Orders").body);
    QVERIFY(route);
    QCOMPARE(route->queueDatas.size(), std::size_t(1));
    QCOMPARE(route->queueDatas.front().brokerName, std::string("broker-a"));
    QCOMPARE(a.ask(server->address(), RequestCode::DeleteTopicInNamesrv,
                   DeleteTopicInNamesrvHeader{"Orders", {}})
                 .code,
             kSuccess);
    QCOMPARE(routeOf(a, server->address(), "Orders").code, kNoRoute);
    const auto topics = [&](const std::string& cluster) {
        return QString::fromStdString(a.ask(server->address(), RequestCode::GetTopicsByCluster,
                                            GetTopicsByClusterHeader{cluster})
                                          .body);
    };
    QCOMPARE(topics("West"), QString(R"({"topicList":["Payments"]})"));
    QCOMPARE(topics("North"), QString(R"({"topicList":[]})"));
}

void TstNameServer::topicsCanBeRegisteredWithoutABroker()
{
    Site site;
    const auto server = site.start(site.config());
    Peer peer(site.runtime);
    QCOMPARE(registerAt(peer, server->address(), {}).code, kSuccess);
    const auto send = [&](const std::string& broker) {
        const std::string body =
            R"({"brokerDatas":[],"queueDatas":[{"brokerName":")" + broker +
            R"(","perm":6,"readQueueNums":3,"topicSysFlag":0,"writeQueueNums":3}]})";
        return peer
            .ask(server->address(), RequestCode::RegisterTopicInNamesrv,
                 RegisterTopicHeader{"Side"}, body)
            .code;
    };
    QCOMPARE(send("broker-x"), kSuccess);
    QCOMPARE(routeOf(peer, server->address(), "Side").code, kNoRoute);
    QCOMPARE(send("broker-a"), kSuccess);
    const auto route = TopicRouteData::decode(routeOf(peer, server->address(), "Side").body);
    QVERIFY(route);
    QCOMPARE(route->queueDatas.front().readQueueNums, 3);
}

void TstNameServer::topicListsKnowUnitsAndSystemTopics()
{
    Site site;
    const auto server = site.start(site.config());
    Peer peer(site.runtime);
    BrokerFacts unit;
    unit.topics = {"Unit", "Unit2"};
    unit.topicSysFlag = 1;
    QCOMPARE(registerAt(peer, server->address(), unit).code, kSuccess);
    unit.topics = {"Sub", "Sub2"};
    unit.topicSysFlag = 2;
    unit.version = 2;
    QCOMPARE(registerAt(peer, server->address(), unit).code, kSuccess);
    unit.topics = {"Both", "Both2"};
    unit.topicSysFlag = 3;
    unit.version = 3;
    QCOMPARE(registerAt(peer, server->address(), unit).code, kSuccess);
    const auto list = [&](RequestCode request) {
        return QString::fromStdString(peer.ask(server->address(), request).body);
    };
    QCOMPARE(list(RequestCode::GetUnitTopicList),
             QString(R"({"topicList":["Both","Both2","Unit","Unit2"]})"));
    QCOMPARE(list(RequestCode::GetHasUnitSubTopicList),
             QString(R"({"topicList":["Both","Both2","Sub","Sub2"]})"));
    QCOMPARE(list(RequestCode::GetHasUnitSubUnunitTopicList),
             QString(R"({"topicList":["Sub","Sub2"]})"));
    QCOMPARE(list(RequestCode::GetAllTopicListFromNameserver),
             QString(R"({"topicList":["Both","Both2","Sub","Sub2","Unit","Unit2"]})"));
    QCOMPARE(list(RequestCode::GetSystemTopicListFromNs),
             QString(R"({"brokerAddr":"127.0.0.1:10911","topicList":["East","broker-a"]})"));
}

void TstNameServer::unknownCodesAreNamed()
{
    Site site;
    const auto server = site.start(site.config());
    Peer peer(site.runtime);
    const auto response = peer.ask(server->address(), RequestCode::SendMessage);
    QCOMPARE(response.code, code(ResponseCode::RequestCodeNotSupported));
    QVERIFY(response.remark.find("10") != std::string::npos);
}

void TstNameServer::listsCanBeSwitchedOff()
{
    Site site;
    auto config = site.config();
    config.enableAllTopicList = false;
    config.enableTopicList = false;
    const auto server = site.start(config);
    Peer peer(site.runtime);
    for (const auto request :
         {RequestCode::GetAllTopicListFromNameserver, RequestCode::GetUnitTopicList}) {
        const auto response = peer.ask(server->address(), request);
        QCOMPARE(response.code, kSystemError);
        QCOMPARE(response.remark, std::string("disable"));
    }
}

void TstNameServer::stopsInTheMiddleOfTraffic()
{
    Site site;
    const auto server = site.start(site.config());
    Peer peer(site.runtime);
    QCOMPARE(registerAt(peer, server->address(), {}).code, kSuccess);
    std::atomic<bool> isStopping{false};
    std::atomic<int> answers{0};
    const std::string address = server->address();
    std::jthread asking([&] {
        Peer client(site.runtime);
        while (!isStopping) {
            const auto response = routeOf(client, address, "Orders");
            answers += response.code == kSuccess ? 1 : 0;
            PutKvConfigHeader put{"ns", "key", std::to_string(answers)};
            client.ask(address, RequestCode::PutKvConfig, put);
        }
    });
    QTRY_VERIFY(answers > 20);
    server->stop();
    server->stop();
    isStopping = true;
    QCOMPARE(routeOf(peer, address, "Orders").code, -1);
}

QTEST_GUILESS_MAIN(TstNameServer)
#include "tst_name_server.moc"
