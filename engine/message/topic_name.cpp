// SPDX-License-Identifier: Apache-2.0
#include "message/topic_name.h"

#include "base/limits.h"

#include <algorithm>
#include <array>

namespace gantry {

namespace {

constexpr std::string_view kSystemPrefix = "rmq_sys_";
constexpr std::string_view kSystemGroupPrefix = "CID_RMQ_SYS_";

constexpr std::array<std::string_view, 10> kSystemTopics{
    kAutoCreateTopic,     kScheduleTopic,           kBenchmarkTopic, kTransactionHalfTopic, kTraceTopic,
    kTransactionOpTopic,  kTransactionCheckMaxTopic, kSelfTestTopic,  kOffsetMovedTopic,     "CHECKPOINT_TOPIC"};

constexpr std::array<std::string_view, 6> kSendForbidden{
    kScheduleTopic, kTransactionHalfTopic, kTransactionOpTopic, kTransactionCheckMaxTopic, kSelfTestTopic,
        kOffsetMovedTopic};

constexpr std::array<std::string_view, 8> kSystemGroups{
    "TOOLS_CONSUMER",     "FILTERSRV_CONSUMER", "__MONITOR_CONSUMER",   "SELF_TEST_C_GROUP",
    "CID_ONS-HTTP-PROXY", "CID_ONSAPI_PULL",    "CID_ONSAPI_PERMISSION", "CID_ONSAPI_OWNER"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name)
{
    return std::find(names.begin(), names.end(), name) != names.end();
}

constexpr bool isNameCharacter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '%' || c == '|' ||
           c == '_' || c == '-';
}

Result<> validateName(std::string_view what, std::string_view name, std::size_t sizeMax)
{
    if (name.empty()) {
        return fail(Errc::InvalidArgument, "the {} name is empty", what);
    }
    if (name.size() > sizeMax) {
        return fail(Errc::InvalidArgument, "the {} name has {} characters; at most {} are allowed", what,
            name.size(), sizeMax);
    }
    const auto bad = std::find_if_not(name.begin(), name.end(), isNameCharacter);
    if (bad != name.end()) {
        const auto position = bad - name.begin() + 1;
        const auto code = static_cast<unsigned>(static_cast<unsigned char>(*bad));
        const std::string shown = code > 0x20 && code < 0x7F
            ? fmt::format("'{}'", *bad) : fmt::format("byte 0x{:02X}", code);
        return fail(Errc::InvalidArgument,
                    "the {} name holds {} at position {}; allowed are letters, digits and % | _ -", what, shown,
                        position);
    }
    return {};
}

} // namespace

std::string retryTopicOf(std::string_view group)
{
    return std::string(kRetryTopicPrefix).append(group);
}

std::string deadLetterTopicOf(std::string_view group)
{
    return std::string(kDeadLetterTopicPrefix).append(group);
}

bool isRetryTopic(std::string_view topic)
{
    return topic.starts_with(kRetryTopicPrefix);
}

bool isDeadLetterTopic(std::string_view topic)
{
    return topic.starts_with(kDeadLetterTopicPrefix);
}

std::string_view groupOfTopic(std::string_view topic)
{
    if (isRetryTopic(topic)) {
        return topic.substr(kRetryTopicPrefix.size());
    }
    return isDeadLetterTopic(topic) ? topic.substr(kDeadLetterTopicPrefix.size()) : std::string_view{};
}

bool isSystemTopic(std::string_view topic)
{
    return topic.starts_with(kSystemPrefix) || contains(kSystemTopics, topic);
}

bool isSendForbidden(std::string_view topic)
{
    return contains(kSendForbidden, topic);
}

bool isSystemGroup(std::string_view group)
{
    return group.starts_with(kSystemGroupPrefix) || contains(kSystemGroups, group);
}

Result<> validateTopicName(std::string_view topic)
{
    return validateName("topic", topic, limits::kTopicBytesMax);
}

Result<> validateGroupName(std::string_view group)
{
    return validateName("group", group, limits::kGroupBytesMax);
}

} // namespace gantry
