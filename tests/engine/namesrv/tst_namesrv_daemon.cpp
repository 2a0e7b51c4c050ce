// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon_process.h"

#include "protocol/header_codec.h"
#include "protocol/headers/namesrv.h"
#include "remoting/remoting_client.h"

#include <QFile>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QtTest>

#include <sys/resource.h>

#include <algorithm>

using namespace gantry;
using namespace gantry::test;

class TstNamesrvDaemon : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QVERIFY(m_home.isValid()); }
    void servesUntilItIsTold_data();
    void servesUntilItIsTold();
    void keepsItsKvConfigurationAtHome();
    void readsItsConfiguration();
    void opensAsManyFilesAsItMay();
    void namesTheLineOfABadValue();
    void saysWhatIsWrongWithTheFile();
    void saysWhichPortIsInUse();
    void explainsItself();

private:
    DaemonProcess daemon() const { return DaemonProcess("gantry-namesrv", m_home.path()); }
    QString file(const QString& name, const QByteArray& text) const
    {
        const QString path = m_home.filePath(name);
        QFile target(path);
        return target.open(QIODevice::WriteOnly) && target.write(text) == text.size() ? path
                                                                                      : QString();
    }
    static std::string addressIn(const QString& readyLine)
    {
        return QRegularExpression("^gantry-namesrv ready on (127\\.0\\.0\\.1:[0-9]+)$")
            .match(readyLine)
            .captured(1)
            .toStdString();
    }

    QTemporaryDir m_home;
    IoRuntime m_runtime{{1, 1, 10}};
    RemotingClient m_client{m_runtime, {}};
};

void TstNamesrvDaemon::servesUntilItIsTold_data()
{
    QTest::addColumn<int>("signal");
    QTest::newRow("SIGTERM") << SIGTERM;
    QTest::newRow("SIGINT") << SIGINT;
}

void TstNamesrvDaemon::servesUntilItIsTold()
{
    QFETCH(int, signal);
    auto server = daemon();
    const auto address = addressIn(server.start({"-p", "0"}));
    QVERIFY(!address.empty());
    const auto response =
        m_client.invokeSync(address, RemotingCommand::request(RequestCode::GetBrokerClusterInfo),
                            std::chrono::seconds(5));
    QVERIFY(response);
    QCOMPARE(response->body, std::string(R"({"brokerAddrTable":{},"clusterAddrTable":{}})"));
    QCOMPARE(server.stop(signal), 0);
    QCOMPARE(server.output(), QString());
}

void TstNamesrvDaemon::keepsItsKvConfigurationAtHome()
{
    const auto put = [this](const std::string& address) {
        auto request = RemotingCommand::request(RequestCode::PutKvConfig);
        encodeHeader(PutKvConfigHeader{"a", "k", "v"}, request.fields);
        return m_client.invokeSync(address, request, std::chrono::seconds(5));
    };
    auto server = daemon();
    const auto address = addressIn(server.start({"-p", "0"}));
    const auto response = put(address);
    QVERIFY(response);
    QCOMPARE(response->code, 0);
    QCOMPARE(server.stop(SIGTERM), 0);
    QFile kept(m_home.filePath("namesrv/kvConfig.json"));
    QVERIFY(kept.open(QIODevice::ReadOnly));
    QCOMPARE(kept.readAll(), QByteArray(R"({"configTable":{"a":{"k":"v"}}})"));
}

void TstNamesrvDaemon::readsItsConfiguration()
{
    const auto conf = file("namesrv.conf", "# ours\nlistenPort = 0\nkvConfigPath=" +
                                               m_home.filePath("kv/x.json").toUtf8() +
                                               "\nrocketmqHome=/opt/rocketmq\n");
    const auto log = m_home.filePath("namesrv.log");
    auto server = daemon();
    QVERIFY(!addressIn(server.start({"-c", conf, "--log-file", log})).empty());
    QCOMPARE(server.stop(SIGTERM), 0);
    QVERIFY(server.errors().contains(conf + ":4: 'rocketmqHome'"));
    QVERIFY(QFile::exists(log));

    auto printing = daemon();
    QCOMPARE(printing.run({"-c", conf, "-p", "19999", "--print-config"}), 0);
    const auto printed = printing.output();
    QVERIFY(printed.contains("listenPort=19999\n"));
    QVERIFY(printed.contains("kvConfigPath=" + m_home.filePath("kv/x.json") + "\n"));
}

void TstNamesrvDaemon::opensAsManyFilesAsItMay()
{
    rlimit before{};
    QCOMPARE(getrlimit(RLIMIT_NOFILE, &before), 0);
    auto low = before;
    low.rlim_cur = std::min<rlim_t>(256, before.rlim_max);
    QCOMPARE(setrlimit(RLIMIT_NOFILE, &low), 0);
    auto server = daemon();
    const auto address = addressIn(server.start({"-p", "0"}));
    QCOMPARE(setrlimit(RLIMIT_NOFILE, &before), 0);
    QVERIFY(!address.empty());
    QFile limits(QString("/proc/%1/limits").arg(server.pid()));
    QVERIFY(limits.open(QIODevice::ReadOnly));
    const auto row = QRegularExpression("Max open files +([0-9]+|unlimited) +([0-9]+|unlimited)")
                         .match(limits.readAll());
    QVERIFY(row.hasMatch());
    QCOMPARE(row.captured(1), row.captured(2));
    QCOMPARE(server.stop(SIGTERM), 0);
}

void TstNamesrvDaemon::namesTheLineOfABadValue()
{
    const auto conf = file("bad.conf", "\n# comment\norderMessageEnable=true\nlistenPort=99999\n");
    auto server = daemon();
    QCOMPARE(server.run({"-c", conf}), 1);
    QCOMPARE(server.errors(),
             "gantry-namesrv: " + conf +
                 ":4: listenPort=99999: expected a whole number from 0 to 65535\n");
}

void TstNamesrvDaemon::saysWhatIsWrongWithTheFile()
{
    auto missing = daemon();
    QCOMPARE(missing.run({"-c", m_home.filePath("nothing.conf")}), 1);
    QVERIFY(missing.errors().contains("nothing.conf"));
    auto directory = daemon();
    QCOMPARE(directory.run({"-c", m_home.path()}), 1);
    QVERIFY(directory.errors().startsWith("gantry-namesrv: the configuration file cannot be read"));
    auto escape = daemon();
    QCOMPARE(escape.run({"-c", file("escape.conf", "a=b\nkvConfigPath=\\u12\n")}), 1);
    QVERIFY(escape.errors().contains("line 2"));
    auto log = daemon();
    QCOMPARE(log.run({"-p", "0", "--log-file", m_home.filePath("no/such/folder.log")}), 1);
    QVERIFY(log.errors().contains("no/such/folder.log"));
}

void TstNamesrvDaemon::saysWhichPortIsInUse()
{
    auto first = daemon();
    const auto address = QString::fromStdString(addressIn(first.start({"-p", "0"})));
    const auto port = address.section(':', 1);
    auto second = daemon();
    QCOMPARE(second.run({"-p", port}), 1);
    const auto errors = second.errors();
    QVERIFY2(errors.startsWith("gantry-namesrv: ") && errors.contains(port), qPrintable(errors));
    QCOMPARE(first.stop(SIGTERM), 0);
}

void TstNamesrvDaemon::explainsItself()
{
    auto help = daemon();
    QCOMPARE(help.run({"--help"}), 0);
    const auto text = help.output();
    for (const char* option : {"--config", "--port", "--log-file", "--print-config"}) {
        QVERIFY(text.contains(option));
    }
    auto wrong = daemon();
    QCOMPARE(wrong.run({"--no-such-option"}), 1);
    QVERIFY(wrong.errors().contains("--no-such-option"));
    auto port = daemon();
    QCOMPARE(port.run({"-p", "70000"}), 1);
}

QTEST_GUILESS_MAIN(TstNamesrvDaemon)
#include "tst_namesrv_daemon.moc"
