// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/byte_cursor.h"
#include "echo_service.h"
#include "support/compare.h"
#include "support/raw_peer.h"

#include <QtTest>

#include <sys/resource.h>

#include <future>
#include <thread>

using namespace gantry;
using namespace gantry::test;
using namespace std::chrono_literals;

class TstRemotingServer : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void answersBothHeaderFormsWithJson();
    void answersByteByByteRequests();
    void answersManyRequestsOfOneRead();
    void answersOutOfOrder();
    void writesLargeAndSmallBodiesIntact();
    void refusesUnknownCodesByName();
    void answersForForgottenRequests();
    void neverAnswersOneway();
    void replacesAResponseThatIsTooLarge();
    void closesOnGarbageAndNothingElse_data();
    void closesOnGarbageAndNothingElse();
    void acceptsTheLargestFrame();
    void closesAReaderThatDoesNotRead();
    void closesSilentConnections_data();
    void closesSilentConnections();
    void keepsABusyConnectionOpen();
    void refusesConnectionsOverTheLimit();
    void resumesAcceptingAfterRunningOutOfDescriptors();
    void namesThePortInUse();
    void tellsWhoIsConnected();
    void stopsInMidTraffic();
    void stopsAfterItsRuntime();
    void answersAfterTheServerHasGone();
};

void TstRemotingServer::answersBothHeaderFormsWithJson()
{
    EchoServer server;
    QVERIFY(server.started);
    auto peer = RawPeer::connected(server.server->port());
    for (const auto encoding :
         {HeaderEncoding::Json, HeaderEncoding::Binary, HeaderEncoding::Json}) {
        auto request = requestOf(kEcho, "body");
        request.opaque = -77;
        request.fields.add("topic", "Orders");
        QVERIFY(peer.send(request, encoding));
        const auto response = peer.receive();
        QVERIFY(response);
        QCOMPARE(response->encoding, HeaderEncoding::Json);
        QCOMPARE(response->command.opaque, -77);
        QCOMPARE(response->command.code, 0);
        QVERIFY(response->command.isResponse());
        QCOMPARE(response->command.body, std::string("body"));
        QCOMPARE(response->command.fields.find("topic").value_or(""), std::string_view("Orders"));
    }
}

void TstRemotingServer::answersByteByByteRequests()
{
    EchoServer server;
    auto peer = RawPeer::connected(server.server->port());
    const int on = 1;
    ::setsockopt(peer.descriptor(), IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof on);
    for (const char byte : encodeFrame(requestOf(kEcho, "slow but whole"))) {
        QVERIFY(peer.send(std::string_view(&byte, 1)));
    }
    const auto response = peer.receive();
    QVERIFY(response);
    QCOMPARE(response->command.body, std::string("slow but whole"));
}

void TstRemotingServer::answersManyRequestsOfOneRead()
{
    EchoServer server;
    auto peer = RawPeer::connected(server.server->port());
    std::string frames;
    constexpr int kRequests = 3000;
    for (int i = 0; i < kRequests; ++i) {
        auto request = requestOf(i % 10 == 9 ? kEchoElsewhere : kEcho, std::to_string(i));
        request.opaque = i;
        frames += encodeFrame(request, i % 2 == 0 ? HeaderEncoding::Json : HeaderEncoding::Binary);
    }
    QVERIFY(peer.send(frames));
    std::vector<bool> answered(kRequests, false);
    for (int i = 0; i < kRequests; ++i) {
        const auto response = peer.receive();
        QVERIFY(response);
        const auto opaque = response->command.opaque;
        QCOMPARE(response->command.body, std::to_string(opaque));
        QVERIFY(!answered[static_cast<std::size_t>(opaque)]);
        answered[static_cast<std::size_t>(opaque)] = true;
    }
}

void TstRemotingServer::answersOutOfOrder()
{
    EchoServer server;
    auto peer = RawPeer::connected(server.server->port());
    for (int i = 0; i < 3; ++i) {
        auto request = requestOf(kHold);
        request.opaque = i;
        QVERIFY(peer.send(request));
    }
    QVERIFY(server.service.held.reaches(3));
    auto held = server.service.takeHeld();
    for (auto responder = held.rbegin(); responder != held.rend(); ++responder) {
        responder->reply(ResponseCode::PullNotFound, "nothing new");
    }
    for (const int opaque : {2, 1, 0}) {
        const auto response = peer.receive();
        QVERIFY(response);
        QCOMPARE(response->command.opaque, opaque);
        QCOMPARE(response->command.code, 19);
        QCOMPARE(response->command.remark, std::string("nothing new"));
    }
}

void TstRemotingServer::writesLargeAndSmallBodiesIntact()
{
    EchoServer server;
    auto peer = RawPeer::connected(server.server->port());
    const std::vector<std::size_t> sizes{0, 10, 3'000'000, 1, 8'192, 8'193, 70'000, 5, 1'000'000};
    std::string frames;
    for (const auto size : sizes) {
        auto request = requestOf(kLarge);
        request.opaque = static_cast<std::int32_t>(size);
        request.fields.add("size", static_cast<std::int64_t>(size));
        frames += encodeFrame(request);
    }
    QVERIFY(peer.send(frames));
    for (const auto size : sizes) {
        const auto response = peer.receive();
        QVERIFY(response);
        QCOMPARE(response->command.opaque, static_cast<std::int32_t>(size));
        QVERIFY(response->command.body == std::string(size, 'L'));
    }
}

void TstRemotingServer::refusesUnknownCodesByName()
{
    EchoServer server;
    auto peer = RawPeer::connected(server.server->port());
    auto request = requestOf(kEcho);
    request.code = 31337;
    QVERIFY(peer.send(request));
    const auto response = peer.receive();
    QVERIFY(response);
    QCOMPARE(response->command.code, 3);
    QVERIFY(response->command.remark.find("31337") != std::string::npos);
}

void TstRemotingServer::answersForForgottenRequests()
{
    EchoServer server;
    auto peer = RawPeer::connected(server.server->port());
    QVERIFY(peer.send(requestOf(kForget)));
    const auto response = peer.receive();
    QVERIFY(response);
    QCOMPARE(response->command.code, 1);
    QVERIFY(!response->command.remark.empty());
}

void TstRemotingServer::neverAnswersOneway()
{
    EchoServer server;
    auto peer = RawPeer::connected(server.server->port());
    for (const auto code :
         {static_cast<int>(kCount), static_cast<int>(kForget), static_cast<int>(kEcho), 31337}) {
        auto request = requestOf(kEcho);
        request.code = code;
        request.flag = RemotingCommand::kOnewayFlag;
        request.opaque = 1;
        QVERIFY(peer.send(request));
    }
    auto last = requestOf(kEcho);
    last.opaque = 2;
    QVERIFY(peer.send(last));
    const auto response = peer.receive();
    QVERIFY(response);
    QCOMPARE(response->command.opaque, 2);
    QCOMPARE(server.service.counted.value(), 1);
}

void TstRemotingServer::replacesAResponseThatIsTooLarge()
{
    EchoServer server;
    auto peer = RawPeer::connected(server.server->port());
    auto request = requestOf(kLarge);
    request.opaque = 5;
    request.fields.add("size", std::int64_t{17 * 1024 * 1024});
    QVERIFY(peer.send(request));
    const auto response = peer.receive();
    QVERIFY(response);
    QCOMPARE(response->command.opaque, 5);
    QCOMPARE(response->command.code, 1);
    QVERIFY(peer.send(requestOf(kEcho, "still here")));
    QCOMPARE(peer.receive()->command.body, std::string("still here"));
}

void TstRemotingServer::closesOnGarbageAndNothingElse_data()
{
    QTest::addColumn<QByteArray>("bytes");
    const auto words = [](std::initializer_list<std::uint32_t> values,
                          const QByteArray& rest = {}) {
        std::string out;
        ByteWriter writer(out);
        for (const auto value : values) {
            writer.write(value);
        }
        return QByteArray::fromStdString(out) + rest;
    };
    QTest::newRow("http") << QByteArray("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    QTest::newRow("frame of 16 MiB + 1") << words({16 * 1024 * 1024 + 1});
    QTest::newRow("negative length") << words({0x8000'0000});
    QTest::newRow("length below a header word") << words({3});
    QTest::newRow("header longer than the frame") << words({12, 100}, "12345678");
    QTest::newRow("unknown header form") << words({6, 0x0700'0002}, "{}");
    QTest::newRow("header is not JSON") << words({9, 5}, "{\"a\":");
    QTest::newRow("binary header cut off") << words({9, 0x0100'0005}, "\1\2\3\4\5");
    QTest::newRow("zeros") << QByteArray(64, '\0');
    QTest::newRow("tls hello") << QByteArray::fromHex("16030100ea010000e60303") +
                                      QByteArray(200, 'x');
}

void TstRemotingServer::closesOnGarbageAndNothingElse()
{
    QFETCH(QByteArray, bytes);
    const LogLines lines;
    EchoServer server;
    auto neighbour = RawPeer::connected(server.server->port());
    QVERIFY(neighbour.send(requestOf(kEcho, "before")));
    QCOMPARE(neighbour.receive()->command.body, std::string("before"));

    auto bad = RawPeer::connected(server.server->port());
    sockaddr_in mine{};
    socklen_t size = sizeof mine;
    ::getsockname(bad.descriptor(), reinterpret_cast<sockaddr*>(&mine), &size);
    QVERIFY(bad.send(encodeFrame(requestOf(kEcho, "good")) + bytes.toStdString()));
    const auto good = bad.receive();
    QVERIFY2(good, "what came before the garbage is answered");
    QCOMPARE(good->command.body, std::string("good"));
    QVERIFY(bad.endsWithin(10s));

    QVERIFY(neighbour.send(requestOf(kEcho, "after")));
    QCOMPARE(neighbour.receive()->command.body, std::string("after"));
    QVERIFY(lines.contains("127.0.0.1:" + std::to_string(ntohs(mine.sin_port)), "closing"));
}

void TstRemotingServer::acceptsTheLargestFrame()
{
    EchoServer server;
    auto peer = RawPeer::connected(server.server->port());
    auto request = requestOf(kCount);
    const auto head = encodeFrame(request).size() - 4;
    request.body.assign(limits::kFrameBytesMax - head, 'x');
    QVERIFY(peer.send(request));
    const auto response = peer.receive();
    QVERIFY(response);
    QCOMPARE(response->command.code, 0);
    QCOMPARE(server.service.counted.value(), 1);
}

void TstRemotingServer::closesAReaderThatDoesNotRead()
{
    const LogLines lines;
    RemotingServer::Options options;
    options.writeQueueBytesMax = 8 * 1024 * 1024;
    EchoServer server(options);
    auto neighbour = RawPeer::connected(server.server->port());
    auto lazy = RawPeer::connected(server.server->port(), 16 * 1024);
    auto request = requestOf(kLarge);
    request.fields.add("size", std::int64_t{1024 * 1024});
    const auto frame = encodeFrame(request);
    for (int i = 0; i < 40; ++i) {
        (void)lazy.send(frame);
    }
    QVERIFY(lazy.endsWithin(10s));
    QVERIFY(lines.contains("does not read"));
    QVERIFY(neighbour.send(requestOf(kEcho, "fine")));
    QCOMPARE(neighbour.receive()->command.body, std::string("fine"));
}

void TstRemotingServer::closesSilentConnections_data()
{
    QTest::addColumn<QByteArray>("bytes");
    const auto frame = QByteArray::fromStdString(encodeFrame(requestOf(kEcho, "x")));
    QTest::newRow("never a byte") << QByteArray();
    QTest::newRow("half a length") << frame.left(2);
    QTest::newRow("half a frame") << frame.left(frame.size() / 2);
    QTest::newRow("one frame and a half") << frame + frame.left(20);
}

void TstRemotingServer::closesSilentConnections()
{
    QFETCH(QByteArray, bytes);
    RemotingServer::Options options;
    options.idleTimeout = 100ms;
    EchoServer server(options);
    auto peer = RawPeer::connected(server.server->port());
    QVERIFY(peer.send(bytes.toStdString()));
    QVERIFY(peer.endsWithin(10s));
}

void TstRemotingServer::keepsABusyConnectionOpen()
{
    RemotingServer::Options options;
    options.idleTimeout = 1s;
    EchoServer server(options);
    auto busy = RawPeer::connected(server.server->port());
    // Dribbles bytes of one frame and never finishes it: that is not being busy.
    auto dribbler = RawPeer::connected(server.server->port());
    const auto frame = encodeFrame(requestOf(kEcho, std::string(5000, 'd')));
    const auto start = std::chrono::steady_clock::now();
    bool dribblerEnded = false;
    std::size_t at = 0;
    while (!dribblerEnded && std::chrono::steady_clock::now() - start < 20s) {
        QVERIFY(busy.send(requestOf(kEcho, "tick")));
        QVERIFY(busy.receive());
        dribblerEnded = !dribbler.send(std::string_view(frame).substr(at++ % 4000, 1)) ||
                        dribbler.endsWithin(5ms);
    }
    QVERIFY(std::chrono::steady_clock::now() - start > options.idleTimeout);
    QVERIFY(dribblerEnded);
}

void TstRemotingServer::refusesConnectionsOverTheLimit()
{
    const LogLines lines;
    RemotingServer::Options options;
    options.connectionsMax = 3;
    EchoServer server(options);
    std::vector<RawPeer> peers;
    for (int i = 0; i < 3; ++i) {
        peers.push_back(RawPeer::connected(server.server->port()));
        QVERIFY(peers.back().send(requestOf(kEcho)));
        QVERIFY(peers.back().receive());
    }
    for (int i = 0; i < 10; ++i) {
        auto refused = RawPeer::connected(server.server->port());
        QVERIFY(refused.endsWithin(10s));
    }
    QCOMPARE(lines.countOf("limit of 3 connections"), std::size_t{1});
    QCOMPARE(server.server->connections().size(), std::size_t{3});
    QVERIFY(peers.front().send(requestOf(kEcho)));
    QVERIFY(peers.front().receive());
    // A place that becomes free is given away again.
    peers.pop_back();
    const auto end = std::chrono::steady_clock::now() + 10s;
    bool served = false;
    while (!served && std::chrono::steady_clock::now() < end) {
        auto next = RawPeer::connected(server.server->port());
        served = next.send(requestOf(kEcho)) && next.receive().has_value();
    }
    QVERIFY(served);
}

void TstRemotingServer::resumesAcceptingAfterRunningOutOfDescriptors()
{
    const LogLines lines;
    EchoServer server;
    auto first = RawPeer::unconnected();
    auto second = RawPeer::unconnected();
    rlimit before{};
    QCOMPARE(::getrlimit(RLIMIT_NOFILE, &before), 0);
    auto tight = before;
    const int lowestFree = ::dup(first.descriptor());
    ::close(lowestFree);
    tight.rlim_cur = static_cast<rlim_t>(lowestFree);
    QCOMPARE(::setrlimit(RLIMIT_NOFILE, &tight), 0);
    const bool connected =
        first.connect(server.server->port()) && second.connect(server.server->port());
    const auto early = first.send(requestOf(kEcho, "first")) ? first.receive(300ms) : std::nullopt;
    ::setrlimit(RLIMIT_NOFILE, &before);
    QVERIFY(connected);
    QVERIFY2(!early, "there was no descriptor to serve it with");
    QCOMPARE(first.receive()->command.body, std::string("first"));
    QVERIFY(second.send(requestOf(kEcho, "second")));
    QCOMPARE(second.receive()->command.body, std::string("second"));
    QCOMPARE(lines.countOf("cannot accept"), std::size_t{1});
}

void TstRemotingServer::namesThePortInUse()
{
    EchoServer server;
    RemotingServer::Options options;
    options.port = server.server->port();
    RemotingServer second(server.runtime, options, std::make_shared<Dispatcher>());
    const auto started = second.start();
    QVERIFY(!started);
    QCOMPARE(started.error().code, Errc::AddressInUse);
    QVERIFY(started.error().message.find(std::to_string(options.port)) != std::string::npos);
    QVERIFY(started.error().message.find("listenPort") != std::string::npos);
    options.bindAddress = "localhost!";
    RemotingServer third(server.runtime, options, std::make_shared<Dispatcher>());
    QCOMPARE(third.start().error().code, Errc::InvalidArgument);
}

void TstRemotingServer::tellsWhoIsConnected()
{
    Counter opened;
    Counter closed;
    RemotingServer::Listener listener;
    listener.opened = [&](const ConnectionPtr& connection) {
        if (connection->loop().isThisThread() && connection->isOpen()) {
            opened.add();
        }
    };
    listener.closed = [&](const ConnectionPtr& connection) {
        if (connection->loop().isThisThread() && !connection->isOpen()) {
            closed.add();
        }
    };
    EchoServer server({}, listener);
    auto peer = RawPeer::connected(server.server->port());
    QVERIFY(opened.reaches(1));
    const auto frame = encodeFrame(requestOf(kEcho, "hello"));
    QVERIFY(peer.send(frame) && peer.send(frame));
    QVERIFY(peer.receive() && peer.receive());
    const auto connections = server.server->connections();
    QCOMPARE(connections.size(), std::size_t{1});
    const auto& connection = connections.front();
    QCOMPARE(connection->local().port, static_cast<std::int32_t>(server.server->port()));
    QVERIFY(connection->peer().toText().starts_with("127.0.0.1:"));
    QVERIFY(connection->openedWallMs() > 1'600'000'000'000);
    QCOMPARE(connection->traffic().framesIn, std::uint64_t{2});
    QCOMPARE(connection->traffic().framesOut, std::uint64_t{2});
    QCOMPARE(connection->traffic().bytesIn, std::uint64_t{2 * frame.size()});
    // Bytes are counted after they left, so those of the second answer are known when the third
    // comes.
    QVERIFY(peer.send(frame) && peer.receive());
    QVERIFY(connection->traffic().bytesOut > 2 * 5);
    peer.close();
    QVERIFY(closed.reaches(1));
    QVERIFY(!connection->isOpen());
    QVERIFY(server.server->connections().empty());
    connection->send(requestOf(kEcho)); // harmless
    connection->close();
}

void TstRemotingServer::stopsInMidTraffic()
{
    for (int round = 0; round < 8; ++round) {
        Counter opened;
        Counter closed;
        RemotingServer::Listener listener;
        listener.opened = [&](const ConnectionPtr&) { opened.add(); };
        listener.closed = [&](const ConnectionPtr&) { closed.add(); };
        EchoServer server({}, listener);
        std::vector<std::thread> senders;
        Counter flowing;
        for (int i = 0; i < 4; ++i) {
            senders.emplace_back([&, port = server.server->port()] {
                auto peer = RawPeer::connected(port);
                std::string frames;
                for (int n = 0; n < 20; ++n) {
                    frames += encodeFrame(
                        requestOf(n % 2 == 0 ? kEcho : kEchoElsewhere, std::string(200, 'm')));
                }
                while (peer.send(frames) && peer.receive()) {
                    for (int n = 1; n < 20 && peer.receive(); ++n) {
                    }
                    flowing.add();
                }
            });
        }
        const bool flows = flowing.reaches(4 + round);
        server.server->stop();
        const int openedBefore = opened.value();
        const int closedBefore = closed.value();
        for (auto& sender : senders) {
            sender.join();
        }
        QVERIFY(flows);
        QVERIFY(openedBefore > 0);
        QCOMPARE(closedBefore, openedBefore); // stop() returned when the last had been told
        server.server->stop();
        QVERIFY(server.server->connections().empty());
        QCOMPARE(opened.value(), openedBefore);
    }
}

void TstRemotingServer::stopsAfterItsRuntime()
{
    EchoServer server;
    auto peer = RawPeer::connected(server.server->port());
    QVERIFY(peer.send(requestOf(kHold)));
    QVERIFY(server.service.held.reaches(1));
    server.runtime.stop();
    QVERIFY(peer.endsWithin(10s));
    QVERIFY(server.server->connections().empty());
    server.server->stop();
}

void TstRemotingServer::answersAfterTheServerHasGone()
{
    std::vector<Responder> held;
    {
        EchoServer server;
        auto peer = RawPeer::connected(server.server->port());
        QVERIFY(peer.send(requestOf(kHold)));
        QVERIFY(server.service.held.reaches(1));
        held = server.service.takeHeld();
    }
    // Connection and loop outlive runtime and server as long as somebody holds them; nothing
    // happens.
    held.front().reply(ResponseCode::Success);
    QVERIFY(!held.front().isPending());
}

QTEST_APPLESS_MAIN(TstRemotingServer)
#include "tst_remoting_server.moc"
