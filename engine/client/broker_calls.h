// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "message/message.h"
#include "message/message_queue.h"
#include "message/subscription.h"
#include "remoting/remoting_client.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

/// Single requests to one broker, typed. Those that give a Result wait for the answer and must not
/// run on an event loop; a refusal by the broker is Errc::Remote with its response code.
namespace gantry::client::calls {

using Milliseconds = std::chrono::milliseconds;

/// A waiting call whose answer must be SUCCESS.
[[nodiscard]] Result<RemotingCommand> invoke(RemotingClient& remoting, const std::string& address,
                                             RemotingCommand request, Milliseconds timeout,
                                             std::string_view what);

/// -1 when the group has no offset there. With `zeroWhenYoung` the broker answers 0 instead for a
/// queue whose first messages are still in memory, so that a new group sees them.
[[nodiscard]] Result<std::int64_t>
consumerOffset(RemotingClient& remoting, const std::string& address, const std::string& group,
               const MessageQueue& queue, Milliseconds timeout, bool zeroWhenYoung);
[[nodiscard]] RemotingCommand updateOffsetRequest(const std::string& group,
                                                  const MessageQueue& queue, std::int64_t offset);
[[nodiscard]] Result<std::int64_t> maxOffset(RemotingClient& remoting, const std::string& address,
                                             const MessageQueue& queue, Milliseconds timeout);
[[nodiscard]] Result<std::int64_t> minOffset(RemotingClient& remoting, const std::string& address,
                                             const MessageQueue& queue, Milliseconds timeout);
[[nodiscard]] Result<std::int64_t> searchOffset(RemotingClient& remoting,
                                                const std::string& address,
                                                const MessageQueue& queue, std::int64_t timestampMs,
                                                Milliseconds timeout);
/// Client ids of the group's members.
[[nodiscard]] Result<std::vector<std::string>> consumerIds(RemotingClient& remoting,
                                                           const std::string& address,
                                                           const std::string& group,
                                                           Milliseconds timeout);
/// Gives the queues that are locked for the client now.
[[nodiscard]] Result<std::vector<MessageQueue>>
lockQueues(RemotingClient& remoting, const std::string& address, const std::string& group,
           const std::string& clientId, const std::vector<MessageQueue>& queues,
           Milliseconds timeout);
[[nodiscard]] RemotingCommand unlockRequest(const std::string& group, const std::string& clientId,
                                            const std::vector<MessageQueue>& queues);
/// CONSUMER_SEND_MSG_BACK.
[[nodiscard]] Result<> sendMessageBack(RemotingClient& remoting, const std::string& address,
                                       const std::string& group, const MessageExt& message,
                                       int delayLevel, int maxReconsumeTimes, Milliseconds timeout);
/// SQL92 subscriptions are compiled by a broker before the consumer starts.
[[nodiscard]] Result<> checkSubscription(RemotingClient& remoting, const std::string& address,
                                         const std::string& clientId, const std::string& group,
                                         const SubscriptionData& subscription,
                                         Milliseconds timeout);
[[nodiscard]] RemotingCommand unregisterRequest(const std::string& clientId,
                                                const std::string& producerGroup,
                                                const std::string& consumerGroup);

} // namespace gantry::client::calls
