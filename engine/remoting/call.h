// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "remoting/connection.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace gantry {

/// A request on its way with the callback that waits for its response. The callback is called
/// exactly once: if the call dies unfinished (its loop stopped), with Cancelled.
struct Call
{
    using Time = std::chrono::steady_clock::time_point;

    Call() = default;
    Call(RemotingCommand command, std::chrono::milliseconds timeout,
         Connection::InvokeCallback callback)
        : request(std::move(command))
        , timeoutMs(std::clamp<std::int64_t>(timeout.count(), 0, kTimeoutMsMax))
        , deadline(std::chrono::steady_clock::now() + std::chrono::milliseconds(timeoutMs))
        , done(std::move(callback))
    {}
    Call(Call&& other) noexcept
        : request(std::move(other.request))
        , timeoutMs(other.timeoutMs)
        , deadline(other.deadline)
        , done(std::exchange(other.done, nullptr))
    {}
    Call& operator=(Call&& other) noexcept
    {
        if (this != &other) {
            abandon();
            request = std::move(other.request);
            timeoutMs = other.timeoutMs;
            deadline = other.deadline;
            done = std::exchange(other.done, nullptr);
        }
        return *this;
    }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    ~Call() { abandon(); }

    void finish(Result<RemotingCommand> result)
    {
        if (auto callback = std::exchange(done, nullptr)) {
            callback(std::move(result));
        }
    }
    void abandon()
    {
        if (done) {
            finish(fail(Errc::Cancelled,
                        "the request {} was given up because its event loop has stopped",
                        requestCodeName(request.code)));
        }
    }

    static constexpr std::int64_t kTimeoutMsMax = 24LL * 3600 * 1000;

    RemotingCommand request;
    std::int64_t timeoutMs = 0;
    Time deadline{};
    Connection::InvokeCallback done;
};

} // namespace gantry
