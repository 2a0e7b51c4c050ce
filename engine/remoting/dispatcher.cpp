// SPDX-License-Identifier: Apache-2.0
#include "remoting/dispatcher.h"

#include "base/assert.h"

#include <utility>

namespace gantry {

void Dispatcher::add(RequestCode code, Handler handler)
{
    GANTRY_ASSERT(handler, "no handler for {}", static_cast<int>(code));
    m_handlers.insert_or_assign(static_cast<std::int32_t>(code), std::move(handler));
}

void Dispatcher::add(std::initializer_list<RequestCode> codes,
                     const std::shared_ptr<Processor>& processor)
{
    for (const auto code : codes) {
        add(code, [processor](const ConnectionPtr& connection, RemotingCommand request,
                              Responder responder) {
            processor->handle(connection, std::move(request), std::move(responder));
        });
    }
}

void Dispatcher::dispatch(const ConnectionPtr& connection, RemotingCommand request) const
{
    Responder responder(connection, request);
    const auto found = m_handlers.find(request.code);
    if (found == m_handlers.end()) {
        responder.reply(ResponseCode::RequestCodeNotSupported,
                        fmt::format(" request type {} not supported", request.code));
        return;
    }
    found->second(connection, std::move(request), std::move(responder));
}

} // namespace gantry
