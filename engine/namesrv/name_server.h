// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/file_system.h"
#include "base/properties_file.h"
#include "remoting/remoting_server.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace gantry {

struct NameServerConfig
{
    std::string bindAddress = "127.0.0.1";
    std::uint16_t port = 9876;          ///< listenPort; 0 = any free one
    std::filesystem::path kvConfigPath; ///< empty = KV configuration is not kept
    std::chrono::milliseconds brokerExpiry{
        120'000}; ///< unless the broker's registration says otherwise
    std::chrono::milliseconds scanInterval{5'000}; ///< scanNotActiveBrokerInterval
    bool orderMessageEnable = false;
    bool returnOrderTopicConfigToBroker = true;
    bool enableTopicList = true;    ///< answer 224 and 311-313
    bool enableAllTopicList = true; ///< answer 206
    bool deleteTopicWithBrokerRegistration =
        false; ///< a registration lists all topics of its broker

    /// From a namesrv.conf with Apache's property names. Keys that mean nothing to us are kept out
    /// and reported in `unknownKeys`; bad values are errors that name the key, the value and what
    /// is expected.
    [[nodiscard]] static Result<NameServerConfig>
    fromProperties(const PropertyTable& table, std::vector<std::string>* unknownKeys = nullptr);
    [[nodiscard]] PropertyTable toProperties() const;
    /// What may be changed while it runs: the switches above, nothing that names a path, port or
    /// address. All or nothing. Errc::PermissionDenied names a key that is not among them.
    [[nodiscard]] Result<> change(const PropertyTable& changes);
};

/// What one NameServer knows, for the workbench and its tests.
struct NameServerView
{
    struct Broker
    {
        std::string cluster;
        std::string name;
        std::int64_t id = 0;
        std::string address;
        std::int64_t lastHeartbeatMs = 0;
        std::int64_t registrations = 0; ///< REGISTER_BROKER requests seen
        std::int64_t dataVersionCounter = 0;
        std::size_t topics = 0;
    };
    std::vector<Broker> brokers;
    std::size_t topicCount = 0;
    std::size_t connectionCount = 0;
    std::int64_t routeQueries = 0;
};

/// One NameServer: routes from brokers' registrations, nothing else. Never talks to another
/// NameServer; several converge because every broker registers with each. Thread-safe.
class NameServer
{
public:
    /// The runtime, the files and the clock must outlive it.
    NameServer(NameServerConfig config, IoRuntime& runtime, FileSystem& files, Clock& clock);
    ~NameServer(); ///< stop()
    NameServer(const NameServer&) = delete;
    NameServer& operator=(const NameServer&) = delete;

    /// Reads the KV configuration and listens. On failure nothing stays behind.
    [[nodiscard]] Result<> start();
    /// Closes all connections and waits for changes that are being written. Idempotent. Not from an
    /// event loop.
    void stop();
    [[nodiscard]] std::string address() const; ///< "ip:port", after start()
    [[nodiscard]] NameServerView view() const;

private:
    struct Impl;
    std::shared_ptr<Impl> m_impl;
};

} // namespace gantry
