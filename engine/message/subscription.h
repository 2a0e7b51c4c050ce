// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gantry {

inline constexpr std::string_view kExpressionTag = "TAG";
inline constexpr std::string_view kExpressionSql92 = "SQL92";
inline constexpr std::string_view kSubscribeAll = "*";

/// What one group wants of one topic.
struct SubscriptionData
{
    std::string topic;
    std::string subString = "*";
    std::vector<std::string> tagsSet;
    std::vector<std::int32_t> codeSet;       ///< Java hash codes of the tags
    std::int64_t subVersion = 0;             ///< ms; newer replaces older
    std::string expressionType = "TAG";
    bool classFilterMode = false;

    bool operator==(const SubscriptionData&) const = default;
};

/// Splits "TagA || TagB"; "*", "" and the absence of tags mean all.
[[nodiscard]] SubscriptionData makeSubscription(std::string_view topic, std::string_view expression,
                                                std::string_view expressionType = kExpressionTag);
/// What a ConsumeQueue entry holds for a message with these tags: the sign-extended Java hash; 0 without tags.
[[nodiscard]] std::int64_t tagsCodeOf(std::string_view tags);

enum class MessageModel : std::int32_t { Broadcasting = 0, Clustering = 1 };
enum class ConsumeType : std::int32_t { Actively = 0, Passively = 1, Pop = 2 };
enum class ConsumeFromWhere : std::int32_t { LastOffset = 0, FirstOffset = 4, Timestamp = 5 };

[[nodiscard]] std::string_view toString(MessageModel model);       ///< "CLUSTERING", "BROADCASTING"
[[nodiscard]] std::string_view toString(ConsumeType type);         ///< "CONSUME_PASSIVELY", ...
[[nodiscard]] std::string_view toString(ConsumeFromWhere where);   ///< "CONSUME_FROM_LAST_OFFSET", ...

} // namespace gantry
