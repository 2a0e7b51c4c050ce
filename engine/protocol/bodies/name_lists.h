// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "message/subscription.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Small bodies: lists of names and a table of texts.
namespace gantry {

/// Answer to 28, 103 and 219.
struct KvTable
{
    std::map<std::string, std::string> table;

    [[nodiscard]] std::string encode() const;
    [[nodiscard]] static Result<KvTable> decode(std::string_view body);
    bool operator==(const KvTable&) const = default;
};

/// Answer to 206, 224, 304, 305, 343.
struct TopicList
{
    std::vector<std::string> topics;
    std::string brokerAddr; ///< empty = absent

    [[nodiscard]] std::string encode() const;
    [[nodiscard]] static Result<TopicList> decode(std::string_view body);
    bool operator==(const TopicList&) const = default;
};

/// Answer to 300.
struct GroupList
{
    std::vector<std::string> groups;

    [[nodiscard]] std::string encode() const;
    [[nodiscard]] static Result<GroupList> decode(std::string_view body);
    bool operator==(const GroupList&) const = default;
};

/// Answer to 38.
struct ConsumerIdList
{
    std::vector<std::string> consumerIds;

    [[nodiscard]] std::string encode() const;
    [[nodiscard]] static Result<ConsumerIdList> decode(std::string_view body);
    bool operator==(const ConsumerIdList&) const = default;
};

/// Answer to 345.
struct QuerySubscriptionResponse
{
    std::string group;
    std::string topic;
    std::optional<SubscriptionData> subscription;

    [[nodiscard]] std::string encode() const;
    [[nodiscard]] static Result<QuerySubscriptionResponse> decode(std::string_view body);
    bool operator==(const QuerySubscriptionResponse&) const = default;
};

} // namespace gantry
