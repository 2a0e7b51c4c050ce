// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "broker/broker_core.h"
#include "protocol/bodies/heartbeat_data.h"
#include "remoting/dispatcher.h"

#include <memory>

namespace gantry {

/// Who is there: heartbeats (34), farewells (35), the check of a subscription (46) and the members of a group (38).
class ClientManageProcessor final : public Processor
{
public:
    explicit ClientManageProcessor(BrokerCore& core);
    void handle(const ConnectionPtr& connection, RemotingCommand request, Responder responder) override;
    /// Tells the members of a group that they have to share its queues anew (40).
    void notifyMembers(const std::string& group, const std::vector<ConnectionPtr>& members) const;

private:
    struct Heartbeat
    {
        HeartbeatData data;
        ClientInfo client;
        Responder responder;
    };
    void heartbeat(const ConnectionPtr& connection, const RemotingCommand& request, Responder responder);
    void takeIn(Heartbeat& heartbeat) const;
    [[nodiscard]] bool lacksRetryTopic(const HeartbeatData& data) const;
    void unregister(const ConnectionPtr& connection, const RemotingCommand& request, Responder responder) const;
    void checkConfig(const RemotingCommand& request, Responder responder) const;
    void listMembers(const RemotingCommand& request, Responder responder) const;

    BrokerCore& m_core;
};

} // namespace gantry
