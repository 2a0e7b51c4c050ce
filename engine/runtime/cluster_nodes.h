// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "broker/broker.h"
#include "namesrv/name_server.h"
#include "runtime/cluster_observation.h"
#include "runtime/local_cluster.h"
#include "runtime/message_search.h"

#include <memory>
#include <string>
#include <vector>

namespace gantry {

/// The NameServers and brokers of an embedded cluster: where they live and in which order they start and stop.
/// start() and stop() from one thread; the rest is thread-safe in between.
class ClusterNodes
{
public:
    ClusterNodes(const LocalClusterConfig& config, FileSystem& files, Clock& clock, IoRuntime& runtime);
    ~ClusterNodes(); ///< stop()
    ClusterNodes(const ClusterNodes&) = delete;
    ClusterNodes& operator=(const ClusterNodes&) = delete;

    /// All or nothing: on failure what had started is stopped again.
    [[nodiscard]] Result<> start();
    void stop();

    [[nodiscard]] std::vector<std::string> nameServerAddresses() const;
    [[nodiscard]] std::vector<std::string> brokerAddresses() const;
    [[nodiscard]] const std::vector<StoreRef>& stores() const { return m_stores; }
    /// Adds what every node says of itself.
    void observe(ClusterObservation& observation) const;

private:
    [[nodiscard]] Result<> startNameServers();
    [[nodiscard]] Result<> startBrokers();
    [[nodiscard]] BrokerConfig brokerConfig(int index) const;

    const LocalClusterConfig m_config;
    FileSystem& m_files;
    Clock& m_clock;
    IoRuntime& m_runtime;
    std::vector<std::unique_ptr<NameServer>> m_nameServers;
    std::vector<std::unique_ptr<Broker>> m_brokers;
    std::vector<StoreRef> m_stores;
};

} // namespace gantry
