// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "protocol/bodies/topic_route.h"

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace gantry {

/// Answer to 106: every broker a NameServer knows.
struct ClusterInfo
{
    std::map<std::string, BrokerData> brokerAddrTable;            ///< by broker name
    std::map<std::string, std::set<std::string>> clusterAddrTable; ///< cluster -> broker names

    [[nodiscard]] std::string encode() const;
    [[nodiscard]] static Result<ClusterInfo> decode(std::string_view body);
    bool operator==(const ClusterInfo&) const = default;
};

/// Answer to 901.
struct BrokerMemberGroup
{
    std::string cluster;
    std::string brokerName;
    std::map<std::int64_t, std::string> brokerAddrs;

    [[nodiscard]] std::string encode() const;
    [[nodiscard]] static Result<BrokerMemberGroup> decode(std::string_view body);
    bool operator==(const BrokerMemberGroup&) const = default;
};

} // namespace gantry
