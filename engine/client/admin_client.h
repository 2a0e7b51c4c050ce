// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "client/client_instance.h"
#include "message/message.h"
#include "protocol/bodies/client_connection.h"
#include "protocol/bodies/cluster_info.h"
#include "protocol/bodies/consume_stats.h"
#include "protocol/bodies/consumer_running_info.h"
#include "protocol/bodies/subscription_group.h"
#include "protocol/bodies/topic_config.h"
#include "protocol/bodies/topic_route.h"
#include "protocol/bodies/topic_stats.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace gantry {

/// The administrator's calls, typed. Each waits for its answer (not on an event loop) and speaks to
/// any RocketMQ cluster. Thread-safe.
class AdminClient
{
public:
    explicit AdminClient(ClientInstance& instance,
                         std::chrono::milliseconds timeout = std::chrono::milliseconds{5000});

    [[nodiscard]] Result<ClusterInfo> clusterInfo();
    [[nodiscard]] Result<std::vector<std::string>> topicList();
    [[nodiscard]] Result<TopicRouteData> topicRoute(const std::string& topic);
    [[nodiscard]] Result<TopicConfigTable> brokerTopics(const std::string& brokerAddress);
    [[nodiscard]] Result<SubscriptionGroupTable> brokerGroups(const std::string& brokerAddress);
    [[nodiscard]] Result<TopicStatsTable> topicStats(const std::string& brokerAddress,
                                                     const std::string& topic);
    [[nodiscard]] Result<ConsumeStats> consumeStats(const std::string& brokerAddress,
                                                    const std::string& group,
                                                    const std::string& topic = {});
    [[nodiscard]] Result<ConsumerConnection> consumerConnections(const std::string& brokerAddress,
                                                                 const std::string& group);
    [[nodiscard]] Result<ProducerConnection> producerConnections(const std::string& brokerAddress,
                                                                 const std::string& group);
    [[nodiscard]] Result<std::map<std::string, std::string>>
    brokerRuntimeInfo(const std::string& brokerAddress);
    [[nodiscard]] Result<> createTopic(const std::string& brokerAddress, const TopicConfig& topic);
    [[nodiscard]] Result<>
    deleteTopic(const std::string& topic); ///< on every broker and NameServer
    [[nodiscard]] Result<> createGroup(const std::string& brokerAddress,
                                       const SubscriptionGroupConfig& group);
    [[nodiscard]] Result<> deleteGroup(const std::string& brokerAddress, const std::string& group,
                                       bool cleanOffsets);
    [[nodiscard]] Result<MessageExt> viewMessage(const std::string& offsetMessageId);
    [[nodiscard]] Result<MessageExt> viewMessageByUniqueKey(const std::string& topic,
                                                            const std::string& uniqueKey);
    [[nodiscard]] Result<std::vector<MessageExt>> queryByKey(const std::string& topic,
                                                             const std::string& key, int countMax,
                                                             std::int64_t beginTimestampMs,
                                                             std::int64_t endTimestampMs);
    /// Sets the group's offsets of one topic to the given store time on every broker; -1 = to the
    /// end.
    [[nodiscard]] Result<std::map<MessageQueue, std::int64_t>>
    resetOffsetByTime(const std::string& topic, const std::string& group, std::int64_t timestampMs);
    [[nodiscard]] Result<> updateConsumerOffset(const std::string& brokerAddress,
                                                const std::string& group, const MessageQueue& queue,
                                                std::int64_t offset);

    /// What one member says about itself.
    [[nodiscard]] Result<ConsumerRunningInfo> consumerRunningInfo(const std::string& brokerAddress,
                                                                  const std::string& group,
                                                                  const std::string& clientId);
    /// Has one member consume a stored message again, outside of its queues.
    [[nodiscard]] Result<ConsumeMessageDirectlyResult>
    consumeDirectly(const std::string& brokerAddress, const std::string& group,
                    const std::string& clientId, const std::string& offsetMessageId);

private:
    [[nodiscard]] Result<RemotingCommand> ask(const std::string& brokerAddress,
                                              RemotingCommand request, std::string_view what);
    [[nodiscard]] Result<RemotingCommand> askNameServer(RemotingCommand request,
                                                        std::string_view what);
    /// Runs one QUERY_MESSAGE on every broker of the topic.
    [[nodiscard]] Result<std::vector<MessageExt>>
    query(const std::string& topic, const std::string& key, int countMax,
          std::int64_t beginTimestampMs, std::int64_t endTimestampMs, bool isUniqueKey);

    ClientInstance& m_instance;
    std::chrono::milliseconds m_timeout;
};

} // namespace gantry
