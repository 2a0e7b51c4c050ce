// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "broker/broker_core.h"
#include "broker/broker_view.h"

#include <vector>

namespace gantry {

/// Looks at a running broker from outside. Takes no lock for longer than one table's copy; about a microsecond per
/// queue.
[[nodiscard]] BrokerView buildBrokerView(const BrokerCore& core, const std::vector<ConnectionPtr>& connections);

} // namespace gantry
