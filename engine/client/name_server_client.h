// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "remoting/remoting_client.h"

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

namespace gantry::client {

/// Asks whichever NameServer answers, staying with one as long as it does. Thread-safe; calls wait.
class NameServerClient
{
public:
    NameServerClient(RemotingClient& remoting, std::vector<std::string> addresses);

    /// The answer of the first NameServer that gives one, whatever its code. `timeout` is the whole
    /// budget.
    [[nodiscard]] Result<RemotingCommand> invoke(const RemotingCommand& request,
                                                 std::chrono::milliseconds timeout);
    [[nodiscard]] const std::vector<std::string>& addresses() const { return m_addresses; }

private:
    RemotingClient& m_remoting;
    const std::vector<std::string> m_addresses;
    std::atomic<std::size_t> m_current{0};
};

} // namespace gantry::client
