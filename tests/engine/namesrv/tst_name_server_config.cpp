// SPDX-License-Identifier: GPL-3.0-or-later
#include "name_server_fixture.h"

#include "namesrv/kv_config.h"

#include <QFile>
#include <QtTest>

using namespace gantry;
using namespace gantry::test;

namespace {

constexpr int code(ResponseCode responseCode)
{
    return static_cast<int>(responseCode);
}
constexpr int kSuccess = code(ResponseCode::Success);

void write(const std::filesystem::path& path, std::string_view text)
{
    std::filesystem::create_directories(path.parent_path());
    QFile file(QString::fromStdString(path.string()));
    QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
    QCOMPARE(file.write(text.data(), qint64(text.size())), qint64(text.size()));
}

std::string read(const std::filesystem::path& path)
{
    QFile file(QString::fromStdString(path.string()));
    return file.open(QIODevice::ReadOnly) ? file.readAll().toStdString() : "(missing)";
}

int putKv(Peer& peer, const std::string& address, const std::string& space, const std::string& key,
          const std::string& value)
{
    return peer.ask(address, RequestCode::PutKvConfig, PutKvConfigHeader{space, key, value}).code;
}

RemotingCommand getKv(Peer& peer, const std::string& address, const std::string& space,
                      const std::string& key)
{
    return peer.ask(address, RequestCode::GetKvConfig, GetKvConfigHeader{space, key});
}

PropertyTable propertiesOf(std::string_view text)
{
    auto table = parseProperties(text);
    return table ? *table : PropertyTable{};
}

} // namespace

class TstNameServerConfig : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void kvSurvivesARestart();
    void kvFileHasApachesForm();
    void aDamagedKvFileIsReplacedByItsBackup();
    void aDamagedKvFileWithoutBackupStopsTheStart();
    void aChangeThatCannotBeWrittenIsNotMade();
    void orderConfigurationReachesRoutesAndBrokers();
    void switchesCanBeChangedPathsCannot();
    void propertiesAreReadWithApachesNames();
    void badValuesNameTheKey_data();
    void badValuesNameTheKey();
    void aPortInUseIsNamed();
};

void TstNameServerConfig::kvSurvivesARestart()
{
    Site site;
    Peer peer(site.runtime);
    {
        const auto server = site.start(site.config());
        QVERIFY(server);
        QCOMPARE(putKv(peer, server->address(), "shop", "a", "1"), kSuccess);
        QCOMPARE(putKv(peer, server->address(), "shop", "b", "zwei"), kSuccess);
        QCOMPARE(putKv(peer, server->address(), "other", "c", "\xC3\xA4"), kSuccess);
        QCOMPARE(peer.ask(server->address(), RequestCode::DeleteKvConfig,
                          DeleteKvConfigHeader{"shop", "a"})
                     .code,
                 kSuccess);
    }
    const auto server = site.start(site.config());
    QVERIFY(server);
    QCOMPARE(getKv(peer, server->address(), "shop", "a").code, code(ResponseCode::QueryNotFound));
    QCOMPARE(getKv(peer, server->address(), "nothing", "a").code,
             code(ResponseCode::QueryNotFound));
    QCOMPARE(
        std::string(getKv(peer, server->address(), "shop", "b").fields.find("value").value_or("")),
        std::string("zwei"));
    const auto list = peer.ask(server->address(), RequestCode::GetKvlistByNamespace,
                               GetKvlistByNamespaceHeader{"other"});
    QCOMPARE(list.body, std::string("{\"table\":{\"c\":\"\xC3\xA4\"}}"));
    QCOMPARE(peer.ask(server->address(), RequestCode::GetKvlistByNamespace,
                      GetKvlistByNamespaceHeader{"nothing"})
                 .code,
             code(ResponseCode::QueryNotFound));
}

void TstNameServerConfig::kvFileHasApachesForm()
{
    Site site;
    KvConfig kv(site.files, site.kvPath());
    QVERIFY(kv.load());
    QVERIFY(kv.put("ORDER_TOPIC_CONFIG", "orders", "b0:4;b1:4"));
    QCOMPARE(read(site.kvPath()),
             std::string(R"({"configTable":{"ORDER_TOPIC_CONFIG":{"orders":"b0:4;b1:4"}}})"));
    QVERIFY(kv.put("ORDER_TOPIC_CONFIG", "orders", "b0:8"));
    QCOMPARE(read(site.kvPath().string() + ".bak"),
             std::string(R"({"configTable":{"ORDER_TOPIC_CONFIG":{"orders":"b0:4;b1:4"}}})"));
    // A namespace stays when its last key goes, as with Apache's.
    QVERIFY(kv.remove("ORDER_TOPIC_CONFIG", "orders"));
    QCOMPARE(read(site.kvPath()), std::string(R"({"configTable":{"ORDER_TOPIC_CONFIG":{}}})"));
}

void TstNameServerConfig::aDamagedKvFileIsReplacedByItsBackup()
{
    Site site;
    for (const char* damage : {"", "{\"configTable\":{\"a\":{\"k\":\"v\"}",
                               "{\"configTable\":{\"a\":7}}", "[]", "\xFF\xFE"}) {
        write(site.kvPath(), damage);
        write(site.kvPath().string() + ".bak", R"({"configTable":{"a":{"k":"old"}}})");
        KvConfig kv(site.files, site.kvPath());
        QVERIFY(kv.load());
        QCOMPARE(kv.value("a", "k").value_or(""), std::string("old"));
        // The next change writes the file anew; the damaged text must not push out the good backup
        // before that.
        QVERIFY(kv.put("a", "k", "new"));
        QCOMPARE(read(site.kvPath()), std::string(R"({"configTable":{"a":{"k":"new"}}})"));
        QCOMPARE(read(site.kvPath().string() + ".bak"),
                 std::string(R"({"configTable":{"a":{"k":"old"}}})"));
    }
}

void TstNameServerConfig::aDamagedKvFileWithoutBackupStopsTheStart()
{
    Site site;
    write(site.kvPath(), "{\"configTable\":");
    NameServer server(site.config(), site.runtime, site.files, site.clock);
    const auto started = server.start();
    QVERIFY(!started);
    QVERIFY(started.error().code == Errc::Corruption);
    QVERIFY(started.error().message.find("kvConfig.json") != std::string::npos);
    QVERIFY(started.error().message.find("move it away") != std::string::npos);
    QCOMPARE(read(site.kvPath()), std::string("{\"configTable\":"));
    QCOMPARE(server.view().connectionCount, std::size_t(0));
}

void TstNameServerConfig::aChangeThatCannotBeWrittenIsNotMade()
{
    Site site;
    Peer peer(site.runtime);
    auto config = site.config();
    write(site.directory.path().toStdString() + "/file", "");
    config.kvConfigPath =
        site.directory.path().toStdString() + "/file/kvConfig.json"; // below a file
    const auto server = site.start(config);
    QVERIFY(server);
    const auto response =
        peer.ask(server->address(), RequestCode::PutKvConfig, PutKvConfigHeader{"a", "k", "v"});
    QCOMPARE(response.code, code(ResponseCode::SystemError));
    QVERIFY(!response.remark.empty());
    QCOMPARE(getKv(peer, server->address(), "a", "k").code, code(ResponseCode::QueryNotFound));
}

void TstNameServerConfig::orderConfigurationReachesRoutesAndBrokers()
{
    Site site;
    Peer peer(site.runtime);
    const auto server = site.start(site.config());
    QCOMPARE(putKv(peer, server->address(), "ORDER_TOPIC_CONFIG", "Orders", "broker-a:4"),
             kSuccess);
    const auto registered = registerAt(peer, server->address(), {});
    QCOMPARE(registered.body, std::string(R"({"table":{"Orders":"broker-a:4"}})"));
    const auto order = [&] {
        const auto route = TopicRouteData::decode(routeOf(peer, server->address(), "Orders").body);
        return route ? route->orderTopicConf : "?";
    };
    QCOMPARE(order(), std::string());
    auto request = RemotingCommand::request(RequestCode::UpdateNamesrvConfig);
    request.body = "orderMessageEnable=true\n";
    QCOMPARE(peer.ask(server->address(), request).code, kSuccess);
    QCOMPARE(order(), std::string("broker-a:4"));
}

void TstNameServerConfig::switchesCanBeChangedPathsCannot()
{
    Site site;
    Peer peer(site.runtime);
    const auto server = site.start(site.config());
    const auto current = [&] {
        return propertiesOf(peer.ask(server->address(), RequestCode::GetNamesrvConfig).body);
    };
    QCOMPARE(current()["kvConfigPath"], site.kvPath().string());
    QCOMPARE(current()["enableTopicList"], std::string("true"));
    const auto update = [&](std::string_view text) {
        auto request = RemotingCommand::request(RequestCode::UpdateNamesrvConfig);
        request.body = text;
        return peer.ask(server->address(), request);
    };
    for (const char* forbidden : {"kvConfigPath", "configStorePath", "rocketmqHome", "listenPort",
                                  "bindAddress", "nonsense"}) {
        const auto response = update(fmt::format("enableTopicList=false\n{}=x\n", forbidden));
        QCOMPARE(response.code, code(ResponseCode::NoPermission));
        QVERIFY(response.remark.find(forbidden) != std::string::npos);
    }
    QCOMPARE(current()["enableTopicList"], std::string("true")); // all or nothing
    QCOMPARE(update("enableTopicList=perhaps\n").code, code(ResponseCode::InvalidParameter));
    QCOMPARE(update("enableTopicList=false\n").code, kSuccess);
    QCOMPARE(current()["enableTopicList"], std::string("false"));
    QCOMPARE(peer.ask(server->address(), RequestCode::GetUnitTopicList).code,
             code(ResponseCode::SystemError));
}

void TstNameServerConfig::propertiesAreReadWithApachesNames()
{
    std::vector<std::string> unknown;
    const auto config = NameServerConfig::fromProperties(
        propertiesOf("listenPort=19876\nbindAddress=0.0.0.0\nkvConfigPath=/tmp/"
                     "kv.json\nscanNotActiveBrokerInterval=1000\n"
                     "orderMessageEnable=true\nclientRequestThreadPoolNums=8\n"),
        &unknown);
    QVERIFY(config);
    QCOMPARE(config->port, std::uint16_t(19876));
    QCOMPARE(config->bindAddress, std::string("0.0.0.0"));
    QCOMPARE(config->kvConfigPath.string(), std::string("/tmp/kv.json"));
    QCOMPARE(config->scanInterval.count(), 1000);
    QVERIFY(config->orderMessageEnable);
    QCOMPARE(unknown, std::vector<std::string>{"clientRequestThreadPoolNums"});
    const auto again = NameServerConfig::fromProperties(config->toProperties());
    QVERIFY(again);
    QCOMPARE(again->toProperties(), config->toProperties());
    const auto defaults = NameServerConfig::fromProperties({});
    QVERIFY(defaults);
    QCOMPARE(defaults->bindAddress, std::string("127.0.0.1"));
    QCOMPARE(defaults->port, std::uint16_t(9876));
}

void TstNameServerConfig::badValuesNameTheKey_data()
{
    QTest::addColumn<QString>("line");
    for (const char* line : {"listenPort=65536", "listenPort=-1", "listenPort=abc",
                             "listenPort=", "bindAddress=localhost", "bindAddress=",
                             "scanNotActiveBrokerInterval=0", "orderMessageEnable=yes"}) {
        QTest::newRow(line) << line;
    }
}

void TstNameServerConfig::badValuesNameTheKey()
{
    QFETCH(QString, line);
    const auto config = NameServerConfig::fromProperties(propertiesOf(line.toStdString()));
    QVERIFY(!config);
    QVERIFY(config.error().code == Errc::InvalidArgument);
    QVERIFY(QString::fromStdString(config.error().message).startsWith(line + ": expected"));
}

void TstNameServerConfig::aPortInUseIsNamed()
{
    Site site;
    const auto server = site.start(site.config());
    auto config = site.config();
    const std::string port = server->address().substr(server->address().find(':') + 1);
    config.port = std::uint16_t(std::stoi(port));
    NameServer second(config, site.runtime, site.files, site.clock);
    const auto started = second.start();
    QVERIFY(!started);
    QVERIFY(started.error().code == Errc::AddressInUse);
    QVERIFY(started.error().message.find(port) != std::string::npos);
}

QTEST_GUILESS_MAIN(TstNameServerConfig)
#include "tst_name_server_config.moc"
