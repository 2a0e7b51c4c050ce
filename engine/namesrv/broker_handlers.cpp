// SPDX-License-Identifier: Apache-2.0
#include "namesrv/name_server_state.h"
#include "namesrv/namesrv_processor.h"
#include "namesrv/typed_handler.h"

#include "base/crc32.h"
#include "base/log.h"
#include "protocol/bodies/name_lists.h"
#include "protocol/bodies/register_broker_body.h"
#include "protocol/headers/namesrv.h"

#include <algorithm>

namespace gantry {

namespace {

using StatePtr = std::shared_ptr<NameServerState>;

/// A broker may be silent for a year; longer times do not fit the clock's.
constexpr std::int64_t kExpiryMsMax = 365LL * 24 * 3600 * 1000;

void registerBroker(const StatePtr& state, const ConnectionPtr& connection,
                    const RegisterBrokerHeader& header, RemotingCommand request,
                    Responder responder)
{
    const auto expectedCrc = header.bodyCrc32.value_or(0);
    if (expectedCrc != 0 && expectedCrc != storedCrc32(asBytes(request.body))) {
        responder.reply(ResponseCode::SystemError, "crc32 not match");
        return;
    }
    auto body = RegisterBrokerBody::decode(request.body);
    if (!body) {
        responder.reply(ResponseCode::SystemError, body.error().message);
        return;
    }
    BrokerRegistration registration;
    registration.cluster = header.clusterName;
    registration.brokerName = header.brokerName;
    registration.brokerId = header.brokerId;
    registration.address = header.brokerAddr;
    registration.haAddress = header.haServerAddr;
    if (header.heartbeatTimeoutMillis) {
        const std::int64_t wanted = *header.heartbeatTimeoutMillis;
        registration.expiry = std::chrono::milliseconds(std::clamp<std::int64_t>(wanted, 0, kExpiryMsMax));
    }
    registration.enableActingMaster = header.enableActingMaster;
    registration.dataVersion = body->topicTable.dataVersion;
    registration.topics.reserve(body->topicTable.topics.size());
    for (auto& [name, topic] : body->topicTable.topics) {
        registration.topics.push_back(std::move(topic));
    }
    registration.connectionId = connection->id();
    const auto config = state->config();
    registration.deleteMissingTopics = config.deleteTopicWithBrokerRegistration;

    const auto reply = state->routes.registerBroker(std::move(registration));
    if (!reply) {
        log::warning("namesrv", "{}", reply.error().message);
        responder.reply(ResponseCode::SystemError, reply.error().message);
        return;
    }
    if (!connection->isOpen()) {
        // It closed while its request waited; the close came before the registration and could not
        // remove it.
        state->routes.connectionClosed(connection->id());
    }
    auto response = RemotingCommand::response(ResponseCode::Success);
    RegisterBrokerResponseHeader fields;
    if (!reply->masterAddress.empty()) {
        fields.masterAddr = reply->masterAddress;
        fields.haServerAddr = reply->haAddress;
    }
    encodeHeader(fields, response.fields);
    if (config.returnOrderTopicConfigToBroker) {
        if (const auto orders = state->kv.space(kOrderTopicNamespace)) {
            response.body = KvTable{*orders}.encode();
        }
    }
    responder.reply(std::move(response));
}

void unregisterBroker(const StatePtr& state, const ConnectionPtr&,
                      const UnregisterBrokerHeader& header, const RemotingCommand&,
                      Responder responder)
{
    state->routes.unregisterBroker(header.clusterName, header.brokerAddr, header.brokerName);
    responder.reply(ResponseCode::Success);
}

void queryDataVersion(const StatePtr& state, const ConnectionPtr&,
                      const QueryDataVersionHeader& header, const RemotingCommand& request,
                      Responder responder)
{
    const auto asked = DataVersion::decode(request.body);
    if (!asked) {
        responder.reply(ResponseCode::SystemError, asked.error().message);
        return;
    }
    const auto known = state->routes.dataVersion(header.clusterName, header.brokerAddr);
    state->routes.touch(header.clusterName, header.brokerAddr);
    auto response = RemotingCommand::response(ResponseCode::Success);
    encodeHeader(QueryDataVersionResponseHeader{!known || *known != *asked}, response.fields);
    if (known) {
        response.body = known->encode();
    }
    responder.reply(std::move(response));
}

void brokerHeartbeat(const StatePtr& state, const ConnectionPtr&,
                     const BrokerHeartbeatHeader& header, const RemotingCommand&,
                     Responder responder)
{
    state->routes.touch(header.clusterName, header.brokerAddr);
    responder.reply(ResponseCode::Success);
}

void registerTopic(const StatePtr& state, const ConnectionPtr&, const RegisterTopicHeader& header,
                   const RemotingCommand& request, Responder responder)
{
    const auto route = TopicRouteData::decode(request.body);
    if (!route) {
        responder.reply(ResponseCode::SystemError, route.error().message);
        return;
    }
    state->routes.registerTopic(header.topic, route->queueDatas);
    responder.reply(ResponseCode::Success);
}

void deleteTopic(const StatePtr& state, const ConnectionPtr&,
                 const DeleteTopicInNamesrvHeader& header, const RemotingCommand&,
                 Responder responder)
{
    state->routes.deleteTopic(header.topic, header.clusterName.value_or(""));
    responder.reply(ResponseCode::Success);
}

void wipeWritePermission(const StatePtr& state, const ConnectionPtr&,
                         const WipeWritePermHeader& header, const RemotingCommand&,
                         Responder responder)
{
    auto response = RemotingCommand::response(ResponseCode::Success);
    encodeHeader(
        WipeWritePermResponseHeader{state->routes.setWritePermission(header.brokerName, false)},
        response.fields);
    responder.reply(std::move(response));
}

void addWritePermission(const StatePtr& state, const ConnectionPtr&,
                        const WipeWritePermHeader& header, const RemotingCommand&,
                        Responder responder)
{
    auto response = RemotingCommand::response(ResponseCode::Success);
    encodeHeader(
        AddWritePermResponseHeader{state->routes.setWritePermission(header.brokerName, true)},
        response.fields);
    responder.reply(std::move(response));
}

} // namespace

void addBrokerHandlers(Dispatcher& dispatcher, const StatePtr& state)
{
    dispatcher.add(RequestCode::RegisterBroker,
                   withHeader<RegisterBrokerHeader>(state, registerBroker));
    dispatcher.add(RequestCode::UnregisterBroker,
                   withHeader<UnregisterBrokerHeader>(state, unregisterBroker));
    dispatcher.add(RequestCode::QueryDataVersion,
                   withHeader<QueryDataVersionHeader>(state, queryDataVersion));
    dispatcher.add(RequestCode::BrokerHeartbeat,
                   withHeader<BrokerHeartbeatHeader>(state, brokerHeartbeat));
    dispatcher.add(RequestCode::RegisterTopicInNamesrv,
                   withHeader<RegisterTopicHeader>(state, registerTopic));
    dispatcher.add(RequestCode::DeleteTopicInNamesrv,
                   withHeader<DeleteTopicInNamesrvHeader>(state, deleteTopic));
    dispatcher.add(RequestCode::WipeWritePermOfBroker,
                   withHeader<WipeWritePermHeader>(state, wipeWritePermission));
    dispatcher.add(RequestCode::AddWritePermOfBroker,
                   withHeader<WipeWritePermHeader>(state, addWritePermission));
}

} // namespace gantry
