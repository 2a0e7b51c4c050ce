// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "broker/broker_view.h"
#include "namesrv/name_server.h"
#include "runtime/snapshot.h"
#include "store/message_store.h"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace gantry {

/// What the parts of a cluster said of themselves at one moment; the raw material of a snapshot.
struct NameServerObservation
{
    std::string address;
    std::string problem;                 ///< not empty: it is not up
    std::optional<NameServerView> view;
};

struct BrokerObservation
{
    std::string name;
    std::string address;
    std::string problem;                 ///< not empty: it is not up
    std::string storeDirectory;
    std::optional<BrokerView> view;
    const MessageStore* store = nullptr; ///< for ages of messages; may be null
};

struct ClusterObservation
{
    std::int64_t nowMs = 0;
    std::string title;
    std::vector<NameServerObservation> nameServers;
    std::vector<BrokerObservation> brokers;
    std::set<std::string> ownClientIds;  ///< clients of this process
    std::vector<DedupGroupInfo> dedup;
    DemoInfo demo;
};

} // namespace gantry
