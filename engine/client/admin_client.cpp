// SPDX-License-Identifier: Apache-2.0
#include "client/admin_client.h"

#include "client/broker_calls.h"
#include "client/client_instance_impl.h"
#include "message/topic_name.h"
#include "protocol/bodies/name_lists.h"
#include "protocol/bodies/reset_offset.h"
#include "protocol/header_codec.h"
#include "protocol/headers/admin_group.h"
#include "protocol/headers/admin_topic.h"
#include "protocol/headers/namesrv.h"

namespace gantry {

namespace {

template <typename Header>
RemotingCommand requestWith(RequestCode code, const Header& header)
{
    auto request = RemotingCommand::request(code);
    encodeHeader(header, request.fields);
    return request;
}

} // namespace

AdminClient::AdminClient(ClientInstance& instance, std::chrono::milliseconds timeout)
    : m_instance(instance)
    , m_timeout(timeout)
{}

Result<RemotingCommand> AdminClient::ask(const std::string& brokerAddress, RemotingCommand request,
                                         std::string_view what)
{
    return client::calls::invoke(m_instance.impl().remoting(), brokerAddress, std::move(request),
                                 m_timeout, what);
}

Result<RemotingCommand> AdminClient::askNameServer(RemotingCommand request, std::string_view what)
{
    GANTRY_TRY(answer, m_instance.impl().nameServer().invoke(request, m_timeout));
    if (answer.code != static_cast<std::int32_t>(ResponseCode::Success)) {
        return tl::unexpected<Error>(remoteError(answer, what));
    }
    return std::move(answer);
}

Result<ClusterInfo> AdminClient::clusterInfo()
{
    GANTRY_TRY(answer, askNameServer(RemotingCommand::request(RequestCode::GetBrokerClusterInfo),
                                     "asking for the cluster"));
    return ClusterInfo::decode(answer.body);
}

Result<std::vector<std::string>> AdminClient::topicList()
{
    GANTRY_TRY(answer,
               askNameServer(RemotingCommand::request(RequestCode::GetAllTopicListFromNameserver),
                             "asking for the topics"));
    GANTRY_TRY(list, TopicList::decode(answer.body));
    return std::move(list.topics);
}

Result<TopicRouteData> AdminClient::topicRoute(const std::string& topic)
{
    GetRouteInfoHeader header;
    header.topic = topic;
    GANTRY_TRY(answer, askNameServer(requestWith(RequestCode::GetRouteInfoByTopic, header),
                                     "asking for the route of topic " + topic));
    return TopicRouteData::decode(answer.body);
}

Result<TopicConfigTable> AdminClient::brokerTopics(const std::string& brokerAddress)
{
    GANTRY_TRY(answer, ask(brokerAddress, RemotingCommand::request(RequestCode::GetAllTopicConfig),
                           "asking for a broker's topics"));
    return TopicConfigTable::decode(answer.body);
}

Result<SubscriptionGroupTable> AdminClient::brokerGroups(const std::string& brokerAddress)
{
    GANTRY_TRY(answer, ask(brokerAddress,
                           RemotingCommand::request(RequestCode::GetAllSubscriptiongroupConfig),
                           "asking for a broker's groups"));
    return SubscriptionGroupTable::decode(answer.body);
}

Result<TopicStatsTable> AdminClient::topicStats(const std::string& brokerAddress,
                                                const std::string& topic)
{
    GANTRY_TRY(answer, ask(brokerAddress,
                           requestWith(RequestCode::GetTopicStatsInfo, GetTopicStatsHeader{topic}),
                           "asking for the state of topic " + topic));
    return TopicStatsTable::decode(answer.body);
}

Result<ConsumeStats> AdminClient::consumeStats(const std::string& brokerAddress,
                                               const std::string& group, const std::string& topic)
{
    GetConsumeStatsHeader header;
    header.consumerGroup = group;
    if (!topic.empty()) {
        header.topic = topic;
    }
    GANTRY_TRY(answer, ask(brokerAddress, requestWith(RequestCode::GetConsumeStats, header),
                           "asking how far group " + group + " is"));
    return ConsumeStats::decode(answer.body);
}

Result<ConsumerConnection> AdminClient::consumerConnections(const std::string& brokerAddress,
                                                            const std::string& group)
{
    GANTRY_TRY(answer, ask(brokerAddress,
                           requestWith(RequestCode::GetConsumerConnectionList,
                                       GetConsumerConnectionListHeader{group}),
                           "asking for the members of group " + group));
    return ConsumerConnection::decode(answer.body);
}

Result<ProducerConnection> AdminClient::producerConnections(const std::string& brokerAddress,
                                                            const std::string& group)
{
    GANTRY_TRY(answer, ask(brokerAddress,
                           requestWith(RequestCode::GetProducerConnectionList,
                                       GetProducerConnectionListHeader{group}),
                           "asking for the producers of group " + group));
    return ProducerConnection::decode(answer.body);
}

Result<std::map<std::string, std::string>>
AdminClient::brokerRuntimeInfo(const std::string& brokerAddress)
{
    GANTRY_TRY(answer,
               ask(brokerAddress, RemotingCommand::request(RequestCode::GetBrokerRuntimeInfo),
                   "asking for a broker's state"));
    GANTRY_TRY(table, KvTable::decode(answer.body));
    return std::move(table.table);
}

Result<> AdminClient::createTopic(const std::string& brokerAddress, const TopicConfig& topic)
{
    GANTRY_CHECK(validateTopicName(topic.topicName));
    CreateTopicHeader header;
    header.topic = topic.topicName;
    header.defaultTopic = std::string(kAutoCreateTopic);
    header.readQueueNums = topic.readQueueNums;
    header.writeQueueNums = topic.writeQueueNums;
    header.perm = topic.perm;
    header.topicFilterType = topic.topicFilterType;
    header.topicSysFlag = topic.topicSysFlag;
    header.order = topic.order;
    std::string attributes;
    for (const auto& [key, value] : topic.attributes) {
        attributes += (attributes.empty() ? "+" : ",+") + key + "=" + value;
    }
    if (!attributes.empty()) {
        header.attributes = attributes;
    }
    GANTRY_CHECK(ask(brokerAddress, requestWith(RequestCode::UpdateAndCreateTopic, header),
                     "creating topic " + topic.topicName));
    return {};
}

Result<> AdminClient::deleteTopic(const std::string& topic)
{
    // Brokers first: one that still had the topic would register it again.
    GANTRY_TRY(cluster, clusterInfo());
    for (const auto& [name, broker] : cluster.brokerAddrTable) {
        if (const auto master = broker.brokerAddrs.find(kMasterId);
            master != broker.brokerAddrs.end()) {
            GANTRY_CHECK(
                ask(master->second,
                    requestWith(RequestCode::DeleteTopicInBroker, DeleteTopicHeader{topic}),
                    "deleting topic " + topic + " on broker " + name));
        }
    }
    DeleteTopicInNamesrvHeader header;
    header.topic = topic;
    for (const auto& address : m_instance.impl().nameServer().addresses()) {
        GANTRY_CHECK(ask(address, requestWith(RequestCode::DeleteTopicInNamesrv, header),
                         "deleting topic " + topic + " on NameServer " + address));
    }
    return {};
}

Result<> AdminClient::createGroup(const std::string& brokerAddress,
                                  const SubscriptionGroupConfig& group)
{
    GANTRY_CHECK(validateGroupName(group.groupName));
    auto request = RemotingCommand::request(RequestCode::UpdateAndCreateSubscriptiongroup);
    request.body = group.encode();
    GANTRY_CHECK(ask(brokerAddress, std::move(request), "creating group " + group.groupName));
    return {};
}

Result<> AdminClient::deleteGroup(const std::string& brokerAddress, const std::string& group,
                                  bool cleanOffsets)
{
    GANTRY_CHECK(ask(brokerAddress,
                     requestWith(RequestCode::DeleteSubscriptiongroup,
                                 DeleteSubscriptionGroupHeader{group, cleanOffsets}),
                     "deleting group " + group));
    return {};
}

Result<std::map<MessageQueue, std::int64_t>>
AdminClient::resetOffsetByTime(const std::string& topic, const std::string& group,
                               std::int64_t timestampMs)
{
    GANTRY_TRY(route, topicRoute(topic));
    ResetOffsetHeader header;
    header.topic = topic;
    header.group = group;
    header.queueId = -1;
    header.offset = -1;
    header.timestamp = timestampMs;
    header.isForce = true;
    std::map<MessageQueue, std::int64_t> all;
    for (const auto& broker : route.brokerDatas) {
        GANTRY_TRY(answer, ask(broker.address(),
                               requestWith(RequestCode::InvokeBrokerToResetOffset, header),
                               "resetting the offsets of group " + group));
        if (!answer.body.empty()) {
            GANTRY_TRY(body, ResetOffsetBody::decode(answer.body));
            all.insert(body.offsets.begin(), body.offsets.end());
        }
    }
    return all;
}

Result<> AdminClient::updateConsumerOffset(const std::string& brokerAddress,
                                           const std::string& group, const MessageQueue& queue,
                                           std::int64_t offset)
{
    GANTRY_CHECK(ask(brokerAddress, client::calls::updateOffsetRequest(group, queue, offset),
                     "storing an offset of group " + group));
    return {};
}

Result<ConsumerRunningInfo> AdminClient::consumerRunningInfo(const std::string& brokerAddress,
                                                             const std::string& group,
                                                             const std::string& clientId)
{
    GANTRY_TRY(answer, ask(brokerAddress,
                           requestWith(RequestCode::GetConsumerRunningInfo,
                                       GetConsumerRunningInfoHeader{group, clientId, false}),
                           "asking consumer " + clientId + " about itself"));
    return ConsumerRunningInfo::decode(answer.body);
}

} // namespace gantry
