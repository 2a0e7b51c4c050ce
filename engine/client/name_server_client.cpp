// SPDX-License-Identifier: Apache-2.0
#include "client/name_server_client.h"

#include <algorithm>

namespace gantry::client {

NameServerClient::NameServerClient(RemotingClient& remoting, std::vector<std::string> addresses)
    : m_remoting(remoting)
    , m_addresses(std::move(addresses))
{}

Result<RemotingCommand> NameServerClient::invoke(const RemotingCommand& request,
                                                 std::chrono::milliseconds timeout)
{
    if (m_addresses.empty()) {
        return fail(Errc::InvalidArgument,
                    "no NameServer address is configured; give at least one ip:port");
    }
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    const std::size_t first = m_current.load();
    Error last{Errc::Timeout, "no NameServer answered", -1};
    for (std::size_t i = 0; i < m_addresses.size(); ++i) {
        // What is left is shared by those not asked yet, so that one dead address does not use it
        // all up.
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        const auto share = left / static_cast<std::int64_t>(m_addresses.size() - i);
        if (share.count() <= 0) {
            break;
        }
        const std::size_t index = (first + i) % m_addresses.size();
        auto answer = m_remoting.invokeSync(m_addresses[index], request, share);
        if (answer) {
            m_current.store(index);
            return answer;
        }
        last = std::move(answer.error());
        if (last.code == Errc::Cancelled) {
            break;
        }
    }
    return failWith(std::move(last), "asking the NameServer");
}

} // namespace gantry::client
