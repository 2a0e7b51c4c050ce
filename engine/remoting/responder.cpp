// SPDX-License-Identifier: Apache-2.0
#include "remoting/responder.h"

#include <utility>

namespace gantry {

namespace {
constexpr std::string_view kForgotten = "the request was dropped without an answer";
}

Responder::Responder(ConnectionPtr connection, const RemotingCommand& request)
    : m_connection(std::move(connection))
    , m_opaque(request.opaque)
    , m_oneway(request.isOneway())
{}

Responder& Responder::operator=(Responder&& other) noexcept
{
    if (this != &other) {
        if (isPending()) {
            reply(ResponseCode::SystemError, kForgotten);
        }
        m_connection = std::move(other.m_connection);
        m_opaque = other.m_opaque;
        m_oneway = other.m_oneway;
    }
    return *this;
}

Responder::~Responder()
{
    if (isPending()) {
        reply(ResponseCode::SystemError, kForgotten);
    }
}

void Responder::reply(RemotingCommand response)
{
    const auto connection = std::move(m_connection);
    m_connection = nullptr;
    if (!connection || m_oneway) {
        return;
    }
    response.opaque = m_opaque;
    response.flag |= RemotingCommand::kResponseFlag;
    connection->send(std::move(response));
}

void Responder::reply(ResponseCode code, std::string_view remark)
{
    if (m_oneway) {
        drop();
        return;
    }
    reply(RemotingCommand::response(code, remark));
}

void Responder::drop()
{
    m_connection = nullptr;
}

} // namespace gantry
