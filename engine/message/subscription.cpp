// SPDX-License-Identifier: Apache-2.0
#include "message/subscription.h"

#include "base/hash.h"

#include <algorithm>

namespace gantry {

namespace {

std::string_view trimmed(std::string_view text)
{
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

} // namespace

SubscriptionData makeSubscription(std::string_view topic, std::string_view expression, std::string_view expressionType)
{
    SubscriptionData data;
    data.topic = topic;
    data.expressionType = expressionType.empty() ? kExpressionTag : expressionType;
    if (data.expressionType != kExpressionTag) {
        data.subString = expression;
        return data;
    }
    if (trimmed(expression) == kSubscribeAll) {
        return data;
    }
    std::size_t at = 0;
    while (at <= expression.size()) {
        const std::size_t end = std::min(expression.find("||", at), expression.size());
        const std::string_view tag = trimmed(expression.substr(at, end - at));
        if (!tag.empty() && std::find(data.tagsSet.begin(), data.tagsSet.end(), tag) == data.tagsSet.end()) {
            data.tagsSet.emplace_back(tag);
            data.codeSet.push_back(javaHashCode(tag));
        }
        at = end + 2;
    }
    if (!data.tagsSet.empty()) {
        data.subString = expression;
    }
    return data;
}

std::int64_t tagsCodeOf(std::string_view tags)
{
    return tags.empty() ? 0 : std::int64_t{javaHashCode(tags)};
}

std::string_view toString(MessageModel model)
{
    return model == MessageModel::Broadcasting ? "BROADCASTING" : "CLUSTERING";
}

std::string_view toString(ConsumeType type)
{
    switch (type) {
    case ConsumeType::Actively: return "CONSUME_ACTIVELY";
    case ConsumeType::Passively: return "CONSUME_PASSIVELY";
    case ConsumeType::Pop: return "CONSUME_POP";
    }
    return "CONSUME_PASSIVELY";
}

std::string_view toString(ConsumeFromWhere where)
{
    switch (where) {
    case ConsumeFromWhere::LastOffset: return "CONSUME_FROM_LAST_OFFSET";
    case ConsumeFromWhere::FirstOffset: return "CONSUME_FROM_FIRST_OFFSET";
    case ConsumeFromWhere::Timestamp: return "CONSUME_FROM_TIMESTAMP";
    }
    return "CONSUME_FROM_LAST_OFFSET";
}

} // namespace gantry
