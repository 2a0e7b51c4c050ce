// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "remoting/asio_alias.h"

#include <string>
#include <vector>

namespace gantry {

/// Asks the system for a host's TCP endpoints, IPv4 first. Blocks. Never empty on success.
[[nodiscard]] Result<std::vector<Tcp::endpoint>> resolveHost(const std::string& host,
                                                             const std::string& service);

} // namespace gantry
