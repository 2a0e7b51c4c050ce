// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/limits.h"
#include "remoting/dispatcher.h"

#include <chrono>
#include <memory>
#include <string>

namespace gantry {

/// One channel per address, connected on demand, reconnected with back-off. Thread-safe.
class RemotingClient
{
public:
    struct Options
    {
        std::chrono::milliseconds connectTimeout{3000};
        std::size_t frameBytesMax = limits::kFrameBytesMax;
        HeaderEncoding encoding = HeaderEncoding::Json;
        Language language =
            Language::Java; ///< announced; "CPP" would change what brokers push (reset offsets)
        std::chrono::milliseconds idleTimeout{
            120'000}; ///< a connection nobody used for so long is closed
        std::size_t writeQueueBytesMax =
            limits::kConnectionWriteQueueBytesMax; ///< beyond, calls get Busy
    };

    /// `requests` answers what servers ask over our connections (e.g. NOTIFY_CONSUMER_IDS_CHANGED);
    /// may be null.
    RemotingClient(IoRuntime& runtime, Options options,
                   std::shared_ptr<const Dispatcher> requests = nullptr);
    ~RemotingClient();
    RemotingClient(const RemotingClient&) = delete;
    RemotingClient& operator=(const RemotingClient&) = delete;

    /// Calls back exactly once on some loop. The timeout includes connecting. Errors: ConnectFailed
    /// (names the address and the system's reason), Timeout, ConnectionClosed, Busy, Cancelled.
    void invokeAsync(const std::string& address, RemotingCommand request,
                     std::chrono::milliseconds timeout, Connection::InvokeCallback done);
    /// Waits. Never call it on an event loop (asserted).
    [[nodiscard]] Result<RemotingCommand> invokeSync(const std::string& address,
                                                     RemotingCommand request,
                                                     std::chrono::milliseconds timeout);
    /// Sent without waiting; `done` (may be empty) tells only whether an open connection took it.
    void sendOneway(const std::string& address, RemotingCommand request,
                    std::function<void(Result<>)> done = {});
    /// Called on the loop when a connection to the address ends.
    void setCloseListener(std::function<void(const std::string& address)> listener);
    void closeChannel(const std::string& address);
    /// Idempotent; pending calls get Cancelled.
    void stop();

private:
    struct Impl;
    std::shared_ptr<Impl> m_impl;
};

/// A response whose code is not SUCCESS as an error: Errc::Remote, the code's name and the remark.
[[nodiscard]] Error remoteError(const RemotingCommand& response, std::string_view what);

} // namespace gantry
