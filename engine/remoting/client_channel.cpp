// SPDX-License-Identifier: Apache-2.0
#include "remoting/client_channel.h"

#include "base/log.h"
#include "remoting/log_throttle.h"
#include "remoting/resolver.h"

#include <algorithm>
#include <utility>

namespace gantry {

namespace {

constexpr std::size_t kWaitingCallsMax = 8'192;
constexpr std::chrono::milliseconds kBackOffMin{100};
constexpr std::chrono::milliseconds kBackOffMax{1'000};
constexpr std::size_t kEndpointsTriedMax = 4;

std::size_t bytesOf(const Call& call)
{
    return call.request.body.size();
}

} // namespace

ClientChannel::ClientChannel(IoRuntime& runtime, std::shared_ptr<EventLoopImpl> loop,
                             std::string address, const RemotingClient::Options& options,
                             std::shared_ptr<const Dispatcher> dispatcher, CloseListener closed)
    : m_runtime(runtime)
    , m_loop(std::move(loop))
    , m_address(std::move(address))
    , m_options(options)
    , m_dispatcher(std::move(dispatcher))
    , m_closed(std::move(closed))
    , m_backOff(kBackOffMin)
    , m_timer(m_loop->context())
{}

void ClientChannel::submit(Call call)
{
    std::unique_lock lock(m_mutex);
    if (m_connection && m_connection->isOpen()) {
        const auto connection = m_connection;
        lock.unlock();
        forward(connection, std::move(call));
        return;
    }
    if (m_state == State::Stopped) {
        lock.unlock();
        failLater(std::move(call),
                  {Errc::Cancelled,
                   fmt::format("the client has stopped; nothing is sent to {}", m_address), -1});
        return;
    }
    if (m_state == State::Connecting) {
        if (m_waiting.size() >= kWaitingCallsMax ||
            m_waitingBytes + bytesOf(call) > m_options.writeQueueBytesMax) {
            const auto count = m_waiting.size();
            lock.unlock();
            failLater(
                std::move(call),
                {Errc::Busy,
                 fmt::format("{} requests wait for a connection to {} already", count, m_address),
                 -1});
            return;
        }
        m_waitingBytes += bytesOf(call);
        const bool isUrgent = call.deadline < m_timerAt;
        m_waiting.push_back(std::move(call));
        lock.unlock();
        if (isUrgent) {
            m_loop->post([self = shared_from_this()] { self->armTimer(); });
        }
        return;
    }
    if (std::chrono::steady_clock::now() < m_retryAt) {
        auto error = m_lastError;
        lock.unlock();
        failLater(std::move(call), std::move(error));
        return;
    }
    m_state = State::Connecting;
    m_waitingBytes += bytesOf(call);
    m_waiting.push_back(std::move(call));
    lock.unlock();
    if (!m_loop->tryPost([self = shared_from_this()] { self->beginConnect(); })) {
        shutDown();
    }
}

void ClientChannel::forward(const std::shared_ptr<ConnectionImpl>& connection, Call call)
{
    if (!call.request.isOneway()) {
        connection->invokeCall(std::move(call));
        return;
    }
    if (connection->queuedBytes() + bytesOf(call) > connection->queuedBytesMax()) {
        failLater(std::move(call),
                  {Errc::Busy,
                   fmt::format("{} bytes are waiting for {} already; try again later",
                               connection->queuedBytes(), m_address),
                   -1});
        return;
    }
    connection->send(std::move(call.request));
    if (call.done) {
        m_loop->post([taken = std::move(call)]() mutable { taken.finish(RemotingCommand{}); });
    }
}

void ClientChannel::failLater(Call call, Error error)
{
    if (!call.done) {
        return; // a one-way request nobody asks about
    }
    std::string().swap(call.request.body);
    m_loop->post([failed = std::move(call), reason = std::move(error)]() mutable {
        failed.finish(tl::unexpected<Error>(std::move(reason)));
    });
}

void ClientChannel::beginConnect()
{
    {
        const std::lock_guard guard(m_mutex);
        if (m_state != State::Connecting || m_isAttempting) {
            return;
        }
    }
    m_isAttempting = true;
    ++m_attempt;
    m_loop->addResident(*this);
    m_connectDeadline = std::chrono::steady_clock::now() + m_options.connectTimeout;
    armTimer();
    if (const auto numeric = HostAddress::parse(m_address)) {
        m_endpoints = {toEndpoint(*numeric)};
        connectNext();
        return;
    }
    const auto colon = m_address.rfind(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == m_address.size()) {
        failConnect(Errc::InvalidArgument, "an address is host:port, like 127.0.0.1:9876");
        return;
    }
    resolve(m_address.substr(0, colon), m_address.substr(colon + 1));
}

void ClientChannel::resolve(const std::string& host, const std::string& service)
{
    // Asking the system for a name may take seconds.
    const bool accepted =
        m_runtime.tryRunBlocking([self = shared_from_this(), attempt = m_attempt, host, service] {
            self->m_loop->post([self, attempt, endpoints = resolveHost(host, service)]() mutable {
                self->onResolved(attempt, std::move(endpoints));
            });
        });
    if (!accepted) {
        failConnect(Errc::Busy, "too much blocking work is waiting to look the name up");
    }
}

void ClientChannel::onResolved(std::uint64_t attempt, Result<std::vector<Tcp::endpoint>> endpoints)
{
    if (attempt != m_attempt) {
        return;
    }
    if (!endpoints) {
        failConnect(Errc::ConnectFailed, endpoints.error().message);
        return;
    }
    m_endpoints = std::move(*endpoints);
    m_endpoints.resize(std::min(m_endpoints.size(), kEndpointsTriedMax));
    std::reverse(m_endpoints.begin(), m_endpoints.end());
    connectNext();
}

void ClientChannel::connectNext()
{
    const auto endpoint = m_endpoints.back();
    m_endpoints.pop_back();
    m_socket.emplace(m_loop->context());
    m_socket->async_connect(endpoint, [self = shared_from_this(), attempt = m_attempt,
                                       endpoint](asio::error_code error) {
        if (attempt != self->m_attempt) {
            return;
        }
        asio::error_code ignored;
        if (!error && self->m_socket->local_endpoint(ignored) == endpoint) {
            // Nobody listens and the system happened to choose the port we want as our own.
            error = asio::error::connection_refused;
        }
        if (!error) {
            self->onConnected(endpoint);
        } else if (!self->m_endpoints.empty()) {
            self->connectNext();
        } else {
            self->failConnect(Errc::ConnectFailed, error.message());
        }
    });
}

void ClientChannel::onConnected(const Tcp::endpoint& endpoint)
{
    const EventLoopImpl::Batch batch(*m_loop);
    ConnectionOptions options;
    options.frameBytesMax = m_options.frameBytesMax;
    options.writeQueueBytesMax = m_options.writeQueueBytesMax;
    options.idleTimeout = m_options.idleTimeout;
    options.requestEncoding = m_options.encoding;
    const auto connection = std::make_shared<ConnectionImpl>(m_loop, std::move(*m_socket), endpoint,
                                                             options, m_dispatcher);
    endAttempt();
    connection->start([self = shared_from_this()](const auto& closed) { self->onClosed(closed); });
    // Those who waited go first; only then others find the connection and go past the queue.
    std::unique_lock lock(m_mutex);
    m_backOff = kBackOffMin;
    m_retryAt = {};
    while (!m_waiting.empty()) {
        auto calls = std::exchange(m_waiting, {});
        m_waitingBytes = 0;
        lock.unlock();
        for (auto& call : calls) {
            forward(connection, std::move(call));
        }
        lock.lock();
    }
    m_connection = connection;
    if (m_state != State::Stopped) {
        m_state = State::Idle;
    }
}

void ClientChannel::failConnect(Errc code, std::string_view reason)
{
    Error error{code == Errc::Busy ? Errc::Busy : Errc::ConnectFailed,
                fmt::format("cannot connect to {}: {}", m_address, reason), -1};
    log::debug(kLogModule, "{}", error.message);
    endAttempt();
    std::deque<Call> failed;
    {
        const std::lock_guard guard(m_mutex);
        if (m_state != State::Stopped) {
            m_state = State::Idle;
        }
        m_lastError = error;
        m_retryAt = std::chrono::steady_clock::now() + m_backOff;
        m_backOff = std::min(2 * m_backOff, kBackOffMax);
        failed.swap(m_waiting);
        m_waitingBytes = 0;
    }
    const EventLoopImpl::Batch batch(*m_loop);
    for (auto& call : failed) {
        call.finish(tl::unexpected<Error>(error));
    }
}

void ClientChannel::endAttempt()
{
    m_isAttempting = false;
    ++m_attempt;
    m_loop->removeResident(*this);
    m_timer.cancel();
    m_socket.reset();
    m_endpoints.clear();
}

void ClientChannel::armTimer()
{
    const std::lock_guard guard(m_mutex);
    if (m_state != State::Connecting) {
        return;
    }
    m_timerAt = m_connectDeadline;
    for (const auto& call : m_waiting) {
        m_timerAt = std::min(m_timerAt, call.deadline);
    }
    m_timer.expires_at(m_timerAt);
    m_timer.async_wait(
        [self = shared_from_this(), attempt = m_attempt](const asio::error_code& error) {
            if (!error && attempt == self->m_attempt) {
                self->onTimer();
            }
        });
}

void ClientChannel::onTimer()
{
    const auto now = std::chrono::steady_clock::now();
    std::vector<Call> expired;
    {
        const std::lock_guard guard(m_mutex);
        const auto firstExpired =
            std::stable_partition(m_waiting.begin(), m_waiting.end(),
                                  [now](const Call& call) { return call.deadline > now; });
        for (auto call = firstExpired; call != m_waiting.end(); ++call) {
            m_waitingBytes -= bytesOf(*call);
            expired.push_back(std::move(*call));
        }
        m_waiting.erase(firstExpired, m_waiting.end());
    }
    if (now >= m_connectDeadline) {
        failConnect(Errc::ConnectFailed,
                    fmt::format("no answer within {} ms", m_options.connectTimeout.count()));
    } else {
        armTimer();
    }
    for (auto& call : expired) {
        call.finish(fail(Errc::Timeout, "{} could not be sent within {} ms: still connecting to {}",
                         requestCodeName(call.request.code), call.timeoutMs, m_address));
    }
}

void ClientChannel::onClosed(const std::shared_ptr<ConnectionImpl>& connection)
{
    {
        const std::lock_guard guard(m_mutex);
        if (m_connection == connection) {
            m_connection = nullptr;
        }
    }
    if (m_closed) {
        m_closed(m_address);
    }
}

void ClientChannel::disconnect(const Error& reason)
{
    m_loop->post([self = shared_from_this(), reason] { self->closeOnLoop(reason, false); });
}

void ClientChannel::shutDown()
{
    const Error reason{Errc::Cancelled,
                       fmt::format("the client stops; nothing is sent to {} any more", m_address),
                       -1};
    std::deque<Call> cancelled;
    {
        const std::lock_guard guard(m_mutex);
        m_state = State::Stopped;
        cancelled.swap(m_waiting);
        m_waitingBytes = 0;
    }
    for (auto& call : cancelled) {
        failLater(std::move(call), reason);
    }
    m_loop->post([self = shared_from_this(), reason] { self->closeOnLoop(reason, true); });
}

void ClientChannel::closeOnLoop(const Error& reason, bool forGood)
{
    std::shared_ptr<ConnectionImpl> connection;
    std::deque<Call> failed;
    endAttempt();
    {
        const std::lock_guard guard(m_mutex);
        connection = std::exchange(m_connection, nullptr);
        failed.swap(m_waiting);
        m_waitingBytes = 0;
        m_state = forGood || m_state == State::Stopped ? State::Stopped : State::Idle;
    }
    if (connection) {
        connection->closeWith(reason, forGood);
    }
    for (auto& call : failed) {
        call.finish(tl::unexpected<Error>(reason));
    }
}

void ClientChannel::onLoopStopping()
{
    closeOnLoop({Errc::Cancelled,
                 fmt::format("the connection to {} ended because this program stops", m_address),
                 -1},
                true);
}

} // namespace gantry
