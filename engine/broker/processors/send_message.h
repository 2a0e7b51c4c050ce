// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "broker/broker_core.h"
#include "broker/message_building.h"
#include "protocol/headers/send_message.h"
#include "remoting/dispatcher.h"

#include <memory>
#include <vector>

namespace gantry {

/// Stores what producers send: 10, 310 and 320, single messages and batches. Answers when the flush mode's promise
/// holds; the event loop never waits for it. Creating a topic waits for the disk and is carried over to a blocking
/// thread.
class SendMessageProcessor final : public Processor
{
public:
    explicit SendMessageProcessor(BrokerCore& core);
    void handle(const ConnectionPtr& connection, RemotingCommand request, Responder responder) override;

private:
    struct Job
    {
        SendMessageHeader header;
        SentProperties sent; ///< views of header.properties
        std::string uniqueKeys; ///< of a batch joined with commas
        std::string body;
        std::int32_t clientVersion = 0;
        HostAddress bornHost;
        Responder responder;
    };
    using JobPtr = std::shared_ptr<Job>; ///< shared because callbacks of the store are copyable
    using TopicPtr = TopicConfigManager::TopicPtr;
    /// What has to be done with a job after a step.
    enum class Outcome { GoOn, Answered, NeedsDisk };

    void run(const JobPtr& job, bool mayWait);
    Outcome findTopic(Job& job, bool mayWait, TopicPtr& topic);
    Outcome redirectDeadLetter(Job& job, bool mayWait, TopicPtr& topic);
    void putOne(const JobPtr& job, const TopicConfig& topic);
    void putBatch(const JobPtr& job, const TopicConfig& topic);
    [[nodiscard]] PutRequest makePut(const Job& job, const TopicConfig& topic) const;
    void answer(Job& job, const PutResult& result, std::string_view topic, std::int32_t queueId, std::string_view uniqueKeys, std::size_t messages) const;
    static Outcome refuse(Job& job, ResponseCode code, std::string_view remark);

    /// What the requests of one round of a loop have put.
    struct LoopPuts final : RoundEnd
    {
        void onRoundEnd() override;
        BrokerCore* core = nullptr;
        PutGroup group;
        bool isExpected = false; ///< onRoundEnd() will come
    };
    /// Null where no round is under way.
    [[nodiscard]] PutGroup* groupOf(const Job& job);
    void finishIfLarge(PutGroup* group);

    BrokerCore& m_core;
    std::vector<LoopPuts> m_puts; // by the loop's index
};

} // namespace gantry
