// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

/// Headers of administrative requests about a broker: 26, 308, 315, 317.
/// Members are named as on the wire unless visit() says otherwise; see protocol/header_codec.h for how they are read.
namespace gantry {

/// Answer to 26.
struct GetBrokerConfigResponseHeader
{
    std::string version; ///< DataVersion as JSON text

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("version", self.version);
    }
};

/// 308.
struct QueryCorrectionOffsetHeader
{
    std::string topic;
    std::string compareGroup;
    std::optional<std::string> filterGroups; ///< joined with commas

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("topic", self.topic);
        visitor("compareGroup", self.compareGroup);
        visitor("filterGroups", self.filterGroups);
    }
};

/// 315.
struct ViewBrokerStatsDataHeader
{
    std::string statsName;
    std::string statsKey;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("statsName", self.statsName);
        visitor("statsKey", self.statsKey);
    }
};

/// 317.
struct GetBrokerConsumeStatsHeader
{
    bool isOrder = false;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("isOrder", self.isOrder);
    }
};

} // namespace gantry
