// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "broker/broker_core.h"
#include "broker/response_mapping.h"
#include "protocol/header_codec.h"
#include "remoting/dispatcher.h"

#include <memory>
#include <string>
#include <utility>

/// What administration asks of a broker. Each function adds the handlers of one area. Almost all of
/// them read or write files, so they run on a blocking thread; the relays to clients answer when
/// the client has.
namespace gantry {

/// All of the below.
void addAdminHandlers(Dispatcher& dispatcher, BrokerCore& core);
/// Topics: 17, 18, 21, 202, 215, 300, 305, 351.
void addAdminTopicHandlers(Dispatcher& dispatcher, BrokerCore& core);
/// Groups and their clients: 200, 201, 203, 204, 207, 225, 328, 343, 345, 352, 353.
void addAdminGroupHandlers(Dispatcher& dispatcher, BrokerCore& core);
/// Progress of groups: 43, 45, 208, 222, 303, 308, 314, 317.
void addAdminOffsetHandlers(Dispatcher& dispatcher, BrokerCore& core);
/// The broker itself: 25, 26, 28, 306, 315, 316, 329, 907.
void addAdminBrokerHandlers(Dispatcher& dispatcher, BrokerCore& core);
/// Single messages and clients: 223, 307, 309, 321.
void addAdminMessageHandlers(Dispatcher& dispatcher, BrokerCore& core);

/// The response to give, or the failure that becomes one.
using AdminResult = Result<RemotingCommand>;

[[nodiscard]] inline RemotingCommand adminSuccess(std::string body = {})
{
    auto response = RemotingCommand::response(ResponseCode::Success);
    response.body = std::move(body);
    return response;
}

inline void replyAdmin(Responder& responder, AdminResult result)
{
    if (result) {
        responder.reply(std::move(*result));
    } else {
        responder.reply(responseCodeOf(result.error().code), result.error().message);
    }
}

/// Counts the request; false (and answered) while the broker starts or stops.
inline bool isAdminAllowed(BrokerCore& core, Responder& responder)
{
    core.metrics.requests.fetch_add(1, std::memory_order_relaxed);
    if (core.isServing.load(std::memory_order_acquire)) {
        return true;
    }
    responder.reply(ResponseCode::ServiceNotAvailable,
                    core.isStopping ? "the broker is shutting down" : "the broker is starting");
    return false;
}

/// A handler `AdminResult handle(const RemotingCommand&)` that runs on a blocking thread.
template <typename Handle>
void addAdmin(Dispatcher& dispatcher, BrokerCore& core, RequestCode code, Handle handle)
{
    dispatcher.add(code, [&core, handle = std::move(handle)](
                             const ConnectionPtr&, RemotingCommand request, Responder responder) {
        if (!isAdminAllowed(core, responder)) {
            return;
        }
        // Shared, so that a task that is refused does not take the right to answer with it.
        auto job = std::make_shared<std::pair<RemotingCommand, Responder>>(std::move(request),
                                                                           std::move(responder));
        if (!core.runBlocking([handle, job] { replyAdmin(job->second, handle(job->first)); })) {
            job->second.reply(ResponseCode::SystemBusy,
                              "[OVERLOAD] too many requests wait for the disk; try again");
        }
    });
}

/// The same for requests with a header: `AdminResult handle(BrokerCore&, const Header&)`. A header
/// that lacks a field is SYSTEM_ERROR, as Apache's brokers answer.
template <typename Header, typename Core>
void addAdmin(Dispatcher& dispatcher, BrokerCore& core, RequestCode code,
              AdminResult (*handle)(Core&, const Header&))
{
    addAdmin(
        dispatcher, core, code, [&core, handle](const RemotingCommand& request) -> AdminResult {
            const auto header = decodeHeader<Header>(request.fields);
            if (!header) {
                return RemotingCommand::response(ResponseCode::SystemError, header.error().message);
            }
            return handle(core, *header);
        });
}

} // namespace gantry
