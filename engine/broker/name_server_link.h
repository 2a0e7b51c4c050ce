// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/unique_function.h"
#include "protocol/bodies/topic_config.h"
#include "remoting/io_runtime.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace gantry {

/// Registers the broker with every NameServer, each on its own: at start, again and again, and at once when topics
/// change. A NameServer that is down delays nobody. Thread-safe.
class NameServerLink
{
public:
    struct Options
    {
        std::vector<std::string> addresses;
        std::string clusterName;
        std::string brokerName;
        std::int64_t brokerId = 0;
        std::chrono::milliseconds period{30'000};
        std::chrono::milliseconds timeout{6'000};
    };
    /// The broker's topics as they are to be announced; called on a blocking thread.
    using TableSource = std::function<TopicConfigTable()>;
    /// Runs a task that may block; false if it cannot.
    using BlockingRunner = std::function<bool(UniqueFunction<void()>)>;

    NameServerLink(IoRuntime& runtime, Options options, TableSource table, BlockingRunner blocking);
    ~NameServerLink(); ///< stop()
    NameServerLink(const NameServerLink&) = delete;
    NameServerLink& operator=(const NameServerLink&) = delete;

    /// `brokerAddress` is what clients connect to, `haAddress` what replicas would.
    void start(std::string brokerAddress, std::string haAddress);
    /// Registers soon; calls during a registration make one more after it.
    void registerSoon();
    /// Registers and calls back once every NameServer has answered, refused or timed out; at once if there is none.
    void registerAndThen(std::function<void()> done);
    /// Unregisters (waits at most about a second) and ends. Idempotent. Not on an event loop.
    void stop();

    /// Address, last registration worked.
    [[nodiscard]] std::vector<std::pair<std::string, bool>> states() const;

private:
    struct Impl;
    std::shared_ptr<Impl> m_impl;
};

} // namespace gantry
