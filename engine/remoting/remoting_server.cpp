// SPDX-License-Identifier: Apache-2.0
#include "remoting/remoting_server.h"

#include "base/assert.h"
#include "base/log.h"
#include "remoting/connection_impl.h"
#include "remoting/log_throttle.h"

#include <cerrno>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace gantry {

namespace {

constexpr int kBacklog = 1024;
constexpr std::chrono::milliseconds kAcceptRetryDelay{100};

} // namespace

struct RemotingServer::Impl final : LoopResident, std::enable_shared_from_this<RemotingServer::Impl>
{
    Impl(IoRuntime& ioRuntime, Options serverOptions, std::shared_ptr<const Dispatcher> requests,
         Listener connectionListener)
        : runtime(ioRuntime)
        , options(std::move(serverOptions))
        , dispatcher(std::move(requests))
        , listener(std::move(connectionListener))
        , acceptLoop(static_cast<EventLoopImpl&>(ioRuntime.nextLoop()).shared_from_this())
        , acceptor(acceptLoop->context())
        , retryTimer(acceptLoop->context())
    {}

    [[nodiscard]] Result<> listen();
    void stop();

    // On the accept loop:
    void accept();
    void onAccepted(const asio::error_code& error, Tcp::socket socket, EventLoopImpl& loop);
    void onAcceptFailed(const asio::error_code& error);
    void closeAcceptor();
    void onLoopStopping() override { closeAcceptor(); }

    // On the connection's loop:
    void adopt(EventLoopImpl& loop, Tcp::socket socket, const Tcp::endpoint& peer);
    void onClosed(const std::shared_ptr<ConnectionImpl>& connection);

    IoRuntime& runtime;
    const Options options;
    const std::shared_ptr<const Dispatcher> dispatcher;
    const Listener listener;
    const std::shared_ptr<EventLoopImpl> acceptLoop;
    Tcp::acceptor acceptor;
    asio::steady_timer retryTimer;
    LogThrottle acceptThrottle{1, std::chrono::seconds(5)};
    std::size_t nextLoopIndex = 0;
    std::uint16_t port = 0;
    std::atomic<std::size_t> connectionCount = 0;

    mutable std::mutex mutex; // guards what follows
    bool isStarted = false;
    bool isStopping = false;
    std::unordered_map<std::uint64_t, std::shared_ptr<ConnectionImpl>> open;
};

Result<> RemotingServer::Impl::listen()
{
    asio::error_code error;
    const auto address = asio::ip::make_address(options.bindAddress, error);
    if (error) {
        return fail(Errc::InvalidArgument,
                    "'{}' is not an IP address to listen on; use one like 127.0.0.1",
                    options.bindAddress);
    }
    const Tcp::endpoint endpoint(address, options.port);
    acceptor.open(endpoint.protocol(), error);
    if (!error) {
        acceptor.set_option(Tcp::acceptor::reuse_address(true), error);
    }
    if (!error) {
        acceptor.bind(endpoint, error);
    }
    if (!error) {
        acceptor.listen(kBacklog, error);
    }
    if (!error) {
        port = acceptor.local_endpoint(error).port();
        return {};
    }
    asio::error_code ignored;
    acceptor.close(ignored);
    const auto where = fmt::format("{}:{}", options.bindAddress, options.port);
    if (error == asio::error::address_in_use) {
        return fail(Errc::AddressInUse,
                    "port {} is in use: another program listens on {} already. Stop it, or choose "
                    "another port (listenPort; "
                    "0 takes any free one)",
                    options.port, where);
    }
    return failErrno(error.value(), fmt::format("cannot listen on {}", where));
}

void RemotingServer::Impl::accept()
{
    // A counter of our own: with the runtime's, whoever takes turns with us would leave us every
    // second loop only.
    auto& loop = static_cast<EventLoopImpl&>(runtime.loop(nextLoopIndex++ % runtime.loopCount()));
    acceptor.async_accept(loop.context(), [self = shared_from_this(), &loop](
                                              const asio::error_code& error, Tcp::socket socket) {
        self->onAccepted(error, std::move(socket), loop);
    });
}

void RemotingServer::Impl::onAccepted(const asio::error_code& error, Tcp::socket socket,
                                      EventLoopImpl& loop)
{
    if (!acceptor.is_open()) {
        return;
    }
    if (error) {
        onAcceptFailed(error);
        return;
    }
    asio::error_code gone;
    const auto peer = socket.remote_endpoint(gone);
    if (gone) {
        // It left before we looked.
    } else if (connectionCount.load() >= options.connectionsMax) {
        if (const auto leftOut = acceptThrottle.admit(std::chrono::steady_clock::now())) {
            log::warning(kLogModule,
                         "port {}: refused {}, the limit of {} connections is reached ({} more "
                         "refused since the last such line)",
                         port, toHostAddress(peer).toText(), options.connectionsMax, *leftOut);
        }
    } else {
        ++connectionCount;
        loop.post([self = shared_from_this(), &loop, peer, accepted = std::move(socket)]() mutable {
            self->adopt(loop, std::move(accepted), peer);
        });
    }
    accept();
}

void RemotingServer::Impl::onAcceptFailed(const asio::error_code& error)
{
    if (error == asio::error::connection_aborted || error == asio::error::interrupted) {
        accept();
        return;
    }
    // Mostly: no file descriptors left. Asking again at once would spin.
    if (const auto leftOut = acceptThrottle.admit(std::chrono::steady_clock::now())) {
        log::error(kLogModule, "port {}: cannot accept connections: {}; trying again every {} ms",
                   port, error.message(), kAcceptRetryDelay.count());
    }
    retryTimer.expires_after(kAcceptRetryDelay);
    retryTimer.async_wait([self = shared_from_this()](const asio::error_code& cancelled) {
        if (!cancelled && self->acceptor.is_open()) {
            self->accept();
        }
    });
}

void RemotingServer::Impl::closeAcceptor()
{
    acceptLoop->removeResident(*this);
    asio::error_code ignored;
    acceptor.close(ignored);
    retryTimer.cancel();
}

void RemotingServer::Impl::adopt(EventLoopImpl& loop, Tcp::socket socket, const Tcp::endpoint& peer)
{
    const EventLoopImpl::Batch batch(loop);
    ConnectionOptions connectionOptions;
    connectionOptions.frameBytesMax = options.frameBytesMax;
    connectionOptions.writeQueueBytesMax = options.writeQueueBytesMax;
    connectionOptions.idleTimeout = options.idleTimeout;
    auto connection = std::make_shared<ConnectionImpl>(loop.shared_from_this(), std::move(socket),
                                                       peer, connectionOptions, dispatcher);
    {
        const std::lock_guard guard(mutex);
        if (isStopping) {
            --connectionCount;
            return;
        }
        open.emplace(connection->id(), connection);
    }
    connection->start([self = shared_from_this()](const auto& closed) { self->onClosed(closed); });
    if (listener.opened) {
        listener.opened(connection);
    }
}

void RemotingServer::Impl::onClosed(const std::shared_ptr<ConnectionImpl>& connection)
{
    {
        const std::lock_guard guard(mutex);
        open.erase(connection->id());
    }
    --connectionCount;
    if (listener.closed) {
        listener.closed(connection);
    }
}

void RemotingServer::Impl::stop()
{
    {
        const std::lock_guard guard(mutex);
        isStopping = true;
    }
    runOnEveryLoop(runtime, [this](EventLoopImpl& loop) {
        if (&loop == acceptLoop.get()) {
            closeAcceptor();
        }
        std::vector<std::shared_ptr<ConnectionImpl>> mine;
        {
            const std::lock_guard guard(mutex);
            for (const auto& [id, connection] : open) {
                if (&connection->loopImpl() == &loop) {
                    mine.push_back(connection);
                }
            }
        }
        for (const auto& connection : mine) {
            connection->closeWith(
                {Errc::Cancelled, fmt::format("the server on port {} stops", port), -1}, true);
        }
    });
    // Connections that closed by themselves just before tell it in a task of their own: wait for
    // those, too.
    runOnEveryLoop(runtime, [](EventLoopImpl&) {});
}

RemotingServer::RemotingServer(IoRuntime& runtime, Options options,
                               std::shared_ptr<const Dispatcher> dispatcher, Listener listener)
    : m_impl(std::make_shared<Impl>(runtime, std::move(options), std::move(dispatcher),
                                    std::move(listener)))
{}

RemotingServer::~RemotingServer()
{
    stop();
}

Result<> RemotingServer::start()
{
    {
        const std::lock_guard guard(m_impl->mutex);
        GANTRY_ASSERT(!m_impl->isStarted, "the server on port {} was started before", m_impl->port);
        m_impl->isStarted = true;
    }
    if (auto listens = m_impl->listen(); !listens) {
        const std::lock_guard guard(m_impl->mutex);
        m_impl->isStarted = false;
        return listens;
    }
    m_impl->acceptLoop->post([impl = m_impl] {
        if (impl->acceptor.is_open()) {
            impl->acceptLoop->addResident(*impl);
            impl->accept();
        }
    });
    return {};
}

void RemotingServer::stop()
{
    m_impl->stop();
}

std::uint16_t RemotingServer::port() const
{
    return m_impl->port;
}

std::vector<ConnectionPtr> RemotingServer::connections() const
{
    const std::lock_guard guard(m_impl->mutex);
    std::vector<ConnectionPtr> connections;
    connections.reserve(m_impl->open.size());
    for (const auto& [id, connection] : m_impl->open) {
        connections.push_back(connection);
    }
    return connections;
}

} // namespace gantry
