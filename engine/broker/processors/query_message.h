// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "broker/broker_core.h"
#include "remoting/dispatcher.h"

namespace gantry {

/// Finds messages by key (12) and by physical offset (33), on a blocking thread.
class QueryMessageProcessor final : public Processor
{
public:
    explicit QueryMessageProcessor(BrokerCore& core);
    void handle(const ConnectionPtr& connection, RemotingCommand request, Responder responder) override;

private:
    void queryByKey(const RemotingCommand& request, Responder& responder) const;
    void viewById(const RemotingCommand& request, Responder& responder) const;

    BrokerCore& m_core;
};

} // namespace gantry
