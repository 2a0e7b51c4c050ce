// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "protocol/bodies/data_version.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace gantry {

/// Consumer offsets: answer to 43, content of consumerOffset.json.
struct ConsumerOffsetTable
{
    DataVersion dataVersion;
    std::map<std::string, std::map<std::int32_t, std::int64_t>> offsets; ///< "topic@group" -> queue -> next offset

    [[nodiscard]] static std::string key(std::string_view topic, std::string_view group)
    {
        return std::string(topic).append(1, '@').append(group);
    }
    [[nodiscard]] std::string encode() const;
    [[nodiscard]] std::string encodeFile() const; ///< indented
    [[nodiscard]] static Result<ConsumerOffsetTable> decode(std::string_view body);
    bool operator==(const ConsumerOffsetTable&) const = default;
};

/// Progress of the delay levels: answer to 45, content of delayOffset.json.
struct DelayOffsetTable
{
    DataVersion dataVersion;
    std::map<std::int32_t, std::int64_t> offsets; ///< level (from 1) -> next offset in queue level-1

    [[nodiscard]] std::string encode() const;
    [[nodiscard]] std::string encodeFile() const; ///< indented
    [[nodiscard]] static Result<DelayOffsetTable> decode(std::string_view body);
    bool operator==(const DelayOffsetTable&) const = default;
};

} // namespace gantry
