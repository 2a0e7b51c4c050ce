// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "broker/broker_core.h"
#include "protocol/headers/consumer_send_back.h"
#include "remoting/dispatcher.h"

#include <memory>

namespace gantry {

/// Takes back what a consumer could not consume (36): the message comes again later through the group's retry topic,
/// or, after too many attempts, goes to its dead-letter topic.
class SendBackProcessor final : public Processor
{
public:
    explicit SendBackProcessor(BrokerCore& core);
    void handle(const ConnectionPtr& connection, RemotingCommand request, Responder responder) override;

private:
    struct Job
    {
        ConsumerSendMsgBackHeader header;
        std::int32_t clientVersion = 0;
        Responder responder;
    };
    void run(const std::shared_ptr<Job>& job) const;
    void putAgain(const std::shared_ptr<Job>& job, const RecordView& record, const SubscriptionGroupConfig& group) const;
    [[nodiscard]] static bool isGivenUp(const Job& job, const RecordView& record, const SubscriptionGroupConfig& group);

    BrokerCore& m_core;
};

} // namespace gantry
