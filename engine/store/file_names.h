// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gantry {

/// A CommitLog or ConsumeQueue file is named by the byte offset of its first byte: 20 digits, zero
/// padded.
[[nodiscard]] std::string offsetFileName(std::int64_t offset);
/// Nothing unless the name is exactly 20 digits that fit.
[[nodiscard]] std::optional<std::int64_t> parseOffsetFileName(std::string_view name);
/// A queue's directory: plain decimal, no sign, no leading zeros.
[[nodiscard]] std::optional<std::int32_t> parseQueueId(std::string_view name);

/// Whether a topic's name can be a directory's; what comes from disk or network may try to leave
/// the store.
[[nodiscard]] bool isDirectoryName(std::string_view topic);

} // namespace gantry
