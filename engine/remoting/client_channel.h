// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "remoting/connection_impl.h"
#include "remoting/remoting_client.h"

#include <deque>
#include <mutex>
#include <optional>

namespace gantry {

/// The way to one address: a connection when there is one, else what it takes to get one. Requests
/// wait while it connects; after a failure, requests within the back-off window fail at once with
/// the reason.
class ClientChannel final : public LoopResident, public std::enable_shared_from_this<ClientChannel>
{
public:
    using CloseListener = std::function<void(const std::string& address)>;

    ClientChannel(IoRuntime& runtime, std::shared_ptr<EventLoopImpl> loop, std::string address,
                  const RemotingClient::Options& options,
                  std::shared_ptr<const Dispatcher> dispatcher, CloseListener closed);

    // From any thread:
    /// The call's request is one-way or not; a one-way call finishes with an empty response when it
    /// was taken.
    void submit(Call call);
    /// Ends the connection or the attempt to get one; later calls connect again.
    void disconnect(const Error& reason);
    /// The same for good; what is pending gets Cancelled.
    void shutDown();

    void onLoopStopping() override;

private:
    using Time = std::chrono::steady_clock::time_point;
    enum class State { Idle, Connecting, Stopped };

    void forward(const std::shared_ptr<ConnectionImpl>& connection, Call call);
    void failLater(Call call, Error error);

    // On the loop:
    void beginConnect();
    void resolve(const std::string& host, const std::string& service);
    void onResolved(std::uint64_t attempt, Result<std::vector<Tcp::endpoint>> endpoints);
    void connectNext();
    void onConnected(const Tcp::endpoint& endpoint);
    void failConnect(Errc code, std::string_view reason);
    void endAttempt();
    void armTimer();
    void onTimer();
    void onClosed(const std::shared_ptr<ConnectionImpl>& connection);
    void closeOnLoop(const Error& reason, bool forGood);

    IoRuntime& m_runtime;
    const std::shared_ptr<EventLoopImpl> m_loop;
    const std::string m_address;
    const RemotingClient::Options m_options;
    const std::shared_ptr<const Dispatcher> m_dispatcher;
    const CloseListener m_closed;

    std::mutex m_mutex; // guards what follows, up to the next comment
    State m_state = State::Idle;
    std::shared_ptr<ConnectionImpl> m_connection;
    std::deque<Call> m_waiting;
    std::size_t m_waitingBytes = 0;
    Error m_lastError;
    Time m_retryAt{};
    std::chrono::milliseconds m_backOff;
    Time m_timerAt = Time::max();

    // Loop only: the attempt under way.
    bool m_isAttempting = false;
    std::uint64_t m_attempt =
        0; // changes when one begins and when it ends, so that late news are recognised
    std::vector<Tcp::endpoint> m_endpoints;
    std::optional<Tcp::socket> m_socket;
    asio::steady_timer m_timer;
    Time m_connectDeadline{};
};

} // namespace gantry
