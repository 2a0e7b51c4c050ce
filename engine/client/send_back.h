// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "message/message.h"

namespace gantry::client {

class ConsumerCore;

/// Returns messages whose consumption failed to the broker, which delivers them again later or
/// buries them. Calls wait.
class SendBack
{
public:
    explicit SendBack(ConsumerCore& core)
        : m_core(core)
    {}

    /// CONSUMER_SEND_MSG_BACK; when the broker cannot, the message is sent to the retry topic like
    /// any other.
    [[nodiscard]] Result<> handBack(const MessageExt& message, int delayLevel);
    /// Straight to the retry topic: how orderly consumers give a message up.
    [[nodiscard]] Result<> sendToRetryTopic(const MessageExt& message);
    /// Attempts after which a message is dead: 16, or unlimited for orderly consumers, unless the
    /// options say.
    [[nodiscard]] int maxReconsumeTimes() const;

private:
    ConsumerCore& m_core;
};

} // namespace gantry::client
