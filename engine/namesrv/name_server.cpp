// SPDX-License-Identifier: Apache-2.0
#include "namesrv/name_server.h"

#include "base/log.h"
#include "namesrv/name_server_state.h"
#include "namesrv/namesrv_processor.h"

#include <algorithm>
#include <mutex>

namespace gantry {

struct NameServer::Impl : std::enable_shared_from_this<NameServer::Impl>
{
    Impl(NameServerConfig startConfig, IoRuntime& runtime, FileSystem& files, Clock& clock)
        : config(startConfig)
        , state(std::make_shared<NameServerState>(std::move(startConfig), runtime, files, clock))
    {}

    [[nodiscard]] Result<> start();
    void stop();
    void scan();

    const NameServerConfig config; ///< as it was at the start: addresses, paths, intervals
    const std::shared_ptr<NameServerState> state;
    mutable std::mutex mutex; ///< server and timer
    std::shared_ptr<RemotingServer> server;
    std::unique_ptr<Timer> scanTimer;
};

Result<> NameServer::Impl::start()
{
    const std::lock_guard lock(mutex);
    if (server) {
        return fail(Errc::InvalidArgument, "the NameServer was started before");
    }
    GANTRY_CHECK(state->kv.load());
    auto dispatcher = std::make_shared<Dispatcher>();
    addRouteHandlers(*dispatcher, state);
    addBrokerHandlers(*dispatcher, state);
    addConfigHandlers(*dispatcher, state);

    RemotingServer::Options options;
    options.bindAddress = config.bindAddress;
    options.port = config.port;
    RemotingServer::Listener listener;
    listener.closed = [owner = state](const ConnectionPtr& connection) {
        owner->routes.connectionClosed(connection->id());
    };
    auto candidate =
        std::make_shared<RemotingServer>(state->runtime, options, dispatcher, std::move(listener));
    GANTRY_CHECK(candidate->start());
    server = std::move(candidate);
    scanTimer = state->runtime.runEvery(config.scanInterval, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) {
            self->scan();
        }
    });
    return {};
}

void NameServer::Impl::scan()
{
    const auto expired = state->routes.removeExpired();
    if (expired.empty()) {
        return;
    }
    std::shared_ptr<RemotingServer> current;
    {
        const std::lock_guard lock(mutex);
        current = server;
    }
    if (!current) {
        return;
    }
    for (const ConnectionPtr& connection : current->connections()) {
        if (std::ranges::find(expired, connection->id()) != expired.end()) {
            connection->close();
        }
    }
}

void NameServer::Impl::stop()
{
    std::shared_ptr<RemotingServer> stopping;
    {
        const std::lock_guard lock(mutex);
        scanTimer.reset();
        stopping = server;
    }
    if (stopping) {
        stopping->stop();
    }
    state->waitForTasks();
}

NameServer::NameServer(NameServerConfig config, IoRuntime& runtime, FileSystem& files, Clock& clock)
    : m_impl(std::make_shared<Impl>(std::move(config), runtime, files, clock))
{}

NameServer::~NameServer()
{
    stop();
}

Result<> NameServer::start()
{
    return m_impl->start();
}

void NameServer::stop()
{
    m_impl->stop();
}

std::string NameServer::address() const
{
    const std::lock_guard lock(m_impl->mutex);
    const std::string& host = m_impl->config.bindAddress;
    const std::uint16_t port = m_impl->server ? m_impl->server->port() : m_impl->config.port;
    return host.find(':') != std::string::npos ? fmt::format("[{}]:{}", host, port)
                                               : fmt::format("{}:{}", host, port);
}

NameServerView NameServer::view() const
{
    NameServerView view;
    m_impl->state->routes.describe(view);
    view.routeQueries = m_impl->state->routeQueries.load();
    const std::lock_guard lock(m_impl->mutex);
    view.connectionCount = m_impl->server ? m_impl->server->connections().size() : 0;
    return view;
}

} // namespace gantry
