// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "message/message.h"
#include "message/message_queue.h"
#include "protocol/bodies/consumer_running_info.h"
#include "protocol/bodies/heartbeat_data.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace gantry::client {

/// What a client instance needs of each consumer group it carries. Thread-safe; nothing here waits,
/// so that brokers' requests can be passed on from anywhere.
class ConsumerPart
{
public:
    virtual ~ConsumerPart() = default;
    [[nodiscard]] virtual const std::string& group() const = 0;
    /// The group's part of a heartbeat.
    [[nodiscard]] virtual ConsumerData heartbeatData() const = 0;
    [[nodiscard]] virtual std::vector<std::string> topics() const = 0;
    virtual void requestRebalance() = 0;
    virtual void persistOffsets() = 0;
    virtual void resetOffsets(const std::string& topic,
                              const std::map<MessageQueue, std::int64_t>& offsets) = 0;
    [[nodiscard]] virtual std::map<MessageQueue, std::int64_t>
    offsets(const std::string& topic) const = 0;
    [[nodiscard]] virtual ConsumerRunningInfo runningInfo() const = 0;
    using DirectDone = std::function<void(const ConsumeMessageDirectlyResult&)>;
    /// Gives the message to the listener, outside of any queue.
    virtual void consumeDirectly(MessageExt message, DirectDone done) = 0;
};

} // namespace gantry::client
