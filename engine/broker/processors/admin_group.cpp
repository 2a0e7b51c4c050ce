// SPDX-License-Identifier: Apache-2.0
#include "broker/processors/admin.h"

#include "base/json.h"
#include "message/topic_name.h"
#include "protocol/bodies/client_connection.h"
#include "protocol/bodies/name_lists.h"
#include "protocol/bodies/subscription_group.h"
#include "protocol/headers/admin_group.h"

#include <nlohmann/json.hpp>

namespace gantry {

namespace {

Result<> checkGroup(const SubscriptionGroupConfig& group)
{
    GANTRY_CHECK(validateGroupName(group.groupName));
    if (group.retryQueueNums < 0 || group.retryMaxTimes < -1) {
        return fail(Errc::InvalidArgument,
                    "group {}: retryQueueNums={} and retryMaxTimes={} must not be below 0 and -1",
                    group.groupName, group.retryQueueNums, group.retryMaxTimes);
    }
    return {};
}

AdminResult createGroups(BrokerCore& core, std::vector<SubscriptionGroupConfig> groups)
{
    for (const SubscriptionGroupConfig& group : groups) {
        GANTRY_CHECK(checkGroup(group));
    }
    GANTRY_CHECK(core.groups.update(std::move(groups)));
    return adminSuccess();
}

AdminResult createGroup(BrokerCore& core, const RemotingCommand& request)
{
    GANTRY_TRY(group, SubscriptionGroupConfig::decode(request.body));
    return createGroups(core, {std::move(group)});
}

AdminResult createGroupList(BrokerCore& core, const RemotingCommand& request)
{
    GANTRY_TRY(groups, decodeSubscriptionGroupList(request.body));
    return createGroups(core, std::move(groups));
}

AdminResult deleteGroup(BrokerCore& core, const DeleteSubscriptionGroupHeader& header)
{
    GANTRY_TRY(wasThere, core.groups.remove(header.groupName));
    (void)wasThere; // deleting what is not there is no error for Apache's tools
    if (header.cleanOffset.value_or(false)) {
        core.offsets.removeGroup(header.groupName);
    }
    core.stats.forgetGroup(header.groupName);
    return adminSuccess();
}

AdminResult groupConfig(const BrokerCore& core, const GetSubscriptionGroupConfigHeader& header)
{
    const auto group = core.groups.find(header.group);
    if (!group) {
        return RemotingCommand::response(
            ResponseCode::SubscriptionGroupNotExist,
            fmt::format("No group in this broker. group: {}", header.group));
    }
    return adminSuccess(group->encode());
}

ClientConnection connectionOf(const ClientInfo& client)
{
    return {client.clientId, client.connection->peer().toText(),
            std::string(toString(client.language)), client.version};
}

AdminResult consumerConnections(const BrokerCore& core,
                                const GetConsumerConnectionListHeader& header)
{
    const auto group = core.consumers.group(header.consumerGroup);
    if (!group) {
        return RemotingCommand::response(
            ResponseCode::ConsumerNotOnline,
            fmt::format("the consumer group[{}] not online", header.consumerGroup));
    }
    ConsumerConnection body;
    body.consumeType = group->consumeType;
    body.messageModel = group->model;
    body.consumeFromWhere = group->fromWhere;
    body.subscriptions = group->subscriptions;
    for (const ClientInfo& member : group->members) {
        body.connections.push_back(connectionOf(member));
    }
    return adminSuccess(body.encode());
}

AdminResult producerConnections(const BrokerCore& core,
                                const GetProducerConnectionListHeader& header)
{
    ProducerConnection body;
    for (const ClientInfo& client : core.producers.clients(header.producerGroup)) {
        body.connections.push_back(connectionOf(client));
    }
    if (body.connections.empty()) {
        return RemotingCommand::response(
            ResponseCode::SystemError,
            fmt::format("the producer group[{}] not exist", header.producerGroup));
    }
    return adminSuccess(body.encode());
}

AdminResult allProducers(const BrokerCore& core)
{
    ProducerTable body;
    for (const auto& [group, clients] : core.producers.all()) {
        auto& producers = body.producers[group];
        for (const ClientInfo& client : clients) {
            producers.push_back({client.clientId, client.connection->peer().toText(),
                                 std::string(toString(client.language)), client.version,
                                 client.lastHeartbeatMs});
        }
    }
    return adminSuccess(body.encode());
}

AdminResult topicsOfGroup(const BrokerCore& core, const QueryTopicsByConsumerHeader& header)
{
    return adminSuccess(TopicList{core.offsets.topicsOf(header.group), core.address}.encode());
}

AdminResult subscriptionOfGroup(const BrokerCore& core,
                                const QuerySubscriptionByConsumerHeader& header)
{
    QuerySubscriptionResponse body;
    body.group = header.group;
    body.topic = header.topic.value_or("");
    if (const auto pull = core.consumers.pullInfo(header.group, body.topic);
        pull && pull->subscription) {
        body.subscription = *pull->subscription;
    }
    return adminSuccess(body.encode());
}

AdminResult groupForbidden(BrokerCore& core, const UpdateGroupForbiddenHeader& header)
{
    if (header.readable) {
        GANTRY_CHECK(core.groups.setReadForbidden(header.group, header.topic, !*header.readable));
    }
    const nlohmann::json body{
        {"group", header.group},
        {"readable", !core.groups.isReadForbidden(header.group, header.topic)},
        {"topic", header.topic}};
    return adminSuccess(dumpJson(body));
}

} // namespace

void addAdminGroupHandlers(Dispatcher& dispatcher, BrokerCore& core)
{
    using Request = RemotingCommand;
    using enum RequestCode;
    addAdmin(dispatcher, core, UpdateAndCreateSubscriptiongroup,
             [&core](const Request& request) { return createGroup(core, request); });
    addAdmin(dispatcher, core, UpdateAndCreateSubscriptiongroupList,
             [&core](const Request& request) { return createGroupList(core, request); });
    addAdmin(dispatcher, core, GetAllSubscriptiongroupConfig,
             [&core](const Request&) -> AdminResult {
                 return adminSuccess(core.groups.toTable().encode());
             });
    addAdmin(dispatcher, core, DeleteSubscriptiongroup, deleteGroup);
    addAdmin(dispatcher, core, GetSubscriptiongroupConfig, groupConfig);
    addAdmin(dispatcher, core, GetConsumerConnectionList, consumerConnections);
    addAdmin(dispatcher, core, GetProducerConnectionList, producerConnections);
    addAdmin(dispatcher, core, GetAllProducerInfo,
             [&core](const Request&) { return allProducers(core); });
    addAdmin(dispatcher, core, QueryTopicsByConsumer, topicsOfGroup);
    addAdmin(dispatcher, core, QuerySubscriptionByConsumer, subscriptionOfGroup);
    addAdmin(dispatcher, core, UpdateAndGetGroupForbidden, groupForbidden);
}

} // namespace gantry
