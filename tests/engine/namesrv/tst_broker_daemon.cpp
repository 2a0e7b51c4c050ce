// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon_process.h"

#include "protocol/bodies/topic_route.h"
#include "protocol/header_codec.h"
#include "protocol/headers/namesrv.h"
#include "protocol/headers/offset.h"
#include "protocol/headers/send_message.h"
#include "remoting/remoting_client.h"

#include <QDir>
#include <QFile>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QtTest>

using namespace gantry;
using namespace gantry::test;

/// gantry-broker as its user starts it.
class TstBrokerDaemon : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void servesUntilItIsTold_data();
    void servesUntilItIsTold();
    void keepsMessagesOverARestart();
    void registersWithTheNameServerItIsGiven();
    void startsWithoutANameServer();
    void namesTheLineOfABadValue();
    void saysWhichPortIsInUse();
    void saysWhoHasTheStore();
    void refusesAStoreItCannotUse();
    void printsItsConfiguration();

private:
    DaemonProcess broker() const { return DaemonProcess("gantry-broker", m_home->path()); }
    QString conf(const QByteArray& more = {}, const QString& store = "store") const
    {
        const QString path = m_home->filePath(store + ".conf");
        QFile file(path);
        const QByteArray text =
            "brokerName=broker-a\nlistenPort=0\nstorePathRootDir=" +
            m_home->filePath(store).toUtf8() +
            "\nmappedFileSizeCommitLog=1048576\nmappedFileSizeConsumeQueue=20000\nmaxHashSlotNum="
            "100\n"
            "maxIndexNum=400\ndiskMaxUsedSpaceRatio=99\ndiskSpaceCleanForciblyRatio=99\n"
            "diskSpaceWarningLevelRatio=99\n" +
            more;
        return file.open(QIODevice::WriteOnly) && file.write(text) == text.size() ? path
                                                                                  : QString();
    }
    static std::string addressIn(const QString& readyLine)
    {
        return QRegularExpression("^gantry-broker broker-a ready on (127\\.0\\.0\\.1:[0-9]+)$")
            .match(readyLine)
            .captured(1)
            .toStdString();
    }
    template <typename Header>
    RemotingCommand ask(const std::string& address, RequestCode code, const Header& header,
                        const std::string& body = {})
    {
        auto request = RemotingCommand::request(code);
        encodeHeader(header, request.fields);
        request.body = body;
        auto response = m_client.invokeSync(address, std::move(request), std::chrono::seconds(5));
        return response
                   ? std::move(*response)
                   : RemotingCommand::response(ResponseCode::SystemError, response.error().message);
    }
    RemotingCommand send(const std::string& address)
    {
        SendMessageHeaderV2 header;
        header.producerGroup = "pg";
        header.topic = "orders";
        header.defaultTopic = "TBW102";
        header.defaultTopicQueueNums = 1;
        return ask(address, RequestCode::SendMessageV2, header, "hello");
    }
    std::string maxOffset(const std::string& address)
    {
        const auto response =
            ask(address, RequestCode::GetMaxOffset, GetMaxOffsetHeader{"orders", 0, {}});
        return std::string(response.fields.find("offset").value_or("?"));
    }

    std::unique_ptr<QTemporaryDir> m_home;
    IoRuntime m_runtime{{1, 1, 10}};
    RemotingClient m_client{m_runtime, {}};
};

void TstBrokerDaemon::init()
{
    m_home = std::make_unique<QTemporaryDir>();
    QVERIFY(m_home->isValid());
}

void TstBrokerDaemon::servesUntilItIsTold_data()
{
    QTest::addColumn<int>("signal");
    QTest::newRow("SIGTERM") << SIGTERM;
    QTest::newRow("SIGINT") << SIGINT;
}

void TstBrokerDaemon::servesUntilItIsTold()
{
    QFETCH(int, signal);
    auto process = broker();
    const auto address =
        addressIn(process.start({"-c", conf(), "--log-file", m_home->filePath("broker.log")}));
    QVERIFY2(!address.empty(), qPrintable(process.errors()));
    QVERIFY(QFile::exists(m_home->filePath("store/abort")));
    QCOMPARE(send(address).code, 0);
    QCOMPARE(process.stop(signal), 0);
    QVERIFY(!QFile::exists(m_home->filePath("store/abort"))); // a clean end
    QVERIFY(QFile::exists(m_home->filePath("broker.log")));
}

void TstBrokerDaemon::keepsMessagesOverARestart()
{
    for (int round = 1; round <= 2; ++round) {
        auto process = broker();
        const auto address = addressIn(process.start({"-c", conf()}));
        QVERIFY2(!address.empty(), qPrintable(process.errors()));
        QCOMPARE(send(address).code, 0);
        QTRY_COMPARE(maxOffset(address), std::to_string(round));
        QCOMPARE(process.stop(SIGTERM), 0);
    }
}

void TstBrokerDaemon::registersWithTheNameServerItIsGiven()
{
    DaemonProcess nameServer("gantry-namesrv", m_home->path());
    const auto line = nameServer.start({"-p", "0"});
    const auto nameServerAddress = line.section(' ', -1);
    auto process = broker();
    // The command line goes before the file.
    const auto address = addressIn(
        process.start({"-c", conf("namesrvAddr=127.0.0.1:1\n"), "-n", nameServerAddress}));
    QVERIFY2(!address.empty(), qPrintable(process.errors()));
    const auto known = [&] {
        const auto response = ask(nameServerAddress.toStdString(), RequestCode::GetRouteInfoByTopic,
                                  GetRouteInfoHeader{"TBW102", {}});
        const auto route = TopicRouteData::decode(response.body);
        return response.code == 0 && route && !route->brokerDatas.empty()
                   ? route->brokerDatas.front().address()
                   : std::string();
    };
    QTRY_COMPARE(known(), address);
    QCOMPARE(process.stop(SIGTERM), 0);
    QTRY_COMPARE(known(), std::string()); // unregistered, not waited for
    QCOMPARE(nameServer.stop(SIGTERM), 0);
}

void TstBrokerDaemon::startsWithoutANameServer()
{
    auto process = broker();
    const auto address = addressIn(process.start({"-c", conf(), "-n", "127.0.0.1:1"}));
    QVERIFY2(!address.empty(), qPrintable(process.errors()));
    QCOMPARE(send(address).code, 0);
    QVERIFY(process.waitForError("cannot register with NameServer 127.0.0.1:1"));
    QCOMPARE(process.stop(SIGTERM), 0);
}

void TstBrokerDaemon::namesTheLineOfABadValue()
{
    auto process = broker();
    const auto path = conf("brokerPermission=lots\n");
    QCOMPARE(process.run({"-c", path}), 1);
    const auto errors = process.errors();
    QVERIFY2(errors.startsWith("gantry-broker: " + path + ":11: brokerPermission=lots: expected"),
             qPrintable(errors));
    auto missing = broker();
    QCOMPARE(missing.run({"-c", m_home->filePath("nothing.conf")}), 1);
    QVERIFY(missing.errors().contains("nothing.conf"));
    auto nameServer = broker();
    QCOMPARE(nameServer.run({"-c", conf(), "-n", "nowhere"}), 1);
    QVERIFY(nameServer.errors().contains("namesrvAddr=nowhere"));
}

void TstBrokerDaemon::saysWhichPortIsInUse()
{
    auto first = broker();
    const auto port =
        QString::fromStdString(addressIn(first.start({"-c", conf()}))).section(':', 1);
    QVERIFY(!port.isEmpty());
    auto second = broker();
    QCOMPARE(second.run({"-c", conf("listenPort=" + port.toUtf8() + "\n", "other")}), 1);
    const auto errors = second.errors();
    QVERIFY2(errors.contains(port) && errors.contains("in use"), qPrintable(errors));
    QVERIFY(!QFile::exists(
        m_home->filePath("other/commitlog/00000000000000000000"))); // nothing half-done
    QCOMPARE(first.stop(SIGTERM), 0);
}

void TstBrokerDaemon::saysWhoHasTheStore()
{
    auto first = broker();
    QVERIFY(!addressIn(first.start({"-c", conf()})).empty());
    auto second = broker();
    QCOMPARE(second.run({"-c", conf()}), 1);
    const auto errors = second.errors();
    QVERIFY2(errors.contains(m_home->filePath("store")), qPrintable(errors));
    QCOMPARE(first.stop(SIGTERM), 0);
}

void TstBrokerDaemon::refusesAStoreItCannotUse()
{
    QDir(m_home->path()).mkpath("store/commitlog");
    QFile foreign(m_home->filePath("store/commitlog/00000000000000000000"));
    QVERIFY(foreign.open(QIODevice::WriteOnly));
    foreign.write(QByteArray(777, 'x'));
    foreign.close();
    auto process = broker();
    QCOMPARE(process.run({"-c", conf()}), 1);
    const auto errors = process.errors();
    QVERIFY2(errors.contains("00000000000000000000"), qPrintable(errors));
    QVERIFY(foreign.open(QIODevice::ReadOnly));
    QCOMPARE(foreign.readAll(), QByteArray(777, 'x')); // left as it was
}

void TstBrokerDaemon::printsItsConfiguration()
{
    auto process = broker();
    QCOMPARE(process.run({"-c", conf("rocketmqHome=/x\n"), "-p", "-n", "127.0.0.1:9876"}), 0);
    const auto printed = process.output();
    QVERIFY(printed.contains("brokerName=broker-a\n"));
    QVERIFY(printed.contains("namesrvAddr=127.0.0.1:9876\n"));
    QVERIFY(process.errors().contains(":11: 'rocketmqHome'"));
    QVERIFY(!QDir(m_home->filePath("store")).exists());
    auto defaults = broker();
    QCOMPARE(defaults.run({"-p"}), 0);
    QVERIFY(defaults.output().contains("storePathRootDir=" + m_home->filePath("store") + "\n"));
    auto help = broker();
    QCOMPARE(help.run({"--help"}), 0);
    QVERIFY(help.output().contains("--namesrv"));
}

QTEST_GUILESS_MAIN(TstBrokerDaemon)
#include "tst_broker_daemon.moc"
