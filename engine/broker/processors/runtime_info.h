// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "broker/broker_core.h"

#include <map>
#include <string>

namespace gantry {

/// The table that GET_BROKER_RUNTIME_INFO answers, under Apache's keys. Thread pools that this
/// broker has not show as empty queues. Reads the store; not on an event loop.
[[nodiscard]] std::map<std::string, std::string> runtimeInfo(const BrokerCore& core);

} // namespace gantry
