// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace gantry {

/// Parses what Apache's Java peers (fastjson 1.2) write and strict parsers refuse: unquoted keys ({0:"a"}), object keys
/// ({{"brokerName":"b",...}:{...}}; the key becomes the object's own text as a string), single quotes, {"":"..."}
/// references. Depth and size are bounded. `what` names the document in errors.
[[nodiscard]] Result<nlohmann::json> parseFastjson(std::string_view text, std::string_view what);

/// Writing: nlohmann objects have only string keys. Keys that were marked by numericKey()/objectKey() are emitted
/// unquoted, as Java's fastjson does and every Java client expects.
[[nodiscard]] std::string numericKey(long long key);
[[nodiscard]] std::string objectKey(const nlohmann::json& key);
/// Compact text with marked keys unquoted; members sorted by name as fastjson's beans are.
[[nodiscard]] std::string dumpFastjson(const nlohmann::json& value);
/// As dumpFastjson with tab indentation, the layout of Apache's config files.
[[nodiscard]] std::string dumpFastjsonPretty(const nlohmann::json& value);

} // namespace gantry
