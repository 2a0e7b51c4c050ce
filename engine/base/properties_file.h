// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

#include <map>
#include <string>
#include <string_view>

namespace gantry {

/// Keys and values of a Java .properties text, as broker.conf and namesrv.conf are.
using PropertyTable = std::map<std::string, std::string, std::less<>>;

/// Understands '=' ':' and blank separators, '#' and '!' comments, line continuation and \\uXXXX escapes.
/// Later keys win. Errors name the line.
[[nodiscard]] Result<PropertyTable> parseProperties(std::string_view text);
/// One key=value per line, as GET_BROKER_CONFIG answers; parseProperties() gives the same table back, but for blanks at a
/// value's end.
[[nodiscard]] std::string formatProperties(const PropertyTable& table);

} // namespace gantry
