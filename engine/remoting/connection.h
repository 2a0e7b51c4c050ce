// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "message/host_address.h"
#include "protocol/command.h"
#include "remoting/io_runtime.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace gantry {

/// One remoting connection, either side. Thread-safe: every call is carried over to the
/// connection's loop. Held by shared_ptr; calls on a closed connection are harmless.
class Connection
{
public:
    using InvokeCallback = std::function<void(Result<RemotingCommand>)>;

    virtual ~Connection() = default;
    /// Unique in the process, never reused.
    [[nodiscard]] virtual std::uint64_t id() const = 0;
    [[nodiscard]] virtual const HostAddress& peer() const = 0;
    [[nodiscard]] virtual const HostAddress& local() const = 0;
    [[nodiscard]] virtual bool isOpen() const = 0;
    [[nodiscard]] virtual EventLoop& loop() = 0;

    /// Sends as it is (responses and one-way requests). When the write queue passes its limit the
    /// connection closes.
    virtual void send(RemotingCommand command) = 0;
    /// Sends a request (opaque is set here) and calls back exactly once on the loop: the response,
    /// or Timeout, ConnectionClosed, Busy. An error response is a success here; look at its code.
    virtual void invoke(RemotingCommand request, std::chrono::milliseconds timeout,
                        InvokeCallback done) = 0;
    virtual void close() = 0;

    struct Traffic
    {
        std::uint64_t framesIn = 0;
        std::uint64_t framesOut = 0;
        std::uint64_t bytesIn = 0;
        std::uint64_t bytesOut = 0;
    };
    [[nodiscard]] virtual Traffic traffic() const = 0;
    /// When it was accepted or connected, wall clock in ms.
    [[nodiscard]] virtual std::int64_t openedWallMs() const { return 0; }
};

using ConnectionPtr = std::shared_ptr<Connection>;

} // namespace gantry
