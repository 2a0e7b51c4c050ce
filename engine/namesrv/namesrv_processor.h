// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "remoting/dispatcher.h"

#include <memory>

namespace gantry {

class NameServerState;

/// Routes and clusters, as clients and admins ask for them: 105, 106, 206, 224, 304, 311-313, 901.
void addRouteHandlers(Dispatcher& dispatcher, const std::shared_ptr<NameServerState>& state);
/// What brokers tell: 103, 104, 217, 322, 904; and what admins change in the routes: 205, 216, 327.
void addBrokerHandlers(Dispatcher& dispatcher, const std::shared_ptr<NameServerState>& state);
/// KV and server configuration: 100, 101, 102, 219, 318, 319.
void addConfigHandlers(Dispatcher& dispatcher, const std::shared_ptr<NameServerState>& state);

} // namespace gantry
