// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/unique_function.h"
#include "broker/broker_config.h"
#include "broker/broker_metrics.h"
#include "broker/broker_stats.h"
#include "broker/cold_read_pace.h"
#include "broker/consumer_offset_manager.h"
#include "broker/consumer_registry.h"
#include "broker/long_polling.h"
#include "broker/paced_pulls.h"
#include "broker/producer_registry.h"
#include "broker/rebalance_lock_manager.h"
#include "broker/subscription_group_manager.h"
#include "broker/topic_config_manager.h"
#include "broker/work_gate.h"
#include "remoting/io_runtime.h"
#include "store/message_store.h"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace gantry {

class DelayService;
class NameServerLink;

/// What the processors of one broker share: its tables, its store, its counters. Owned by Broker, which also owns the
/// order of starting and stopping; processors hold a reference. Work that outlives a call takes a pass of `gate`.
struct BrokerCore
{
    BrokerCore(BrokerConfig brokerConfig, FileSystem& fileSystem, Clock& brokerClock, IoRuntime& ioRuntime);
    ~BrokerCore();

    /// Runs the task on a blocking thread; false when too many wait or the broker is stopping (the task is destroyed).
    [[nodiscard]] bool runBlocking(UniqueFunction<void()> task);
    /// The same on a thread that gives way to the loops.
    [[nodiscard]] bool runInBackground(UniqueFunction<void()> task);
    /// Somebody sends: what can be left to the background should be. Any thread; noted once per round of a loop.
    void noteSending() { m_lastSend.store(clock.steady().time_since_epoch().count(), std::memory_order_relaxed); }
    [[nodiscard]] bool isBeingSentTo() const;
    [[nodiscard]] bool isReadable() const;
    [[nodiscard]] bool isWritable() const;

    BrokerConfig config;
    FileSystem& files;
    Clock& clock;
    IoRuntime& runtime;
    std::vector<std::chrono::milliseconds> delayLevels; ///< element 0 is level 1
    const std::shared_ptr<WorkGate> gate = std::make_shared<WorkGate>();

    std::atomic<int> permission; ///< brokerPermission, may be changed while running
    std::atomic<bool> isServing{false};  ///< requests are taken; false while starting and stopping
    std::atomic<bool> isStopping{false};
    std::int64_t startedAtMs = 0;
    HostAddress storeHost;       ///< set when listening
    std::string address;         ///< "ip:port", set when listening

    BrokerMetrics metrics;
    BrokerStats stats;
    TopicConfigManager topics;
    SubscriptionGroupManager groups;
    ConsumerOffsetManager offsets;
    ConsumerRegistry consumers;
    ProducerRegistry producers;
    RebalanceLockManager locks;
    LongPolling longPolling;
    ColdReadPace coldReadPace;
    PacedPulls pacedPulls;
    std::unique_ptr<MessageStore> store;
    std::unique_ptr<DelayService> delay;
    std::unique_ptr<NameServerLink> nameServers;

private:
    std::atomic<std::chrono::steady_clock::rep> m_lastSend{std::chrono::steady_clock::time_point::min().time_since_epoch().count()};
};

} // namespace gantry
