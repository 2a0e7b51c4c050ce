// SPDX-License-Identifier: Apache-2.0
#include "broker/processors/lock_queue.h"

#include "protocol/bodies/lock_batch.h"

namespace gantry {

LockQueueProcessor::LockQueueProcessor(BrokerCore& core)
    : m_core(core)
{}

void LockQueueProcessor::handle(const ConnectionPtr&, RemotingCommand request, Responder responder)
{
    const auto batch = LockBatchRequest::decode(request.body);
    if (!batch) {
        responder.reply(ResponseCode::SystemError, batch.error().message);
        return;
    }
    auto response = RemotingCommand::response(ResponseCode::Success);
    if (request.code == static_cast<std::int32_t>(RequestCode::LockBatchMq)) {
        LockBatchResponse locked;
        locked.lockedQueues = m_core.locks.lock(batch->consumerGroup, batch->queues, batch->clientId);
        response.body = locked.encode();
    } else {
        m_core.locks.unlock(batch->consumerGroup, batch->queues, batch->clientId);
    }
    responder.reply(std::move(response));
}

} // namespace gantry
