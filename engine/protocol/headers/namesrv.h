// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

/// Headers of requests to a NameServer: 100-106, 205, 216, 217, 219, 224, 322, 327, 901, 904.
/// Members are named as on the wire unless visit() says otherwise; see protocol/header_codec.h for how they are read.
namespace gantry {

/// 100.
struct PutKvConfigHeader
{
    std::string nameSpace;
    std::string key;
    std::string value;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("namespace", self.nameSpace);
        visitor("key", self.key);
        visitor("value", self.value);
    }
};

/// 101.
struct GetKvConfigHeader
{
    std::string nameSpace;
    std::string key;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("namespace", self.nameSpace);
        visitor("key", self.key);
    }
};

/// Answer to 101.
struct GetKvConfigResponseHeader
{
    std::optional<std::string> value;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("value", self.value);
    }
};

/// 102.
struct DeleteKvConfigHeader
{
    std::string nameSpace;
    std::string key;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("namespace", self.nameSpace);
        visitor("key", self.key);
    }
};

/// 219.
struct GetKvlistByNamespaceHeader
{
    std::string nameSpace;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("namespace", self.nameSpace);
    }
};

/// 103.
struct RegisterBrokerHeader
{
    std::string brokerName;
    std::string brokerAddr;
    std::string clusterName;
    std::string haServerAddr;
    std::int64_t brokerId = 0; ///< 0 is the master
    std::optional<std::int64_t> heartbeatTimeoutMillis;
    std::optional<bool> enableActingMaster;
    std::optional<bool> compressed;
    std::optional<std::int32_t> bodyCrc32; ///< 31-bit CRC of the body as sent; 0: unchecked

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("brokerName", self.brokerName);
        visitor("brokerAddr", self.brokerAddr);
        visitor("clusterName", self.clusterName);
        visitor("haServerAddr", self.haServerAddr);
        visitor("brokerId", self.brokerId);
        visitor("heartbeatTimeoutMillis", self.heartbeatTimeoutMillis);
        visitor("enableActingMaster", self.enableActingMaster);
        visitor("compressed", self.compressed);
        visitor("bodyCrc32", self.bodyCrc32);
    }
};

/// Answer to 103.
struct RegisterBrokerResponseHeader
{
    std::optional<std::string> haServerAddr;
    std::optional<std::string> masterAddr;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("haServerAddr", self.haServerAddr);
        visitor("masterAddr", self.masterAddr);
    }
};

/// 104.
struct UnregisterBrokerHeader
{
    std::string brokerName;
    std::string brokerAddr;
    std::string clusterName;
    std::int64_t brokerId = 0;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("brokerName", self.brokerName);
        visitor("brokerAddr", self.brokerAddr);
        visitor("clusterName", self.clusterName);
        visitor("brokerId", self.brokerId);
    }
};

/// 105.
struct GetRouteInfoHeader
{
    std::string topic;
    std::optional<bool> acceptStandardJsonOnly;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("topic", self.topic);
        visitor("acceptStandardJsonOnly", self.acceptStandardJsonOnly);
    }
};

/// 205, 327.
struct WipeWritePermHeader
{
    std::string brokerName;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("brokerName", self.brokerName);
    }
};

/// Answer to 205.
struct WipeWritePermResponseHeader
{
    std::int32_t wipeTopicCount = 0;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("wipeTopicCount", self.wipeTopicCount);
    }
};

/// Answer to 327.
struct AddWritePermResponseHeader
{
    std::int32_t addTopicCount = 0;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("addTopicCount", self.addTopicCount);
    }
};

/// 216.
struct DeleteTopicInNamesrvHeader
{
    std::string topic;
    std::optional<std::string> clusterName;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("topic", self.topic);
        visitor("clusterName", self.clusterName);
    }
};

/// 217.
struct RegisterTopicHeader
{
    std::string topic;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("topic", self.topic);
    }
};

/// 224.
struct GetTopicsByClusterHeader
{
    std::string cluster;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("cluster", self.cluster);
    }
};

/// 322.
struct QueryDataVersionHeader
{
    std::string brokerName;
    std::string brokerAddr;
    std::string clusterName;
    std::int64_t brokerId = 0;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("brokerName", self.brokerName);
        visitor("brokerAddr", self.brokerAddr);
        visitor("clusterName", self.clusterName);
        visitor("brokerId", self.brokerId);
    }
};

/// Answer to 322.
struct QueryDataVersionResponseHeader
{
    bool changed = false;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("changed", self.changed);
    }
};

/// 901.
struct GetBrokerMemberGroupHeader
{
    std::string clusterName;
    std::string brokerName;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("clusterName", self.clusterName);
        visitor("brokerName", self.brokerName);
    }
};

/// 904.
struct BrokerHeartbeatHeader
{
    std::string clusterName;
    std::string brokerAddr;
    std::string brokerName;
    std::optional<std::int64_t> brokerId;
    std::optional<std::int32_t> epoch;
    std::optional<std::int64_t> maxOffset;
    std::optional<std::int64_t> confirmOffset;
    std::optional<std::int64_t> heartbeatTimeoutMills; ///< the wire name is misspelt by Apache
    std::optional<std::int32_t> electionPriority;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("clusterName", self.clusterName);
        visitor("brokerAddr", self.brokerAddr);
        visitor("brokerName", self.brokerName);
        visitor("brokerId", self.brokerId);
        visitor("epoch", self.epoch);
        visitor("maxOffset", self.maxOffset);
        visitor("confirmOffset", self.confirmOffset);
        visitor("heartbeatTimeoutMills", self.heartbeatTimeoutMills);
        visitor("electionPriority", self.electionPriority);
    }
};

} // namespace gantry
