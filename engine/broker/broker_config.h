// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "base/properties_file.h"
#include "base/units.h"
#include "store/store_config.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gantry {

/// What a broker can be told, by Apache's property names; defaults are Apache's except where noted.
struct BrokerConfig
{
    std::string clusterName = "DefaultCluster";      ///< brokerClusterName
    std::string brokerName = "broker-a";
    std::int64_t brokerId = 0;
    std::string bindAddress = "127.0.0.1";           ///< ours: loopback unless told otherwise
    std::string advertisedIp;                        ///< brokerIP1; empty = bindAddress
    std::uint16_t port = 10911;                      ///< listenPort; 0 = any free one
    bool fastPortEnabled = false;                    ///< ours: also listen on port - 2 (the "VIP" channel)
    std::vector<std::string> nameServers;            ///< namesrvAddr, split at ';'
    std::chrono::milliseconds registerPeriod{30'000}; ///< registerNameServerPeriod
    int defaultTopicQueueCount = 8;                  ///< defaultTopicQueueNums
    bool autoCreateTopic = true;                     ///< autoCreateTopicEnable
    bool autoCreateGroup = true;                     ///< autoCreateSubscriptionGroup
    int permission = 6;                              ///< brokerPermission
    bool longPolling = true;                         ///< longPollingEnable
    std::chrono::milliseconds shortPolling{1000};
    /// globalColdReadThreshold: bytes a second of backlog that all consumers may read while somebody sends, or twice what
    /// senders bring if that is more; 0 = no limit, else at least 1 MiB. Ours: always on (Apache's is with coldDataFlowControlEnable only).
    std::int64_t coldReadBytesPerSecondMax = 100 * kMiB;
    std::chrono::milliseconds clientExpiry{120'000}; ///< channelExpiredTimeout
    std::chrono::milliseconds offsetFlushInterval{5'000}; ///< flushConsumerOffsetInterval
    std::chrono::milliseconds delayOffsetFlushInterval{10'000};
    bool traceTopic = false;                         ///< traceTopicEnable
    std::string messageDelayLevel = "1s 5s 10s 30s 1m 2m 3m 4m 5m 6m 7m 8m 9m 10m 20m 30m 1h 2h";
    StoreConfig store;

    /// From a broker.conf. Unknown keys are kept out and reported in `unknownKeys`; bad values are errors that name the
    /// key, the value and what is expected.
    [[nodiscard]] static Result<BrokerConfig> fromProperties(const PropertyTable& table, std::vector<std::string>* unknownKeys = nullptr);
    [[nodiscard]] PropertyTable toProperties() const;
};

/// "1s 5s 10s ..." of messageDelayLevel; units s m h d. Element 0 is level 1. Errors name the word that is wrong.
[[nodiscard]] Result<std::vector<std::chrono::milliseconds>> parseDelayLevels(std::string_view text);

} // namespace gantry
