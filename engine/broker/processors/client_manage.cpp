// SPDX-License-Identifier: Apache-2.0
#include "broker/processors/client_manage.h"

#include "base/log.h"
#include "message/topic_name.h"
#include "protocol/bodies/name_lists.h"
#include "protocol/header_codec.h"
#include "protocol/headers/client_manage.h"

#include <algorithm>

namespace gantry {

ClientManageProcessor::ClientManageProcessor(BrokerCore& core)
    : m_core(core)
{}

void ClientManageProcessor::handle(const ConnectionPtr& connection, RemotingCommand request, Responder responder)
{
    switch (static_cast<RequestCode>(request.code)) {
    case RequestCode::HeartBeat: return heartbeat(connection, request, std::move(responder));
    case RequestCode::UnregisterClient: return unregister(connection, request, std::move(responder));
    case RequestCode::CheckClientConfig: return checkConfig(request, std::move(responder));
    case RequestCode::GetConsumerListByGroup: return listMembers(request, std::move(responder));
    default: responder.reply(ResponseCode::RequestCodeNotSupported, fmt::format("request type {} not supported", request.code));
    }
}

void ClientManageProcessor::heartbeat(const ConnectionPtr& connection, const RemotingCommand& request, Responder responder)
{
    auto data = HeartbeatData::decode(request.body);
    if (!data) {
        responder.reply(ResponseCode::SystemError, data.error().message);
        return;
    }
    auto beat = std::make_shared<Heartbeat>();
    beat->client = ClientInfo{connection, data->clientId, request.language, request.version, 0};
    beat->data = std::move(*data);
    beat->responder = std::move(responder);
    if (!lacksRetryTopic(beat->data)) {
        takeIn(*beat);
    } else if (!m_core.runBlocking([this, beat] { takeIn(*beat); })) { // makes topics, which waits for the disk
        beat->responder.reply(ResponseCode::SystemBusy, "[OVERLOAD]too many requests wait for the disk, try again");
    }
}

bool ClientManageProcessor::lacksRetryTopic(const HeartbeatData& data) const
{
    return std::any_of(data.consumers.begin(), data.consumers.end(), [this](const ConsumerData& consumer) {
        return m_core.topics.find(retryTopicOf(consumer.groupName)) == nullptr;
    });
}

void ClientManageProcessor::takeIn(Heartbeat& beat) const
{
    bool isSubscriptionChanged = beat.data.fingerprint == 0;
    for (auto& consumer : beat.data.consumers) {
        const auto group = m_core.groups.findOrCreate(consumer.groupName);
        if (!group) {
            continue; // the client learns it from its pulls
        }
        const auto retryTopic = m_core.topics.findOrCreate(retryTopicOf(consumer.groupName), std::max(1, group->retryQueueNums), perm::kReadWrite,
                                                           consumer.unitMode ? topicsysflag::kUnitSub : 0);
        if (!retryTopic) {
            log::error("broker", "cannot create the retry topic of group {}: {}", consumer.groupName, retryTopic.error().message);
        }
        ConsumerRegistration registration;
        registration.group = consumer.groupName;
        registration.consumeType = consumer.consumeType;
        registration.model = consumer.messageModel;
        registration.fromWhere = consumer.consumeFromWhere;
        registration.subscriptions = std::move(consumer.subscriptions);
        registration.withoutSubscriptions = beat.data.withoutSub;
        registration.fingerprint = beat.data.fingerprint;
        bool isNeeded = false;
        m_core.consumers.registerConsumer(registration, beat.client, &isNeeded);
        isSubscriptionChanged = isSubscriptionChanged || isNeeded;
    }
    for (const auto& group : beat.data.producerGroups) {
        m_core.producers.registerProducer(group, beat.client);
    }
    auto response = RemotingCommand::response(ResponseCode::Success);
    HeartbeatResponseHeader header;
    header.supportsHeartbeatV2 = true;
    header.subscriptionChanged = isSubscriptionChanged;
    encodeHeader(header, response.fields);
    beat.responder.reply(std::move(response));
}

void ClientManageProcessor::unregister(const ConnectionPtr& connection, const RemotingCommand& request, Responder responder) const
{
    const auto header = decodeHeader<UnregisterClientHeader>(request.fields);
    if (!header) {
        responder.reply(ResponseCode::SystemError, header.error().message);
        return;
    }
    if (header->producerGroup && !header->producerGroup->empty()) {
        m_core.producers.unregisterProducer(*header->producerGroup, *connection);
    }
    if (header->consumerGroup && !header->consumerGroup->empty()) {
        m_core.consumers.unregisterConsumer(*header->consumerGroup, *connection);
    }
    responder.reply(ResponseCode::Success);
}

void ClientManageProcessor::checkConfig(const RemotingCommand& request, Responder responder) const
{
    const auto check = CheckClientConfigRequest::decode(request.body);
    if (!check) {
        responder.reply(ResponseCode::SystemError, check.error().message);
        return;
    }
    const auto& type = check->subscription.expressionType;
    if (!type.empty() && type != kExpressionTag) {
        responder.reply(ResponseCode::SystemError, fmt::format("The broker does not support consumer to filter message by {}", type));
        return;
    }
    responder.reply(ResponseCode::Success);
}

void ClientManageProcessor::listMembers(const RemotingCommand& request, Responder responder) const
{
    const auto header = decodeHeader<GetConsumerListByGroupHeader>(request.fields);
    if (!header) {
        responder.reply(ResponseCode::SystemError, header.error().message);
        return;
    }
    ConsumerIdList list;
    list.consumerIds = m_core.consumers.clientIds(header->consumerGroup);
    if (list.consumerIds.empty()) {
        responder.reply(ResponseCode::SystemError, fmt::format("no consumer for this group, {}", header->consumerGroup));
        return;
    }
    auto response = RemotingCommand::response(ResponseCode::Success);
    response.body = list.encode();
    responder.reply(std::move(response));
}

void ClientManageProcessor::notifyMembers(const std::string& group, const std::vector<ConnectionPtr>& members) const
{
    const auto config = m_core.groups.find(group);
    if (m_core.isStopping || (config && !config->notifyConsumerIdsChangedEnable)) {
        return;
    }
    auto notice = RemotingCommand::request(RequestCode::NotifyConsumerIdsChanged);
    notice.flag |= RemotingCommand::kOnewayFlag;
    notice.fields.add("consumerGroup", group);
    for (const auto& member : members) {
        member->send(notice);
    }
}

} // namespace gantry
