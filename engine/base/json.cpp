// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include "base/limits.h"

#include <nlohmann/json.hpp>

namespace gantry {

Result<nlohmann::json> parseJson(std::string_view text, std::string_view what)
{
    // Depth is checked before parsing, because the parser itself recurses while destroying deep values.
    std::size_t depth = 0;
    bool inString = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (inString) {
            if (c == '\\') {
                ++i;
            } else if (c == '"') {
                inString = false;
            }
        } else if (c == '"') {
            inString = true;
        } else if (c == '{' || c == '[') {
            if (++depth > limits::kJsonDepthMax) {
                return fail(Errc::LimitExceeded, "{} is nested deeper than {} levels", what, limits::kJsonDepthMax);
            }
        } else if ((c == '}' || c == ']') && depth > 0) {
            --depth;
        }
    }
    try {
        return nlohmann::json::parse(text);
    } catch (const nlohmann::json::exception& problem) {
        return fail(Errc::Corruption, "{} is not valid JSON: {}", what, problem.what());
    }
}

std::string dumpJson(const nlohmann::json& value)
{
    return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

} // namespace gantry
