// SPDX-License-Identifier: Apache-2.0
#include "runtime/snapshot_builder.h"

#include "message/topic_name.h"

#include <algorithm>
#include <numeric>

namespace gantry {

namespace {

constexpr std::int64_t kHistoryMs = 15 * 60'000;
constexpr std::int64_t kSampleMs = 1'000;
constexpr std::int64_t kSlowWindowMs = 10'000;
/// A histogram's max is since the start, so an interval's is bounded by its own highest bucket.
std::int64_t intervalMax(const HistogramSnapshot& interval)
{
    for (std::size_t i = interval.counts.size(); i > 0; --i) {
        if (interval.counts[i - 1] > 0) {
            return static_cast<std::int64_t>(std::min(LatencyHistogram::upperBound(i - 1), interval.max));
        }
    }
    return 0;
}

std::string storeProblem(const StorePositions& store)
{
    return store.state == StoreState::Running ? std::string{} : fmt::format("{}: {}", toString(store.state), store.stateReason);
}

std::string flushModeText(FlushMode mode)
{
    return mode == FlushMode::Sync ? "SYNC_FLUSH" : "ASYNC_FLUSH";
}

void fillStore(const StorePositions& store, BrokerInfo& info)
{
    info.storeStateText = std::string(toString(store.state));
    info.commitLogMinOffset = store.minOffset;
    info.commitLogMaxOffset = store.maxOffset;
    info.flushBehindBytes = std::max<std::int64_t>(0, store.maxOffset - store.flushedOffset);
    info.dispatchBehindBytes = std::max<std::int64_t>(0, store.maxOffset - store.dispatchedOffset);
    info.indexProblem = store.indexError;
    if (store.commitLogDiskRatio >= 0) {
        info.diskUsedRatio = store.commitLogDiskRatio;
        info.diskAvailableBytes = static_cast<std::int64_t>(store.diskAvailableBytes);
    }
}

RetentionInfo retentionOf(const StoreConfig& config, const StorePositions& store)
{
    RetentionInfo info;
    info.reservedHours = config.reservedTime.count();
    info.deleteAtHours = config.deleteAtHours;
    info.deletePercent = config.diskDeleteRatio;
    info.forcePercent = config.diskForceDeleteRatio;
    info.refusePercent = config.diskWarningRatio;
    info.commitLogFiles = store.commitLogFiles;
    info.consumeQueueFiles = store.consumeQueueFiles;
    info.indexFiles = store.indexFiles;
    if (store.earliestStoreTimestampMs > 0) {
        info.oldestStoredAtMs = store.earliestStoreTimestampMs;
    }
    info.done = store.retention;
    return info;
}

} // namespace

LatencyView latencyViewOf(const HistogramSnapshot& histogram)
{
    LatencyView view;
    view.count = static_cast<std::int64_t>(histogram.count);
    view.p50 = static_cast<std::int64_t>(histogram.quantile(0.50));
    view.p95 = static_cast<std::int64_t>(histogram.quantile(0.95));
    view.p99 = static_cast<std::int64_t>(histogram.quantile(0.99));
    view.p999 = static_cast<std::int64_t>(histogram.quantile(0.999));
    view.max = intervalMax(histogram);
    return view;
}

std::string clientVersionText(std::int32_t ordinal)
{
    // Apache numbers its releases by their place in an enumeration. From 4.0.0 on it is regular: ten minor versions
    // of ten patches, each first as a snapshot.
    constexpr std::int32_t first = 212;
    constexpr std::int32_t perMinor = 20;
    constexpr std::int32_t perMajor = 10 * perMinor;
    if (ordinal < 0 || ordinal >= first + 2 * perMajor) {
        return fmt::format("{}", ordinal);
    }
    if (ordinal < first) {
        return "V3";
    }
    const std::int32_t place = ordinal - first;
    return fmt::format("V{}_{}_{}{}", 4 + place / perMajor, place % perMajor / perMinor, place % perMinor / 2,
                       place % 2 == 0 ? "_SNAPSHOT" : "");
}

std::optional<double> SnapshotBuilder::rate(const std::string& counter, double value, std::int64_t nowMs)
{
    const auto [entry, isNew] = m_counters.try_emplace(counter, CounterMemory{nowMs, value});
    const CounterMemory before = std::exchange(entry->second, CounterMemory{nowMs, value});
    if (isNew || nowMs <= before.timeMs || value < before.value) {
        return std::nullopt;
    }
    return (value - before.value) * 1000.0 / static_cast<double>(nowMs - before.timeMs);
}

std::optional<double> SnapshotBuilder::slowRate(const std::string& counter, double value, std::int64_t nowMs)
{
    auto& memory = m_slowCounters[counter];
    if (!memory.empty() && value < memory.back().value) {
        memory.clear(); // an offset reset; the rate begins anew
    }
    memory.push_back({nowMs, value});
    while (memory.size() > 2 && nowMs - memory[1].timeMs >= kSlowWindowMs) {
        memory.pop_front();
    }
    const auto span = nowMs - memory.front().timeMs;
    if (span < kSampleMs) {
        return std::nullopt;
    }
    return (value - memory.front().value) * 1000.0 / static_cast<double>(span);
}

SnapshotPtr SnapshotBuilder::build(const ClusterObservation& now)
{
    auto snapshot = std::make_shared<ClusterSnapshot>();
    snapshot->revision = ++m_revision;
    snapshot->takenAtMs = now.nowMs;
    snapshot->title = now.title;
    snapshot->dedup = now.dedup;
    snapshot->demo = now.demo;
    for (const auto& server : now.nameServers) {
        NameServerInfo info;
        info.address = server.address;
        info.isUp = server.view.has_value();
        info.problem = server.problem;
        if (server.view) {
            info.brokerCount = static_cast<std::int64_t>(server.view->brokers.size());
            info.topicCount = static_cast<std::int64_t>(server.view->topicCount);
            info.connectionCount = static_cast<std::int64_t>(server.view->connectionCount);
            info.routeQueries = server.view->routeQueries;
        }
        snapshot->nameServerAddresses += (snapshot->nameServerAddresses.empty() ? "" : ";") + server.address;
        snapshot->nameServers.push_back(std::move(info));
    }
    HistogramSnapshot put;
    HistogramSnapshot flush;
    addBrokers(now, *snapshot, put, flush);
    addTopics(now, *snapshot);
    addGroups(now, *snapshot);
    addSample(*snapshot, put, flush);
    snapshot->findings = findProblems(*snapshot);
    return snapshot;
}

void SnapshotBuilder::addBrokers(const ClusterObservation& now, ClusterSnapshot& snapshot, HistogramSnapshot& put, HistogramSnapshot& flush)
{
    for (const auto& broker : now.brokers) {
        BrokerInfo info;
        info.name = broker.name;
        info.address = broker.address;
        info.problem = broker.problem;
        info.isUp = broker.view.has_value();
        info.storeDirectory = broker.storeDirectory;
        if (!broker.view) {
            snapshot.brokers.push_back(std::move(info));
            continue;
        }
        const BrokerView& view = *broker.view;
        BrokerMemory& memory = m_brokers[view.brokerName];
        info.clusterName = view.clusterName;
        info.id = view.brokerId;
        info.address = view.address;
        info.problem = storeProblem(view.store);
        info.versionText = "Gantry " GANTRY_VERSION;
        info.flushModeText = flushModeText(view.storeConfig.flushMode);
        info.startedAtMs = view.startedAtMs;
        const auto rateOf = [&](const char* what, std::uint64_t value) {
            return rate(fmt::format("broker/{}/{}", view.brokerName, what), static_cast<double>(value), now.nowMs);
        };
        info.putRate = rateOf("in", view.counters.messagesIn);
        info.getRate = rateOf("out", view.counters.messagesOut);
        info.bytesInRate = rateOf("bytesIn", view.counters.bytesIn);
        info.bytesOutRate = rateOf("bytesOut", view.counters.bytesOut);
        info.messagesPut = static_cast<std::int64_t>(view.counters.messagesIn);
        info.messagesGot = static_cast<std::int64_t>(view.counters.messagesOut);
        const HistogramSnapshot putNow = view.putLatency.since(memory.putLatency);
        const HistogramSnapshot flushNow = view.flushLatency.since(memory.flushLatency);
        info.putLatency = latencyViewOf(putNow);
        info.flushLatency = latencyViewOf(flushNow);
        put.merge(putNow);
        flush.merge(flushNow);
        memory.putLatency = view.putLatency;
        memory.flushLatency = view.flushLatency;
        if (broker.store != nullptr) {
            memory.delays.update(*broker.store, now.nowMs);
        }
        fillStore(view.store, info);
        info.retention = retentionOf(view.storeConfig, view.store);
        info.recovery = view.recovery;
        info.queueEntriesMended = static_cast<std::int64_t>(view.queueEntriesMended);
        info.heldPulls = static_cast<std::int64_t>(view.counters.heldPulls);
        info.connections = static_cast<std::int64_t>(view.counters.connections);
        info.delayedWaiting = static_cast<std::int64_t>(view.counters.delayedWaiting);
        snapshot.brokers.push_back(std::move(info));

        for (const auto& client : view.clients) {
            ConnectionInfo connection;
            connection.clientId = client.clientId;
            connection.role = client.role == ClientView::Role::Producer   ? "producer"
                              : client.role == ClientView::Role::Consumer ? "consumer"
                                                                          : "client";
            connection.group = client.group;
            connection.remoteAddress = client.remoteAddress;
            connection.peerName = view.brokerName;
            connection.isOfThisProcess = now.ownClientIds.contains(client.clientId);
            // Our own clients announce Java and its version, because brokers act on both; people want to know
            // what they are.
            connection.language = connection.isOfThisProcess ? "CPP" : std::string(toString(client.language));
            connection.versionText =
                connection.isOfThisProcess ? "Gantry " GANTRY_VERSION : clientVersionText(client.version);
            connection.connectedAtMs = client.connectedAtMs;
            if (client.lastHeartbeatMs > 0) {
                connection.lastHeartbeatMs = client.lastHeartbeatMs;
            }
            connection.bytesIn = static_cast<std::int64_t>(client.bytesIn);
            connection.bytesOut = static_cast<std::int64_t>(client.bytesOut);
            snapshot.connections.push_back(std::move(connection));
        }
    }
}

void SnapshotBuilder::addTopics(const ClusterObservation& now, ClusterSnapshot& snapshot)
{
    struct Flow
    {
        std::uint64_t in = 0;
        std::uint64_t out = 0;
    };
    std::map<std::string, TopicInfo> topics;
    std::map<std::string, Flow> flows;
    for (const auto& broker : now.brokers) {
        if (!broker.view) {
            continue;
        }
        for (const auto& view : broker.view->topics) {
            TopicInfo& topic = topics[view.config.topicName];
            topic.name = view.config.topicName;
            topic.kind = isRetryTopic(topic.name)        ? TopicKind::Retry
                         : isDeadLetterTopic(topic.name) ? TopicKind::DeadLetter
                         : isSystemTopic(topic.name) || topic.name == broker.view->clusterName || topic.name == broker.view->brokerName ||
                                 topic.name == broker.view->clusterName + "_REPLY_TOPIC"
                             ? TopicKind::System
                             : TopicKind::Normal;
            topic.permission = view.config.perm;
            topic.isOrdered = topic.isOrdered || view.config.order;
            topic.readQueues = std::max(topic.readQueues, static_cast<int>(view.config.readQueueNums));
            topic.writeQueues = std::max(topic.writeQueues, static_cast<int>(view.config.writeQueueNums));
            topic.brokers.push_back(broker.view->brokerName);
            std::int64_t messages = topic.messages.value_or(0);
            for (const auto& queue : view.queues) {
                QueueInfo info{{topic.name, broker.view->brokerName, queue.queueId}, queue.minOffset, queue.maxOffset, std::nullopt};
                if (queue.lastStoreTimestampMs >= 0) {
                    info.lastStoreTimestampMs = queue.lastStoreTimestampMs;
                    topic.lastStoreTimestampMs = std::max(topic.lastStoreTimestampMs.value_or(0), queue.lastStoreTimestampMs);
                }
                messages += queue.maxOffset - queue.minOffset;
                topic.queues.push_back(std::move(info));
            }
            topic.messages = messages;
            flows[topic.name].in += view.messagesIn;
            flows[topic.name].out += view.messagesOut;
        }
    }
    for (auto& [name, topic] : topics) {
        topic.putRate = rate("topic/in/" + name, static_cast<double>(flows[name].in), now.nowMs);
        topic.getRate = rate("topic/out/" + name, static_cast<double>(flows[name].out), now.nowMs);
        std::sort(topic.queues.begin(), topic.queues.end(), [](const auto& a, const auto& b) { return a.queue < b.queue; });
        snapshot.topics.push_back(std::move(topic));
    }
}

void SnapshotBuilder::addSample(ClusterSnapshot& snapshot, const HistogramSnapshot& put, const HistogramSnapshot& flush)
{
    m_sampledPut.merge(put);
    m_sampledFlush.merge(flush);
    if (snapshot.takenAtMs - m_lastSampleMs >= kSampleMs) {
        MetricSample sample;
        sample.timeMs = snapshot.takenAtMs;
        const auto sum = [&](auto member) {
            std::optional<double> total;
            for (const auto& broker : snapshot.brokers) {
                if (broker.*member) {
                    total = total.value_or(0) + *(broker.*member);
                }
            }
            return total;
        };
        sample.putRate = sum(&BrokerInfo::putRate);
        sample.getRate = sum(&BrokerInfo::getRate);
        sample.lag = sample.deadLetters = sample.retryWaiting = 0;
        for (const auto& group : snapshot.groups) {
            if (group.isSystem) {
                continue;
            }
            // A sum with a part missing is not known.
            const auto add = [](auto& total, const auto& part) {
                total = total && part ? std::optional(*total + *part) : std::nullopt;
            };
            add(sample.lag, group.lag);
            add(sample.deadLetters, group.deadLetters);
            add(sample.retryWaiting, group.retryWaiting);
        }
        if (m_sampledPut.count > 0) {
            sample.putLatency = latencyViewOf(m_sampledPut);
        }
        if (m_sampledFlush.count > 0) {
            sample.flushLatency = latencyViewOf(m_sampledFlush);
        }
        m_sampledPut = {};
        m_sampledFlush = {};
        m_lastSampleMs = snapshot.takenAtMs;
        m_history.push_back(sample);
        const auto tooOld = std::find_if(m_history.begin(), m_history.end(),
                                         [&](const auto& old) { return old.timeMs >= snapshot.takenAtMs - kHistoryMs; });
        m_history.erase(m_history.begin(), tooOld);
    }
    snapshot.history = std::make_shared<const std::vector<MetricSample>>(m_history);
}

} // namespace gantry
