// SPDX-License-Identifier: Apache-2.0
#include "namesrv/name_server_state.h"
#include "namesrv/namesrv_processor.h"
#include "namesrv/typed_handler.h"

#include "base/log.h"
#include "protocol/bodies/name_lists.h"
#include "protocol/headers/namesrv.h"

namespace gantry {

namespace {

using StatePtr = std::shared_ptr<NameServerState>;

/// Runs a change of the KV file on a blocking thread and answers with how it went.
void changeKv(const StatePtr& state, Responder responder,
              UniqueFunction<Result<>(KvConfig&)> change)
{
    // Held by the task; in a shared place because a refused task must not take the right to answer
    // with it.
    auto answer = std::make_shared<Responder>(std::move(responder));
    auto task = [state, token = state->taskToken(), answer, change = std::move(change)]() mutable {
        if (const auto changed = change(state->kv); !changed) {
            log::error("namesrv", "{}", changed.error().message);
            answer->reply(ResponseCode::SystemError, changed.error().message);
            return;
        }
        answer->reply(ResponseCode::Success);
    };
    if (!state->runtime.tryRunBlocking(std::move(task))) {
        answer->reply(ResponseCode::SystemBusy,
                      "[OVERLOAD] too many changes are waiting for the disk; try again");
    }
}

void putKv(const StatePtr& state, const ConnectionPtr&, const PutKvConfigHeader& header,
           const RemotingCommand&, Responder responder)
{
    changeKv(state, std::move(responder),
             [header](KvConfig& kv) { return kv.put(header.nameSpace, header.key, header.value); });
}

void deleteKv(const StatePtr& state, const ConnectionPtr&, const DeleteKvConfigHeader& header,
              const RemotingCommand&, Responder responder)
{
    changeKv(state, std::move(responder),
             [header](KvConfig& kv) { return kv.remove(header.nameSpace, header.key); });
}

void getKv(const StatePtr& state, const ConnectionPtr&, const GetKvConfigHeader& header,
           const RemotingCommand&, Responder responder)
{
    auto value = state->kv.value(header.nameSpace, header.key);
    if (!value) {
        responder.reply(
            ResponseCode::QueryNotFound,
            fmt::format("No config item, Namespace: {} Key: {}", header.nameSpace, header.key));
        return;
    }
    auto response = RemotingCommand::response(ResponseCode::Success);
    encodeHeader(GetKvConfigResponseHeader{std::move(value)}, response.fields);
    responder.reply(std::move(response));
}

void listKv(const StatePtr& state, const ConnectionPtr&, const GetKvlistByNamespaceHeader& header,
            const RemotingCommand&, Responder responder)
{
    const auto table = state->kv.space(header.nameSpace);
    if (!table) {
        responder.reply(ResponseCode::QueryNotFound,
                        fmt::format("No config item, Namespace: {}", header.nameSpace));
        return;
    }
    replyBody(responder, KvTable{*table}.encode());
}

void updateConfig(const StatePtr& state, const RemotingCommand& request, Responder& responder)
{
    const auto changes = parseProperties(request.body);
    if (!changes) {
        responder.reply(ResponseCode::SystemError, changes.error().message);
        return;
    }
    if (const auto changed = state->change(*changes); !changed) {
        const bool isForbidden = changed.error().code == Errc::PermissionDenied;
        responder.reply(isForbidden ? ResponseCode::NoPermission : ResponseCode::InvalidParameter,
                        changed.error().message);
        return;
    }
    for (const auto& [key, value] : *changes) {
        log::info("namesrv", "configuration changed: {}={}", key, value);
    }
    responder.reply(ResponseCode::Success);
}

} // namespace

void addConfigHandlers(Dispatcher& dispatcher, const StatePtr& state)
{
    dispatcher.add(RequestCode::PutKvConfig, withHeader<PutKvConfigHeader>(state, putKv));
    dispatcher.add(RequestCode::GetKvConfig, withHeader<GetKvConfigHeader>(state, getKv));
    dispatcher.add(RequestCode::DeleteKvConfig, withHeader<DeleteKvConfigHeader>(state, deleteKv));
    dispatcher.add(RequestCode::GetKvlistByNamespace,
                   withHeader<GetKvlistByNamespaceHeader>(state, listKv));
    dispatcher.add(RequestCode::UpdateNamesrvConfig,
                   [state](const ConnectionPtr&, const RemotingCommand& request,
                           Responder responder) { updateConfig(state, request, responder); });
    dispatcher.add(RequestCode::GetNamesrvConfig,
                   [state](const ConnectionPtr&, const RemotingCommand&, Responder responder) {
                       replyBody(responder, formatProperties(state->config().toProperties()));
                   });
}

} // namespace gantry
