// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/log.h"
#include "remoting/remoting_client.h"
#include "remoting/remoting_server.h"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace gantry::test {

inline constexpr auto kEcho = RequestCode::SendMessage; // answers body and fields at once
inline constexpr auto kEchoElsewhere =
    RequestCode::SendMessageV2;                            // the same, from a blocking thread
inline constexpr auto kHold = RequestCode::PullMessage;    // answered when the test says so
inline constexpr auto kForget = RequestCode::QueryMessage; // the responder dies unanswered
inline constexpr auto kCount = RequestCode::HeartBeat;     // only counted; for one-way
inline constexpr auto kLarge =
    RequestCode::GetBrokerConfig; // answers a body of as many bytes as "size" says
inline constexpr auto kAskBack =
    RequestCode::CheckClientConfig; // asks the asker and passes its answer on

/// A number that threads count up and a test waits for.
class Counter
{
public:
    void add()
    {
        const std::lock_guard guard(m_mutex);
        ++m_value;
        m_changed.notify_all();
    }
    bool reaches(int value, std::chrono::milliseconds timeout = std::chrono::seconds(20))
    {
        std::unique_lock lock(m_mutex);
        return m_changed.wait_for(lock, timeout, [&] { return m_value >= value; });
    }
    int value() const
    {
        const std::lock_guard guard(m_mutex);
        return m_value;
    }

private:
    mutable std::mutex m_mutex;
    std::condition_variable m_changed;
    int m_value = 0;
};

inline RemotingCommand echoOf(const RemotingCommand& request)
{
    auto response = RemotingCommand::response(ResponseCode::Success);
    response.fields = request.fields;
    response.body = request.body;
    return response;
}

inline RemotingCommand requestOf(RequestCode code, std::string body = {})
{
    auto request = RemotingCommand::request(code);
    request.body = std::move(body);
    return request;
}

/// The processors the tests talk to and what they saw.
class EchoService
{
public:
    explicit EchoService(IoRuntime& runtime)
        : m_runtime(runtime)
    {}

    std::shared_ptr<const Dispatcher> dispatcher()
    {
        auto requests = std::make_shared<Dispatcher>();
        requests->add(kEcho, [](const ConnectionPtr&, RemotingCommand request,
                                Responder responder) { responder.reply(echoOf(request)); });
        requests->add(kEchoElsewhere, [this](const ConnectionPtr&, RemotingCommand request,
                                             Responder responder) {
            (void)m_runtime.tryRunBlocking(
                [request = std::move(request), responder = std::move(responder)]() mutable {
                    responder.reply(echoOf(request));
                });
        });
        requests->add(kHold, [this](const ConnectionPtr&, RemotingCommand, Responder responder) {
            {
                const std::lock_guard guard(m_mutex);
                m_held.push_back(std::move(responder));
            }
            held.add();
        });
        requests->add(kForget, [](const ConnectionPtr&, RemotingCommand, Responder) {});
        requests->add(kCount, [this](const ConnectionPtr&, RemotingCommand, Responder responder) {
            counted.add();
            responder.reply(ResponseCode::Success);
        });
        requests->add(
            kLarge, [](const ConnectionPtr&, RemotingCommand request, Responder responder) {
                auto response = RemotingCommand::response(ResponseCode::Success);
                response.body.assign(std::stoul(std::string(*request.fields.find("size"))), 'L');
                responder.reply(std::move(response));
            });
        requests->add(kAskBack, [](const ConnectionPtr& connection, RemotingCommand request,
                                   Responder responder) {
            request.code = static_cast<std::int32_t>(kEcho);
            auto shared = std::make_shared<Responder>(std::move(responder));
            connection->invoke(std::move(request), std::chrono::seconds(5),
                               [shared](Result<RemotingCommand> answer) {
                                   shared->reply(
                                       answer ? std::move(*answer)
                                              : RemotingCommand::response(ResponseCode::SystemError,
                                                                          answer.error().message));
                               });
        });
        return requests;
    }
    std::vector<Responder> takeHeld()
    {
        const std::lock_guard guard(m_mutex);
        return std::exchange(m_held, {});
    }

    Counter held;
    Counter counted;

private:
    IoRuntime& m_runtime;
    std::mutex m_mutex;
    std::vector<Responder> m_held;
};

/// A runtime with a server on it.
struct EchoServer
{
    explicit EchoServer(RemotingServer::Options options = {},
                        RemotingServer::Listener listener = {})
        : server(std::make_unique<RemotingServer>(runtime, std::move(options), service.dispatcher(),
                                                  std::move(listener)))
        , started(server->start())
    {}
    ~EchoServer()
    {
        server.reset();
        runtime.stop();
        service.takeHeld();
    }
    EchoServer(const EchoServer&) = delete;
    EchoServer& operator=(const EchoServer&) = delete;

    std::string address() const { return "127.0.0.1:" + std::to_string(server->port()); }

    IoRuntime runtime{IoRuntime::Options{}};
    EchoService service{runtime};
    std::unique_ptr<RemotingServer> server;
    Result<> started;
};

/// Collects the lines the engine logs while it lives.
class LogLines
{
public:
    LogLines()
    {
        log::setObserver([state = m_state](log::Level, std::string_view, std::string_view text) {
            const std::lock_guard guard(state->mutex);
            state->lines.emplace_back(text);
        });
    }
    ~LogLines() { log::setObserver({}); }
    LogLines(const LogLines&) = delete;
    LogLines& operator=(const LogLines&) = delete;
    bool contains(std::string_view first, std::string_view second = {}) const
    {
        const std::lock_guard guard(m_state->mutex);
        for (const auto& line : m_state->lines) {
            if (line.find(first) != std::string::npos && line.find(second) != std::string::npos) {
                return true;
            }
        }
        return false;
    }
    std::size_t countOf(std::string_view part) const
    {
        const std::lock_guard guard(m_state->mutex);
        std::size_t count = 0;
        for (const auto& line : m_state->lines) {
            count += line.find(part) != std::string::npos ? 1 : 0;
        }
        return count;
    }

private:
    struct State
    {
        std::mutex mutex;
        std::vector<std::string> lines;
    };
    std::shared_ptr<State> m_state = std::make_shared<State>();
};

} // namespace gantry::test
