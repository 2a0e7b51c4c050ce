// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "message/subscription.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gantry {

/// One connected client of a group.
struct ClientConnection
{
    std::string clientId;
    std::string clientAddr; ///< ip:port
    std::string language = "JAVA";
    std::int32_t version = 0;

    bool operator==(const ClientConnection&) const = default;
};

/// Answer to 203.
struct ConsumerConnection
{
    std::vector<ClientConnection> connections;
    std::map<std::string, SubscriptionData> subscriptions; ///< by topic
    ConsumeType consumeType = ConsumeType::Passively;
    MessageModel messageModel = MessageModel::Clustering;
    ConsumeFromWhere consumeFromWhere = ConsumeFromWhere::LastOffset;

    [[nodiscard]] std::string encode() const;
    [[nodiscard]] static Result<ConsumerConnection> decode(std::string_view body);
    bool operator==(const ConsumerConnection&) const = default;
};

/// Answer to 204.
struct ProducerConnection
{
    std::vector<ClientConnection> connections;

    [[nodiscard]] std::string encode() const;
    [[nodiscard]] static Result<ProducerConnection> decode(std::string_view body);
    bool operator==(const ProducerConnection&) const = default;
};

/// One producer in the answer to 328.
struct ProducerInfo
{
    std::string clientId;
    std::string remoteIp; ///< ip:port, as Apache writes it
    std::string language = "JAVA";
    std::int32_t version = 0;
    std::int64_t lastUpdateTimestamp = 0; ///< ms

    bool operator==(const ProducerInfo&) const = default;
};

/// Answer to 328.
struct ProducerTable
{
    std::map<std::string, std::vector<ProducerInfo>> producers; ///< by group

    [[nodiscard]] std::string encode() const;
    [[nodiscard]] static Result<ProducerTable> decode(std::string_view body);
    bool operator==(const ProducerTable&) const = default;
};

} // namespace gantry
