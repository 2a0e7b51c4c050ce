// SPDX-License-Identifier: Apache-2.0
#include "client/rebalance.h"

#include "base/log.h"
#include "client/broker_calls.h"
#include "client/consumer_core.h"
#include "message/topic_name.h"

#include <algorithm>
#include <random>

namespace gantry::client {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLockTimeout{1'000};
/// How long a listener at work may hold up giving its queue away; the next round tries again.
constexpr milliseconds kGiveUpWait{1'000};
/// The former owner gets this long to finish and commit before we pull.
constexpr milliseconds kFirstPullDelay{500};

/// Any broker of the topic knows the group's members.
std::optional<std::string> memberAddress(const TopicRouteData& route)
{
    std::vector<std::string> addresses;
    for (const auto& broker : route.brokerDatas) {
        if (!broker.brokerAddrs.empty()) {
            addresses.push_back(broker.brokerAddrs.begin()->second);
        }
    }
    if (addresses.empty()) {
        return std::nullopt;
    }
    thread_local std::minstd_rand random{std::random_device{}()};
    return addresses[std::uniform_int_distribution<std::size_t>(0, addresses.size() - 1)(random)];
}

std::map<std::string, std::vector<MessageQueue>> byBroker(const std::vector<MessageQueue>& queues)
{
    std::map<std::string, std::vector<MessageQueue>> sorted;
    for (const auto& queue : queues) {
        sorted[queue.brokerName].push_back(queue);
    }
    return sorted;
}

} // namespace

Rebalance::Outcome Rebalance::run()
{
    const std::lock_guard lock(m_mutex);
    Outcome outcome = Outcome::Balanced;
    const auto subscriptions = m_core.subscriptions();
    for (const auto& [topic, subscription] : subscriptions) {
        if (!m_core.isRunning()) {
            return outcome;
        }
        if (balanceTopic(topic) == Outcome::Unbalanced) {
            outcome = Outcome::Unbalanced;
        }
    }
    std::set<std::string> unsubscribed;
    for (const auto& [queue, processQueue] : m_core.processQueues()) {
        if (!subscriptions.contains(queue.topic)) {
            unsubscribed.insert(queue.topic);
        }
    }
    for (const auto& topic : unsubscribed) {
        if (!dropUnwanted(topic, {})) {
            outcome = Outcome::Unbalanced;
        }
    }
    return outcome;
}

Rebalance::Outcome Rebalance::balanceTopic(const std::string& topic)
{
    const auto route = m_core.instance().routes().get(topic);
    if (!route) {
        // Retry topics come into being some time after the group's first heartbeat.
        if (!isRetryTopic(topic) || route.error().code != Errc::NotFound) {
            log::warning("client", "group {}: {}", m_core.group(), route.error().message);
        }
        return Outcome::Unbalanced;
    }
    const auto& queues = (*route)->subscribeQueues;
    if (!m_core.isClustering()) {
        return apply(topic, {queues.begin(), queues.end()});
    }
    const auto address = memberAddress((*route)->data);
    if (!address) {
        return Outcome::Unbalanced;
    }
    return balanceShared(topic, queues, *address);
}

Rebalance::Outcome Rebalance::balanceShared(const std::string& topic,
                                            const std::vector<MessageQueue>& all,
                                            const std::string& memberAddress)
{
    auto members = calls::consumerIds(m_core.instance().remoting(), memberAddress, m_core.group(),
                                      m_core.instance().config().requestTimeout);
    if (!members) {
        log::warning("client", "group {}: {}", m_core.group(), members.error().message);
        m_core.instance().refreshRouteSoon(topic);
        m_core.instance().heartbeatSoon(); // a broker that restarted knows nobody
        return Outcome::Unbalanced;
    }
    std::sort(members->begin(), members->end());
    const std::string& me = m_core.instance().clientId();
    const bool isMember = std::binary_search(members->begin(), members->end(), me);
    const auto mine = allocateQueues(m_core.options().allocateStrategy, me, all, *members);
    const Outcome outcome = apply(topic, {mine.begin(), mine.end()});
    if (!isMember) {
        m_core.instance().heartbeatSoon();
        return Outcome::Unbalanced;
    }
    return outcome;
}

Rebalance::Outcome Rebalance::apply(const std::string& topic, const std::set<MessageQueue>& wanted)
{
    bool balanced = dropUnwanted(topic, wanted);
    for (const auto& queue : wanted) {
        if (!m_core.processQueue(queue) && m_core.isRunning()) {
            balanced = add(queue) && balanced;
        }
    }
    return balanced ? Outcome::Balanced : Outcome::Unbalanced;
}

bool Rebalance::dropUnwanted(const std::string& topic, const std::set<MessageQueue>& wanted)
{
    bool balanced = true;
    for (const auto& [queue, processQueue] : m_core.processQueues()) {
        if (queue.topic != topic) {
            continue;
        }
        const bool isStuck = processQueue->isPullExpired(m_core.nowMs());
        if (wanted.contains(queue) && !isStuck) {
            continue;
        }
        if (isStuck) {
            log::warning("client",
                         "group {}: {} queue {} on {} was not pulled for long, starting it again",
                         m_core.group(), topic, queue.queueId, queue.brokerName);
        }
        processQueue->drop();
        if (giveUp(queue, processQueue)) {
            m_core.removeProcessQueue(queue);
        } else {
            balanced = false;
        }
    }
    return balanced;
}

bool Rebalance::giveUp(const MessageQueue& queue, const ProcessQueuePtr& processQueue)
{
    m_core.offsetStore().persist(queue);
    if (m_core.usesQueueLocks()) {
        const std::unique_lock idle(processQueue->consumeMutex(), kGiveUpWait);
        if (!idle.owns_lock()) {
            log::warning(
                "client",
                "group {}: {} queue {} on {} is still being consumed, attempt {} to give it away",
                m_core.group(), queue.topic, queue.queueId, queue.brokerName,
                processQueue->countUnlockAttempt());
            return false;
        }
        // The listener has finished, so its last offset is known now.
        m_core.offsetStore().persist(queue);
        unlock({queue});
    }
    m_core.offsetStore().remove(queue);
    return true;
}

bool Rebalance::add(const MessageQueue& queue)
{
    if (m_core.usesQueueLocks() && !lock(queue)) {
        return false;
    }
    m_core.offsetStore().remove(queue);
    const auto offset = startOffset(queue);
    if (!offset) {
        log::warning("client", "group {}: {}", m_core.group(), offset.error().message);
        return false;
    }
    const auto processQueue = std::make_shared<ProcessQueue>(m_core.nowMs());
    processQueue->setLocked(m_core.usesQueueLocks(), m_core.nowMs());
    if (m_core.addProcessQueue(queue, processQueue)) {
        m_core.pullLoop().start(queue, processQueue, *offset, kFirstPullDelay);
    } else if (m_core.usesQueueLocks() && !m_core.isRunning()) {
        unlock({queue}); // stopped meanwhile
    }
    return true;
}

Result<std::int64_t> Rebalance::startOffset(const MessageQueue& queue)
{
    GANTRY_TRY(stored, m_core.offsetStore().read(queue));
    if (stored >= 0) {
        return stored;
    }
    const auto& options = m_core.options();
    if (options.fromWhere == ConsumeFromWhere::FirstOffset) {
        return 0; // a queue that begins later answers with where it does
    }
    const bool isRetry = isRetryTopic(queue.topic);
    if (options.fromWhere == ConsumeFromWhere::LastOffset && isRetry) {
        return 0;
    }
    auto& instance = m_core.instance();
    GANTRY_TRY(address, instance.readAddress(queue));
    const milliseconds timeout = instance.config().requestTimeout;
    if (options.fromWhere == ConsumeFromWhere::Timestamp && !isRetry) {
        return calls::searchOffset(instance.remoting(), address, queue, options.consumeTimestampMs,
                                   timeout);
    }
    return calls::maxOffset(instance.remoting(), address, queue, timeout);
}

bool Rebalance::lock(const MessageQueue& queue)
{
    auto& instance = m_core.instance();
    const auto address = instance.writeAddress(queue);
    if (!address) {
        return false;
    }
    const auto held = calls::lockQueues(instance.remoting(), *address, m_core.group(),
                                        instance.clientId(), {queue}, kLockTimeout);
    const bool isHeld = held && std::find(held->begin(), held->end(), queue) != held->end();
    if (const auto processQueue = m_core.processQueue(queue); processQueue && held) {
        processQueue->setLocked(isHeld, m_core.nowMs());
    }
    return isHeld;
}

void Rebalance::lockAll()
{
    std::vector<MessageQueue> queues;
    for (const auto& [queue, processQueue] : m_core.processQueues()) {
        queues.push_back(queue);
    }
    auto& instance = m_core.instance();
    for (const auto& [broker, ofBroker] : byBroker(queues)) {
        const auto address = instance.routes().masterAddress(broker);
        if (!address) {
            continue;
        }
        const auto held = calls::lockQueues(instance.remoting(), *address, m_core.group(),
                                            instance.clientId(), ofBroker, kLockTimeout);
        if (!held) {
            log::warning("client", "group {}: {}", m_core.group(), held.error().message);
            continue; // the locks run out by themselves if this goes on
        }
        for (const auto& queue : ofBroker) {
            if (const auto processQueue = m_core.processQueue(queue);
                processQueue && !processQueue->isDropped()) {
                processQueue->setLocked(std::find(held->begin(), held->end(), queue) != held->end(),
                                        m_core.nowMs());
            }
        }
    }
}

void Rebalance::unlock(const std::vector<MessageQueue>& queues)
{
    auto& instance = m_core.instance();
    for (const auto& [broker, ofBroker] : byBroker(queues)) {
        if (const auto address = instance.routes().masterAddress(broker)) {
            instance.remoting().sendOneway(
                *address, calls::unlockRequest(m_core.group(), instance.clientId(), ofBroker));
        }
    }
}

} // namespace gantry::client
