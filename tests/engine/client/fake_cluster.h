// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "client/client_config.h"
#include "protocol/bodies/heartbeat_data.h"
#include "protocol/bodies/topic_route.h"
#include "remoting/io_runtime.h"
#include "remoting/remoting_server.h"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace gantry::test {

/// A broker that answers what a test tells it to, over real sockets. Thread-safe.
class FakeBroker
{
public:
    FakeBroker(IoRuntime& runtime, std::string name);
    ~FakeBroker();

    [[nodiscard]] const std::string& name() const { return m_name; }
    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(m_port); }
    void stop() { m_server->stop(); }

    /// Sends are answered with this code; nothing = never.
    void answerSends(std::optional<ResponseCode> code);
    /// Sends end their connection instead of being answered.
    void hangUpOnSends(bool hangUp);
    void setMembers(std::vector<std::string> clientIds);
    /// The next pull is answered with these bodies, one message each; other pulls are held.
    void deliver(std::vector<std::string> bodies);
    /// Waits until so many requests of the code have arrived.
    [[nodiscard]] bool hasSeen(RequestCode code, int count,
                               std::chrono::milliseconds timeout = std::chrono::seconds{10});
    [[nodiscard]] int seen(RequestCode code) const;
    [[nodiscard]] RemotingCommand last(RequestCode code) const;
    [[nodiscard]] std::optional<HeartbeatData> lastHeartbeat() const;
    /// Asks every connected client; gives the first answer.
    [[nodiscard]] Result<RemotingCommand> askClient(RemotingCommand request);
    void tellClients(const RemotingCommand& request);

private:
    void handle(const ConnectionPtr& connection, RemotingCommand request, Responder responder);
    [[nodiscard]] RemotingCommand answer(const RemotingCommand& request) const;

    const std::string m_name;
    std::unique_ptr<RemotingServer> m_server;
    std::uint16_t m_port = 0;
    mutable std::mutex m_mutex;
    std::condition_variable m_arrived;
    std::optional<ResponseCode> m_sendCode = ResponseCode::Success;
    bool m_hangUp = false;
    std::vector<std::string> m_members;
    std::vector<std::string> m_bodies;
    std::map<std::int32_t, std::vector<RemotingCommand>> m_requests;
    std::vector<Responder> m_held;
};

/// A NameServer with a fixed table, and brokers.
class FakeCluster
{
public:
    explicit FakeCluster(int brokerCount);
    ~FakeCluster();

    [[nodiscard]] IoRuntime& runtime() { return m_runtime; }
    [[nodiscard]] FakeBroker& broker(std::size_t index) { return *m_brokers[index]; }
    void addTopic(const std::string& topic, int queuesPerBroker);
    [[nodiscard]] ClientConfig config() const;
    [[nodiscard]] std::string nameServer() const
    {
        return "127.0.0.1:" + std::to_string(m_nameServer->port());
    }

private:
    IoRuntime m_runtime;
    std::vector<std::unique_ptr<FakeBroker>> m_brokers;
    std::unique_ptr<RemotingServer> m_nameServer;
    std::mutex m_mutex;
    std::map<std::string, TopicRouteData> m_routes;
};

} // namespace gantry::test
