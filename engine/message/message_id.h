// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "message/host_address.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace gantry {

struct OffsetMessageId
{
    HostAddress storeHost;
    std::int64_t commitLogOffset = 0;
};

[[nodiscard]] std::string formatOffsetMessageId(const HostAddress& storeHost, std::int64_t commitLogOffset);
/// 32 hex digits for IPv4, 56 for IPv6; anything else is InvalidArgument.
[[nodiscard]] Result<OffsetMessageId> parseOffsetMessageId(std::string_view text);

/// Makes client-side unique keys (UNIQ_KEY): address, process, a random word, time since the month began, counter.
/// Thread-safe.
[[nodiscard]] std::string makeUniqueMessageId();

} // namespace gantry
