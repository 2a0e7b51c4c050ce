// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/limits.h"
#include "remoting/dispatcher.h"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace gantry {

/// Listens and serves. One per address; share a Dispatcher between several. Thread-safe after
/// start().
class RemotingServer
{
public:
    struct Options
    {
        std::string bindAddress = "127.0.0.1"; ///< numeric
        std::uint16_t port = 0;                ///< 0 = any free one
        std::size_t connectionsMax = limits::kConnectionsMax;
        std::size_t frameBytesMax = limits::kFrameBytesMax;
        std::chrono::milliseconds idleTimeout{
            120'000}; ///< silent in both directions for so long -> closed
        std::size_t writeQueueBytesMax =
            limits::kConnectionWriteQueueBytesMax; ///< towards one slow reader
    };
    /// Called on the connection's loop.
    struct Listener
    {
        std::function<void(const ConnectionPtr&)> opened;
        std::function<void(const ConnectionPtr&)> closed;
    };

    RemotingServer(IoRuntime& runtime, Options options,
                   std::shared_ptr<const Dispatcher> dispatcher, Listener listener = {});
    ~RemotingServer();
    RemotingServer(const RemotingServer&) = delete;
    RemotingServer& operator=(const RemotingServer&) = delete;

    /// Errc::AddressInUse names the port and how to choose another.
    [[nodiscard]] Result<> start();
    /// Stops accepting, closes all connections, returns when their callbacks are done. Idempotent.
    void stop();
    [[nodiscard]] std::uint16_t port() const; ///< the real one, after start()
    [[nodiscard]] std::vector<ConnectionPtr> connections() const;

private:
    struct Impl;
    std::shared_ptr<Impl> m_impl;
};

} // namespace gantry
