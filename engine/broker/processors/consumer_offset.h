// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "broker/broker_core.h"
#include "remoting/dispatcher.h"

namespace gantry {

/// Positions: committed ones (14, 15) and those of the queues themselves (29, 30, 31, 32).
class ConsumerOffsetProcessor final : public Processor
{
public:
    explicit ConsumerOffsetProcessor(BrokerCore& core);
    void handle(const ConnectionPtr& connection, RemotingCommand request, Responder responder) override;

private:
    void query(const RemotingCommand& request, Responder responder) const;
    void update(const RemotingCommand& request, Responder responder) const;
    void searchByTime(const RemotingCommand& request, Responder responder) const;
    void maxOffset(const RemotingCommand& request, Responder responder) const;
    void minOffset(const RemotingCommand& request, Responder responder) const;
    void earliestStoreTime(const RemotingCommand& request, Responder responder) const;
    /// Runs the task, which reads from the disk, on another thread than the loop's.
    void runOffLoop(Responder responder, std::function<void(Responder&)> task) const;
    /// Whether the queue's very first message is still there and so recent that a new group should see it.
    [[nodiscard]] bool isFirstMessageInMemory(std::string_view topic, std::int32_t queueId) const;

    BrokerCore& m_core;
    const std::int64_t m_memoryBytes; ///< what of the CommitLog's end counts as being in memory
};

} // namespace gantry
