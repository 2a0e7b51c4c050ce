// SPDX-License-Identifier: Apache-2.0
#include "protocol/header_codec.h"

namespace gantry::detail {

bool parseHeaderBool(std::string_view text)
{
    constexpr std::string_view kTrue = "true";
    if (text.size() != kTrue.size()) {
        return false;
    }
    for (std::size_t i = 0; i < kTrue.size(); ++i) {
        if ((static_cast<unsigned char>(text[i]) | 0x20U) != static_cast<unsigned char>(kTrue[i])) {
            return false;
        }
    }
    return true;
}

Error missingHeaderField(std::string_view name)
{
    return Error{Errc::InvalidArgument, fmt::format("the request lacks the field '{}'", name), -1};
}

Error unusableHeaderField(std::string_view name, std::string_view text)
{
    return Error{Errc::InvalidArgument,
                 fmt::format("the field '{}' has the unusable value '{}'", name, text.substr(0, 64)), -1};
}

} // namespace gantry::detail
