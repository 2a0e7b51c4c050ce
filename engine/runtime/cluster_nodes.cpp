// SPDX-License-Identifier: Apache-2.0
#include "runtime/cluster_nodes.h"

namespace gantry {

namespace {

constexpr int kBrokerPortStep = 10; ///< a broker also owns port - 2 and port + 1

std::string brokerNameOf(int index)
{
    return fmt::format("broker-{}", static_cast<char>('a' + index));
}

} // namespace

ClusterNodes::ClusterNodes(const LocalClusterConfig& config, FileSystem& files, Clock& clock, IoRuntime& runtime)
    : m_config(config)
    , m_files(files)
    , m_clock(clock)
    , m_runtime(runtime)
{}

ClusterNodes::~ClusterNodes()
{
    stop();
}

Result<> ClusterNodes::start()
{
    auto started = startNameServers();
    if (started) {
        started = startBrokers();
    }
    if (!started) {
        stop();
    }
    return started;
}

Result<> ClusterNodes::startNameServers()
{
    for (int i = 0; i < m_config.nameServers; ++i) {
        NameServerConfig config;
        config.port = m_config.anyFreePorts ? std::uint16_t{0} : static_cast<std::uint16_t>(m_config.nameServerPortBase + i);
        const auto directory = m_config.dataDirectory / fmt::format("namesrv-{}", i + 1);
        GANTRY_CHECK(m_files.createDirectories(directory));
        config.kvConfigPath = directory / "kvConfig.json";
        auto server = std::make_unique<NameServer>(config, m_runtime, m_files, m_clock);
        if (auto started = server->start(); !started) {
            return failWith(std::move(started.error()), fmt::format("NameServer {} cannot start", i + 1));
        }
        m_nameServers.push_back(std::move(server));
    }
    return {};
}

BrokerConfig ClusterNodes::brokerConfig(int index) const
{
    BrokerConfig config;
    config.clusterName = m_config.clusterName;
    config.brokerName = brokerNameOf(index);
    config.port = m_config.anyFreePorts ? std::uint16_t{0} : static_cast<std::uint16_t>(m_config.brokerPortBase + index * kBrokerPortStep);
    config.nameServers = nameServerAddresses();
    config.store.rootDirectory = m_config.dataDirectory / config.brokerName;
    config.store.commitLogFileSize = m_config.commitLogFileSize;
    // An index of Apache's default size would take 420 MB of address space and disk for a demo's few keys.
    config.store.indexSlotCount = 500'000;
    config.store.indexEntryCount = 2'000'000;
    if (!m_config.flushModes.empty()) {
        config.store.flushMode = m_config.flushModes[static_cast<std::size_t>(index) % m_config.flushModes.size()];
    }
    return config;
}

Result<> ClusterNodes::startBrokers()
{
    for (int i = 0; i < m_config.brokers; ++i) {
        auto broker = std::make_unique<Broker>(brokerConfig(i), Broker::Dependencies{m_files, m_clock, m_runtime});
        if (auto started = broker->start(); !started) {
            return tl::unexpected<Error>(std::move(started.error())); // it names the broker
        }
        m_stores.push_back({broker->config().brokerName, &broker->store()});
        m_brokers.push_back(std::move(broker));
    }
    return {};
}

void ClusterNodes::stop()
{
    m_stores.clear();
    for (auto& broker : m_brokers) {
        broker->stop();
    }
    m_brokers.clear();
    for (auto& server : m_nameServers) {
        server->stop();
    }
    m_nameServers.clear();
}

std::vector<std::string> ClusterNodes::nameServerAddresses() const
{
    std::vector<std::string> addresses;
    for (const auto& server : m_nameServers) {
        addresses.push_back(server->address());
    }
    return addresses;
}

std::vector<std::string> ClusterNodes::brokerAddresses() const
{
    std::vector<std::string> addresses;
    for (const auto& broker : m_brokers) {
        addresses.push_back(broker->address());
    }
    return addresses;
}

void ClusterNodes::observe(ClusterObservation& observation) const
{
    for (const auto& server : m_nameServers) {
        observation.nameServers.push_back({server->address(), {}, server->view()});
    }
    for (const auto& broker : m_brokers) {
        BrokerObservation entry;
        entry.name = broker->config().brokerName;
        entry.address = broker->address();
        entry.storeDirectory = broker->config().store.rootDirectory.string();
        entry.view = broker->view();
        entry.store = &broker->store();
        observation.brokers.push_back(std::move(entry));
    }
}

} // namespace gantry
