// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/command.h"
#include "remoting/connection.h"

#include <cstdint>
#include <string>

namespace gantry {

/// A client process as its heartbeats describe it.
struct ClientInfo
{
    ConnectionPtr connection;
    std::string clientId;
    Language language = Language::Other;
    std::int32_t version = 0;
    std::int64_t lastHeartbeatMs = 0; ///< set by the registries
};

} // namespace gantry
