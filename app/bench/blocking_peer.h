// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "protocol/command.h"

#include <cstdint>
#include <string>

namespace gantry::bench {

/// "host:port" of a numeric IPv4 address, connected; the descriptor is the caller's.
[[nodiscard]] Result<int> connectTo(const std::string& address);

/// One connection for the few requests around a measurement: a question, then its answer.
class BlockingPeer
{
public:
    [[nodiscard]] static Result<BlockingPeer> open(const std::string& address);
    BlockingPeer(BlockingPeer&& other) noexcept;
    BlockingPeer& operator=(BlockingPeer&&) = delete;
    ~BlockingPeer();

    /// Waits up to 30 s. Any response code other than Success is Errc::Remote.
    [[nodiscard]] Result<RemotingCommand> ask(RemotingCommand request);

private:
    explicit BlockingPeer(int descriptor);
    int m_descriptor;
    std::int32_t m_opaque = 0;
};

/// Creates a topic or gives it this many queues.
[[nodiscard]] Result<> createTopic(BlockingPeer& peer, const std::string& topic, int queues);
/// One past the newest offset of a queue.
[[nodiscard]] Result<std::int64_t> endOfQueue(BlockingPeer& peer, const std::string& topic, int queue);

} // namespace gantry::bench
