// SPDX-License-Identifier: Apache-2.0
#include "broker/broker_core.h"

#include "broker/delay_service.h"
#include "broker/name_server_link.h"

namespace gantry {

namespace {

std::filesystem::path configFile(const BrokerConfig& config, const char* name)
{
    return config.store.rootDirectory / "config" / name;
}

/// A producer that sends at least this often is one that would notice.
constexpr std::chrono::milliseconds kSendingGap{20};

TopicConfigManager::Options topicOptions(const BrokerConfig& config)
{
    return {config.clusterName, config.brokerName, config.defaultTopicQueueCount, config.autoCreateTopic, config.traceTopic};
}

} // namespace

BrokerCore::BrokerCore(BrokerConfig brokerConfig, FileSystem& fileSystem, Clock& brokerClock, IoRuntime& ioRuntime)
    : config(std::move(brokerConfig))
    , files(fileSystem)
    , clock(brokerClock)
    , runtime(ioRuntime)
    , permission(config.permission)
    , stats(metrics, clock, config.clusterName)
    , topics(files, configFile(config, "topics.json"), clock, topicOptions(config))
    , groups(files, configFile(config, "subscriptionGroup.json"), clock, config.autoCreateGroup)
    , offsets(files, configFile(config, "consumerOffset.json"), clock)
    , consumers(clock)
    , producers(clock)
    , locks(clock)
    , longPolling(clock)
    , coldReadPace(config.coldReadBytesPerSecondMax)
    , pacedPulls(runtime, gate)
{}

BrokerCore::~BrokerCore() = default;

bool BrokerCore::runBlocking(UniqueFunction<void()> task)
{
    auto pass = gate->enter();
    if (!pass) {
        return false;
    }
    return runtime.tryRunBlocking([held = std::move(*pass), work = std::move(task)]() mutable { work(); });
}

bool BrokerCore::runInBackground(UniqueFunction<void()> task)
{
    auto pass = gate->enter();
    if (!pass) {
        return false;
    }
    return runtime.tryRunInBackground([held = std::move(*pass), work = std::move(task)]() mutable { work(); });
}

bool BrokerCore::isBeingSentTo() const
{
    using Steady = std::chrono::steady_clock;
    const Steady::time_point last(Steady::duration(m_lastSend.load(std::memory_order_relaxed)));
    return last != Steady::time_point::min() && clock.steady() - last < kSendingGap;
}

bool BrokerCore::isReadable() const
{
    return (permission.load(std::memory_order_relaxed) & perm::kRead) != 0;
}

bool BrokerCore::isWritable() const
{
    return (permission.load(std::memory_order_relaxed) & perm::kWrite) != 0;
}

} // namespace gantry
