// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/cluster_session.h"
#include "store/store_config.h"

#include <filesystem>
#include <memory>

namespace gantry {

/// How the embedded cluster is laid out. Port 0 = any free one.
struct LocalClusterConfig
{
    std::filesystem::path dataDirectory;     ///< stores, tables, dedup log; created when missing
    int nameServers = 2;
    int brokers = 2;                         ///< masters broker-a, broker-b, ...
    std::uint16_t nameServerPortBase = 9876; ///< 9876, 9877, ...
    std::uint16_t brokerPortBase = 10911;    ///< 10911, 10921, ...
    bool anyFreePorts = false;               ///< take free ports instead, e.g. for tests and tours
    std::string clusterName = "GantryCluster";
    std::vector<FlushMode> flushModes{FlushMode::Sync, FlushMode::Async}; ///< of broker-a, broker-b, ...
    std::int64_t commitLogFileSize = 64 * kMiB;
    std::chrono::milliseconds snapshotInterval{500};
};

/// NameServers and brokers inside this process, on loopback sockets and real files, and a session on them. Starting
/// is quick (well under a second with a small store). Errors say which part could not start and what to do: a port in
/// use, a store directory locked by another process, foreign files.
[[nodiscard]] Result<std::unique_ptr<ClusterSession>> startLocalCluster(LocalClusterConfig config);

} // namespace gantry
