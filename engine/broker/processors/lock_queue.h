// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "broker/broker_core.h"
#include "remoting/dispatcher.h"

namespace gantry {

/// Queue locks of orderly consumers: 41 and 42.
class LockQueueProcessor final : public Processor
{
public:
    explicit LockQueueProcessor(BrokerCore& core);
    void handle(const ConnectionPtr& connection, RemotingCommand request, Responder responder) override;

private:
    BrokerCore& m_core;
};

} // namespace gantry
