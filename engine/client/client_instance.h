// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/client_config.h"
#include "remoting/remoting_client.h"

#include <memory>
#include <string>

namespace gantry {

/// Connections, routes, heartbeats and timers that all producers and consumers of one application
/// share (one client id). Thread-safe. Create one, hand it to Producer, PushConsumer, PullConsumer,
/// AdminClient; it must outlive them.
class ClientInstance
{
public:
    /// The runtime must outlive the instance.
    ClientInstance(IoRuntime& runtime, ClientConfig config);
    ~ClientInstance(); ///< shutdown()
    ClientInstance(const ClientInstance&) = delete;
    ClientInstance& operator=(const ClientInstance&) = delete;

    /// "ip@instance", as RocketMQ clients name themselves.
    [[nodiscard]] const std::string& clientId() const;
    [[nodiscard]] const ClientConfig& config() const;
    /// Idempotent. Producers and consumers should be stopped before.
    void shutdown();

    class Impl; ///< client_instance_impl.h, for this folder only
    [[nodiscard]] Impl& impl() const { return *m_impl; }
    [[nodiscard]] const std::shared_ptr<Impl>& share() const { return m_impl; } ///< as impl()

private:
    std::shared_ptr<Impl> m_impl;
};

} // namespace gantry
