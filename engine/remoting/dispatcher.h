// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "remoting/responder.h"

#include <chrono>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

namespace gantry {

/// Answers the requests of some codes. handle() runs on the connection's loop and must not block;
/// it may keep the responder and answer later.
class Processor
{
public:
    virtual ~Processor() = default;
    virtual void handle(const ConnectionPtr& connection, RemotingCommand request,
                        Responder responder) = 0;
};

/// Request code -> processor. Filled before the server starts, then only read. Unknown codes are
/// answered 3 (REQUEST_CODE_NOT_SUPPORTED) with a remark that names the code.
class Dispatcher
{
public:
    using Handler = std::function<void(const ConnectionPtr&, RemotingCommand, Responder)>;

    void add(RequestCode code, Handler handler);
    void add(std::initializer_list<RequestCode> codes, const std::shared_ptr<Processor>& processor);
    void dispatch(const ConnectionPtr& connection, RemotingCommand request) const;
    [[nodiscard]] bool handles(std::int32_t code) const { return m_handlers.contains(code); }

private:
    std::unordered_map<std::int32_t, Handler> m_handlers;
};

} // namespace gantry
