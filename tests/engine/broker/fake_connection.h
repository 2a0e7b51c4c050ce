// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "remoting/connection.h"

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <utility>
#include <vector>

namespace gantry {

/// A connection without a socket, which keeps what is sent.
class FakeConnection final : public Connection
{
public:
    explicit FakeConnection(std::uint64_t number)
        : m_id(number)
    {}
    std::uint64_t id() const override { return m_id; }
    const HostAddress& peer() const override { return m_address; }
    const HostAddress& local() const override { return m_address; }
    bool isOpen() const override { return m_isOpen; }
    EventLoop& loop() override { std::abort(); }
    void send(RemotingCommand command) override
    {
        const std::scoped_lock guard(m_mutex);
        m_sent.push_back(std::move(command));
    }
    void invoke(RemotingCommand, std::chrono::milliseconds, InvokeCallback) override {}
    void close() override { m_isOpen = false; }
    Traffic traffic() const override { return {}; }

    [[nodiscard]] std::vector<RemotingCommand> sent() const
    {
        const std::scoped_lock guard(m_mutex);
        return m_sent;
    }

private:
    const std::uint64_t m_id;
    std::atomic<bool> m_isOpen{true};
    HostAddress m_address;
    mutable std::mutex m_mutex;
    std::vector<RemotingCommand> m_sent;
};

} // namespace gantry
