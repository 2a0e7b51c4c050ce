// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/header_codec.h"
#include "remoting/dispatcher.h"

#include <memory>
#include <string>
#include <utility>

namespace gantry {

/// A handler that gets its header decoded. A header that lacks a field is answered SYSTEM_ERROR
/// with the reason, as Apache's servers answer what their handlers stumble over.
template <typename Header, typename State, typename Handle>
[[nodiscard]] Dispatcher::Handler withHeader(std::shared_ptr<State> state, Handle handle)
{
    return [state = std::move(state), handle](const ConnectionPtr& connection,
                                              RemotingCommand request, Responder responder) {
        const auto header = decodeHeader<Header>(request.fields);
        if (!header) {
            responder.reply(ResponseCode::SystemError, header.error().message);
            return;
        }
        handle(state, connection, *header, std::move(request), std::move(responder));
    };
}

/// SUCCESS with a body.
inline void replyBody(Responder& responder, std::string body)
{
    auto response = RemotingCommand::response(ResponseCode::Success);
    response.body = std::move(body);
    responder.reply(std::move(response));
}

} // namespace gantry
