// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace gantry::client {

/// An IPv4 address of this machine that others may know it by; 127.0.0.1 when there is only
/// loopback.
[[nodiscard]] std::string localAddress();

} // namespace gantry::client
