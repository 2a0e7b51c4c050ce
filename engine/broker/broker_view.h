// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "message/message_queue.h"
#include "message/subscription.h"
#include "protocol/bodies/subscription_group.h"
#include "protocol/bodies/topic_config.h"
#include "protocol/command.h"
#include "store/store_config.h"
#include "store/store_metrics.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace gantry {

/// A client connection as a broker knows it.
struct ClientView
{
    enum class Role { Unknown, Producer, Consumer };
    Role role = Role::Unknown;
    std::string clientId;       ///< empty until the first heartbeat
    std::string group;          ///< one view per group
    std::string remoteAddress;
    Language language = Language::Other;
    std::int32_t version = 0;
    std::int64_t connectedAtMs = 0;
    std::int64_t lastHeartbeatMs = 0;
    std::uint64_t bytesIn = 0;
    std::uint64_t bytesOut = 0;
    std::uint64_t framesIn = 0;
    std::uint64_t framesOut = 0;
};

struct ConsumerGroupView
{
    std::string group;
    ConsumeType consumeType = ConsumeType::Passively;
    MessageModel model = MessageModel::Clustering;
    ConsumeFromWhere fromWhere = ConsumeFromWhere::LastOffset;
    std::vector<std::string> clientIds;
    std::vector<SubscriptionData> subscriptions;
    bool isOnline = false;
};

/// A group's committed position in one queue.
struct ConsumerOffsetView
{
    std::string group;
    MessageQueue queue;
    std::int64_t consumerOffset = 0;
    std::string lastPullClientId; ///< who pulled last; empty = nobody since start
    std::int64_t lastPullMs = 0;
};

struct BrokerCounters
{
    std::uint64_t messagesIn = 0;
    std::uint64_t messagesOut = 0;
    std::uint64_t bytesIn = 0;
    std::uint64_t bytesOut = 0;
    std::uint64_t requests = 0;
    std::uint64_t sendBacks = 0;
    std::uint64_t deadLetters = 0;
    std::size_t heldPulls = 0;
    std::size_t connections = 0;
    std::size_t delayedWaiting = 0;  ///< messages in SCHEDULE_TOPIC_XXXX not yet due
};

struct QueueView
{
    std::int32_t queueId = 0;
    std::int64_t minOffset = 0;
    std::int64_t maxOffset = 0;
    std::int64_t lastStoreTimestampMs = -1; ///< -1 = empty or not known
};

struct TopicView
{
    TopicConfig config;
    std::vector<QueueView> queues;
    std::uint64_t messagesIn = 0;  ///< since the broker started
    std::uint64_t messagesOut = 0;
};

/// Everything a broker shows of itself at one moment; what the workbench's snapshots are made of.
struct BrokerView
{
    std::string clusterName;
    std::string brokerName;
    std::int64_t brokerId = 0;
    std::string address;
    std::int64_t startedAtMs = 0;
    StoreConfig storeConfig;
    StorePositions store;
    RecoveryReport recovery;
    std::uint64_t queueEntriesMended = 0; ///< since start
    HistogramSnapshot putLatency;   ///< since start; subtract two for an interval
    HistogramSnapshot flushLatency;
    BrokerCounters counters;
    std::vector<TopicView> topics;
    std::vector<SubscriptionGroupConfig> groups;
    std::vector<ConsumerGroupView> consumers;
    std::vector<ConsumerOffsetView> offsets;
    std::vector<ClientView> clients;
    std::vector<std::pair<std::string, bool>> nameServers; ///< address, last registration worked
};

} // namespace gantry
