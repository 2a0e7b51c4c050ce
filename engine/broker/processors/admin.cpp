// SPDX-License-Identifier: Apache-2.0
#include "broker/processors/admin.h"

namespace gantry {

void addAdminHandlers(Dispatcher& dispatcher, BrokerCore& core)
{
    addAdminTopicHandlers(dispatcher, core);
    addAdminGroupHandlers(dispatcher, core);
    addAdminOffsetHandlers(dispatcher, core);
    addAdminBrokerHandlers(dispatcher, core);
    addAdminMessageHandlers(dispatcher, core);
}

} // namespace gantry
