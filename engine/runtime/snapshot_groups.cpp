// SPDX-License-Identifier: Apache-2.0
// The consumer-group part of SnapshotBuilder.
#include "base/saturating.h"
#include "message/topic_name.h"
#include "runtime/snapshot_builder.h"

#include <algorithm>
#include <set>

namespace gantry {

namespace {

/// Beyond so many lagging queues the age of each one's oldest message costs too many reads per picture.
constexpr int kLagAgesPerSnapshotMax = 256;
/// A queue whose last pull is older has no owner any more (pulls are held 15 s at most).
constexpr std::int64_t kOwnerExpiryMs = 60'000;

std::string consumeTypeText(ConsumeType type)
{
    switch (type) {
    case ConsumeType::Actively: return "pull";
    case ConsumeType::Passively: return "push";
    case ConsumeType::Pop: return "pop";
    }
    return {};
}

template <typename T>
void insertSorted(std::vector<T>& list, const T& value)
{
    const auto at = std::lower_bound(list.begin(), list.end(), value);
    if (at == list.end() || *at != value) {
        list.insert(at, value);
    }
}

void addMembership(const BrokerView& view, std::map<std::string, GroupInfo>& groups)
{
    for (const auto& config : view.groups) {
        GroupInfo& group = groups[config.groupName];
        group.name = config.groupName;
        group.isSystem = isSystemGroup(config.groupName);
        group.retryMax = static_cast<int>(config.retryMaxTimes);
    }
    for (const auto& online : view.consumers) {
        GroupInfo& group = groups[online.group];
        group.name = online.group;
        group.isSystem = isSystemGroup(online.group);
        group.isOnline = group.isOnline || online.isOnline;
        group.consumeTypeText = consumeTypeText(online.consumeType);
        group.messageModelText = online.model == MessageModel::Clustering ? "clustering" : "broadcasting";
        for (const auto& clientId : online.clientIds) {
            insertSorted(group.clientIds, clientId);
        }
        for (const auto& subscription : online.subscriptions) {
            if (!isRetryTopic(subscription.topic)) {
                insertSorted(group.topics, subscription.topic);
                insertSorted(group.subscriptions, std::pair(subscription.topic, subscription.subString));
            }
        }
    }
}

const TopicInfo* findTopic(const ClusterSnapshot& snapshot, const std::string& name)
{
    const auto found = std::lower_bound(snapshot.topics.begin(), snapshot.topics.end(), name,
                                        [](const auto& topic, const std::string& wanted) { return topic.name < wanted; });
    return found != snapshot.topics.end() && found->name == name ? &*found : nullptr;
}

const QueueInfo* findQueue(const TopicInfo& topic, const MessageQueue& queue)
{
    const auto found = std::lower_bound(topic.queues.begin(), topic.queues.end(), queue,
                                        [](const auto& info, const MessageQueue& wanted) { return info.queue < wanted; });
    return found != topic.queues.end() && found->queue == queue ? &*found : nullptr;
}

/// Queues the group subscribes but has no offset in: known to exist, position unknown.
void addUncommittedQueues(const ClusterSnapshot& snapshot, GroupInfo& group)
{
    std::set<MessageQueue> known;
    for (const auto& info : group.queues) {
        known.insert(info.queue);
    }
    for (const auto& topicName : group.topics) {
        const TopicInfo* topic = findTopic(snapshot, topicName);
        if (topic == nullptr) {
            continue;
        }
        for (const auto& queue : topic->queues) {
            if (!known.contains(queue.queue)) {
                GroupQueueInfo info;
                info.queue = queue.queue;
                info.brokerOffset = queue.maxOffset;
                group.queues.push_back(std::move(info));
            }
        }
    }
    std::sort(group.queues.begin(), group.queues.end(), [](const auto& a, const auto& b) { return a.queue < b.queue; });
}

} // namespace

void SnapshotBuilder::addGroups(const ClusterObservation& now, ClusterSnapshot& snapshot)
{
    std::map<std::string, GroupInfo> groups;
    std::map<std::string, double> consumed;
    int agesLeft = kLagAgesPerSnapshotMax;
    for (const auto& broker : now.brokers) {
        if (!broker.view) {
            continue;
        }
        addMembership(*broker.view, groups);
        for (const auto& offset : broker.view->offsets) {
            GroupInfo& group = groups[offset.group];
            group.name = offset.group;
            GroupQueueInfo info;
            info.queue = offset.queue;
            info.consumerOffset = offset.consumerOffset;
            if (now.nowMs - offset.lastPullMs < kOwnerExpiryMs) {
                info.ownerClientId = offset.lastPullClientId;
            }
            const TopicInfo* topic = findTopic(snapshot, offset.queue.topic);
            const QueueInfo* queue = topic != nullptr ? findQueue(*topic, offset.queue) : nullptr;
            if (queue != nullptr && queue->maxOffset) {
                info.brokerOffset = queue->maxOffset;
                info.lag = std::max<std::int64_t>(0, saturatingSubtract(*queue->maxOffset, offset.consumerOffset));
                if (*info.lag == 0) {
                    info.lagTimeMs = 0;
                } else if (broker.store != nullptr && agesLeft-- > 0) {
                    const auto oldest = std::max(offset.consumerOffset, queue->minOffset.value_or(0));
                    const auto storedAt = broker.store->storeTimestampOf(offset.queue.topic, offset.queue.queueId, oldest);
                    info.lagTimeMs = storedAt >= 0 ? std::optional(std::max<std::int64_t>(0, now.nowMs - storedAt)) : std::nullopt;
                }
                group.lag = saturatingAdd(group.lag.value_or(0), *info.lag);
            }
            if (!isRetryTopic(offset.queue.topic)) {
                insertSorted(group.topics, offset.queue.topic);
                consumed[offset.group] += static_cast<double>(offset.consumerOffset);
            }
            group.queues.push_back(std::move(info));
        }
    }
    for (auto& [name, group] : groups) {
        addUncommittedQueues(snapshot, group);
        if (consumed.contains(name)) {
            group.consumeRate = slowRate("group/" + name, consumed[name], now.nowMs);
        }
        const TopicInfo* deadLetters = findTopic(snapshot, deadLetterTopicOf(name));
        group.deadLetters = deadLetters != nullptr ? deadLetters->messages : 0;
        std::optional<std::int64_t> waiting = 0;
        for (const auto& broker : now.brokers) {
            const auto parked = broker.view ? m_brokers[broker.view->brokerName].delays.waitingFor(retryTopicOf(name)) : std::nullopt;
            waiting = waiting && parked ? std::optional(*waiting + *parked) : std::nullopt;
        }
        for (const auto& queue : group.queues) {
            if (waiting && isRetryTopic(queue.queue.topic)) {
                *waiting += queue.lag.value_or(0);
            }
        }
        group.retryWaiting = waiting;
        for (const auto& topicName : group.topics) {
            const auto topic = std::lower_bound(snapshot.topics.begin(), snapshot.topics.end(), topicName,
                                                [](const auto& info, const std::string& wanted) { return info.name < wanted; });
            if (topic != snapshot.topics.end() && topic->name == topicName) {
                insertSorted(topic->groups, name);
                if (group.lag) {
                    topic->lagMax = std::max(topic->lagMax.value_or(0), *group.lag);
                }
            }
        }
        snapshot.groups.push_back(std::move(group));
    }
}

} // namespace gantry
