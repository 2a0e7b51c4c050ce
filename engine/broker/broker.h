// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"
#include "base/file_system.h"
#include "broker/broker_config.h"
#include "broker/broker_view.h"
#include "remoting/remoting_server.h"
#include "store/message_store.h"

#include <memory>

namespace gantry {

/// One broker: store, tables, processors, delay service, registration. Composition and lifecycle only. Thread-safe
/// after start().
class Broker
{
public:
    struct Dependencies
    {
        FileSystem& files;
        Clock& clock;
        IoRuntime& runtime; ///< may be shared by several brokers and NameServers; must outlive the broker
    };

    Broker(BrokerConfig config, Dependencies dependencies);
    ~Broker(); ///< stop()
    Broker(const Broker&) = delete;
    Broker& operator=(const Broker&) = delete;

    /// Opens the store, loads the tables, listens, registers. On failure nothing stays behind.
    [[nodiscard]] Result<> start();
    /// Clean stop: unregisters, closes connections, releases held pulls, flushes everything. Idempotent.
    void stop();

    [[nodiscard]] std::string address() const; ///< advertised "ip:port", after start()
    [[nodiscard]] const BrokerConfig& config() const;
    [[nodiscard]] BrokerView view() const;
    /// For the workbench's own look at messages; the network is not involved.
    [[nodiscard]] MessageStore& store() const;

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace gantry
