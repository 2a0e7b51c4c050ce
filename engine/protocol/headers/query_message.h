// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

/// Headers of 12 QUERY_MESSAGE and 33 VIEW_MESSAGE_BY_ID.
/// Members are named as on the wire unless visit() says otherwise; see protocol/header_codec.h for how they are read.
namespace gantry {

/// 12.
struct QueryMessageHeader
{
    std::string topic;
    std::string key;
    std::int32_t maxNum = 0;
    std::int64_t beginTimestamp = 0; ///< ms
    std::int64_t endTimestamp = 0; ///< ms
    std::optional<bool> uniqueKeyQuery;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("topic", self.topic);
        visitor("key", self.key);
        visitor("maxNum", self.maxNum);
        visitor("beginTimestamp", self.beginTimestamp);
        visitor("endTimestamp", self.endTimestamp);
        visitor("_UNIQUE_KEY_QUERY", self.uniqueKeyQuery);
    }
};

/// Answer to 12.
struct QueryMessageResponseHeader
{
    std::int64_t indexLastUpdateTimestamp = 0;
    std::int64_t indexLastUpdatePhyoffset = 0;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("indexLastUpdateTimestamp", self.indexLastUpdateTimestamp);
        visitor("indexLastUpdatePhyoffset", self.indexLastUpdatePhyoffset);
    }
};

/// 33.
struct ViewMessageHeader
{
    std::int64_t offset = 0; ///< physical
    std::optional<std::string> topic;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("offset", self.offset);
        visitor("topic", self.topic);
    }
};

} // namespace gantry
