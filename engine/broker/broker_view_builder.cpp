// SPDX-License-Identifier: Apache-2.0
#include "broker/broker_view_builder.h"

#include "broker/delay_service.h"
#include "broker/name_server_link.h"

#include <algorithm>
#include <map>
#include <set>

namespace gantry {

namespace {

/// The group that every Java client announces besides its own.
constexpr std::string_view kInnerProducerGroup = "CLIENT_INNER_PRODUCER";

TopicView viewOf(const BrokerCore& core, const TopicConfig& config)
{
    TopicView view;
    view.config = config;
    const int count = std::max(config.readQueueNums, config.writeQueueNums);
    view.queues.reserve(static_cast<std::size_t>(std::max(0, count)));
    for (std::int32_t queueId = 0; queueId < count; ++queueId) {
        QueueView queue;
        queue.queueId = queueId;
        queue.maxOffset = core.store->maxOffset(config.topicName, queueId);
        if (queue.maxOffset > 0) {
            queue.minOffset = core.store->minOffset(config.topicName, queueId);
            queue.lastStoreTimestampMs = core.store->storeTimestampOf(config.topicName, queueId, queue.maxOffset - 1);
        }
        view.queues.push_back(queue);
    }
    const auto totals = core.metrics.totals(config.topicName);
    view.messagesIn = totals.messagesIn;
    view.messagesOut = totals.messagesOut;
    return view;
}

ClientView viewOf(const Connection& connection)
{
    ClientView view;
    const auto traffic = connection.traffic();
    view.remoteAddress = connection.peer().toText();
    view.connectedAtMs = connection.openedWallMs();
    view.bytesIn = traffic.bytesIn;
    view.bytesOut = traffic.bytesOut;
    view.framesIn = traffic.framesIn;
    view.framesOut = traffic.framesOut;
    return view;
}

ClientView viewOf(const ClientInfo& client, ClientView::Role role, const std::string& group)
{
    auto view = viewOf(*client.connection);
    view.role = role;
    view.clientId = client.clientId;
    view.group = group;
    view.language = client.language;
    view.version = client.version;
    view.lastHeartbeatMs = client.lastHeartbeatMs;
    return view;
}

void addClients(BrokerView& view, const BrokerCore& core, const std::vector<ConsumerGroupInfo>& consumers,
                const std::vector<ConnectionPtr>& connections)
{
    std::set<std::uint64_t> known;
    for (const auto& group : consumers) {
        for (const auto& member : group.members) {
            known.insert(member.connection->id());
            view.clients.push_back(viewOf(member, ClientView::Role::Consumer, group.group));
        }
    }
    const auto producers = core.producers.all();
    for (const auto& [group, members] : producers) {
        if (group == kInnerProducerGroup) {
            continue;
        }
        for (const auto& member : members) {
            known.insert(member.connection->id());
            view.clients.push_back(viewOf(member, ClientView::Role::Producer, group));
        }
    }
    if (const auto inner = producers.find(std::string(kInnerProducerGroup)); inner != producers.end()) {
        for (const auto& member : inner->second) {
            if (known.insert(member.connection->id()).second) {
                view.clients.push_back(viewOf(member, ClientView::Role::Producer, inner->first));
            }
        }
    }
    for (const auto& connection : connections) {
        if (!known.contains(connection->id())) {
            view.clients.push_back(viewOf(*connection));
        }
    }
}

void addConsumers(BrokerView& view, const BrokerCore& core, std::vector<ConsumerGroupInfo>& consumers)
{
    std::map<std::uint64_t, std::string> clientIds;
    for (auto& group : consumers) {
        ConsumerGroupView& each = view.consumers.emplace_back();
        each.group = group.group;
        each.consumeType = group.consumeType;
        each.model = group.model;
        each.fromWhere = group.fromWhere;
        each.isOnline = true;
        for (const auto& member : group.members) {
            clientIds.emplace(member.connection->id(), member.clientId);
            each.clientIds.push_back(member.clientId);
        }
        for (auto& [topic, subscription] : group.subscriptions) {
            each.subscriptions.push_back(std::move(subscription));
        }
    }
    for (auto& entry : core.offsets.entries()) {
        if (!entry.committed && entry.lastPull.atMs == 0) {
            continue;
        }
        ConsumerOffsetView& offset = view.offsets.emplace_back();
        offset.group = std::move(entry.group);
        offset.queue = {std::move(entry.topic), core.config.brokerName, entry.queueId};
        // A group that has pulled but not committed yet is where it pulls.
        offset.consumerOffset = entry.committed.value_or(entry.lastPull.offset);
        offset.lastPullMs = entry.lastPull.atMs;
        if (const auto id = clientIds.find(entry.lastPull.connectionId); id != clientIds.end()) {
            offset.lastPullClientId = id->second;
        }
    }
}

} // namespace

BrokerView buildBrokerView(const BrokerCore& core, const std::vector<ConnectionPtr>& connections)
{
    BrokerView view;
    view.clusterName = core.config.clusterName;
    view.brokerName = core.config.brokerName;
    view.brokerId = core.config.brokerId;
    view.address = core.address;
    view.startedAtMs = core.startedAtMs;
    view.storeConfig = core.config.store;
    view.store = core.store->positions();
    view.recovery = core.store->recovery();
    view.queueEntriesMended = core.store->metrics().queueEntriesMended.load(std::memory_order_relaxed);
    view.putLatency = core.store->metrics().putLatency.snapshot();
    view.flushLatency = core.store->metrics().flushLatency.snapshot();

    const auto& metrics = core.metrics;
    view.counters.messagesIn = metrics.messagesIn.load(std::memory_order_relaxed);
    view.counters.messagesOut = metrics.messagesOut.load(std::memory_order_relaxed);
    view.counters.bytesIn = metrics.bytesIn.load(std::memory_order_relaxed);
    view.counters.bytesOut = metrics.bytesOut.load(std::memory_order_relaxed);
    view.counters.requests = metrics.requests.load(std::memory_order_relaxed);
    view.counters.sendBacks = metrics.sendBacks.load(std::memory_order_relaxed);
    view.counters.deadLetters = metrics.deadLetters.load(std::memory_order_relaxed);
    view.counters.heldPulls = core.longPolling.heldCount();
    view.counters.connections = connections.size();
    view.counters.delayedWaiting = core.delay->waitingCount();

    const auto topics = core.topics.table();
    view.topics.reserve(topics->size());
    for (const auto& [name, config] : *topics) {
        view.topics.push_back(viewOf(core, *config));
    }
    const auto groups = core.groups.table(); // held: a loop over a temporary's table would outlive it
    for (const auto& [name, group] : *groups) {
        view.groups.push_back(*group);
    }
    auto consumers = core.consumers.all();
    addClients(view, core, consumers, connections);
    addConsumers(view, core, consumers);
    view.nameServers = core.nameServers->states();
    return view;
}

} // namespace gantry
