// SPDX-License-Identifier: GPL-3.0-or-later
#include "echo_service.h"
#include "support/compare.h"
#include "support/raw_peer.h"

#include <netdb.h>
#include <sys/socket.h>

#include <QtTest>

#include <algorithm>
#include <future>
#include <random>
#include <thread>

using namespace gantry;
using namespace gantry::test;
using namespace std::chrono_literals;

namespace {

/// Calls and waits for the callback; for looking at errors that invokeSync would give, too, but
/// counted.
struct Outcome
{
    std::promise<Result<RemotingCommand>> promise;
    std::future<Result<RemotingCommand>> future = promise.get_future();
    Connection::InvokeCallback callback()
    {
        return [this](Result<RemotingCommand> result) {
            promise.set_value(std::move(result));
        }; // throws if called twice
    }
    Result<RemotingCommand> get()
    {
        if (future.wait_for(20s) != std::future_status::ready) {
            return fail(Errc::Internal, "the callback was never called");
        }
        return future.get();
    }
};

std::uint16_t unusedPort()
{
    return RawListener().port();
}

} // namespace

class TstRemotingClient : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void invokesAndWaits();
    void sendsEitherHeaderForm();
    void answersRequestsOnItsOwnConnection();
    void refusesRequestsWithoutADispatcher();
    void keepsTenThousandCallsApart();
    void callsBackWhenTheDeadlinePasses();
    void ignoresTheLateAnswer();
    void failsPendingCallsWhenThePeerCloses();
    void tellsWhenAConnectionEnds();
    void sendsOnewayWithoutWaiting();
    void saysWhyItCannotConnect();
    void givesUpConnectingInTime();
    void looksNamesUp();
    void failsFastAndComesBackAfterARestart();
    void refusesWhatNoFrameCanHold();
    void isBusyRatherThanUnbounded();
    void reconnectsAfterCloseChannel();
    void cancelsOnStop();
    void cancelsWhenTheRuntimeStops();
    void canBeDestroyedInACallback();
    void stopsInMidTraffic();
    void namesRemoteErrors();
};

void TstRemotingClient::invokesAndWaits()
{
    EchoServer server;
    RemotingClient client(server.runtime, {});
    auto request = requestOf(kEcho, "ping");
    request.fields.add("k", "v");
    const auto response = client.invokeSync(server.address(), std::move(request), 5s);
    QVERIFY(response);
    QCOMPARE(response->body, std::string("ping"));
    QCOMPARE(response->fields.find("k").value_or(""), std::string_view("v"));
    QVERIFY(response->isResponse());
    for (int i = 0; i < 100; ++i) {
        const auto code = i % 2 == 0 ? kEcho : kEchoElsewhere;
        QCOMPARE(client.invokeSync(server.address(), requestOf(code, std::to_string(i)), 5s)->body,
                 std::to_string(i));
    }
    QCOMPARE(server.server->connections().size(), std::size_t{1});
}

void TstRemotingClient::sendsEitherHeaderForm()
{
    for (const auto encoding : {HeaderEncoding::Json, HeaderEncoding::Binary}) {
        RawListener listener;
        IoRuntime runtime(IoRuntime::Options{1, 1, 10});
        RemotingClient::Options options;
        options.encoding = encoding;
        options.language = Language::Other;
        RemotingClient client(runtime, options);
        Outcome outcome;
        client.invokeAsync(listener.address(), requestOf(kEcho, "x"), 5s, outcome.callback());
        auto peer = listener.accept();
        const auto request = peer.receive();
        QVERIFY(request);
        QCOMPARE(request->encoding, encoding);
        QCOMPARE(request->command.language, Language::Other);
        QCOMPARE(request->command.flag, 0);
        auto response = echoOf(request->command);
        response.opaque = request->command.opaque;
        QVERIFY(
            peer.send(response, HeaderEncoding::Binary)); // whatever we sent, both are understood
        QCOMPARE(outcome.get()->body, std::string("x"));
    }
}

void TstRemotingClient::answersRequestsOnItsOwnConnection()
{
    EchoServer server;
    RemotingClient client(server.runtime, {}, server.service.dispatcher());
    for (int i = 0; i < 20; ++i) {
        const auto response =
            client.invokeSync(server.address(), requestOf(kAskBack, std::to_string(i)), 5s);
        QVERIFY(response);
        QCOMPARE(response->code, 0);
        QCOMPARE(response->body, std::to_string(i));
    }
}

void TstRemotingClient::refusesRequestsWithoutADispatcher()
{
    EchoServer server;
    RemotingClient client(server.runtime, {});
    const auto response = client.invokeSync(server.address(), requestOf(kAskBack), 5s);
    QVERIFY(response);
    QCOMPARE(response->code, 3);
}

void TstRemotingClient::keepsTenThousandCallsApart()
{
    // The peer answers in random order, so every response must find its own callback.
    RawListener listener;
    constexpr int kCalls = 10'000;
    std::thread peerThread([&] {
        auto peer = listener.accept();
        (void)peer.receive();
        std::vector<RemotingCommand> responses;
        for (int i = 0; i < kCalls; ++i) {
            const auto request = peer.receive();
            if (!request) {
                return;
            }
            auto response = echoOf(request->command);
            response.opaque = request->command.opaque;
            responses.push_back(std::move(response));
        }
        std::shuffle(responses.begin(), responses.end(), std::mt19937(3)); // NOLINT
        std::string frames;
        for (const auto& response : responses) {
            frames += encodeFrame(response);
        }
        peer.send(frames);
        peer.endsWithin(20s);
    });
    IoRuntime runtime(IoRuntime::Options{1, 1, 10});
    RemotingClient client(runtime, {});
    Counter right;
    Counter all;
    // Connected first: fewer than that many may wait for a connection.
    client.sendOneway(listener.address(), requestOf(kCount), [&](Result<>) { all.add(); });
    QVERIFY(all.reaches(1));
    for (int i = 0; i < kCalls; ++i) {
        client.invokeAsync(listener.address(), requestOf(kEcho, std::to_string(i)), 20s,
                           [&, i](Result<RemotingCommand> result) {
                               if (result && result->body == std::to_string(i)) {
                                   right.add();
                               }
                               all.add();
                           });
    }
    QVERIFY(all.reaches(kCalls + 1));
    QCOMPARE(right.value(), kCalls);
    client.stop();
    peerThread.join();
}

void TstRemotingClient::callsBackWhenTheDeadlinePasses()
{
    EchoServer server;
    RemotingClient client(server.runtime, {});
    QVERIFY(client.invokeSync(server.address(), requestOf(kEcho), 20s));
    Outcome early;
    Outcome late;
    const auto start = std::chrono::steady_clock::now();
    std::atomic<bool> lateIsOver = false;
    client.invokeAsync(server.address(), requestOf(kHold), 300ms,
                       [&](Result<RemotingCommand> result) {
                           lateIsOver = true;
                           late.callback()(std::move(result));
                       });
    std::atomic<bool> lateWasFirst = true;
    client.invokeAsync(server.address(), requestOf(kHold), 50ms,
                       [&](Result<RemotingCommand> result) {
                           lateWasFirst = lateIsOver.load();
                           early.callback()(std::move(result));
                       });
    const auto first = early.get();
    QVERIFY(!first);
    QVERIFY(!lateWasFirst);
    QCOMPARE(first.error().code, Errc::Timeout);
    QVERIFY(first.error().message.find("PULL_MESSAGE") != std::string::npos);
    QVERIFY(first.error().message.find(server.address()) != std::string::npos);
    QCOMPARE(late.get().error().code, Errc::Timeout);
    QVERIFY(std::chrono::steady_clock::now() - start >= 300ms);
    // The connection is none the worse for it.
    QCOMPARE(client.invokeSync(server.address(), requestOf(kEcho, "next"), 5s)->body,
             std::string("next"));
    QCOMPARE(server.server->connections().size(), std::size_t{1});
    QCOMPARE(client.invokeSync(server.address(), requestOf(kEcho), 0ms).error().code,
             Errc::Timeout);
}

void TstRemotingClient::ignoresTheLateAnswer()
{
    EchoServer server;
    RemotingClient client(server.runtime, {});
    // On a busy machine the time may be over before the request has left.
    for (int i = 0; i < 100 && server.service.held.value() == 0; ++i) {
        QCOMPARE(
            client.invokeSync(server.address(), requestOf(kHold), 20ms + i * 10ms).error().code,
            Errc::Timeout);
    }
    QVERIFY(server.service.held.reaches(1));
    for (auto& responder : server.service.takeHeld()) {
        responder.reply(ResponseCode::SystemBusy, "too late");
    }
    const auto next = client.invokeSync(server.address(), requestOf(kEcho, "mine"), 5s);
    QVERIFY(next);
    QCOMPARE(next->body, std::string("mine"));
}

void TstRemotingClient::failsPendingCallsWhenThePeerCloses()
{
    RawListener listener;
    IoRuntime runtime(IoRuntime::Options{2, 1, 10});
    RemotingClient client(runtime, {});
    Outcome first;
    Outcome second;
    client.invokeAsync(listener.address(), requestOf(kHold), 20s, first.callback());
    client.invokeAsync(listener.address(), requestOf(kHold), 20s, second.callback());
    auto peer = listener.accept();
    QVERIFY(peer.receive() && peer.receive());
    peer.close();
    QCOMPARE(first.get().error().code, Errc::ConnectionClosed);
    QCOMPARE(second.get().error().code, Errc::ConnectionClosed);
}

void TstRemotingClient::tellsWhenAConnectionEnds()
{
    EchoServer server;
    RemotingClient client(server.runtime, {});
    std::promise<std::string> ended;
    client.setCloseListener([&](const std::string& address) { ended.set_value(address); });
    QVERIFY(client.invokeSync(server.address(), requestOf(kEcho), 5s));
    for (const auto& connection : server.server->connections()) {
        connection->close();
    }
    auto future = ended.get_future();
    QCOMPARE(future.wait_for(10s), std::future_status::ready);
    QCOMPARE(future.get(), server.address());
    client.setCloseListener({});
    QVERIFY2(client.invokeSync(server.address(), requestOf(kEcho), 5s),
             "a closed connection is made anew at once");
}

void TstRemotingClient::sendsOnewayWithoutWaiting()
{
    EchoServer server;
    RemotingClient client(server.runtime, {});
    Counter taken;
    for (int i = 0; i < 100; ++i) {
        client.sendOneway(server.address(), requestOf(kCount), [&](Result<> result) {
            if (result) {
                taken.add();
            }
        });
    }
    client.sendOneway(server.address(), requestOf(kCount));
    QVERIFY(taken.reaches(100));
    QVERIFY(server.service.counted.reaches(101));
    std::promise<Result<>> refused;
    client.sendOneway("127.0.0.1:" + std::to_string(unusedPort()), requestOf(kCount),
                      [&](Result<> result) { refused.set_value(std::move(result)); });
    QCOMPARE(refused.get_future().get().error().code, Errc::ConnectFailed);
}

void TstRemotingClient::saysWhyItCannotConnect()
{
    IoRuntime runtime(IoRuntime::Options{1, 1, 10});
    RemotingClient client(runtime, {});
    const auto address = "127.0.0.1:" + std::to_string(unusedPort());
    const auto refused = client.invokeSync(address, requestOf(kEcho), 5s);
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, Errc::ConnectFailed);
    QVERIFY(refused.error().message.find(address) != std::string::npos);
    QVERIFY(refused.error().message.find("refused") != std::string::npos);
    for (const auto* wrong : {"", "nonsense", ":9876", "127.0.0.1:", "127.0.0.1:notaport"}) {
        const auto result = client.invokeSync(wrong, requestOf(kEcho), 5s);
        QVERIFY(!result);
        QCOMPARE(result.error().code, Errc::ConnectFailed);
    }
}

void TstRemotingClient::givesUpConnectingInTime()
{
    const SilentListener listener;
    IoRuntime runtime(IoRuntime::Options{1, 1, 10});
    RemotingClient::Options options;
    options.connectTimeout = 150ms;
    RemotingClient client(runtime, options);
    Outcome patient;
    Outcome hasty;
    client.invokeAsync(listener.address(), requestOf(kEcho), 10s, patient.callback());
    client.invokeAsync(listener.address(), requestOf(kEcho), 40ms, hasty.callback());
    QCOMPARE(hasty.get().error().code, Errc::Timeout);
    const auto result = patient.get();
    QCOMPARE(result.error().code, Errc::ConnectFailed);
    QVERIFY(result.error().message.find("150 ms") != std::string::npos);
}

void TstRemotingClient::looksNamesUp()
{
    addrinfo* found = nullptr;
    if (::getaddrinfo("localhost", nullptr, nullptr, &found) != 0) {
        QSKIP("this machine does not know the name localhost");
    }
    ::freeaddrinfo(found);
    EchoServer server;
    RemotingClient client(server.runtime, {});
    const auto response = client.invokeSync("localhost:" + std::to_string(server.server->port()),
                                            requestOf(kEcho, "by name"), 5s);
    QVERIFY2(response, response ? "" : response.error().message.c_str());
    QCOMPARE(response->body, std::string("by name"));
}

void TstRemotingClient::failsFastAndComesBackAfterARestart()
{
    IoRuntime runtime(IoRuntime::Options{});
    EchoService service(runtime);
    RemotingServer::Options options;
    auto server = std::make_unique<RemotingServer>(runtime, options, service.dispatcher());
    QVERIFY(server->start());
    options.port = server->port();
    const auto address = "127.0.0.1:" + std::to_string(options.port);
    RemotingClient client(runtime, {});
    QVERIFY(client.invokeSync(address, requestOf(kEcho), 5s));
    server.reset();
    // Many attempts while it is away: all fail, quickly, with the reason.
    for (int i = 0; i < 200; ++i) {
        const auto result = client.invokeSync(address, requestOf(kEcho), 5s);
        QVERIFY(!result);
        QVERIFY2(result.error().code == Errc::ConnectFailed ||
                     (i == 0 && result.error().code == Errc::ConnectionClosed),
                 result.error().message.c_str());
    }
    server = std::make_unique<RemotingServer>(runtime, options, service.dispatcher());
    QVERIFY(server->start());
    const auto restarted = std::chrono::steady_clock::now();
    while (!client.invokeSync(address, requestOf(kEcho), 5s)) {
        QVERIFY2(std::chrono::steady_clock::now() - restarted < 5s,
                 "it must find the server again");
    }
}

void TstRemotingClient::refusesWhatNoFrameCanHold()
{
    EchoServer server;
    RemotingClient client(server.runtime, {});
    const auto result = client.invokeSync(
        server.address(), requestOf(kEcho, std::string(limits::kFrameBytesMax + 1, 'x')), 5s);
    QVERIFY(!result);
    QCOMPARE(result.error().code, Errc::LimitExceeded);
    QVERIFY(client.invokeSync(server.address(), requestOf(kEcho, "small"), 5s));
}

void TstRemotingClient::isBusyRatherThanUnbounded()
{
    RawListener listener;
    IoRuntime runtime(IoRuntime::Options{1, 1, 10});
    RemotingClient::Options options;
    options.writeQueueBytesMax = 4 * 1024 * 1024;
    RemotingClient client(runtime, options);
    Counter ended;
    Counter busy;
    const auto countIn = [&](Result<RemotingCommand> result) {
        if (!result && result.error().code == Errc::Busy) {
            busy.add();
        }
        ended.add();
    };
    client.invokeAsync(listener.address(), requestOf(kEcho), 20s, countIn);
    auto peer = listener.accept();
    QVERIFY(peer.receive());
    // It does not read any more; the rest must neither pile up nor close the connection.
    constexpr int kCalls = 60;
    for (int i = 0; i < kCalls; ++i) {
        client.invokeAsync(listener.address(), requestOf(kEcho, std::string(1024 * 1024, 'b')), 20s,
                           countIn);
    }
    std::promise<Result<>> oneway;
    client.sendOneway(listener.address(), requestOf(kCount, std::string(5 * 1024 * 1024, 'b')),
                      [&](Result<> result) { oneway.set_value(std::move(result)); });
    QCOMPARE(oneway.get_future().get().error().code, Errc::Busy);
    QVERIFY(busy.reaches(kCalls / 2));
    peer.close();
    QVERIFY(ended.reaches(kCalls + 1));
}

void TstRemotingClient::reconnectsAfterCloseChannel()
{
    EchoServer server;
    RemotingClient client(server.runtime, {});
    client.closeChannel("127.0.0.1:1"); // unknown: nothing happens
    Outcome pending;
    client.invokeAsync(server.address(), requestOf(kHold), 20s, pending.callback());
    QVERIFY(server.service.held.reaches(1));
    client.closeChannel(server.address());
    QCOMPARE(pending.get().error().code, Errc::ConnectionClosed);
    QVERIFY(client.invokeSync(server.address(), requestOf(kEcho), 5s));
}

void TstRemotingClient::cancelsOnStop()
{
    EchoServer server;
    const SilentListener silent;
    RemotingClient client(server.runtime, {});
    Outcome pending;
    client.invokeAsync(server.address(), requestOf(kHold), 20s, pending.callback());
    QVERIFY(server.service.held.reaches(1));
    Outcome connecting;
    client.invokeAsync(silent.address(), requestOf(kEcho), 20s, connecting.callback());
    client.stop();
    QVERIFY2(pending.future.wait_for(0s) == std::future_status::ready,
             "stop() returns when all callbacks are done");
    QCOMPARE(pending.get().error().code, Errc::Cancelled);
    QVERIFY(connecting.future.wait_for(0s) == std::future_status::ready);
    QCOMPARE(connecting.get().error().code, Errc::Cancelled);
    client.stop();
    QCOMPARE(client.invokeSync(server.address(), requestOf(kEcho), 5s).error().code,
             Errc::Cancelled);
}

void TstRemotingClient::cancelsWhenTheRuntimeStops()
{
    EchoServer server;
    IoRuntime runtime(IoRuntime::Options{1, 1, 10});
    RemotingClient client(runtime, {});
    Outcome pending;
    client.invokeAsync(server.address(), requestOf(kHold), 20s, pending.callback());
    QVERIFY(server.service.held.reaches(1));
    runtime.stop();
    QVERIFY(pending.future.wait_for(0s) == std::future_status::ready);
    QCOMPARE(pending.get().error().code, Errc::Cancelled);
    QCOMPARE(client.invokeSync(server.address(), requestOf(kEcho), 5s).error().code,
             Errc::Cancelled);
    QCOMPARE(client.invokeSync("127.0.0.1:1", requestOf(kEcho), 5s).error().code, Errc::Cancelled);
}

void TstRemotingClient::canBeDestroyedInACallback()
{
    EchoServer server;
    auto client = std::make_unique<RemotingClient>(server.runtime, RemotingClient::Options{});
    std::promise<void> gone;
    auto* raw = client.get();
    raw->invokeAsync(server.address(), requestOf(kEcho), 5s, [&](Result<RemotingCommand>) {
        client.reset();
        gone.set_value();
    });
    QCOMPARE(gone.get_future().wait_for(10s), std::future_status::ready);
}

void TstRemotingClient::stopsInMidTraffic()
{
    EchoServer server;
    for (int round = 0; round < 8; ++round) {
        std::atomic<int> called = 0;
        std::atomic<int> calledBack = 0;
        Counter flowing;
        {
            RemotingClient client(server.runtime, {});
            std::atomic<bool> stop = false;
            std::vector<std::thread> callers;
            for (int i = 0; i < 3; ++i) {
                callers.emplace_back([&, i] {
                    while (!stop) {
                        ++called;
                        client.invokeAsync(server.address(),
                                           requestOf(i == 0 ? kEcho : kEchoElsewhere, "x"), 5s,
                                           [&](const auto&) {
                                               ++calledBack;
                                               flowing.add();
                                           });
                        if (called - calledBack > 500) {
                            std::this_thread::yield();
                        }
                    }
                });
            }
            QVERIFY(flowing.reaches(50 + 100 * round));
            client.stop();
            stop = true;
            for (auto& caller : callers) {
                caller.join();
            }
        }
        QCOMPARE(calledBack.load(), called.load());
    }
}

void TstRemotingClient::namesRemoteErrors()
{
    const auto error =
        remoteError(RemotingCommand::response(ResponseCode::TopicNotExist, "no such topic"),
                    "sending to Orders");
    QCOMPARE(error.code, Errc::Remote);
    QCOMPARE(error.remoteCode, 17);
    QCOMPARE(error.message, std::string("sending to Orders: TOPIC_NOT_EXIST (17): no such topic"));
}

QTEST_APPLESS_MAIN(TstRemotingClient)
#include "tst_remoting_client.moc"
