// SPDX-License-Identifier: Apache-2.0
#include "broker/processors/admin.h"
#include "broker/processors/topic_attributes.h"

#include "base/log.h"
#include "message/topic_name.h"
#include "protocol/bodies/name_lists.h"
#include "protocol/bodies/topic_config.h"
#include "protocol/bodies/topic_stats.h"
#include "protocol/headers/admin_topic.h"

#include <algorithm>
#include <set>

namespace gantry {

namespace {

/// Queues of one topic; Apache's benchmark topic has 1,024.
constexpr std::int32_t kQueuesMax = 65'535;
constexpr std::int32_t kPermMax = perm::kInherit | perm::kReadWrite | perm::kPriority;

/// Whether administrators must leave the topic alone.
bool isReserved(const BrokerCore& core, std::string_view topic)
{
    return isSystemTopic(topic) || core.topics.isBuiltIn(topic);
}

Result<> checkTopic(const BrokerCore& core, const TopicConfig& topic)
{
    GANTRY_CHECK(validateTopicName(topic.topicName));
    if (isReserved(core, topic.topicName)) {
        return fail(Errc::InvalidArgument, "The topic[{}] is conflict with system topic.",
                    topic.topicName);
    }
    for (const auto& [name, count] : {std::pair{"readQueueNums", topic.readQueueNums},
                                      std::pair{"writeQueueNums", topic.writeQueueNums}}) {
        if (count < 0 || count > kQueuesMax) {
            return fail(Errc::InvalidArgument, "topic {}: {}={}: expected 0 to {}", topic.topicName,
                        name, count, kQueuesMax);
        }
    }
    if (topic.perm < 0 || topic.perm > kPermMax) {
        return fail(Errc::InvalidArgument, "topic {}: perm={}: expected 0 to {} (2 write, 4 read)",
                    topic.topicName, topic.perm, kPermMax);
    }
    return {};
}

/// Takes the attributes as changes of what the topic has.
Result<TopicConfig> withAttributes(const BrokerCore& core, TopicConfig topic,
                                   const TopicAttributes& changes)
{
    const auto existing = core.topics.find(topic.topicName);
    auto attributes = changeAttributes(
        existing == nullptr, existing ? existing->attributes : TopicAttributes{}, changes);
    if (!attributes) {
        return failWith(std::move(attributes.error()), "topic " + topic.topicName);
    }
    topic.attributes = std::move(*attributes);
    return topic;
}

AdminResult createTopic(BrokerCore& core, const CreateTopicHeader& header)
{
    TopicConfig topic;
    topic.topicName = header.topic;
    topic.readQueueNums = header.readQueueNums;
    topic.writeQueueNums = header.writeQueueNums;
    topic.perm = header.perm;
    topic.topicFilterType = header.topicFilterType;
    topic.topicSysFlag = header.topicSysFlag.value_or(0);
    topic.order = header.order;
    GANTRY_CHECK(checkTopic(core, topic));
    GANTRY_TRY(changes, parseAttributeChanges(header.attributes.value_or("")));
    GANTRY_TRY(complete, withAttributes(core, std::move(topic), changes));
    GANTRY_CHECK(core.topics.update(std::move(complete)));
    return adminSuccess();
}

AdminResult createTopics(BrokerCore& core, const RemotingCommand& request)
{
    GANTRY_TRY(topics, decodeTopicConfigList(request.body));
    std::vector<TopicConfig> checked;
    for (TopicConfig& topic : topics) {
        GANTRY_CHECK(checkTopic(core, topic));
        const TopicAttributes changes = topic.attributes; // here the keys carry their signs
        GANTRY_TRY(complete, withAttributes(core, std::move(topic), changes));
        checked.push_back(std::move(complete));
    }
    GANTRY_CHECK(core.topics.update(std::move(checked)));
    return adminSuccess();
}

AdminResult deleteTopic(BrokerCore& core, const DeleteTopicHeader& header)
{
    if (header.topic.find_first_not_of(" \t\r\n") == std::string::npos) {
        return fail(Errc::InvalidArgument, "The specified topic is blank.");
    }
    if (isReserved(core, header.topic)) {
        return fail(Errc::InvalidArgument, "The topic[{}] is conflict with system topic.",
                    header.topic);
    }
    GANTRY_TRY(wasThere, core.topics.remove(header.topic));
    core.offsets.removeTopic(header.topic);
    core.longPolling.wakeTopic(header.topic, {});
    GANTRY_CHECK(core.store->deleteTopic(header.topic));
    core.stats.forgetTopic(header.topic);
    if (wasThere) {
        log::info("broker", "topic {} deleted", header.topic);
    }
    return adminSuccess();
}

AdminResult topicStats(const BrokerCore& core, const GetTopicStatsHeader& header)
{
    const auto topic = core.topics.find(header.topic);
    if (!topic) {
        return fail(Errc::NotFound, "topic[{}] not exist", header.topic);
    }
    TopicStatsTable table;
    for (std::int32_t queueId = 0; queueId < std::max(topic->writeQueueNums, topic->readQueueNums);
         ++queueId) {
        TopicOffset& offset = table.offsetTable[{header.topic, core.config.brokerName, queueId}];
        offset.minOffset = std::max<std::int64_t>(core.store->minOffset(header.topic, queueId), 0);
        offset.maxOffset = std::max<std::int64_t>(core.store->maxOffset(header.topic, queueId), 0);
        if (offset.maxOffset > 0) {
            offset.lastUpdateTimestamp = std::max<std::int64_t>(
                core.store->storeTimestampOf(header.topic, queueId, offset.maxOffset - 1), 0);
        }
    }
    table.topicPutTps = core.stats.topicPutTps(header.topic);
    return adminSuccess(table.encode());
}

AdminResult topicConfig(const BrokerCore& core, const GetTopicConfigHeader& header)
{
    const auto topic = core.topics.find(header.topic);
    if (!topic) {
        return fail(Errc::NotFound, "No topic in this broker. topic: {}", header.topic);
    }
    return adminSuccess(topic->encode());
}

AdminResult groupsOfTopic(const BrokerCore& core, const QueryTopicConsumeByWhoHeader& header)
{
    std::set<std::string> groups;
    for (auto& group : core.consumers.groupsOfTopic(header.topic)) {
        groups.insert(std::move(group));
    }
    for (auto& group : core.offsets.groupsOf(header.topic)) {
        groups.insert(std::move(group));
    }
    return adminSuccess(GroupList{{groups.begin(), groups.end()}}.encode());
}

AdminResult systemTopics(const BrokerCore& core)
{
    TopicList list;
    const auto topics = core.topics.table(); // held while it is read
    for (const auto& [name, topic] : *topics) {
        if (isReserved(core, name)) {
            list.topics.push_back(name);
        }
    }
    return adminSuccess(list.encode());
}

} // namespace

void addAdminTopicHandlers(Dispatcher& dispatcher, BrokerCore& core)
{
    using Request = RemotingCommand;
    using enum RequestCode;
    addAdmin(dispatcher, core, UpdateAndCreateTopic, createTopic);
    addAdmin(dispatcher, core, UpdateAndCreateTopicList,
             [&core](const Request& request) { return createTopics(core, request); });
    addAdmin(dispatcher, core, DeleteTopicInBroker, deleteTopic);
    addAdmin(dispatcher, core, GetAllTopicConfig, [&core](const Request&) -> AdminResult {
        return adminSuccess(core.topics.toTable().encode());
    });
    addAdmin(dispatcher, core, GetTopicStatsInfo, topicStats);
    addAdmin(dispatcher, core, RequestCode::GetTopicConfig, topicConfig);
    addAdmin(dispatcher, core, QueryTopicConsumeByWho, groupsOfTopic);
    addAdmin(dispatcher, core, GetSystemTopicListFromBroker,
             [&core](const Request&) { return systemTopics(core); });
}

} // namespace gantry
