// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "protocol/bodies/data_version.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gantry {

/// Bits of a topic's and a queue's permission.
namespace perm {
inline constexpr std::int32_t kInherit = 0x1;
inline constexpr std::int32_t kWrite = 0x2;
inline constexpr std::int32_t kRead = 0x4;
inline constexpr std::int32_t kPriority = 0x8;
inline constexpr std::int32_t kReadWrite = kRead | kWrite;
} // namespace perm

/// TopicConfig::topicSysFlag.
namespace topicsysflag {
inline constexpr std::int32_t kUnit = 1;
inline constexpr std::int32_t kUnitSub = 2;
} // namespace topicsysflag

/// A topic as a broker keeps it. Defaults are those of Apache's bean.
struct TopicConfig
{
    std::string topicName;
    std::int32_t readQueueNums = 16;
    std::int32_t writeQueueNums = 16;
    std::int32_t perm = perm::kReadWrite;
    std::string topicFilterType = "SINGLE_TAG"; ///< or "MULTI_TAG"
    std::int32_t topicSysFlag = 0;              ///< 1 unit, 2 unit subscription
    bool order = false;
    std::map<std::string, std::string> attributes; ///< without '+' and '-', e.g. message.type -> NORMAL

    [[nodiscard]] std::string encode() const;
    [[nodiscard]] static Result<TopicConfig> decode(std::string_view body);
    bool operator==(const TopicConfig&) const = default;
};

/// Every topic of a broker: answer to 21, part of 103, content of topics.json.
struct TopicConfigTable
{
    DataVersion dataVersion;
    std::map<std::string, TopicConfig> topics; ///< by name

    /// With the (empty) tables of static topics, as 5.x brokers answer.
    [[nodiscard]] std::string encode() const;
    /// As topics.json: two members, indented.
    [[nodiscard]] std::string encodeFile() const;
    [[nodiscard]] static Result<TopicConfigTable> decode(std::string_view body);
    bool operator==(const TopicConfigTable&) const = default;
};

/// Body of 18.
[[nodiscard]] Result<std::vector<TopicConfig>> decodeTopicConfigList(std::string_view body);

} // namespace gantry
