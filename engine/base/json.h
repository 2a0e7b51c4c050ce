// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace gantry {

/// Strict JSON into a value; depth is bounded, nothing throws. `what` names the document in errors.
[[nodiscard]] Result<nlohmann::json> parseJson(std::string_view text, std::string_view what);
/// Compact text; invalid UTF-8 becomes U+FFFD.
[[nodiscard]] std::string dumpJson(const nlohmann::json& value);

} // namespace gantry
