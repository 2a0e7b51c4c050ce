// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "remoting/connection.h"

namespace gantry {

/// The right to answer one request, exactly once, from any thread, now or later. Move-only.
/// Destroying it unanswered answers SYSTEM_ERROR, so a forgotten request never hangs its client.
/// Answers to one-way requests go nowhere.
class Responder
{
public:
    Responder() = default;
    Responder(ConnectionPtr connection, const RemotingCommand& request);
    Responder(Responder&&) noexcept = default;
    Responder& operator=(Responder&& other) noexcept;
    Responder(const Responder&) = delete;
    Responder& operator=(const Responder&) = delete;
    ~Responder();

    void reply(RemotingCommand response);
    void reply(ResponseCode code, std::string_view remark = {});
    /// Gives the right up without an answer (a held request whose connection went away).
    void drop();
    [[nodiscard]] bool isPending() const { return m_connection != nullptr; }
    [[nodiscard]] const ConnectionPtr& connection() const { return m_connection; }
    [[nodiscard]] bool isOneway() const { return m_oneway; }

private:
    ConnectionPtr m_connection;
    std::int32_t m_opaque = 0;
    bool m_oneway = false;
};

} // namespace gantry
