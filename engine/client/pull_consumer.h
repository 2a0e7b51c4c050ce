// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "client/client_instance.h"
#include "message/message.h"
#include "message/message_queue.h"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace gantry {

enum class PullStatus { Found, NoNewMessage, NoMatchedMessage, OffsetIllegal };

struct PullResult
{
    PullStatus status = PullStatus::NoNewMessage;
    std::int64_t nextBeginOffset = 0;
    std::int64_t minOffset = 0;
    std::int64_t maxOffset = 0;
    std::vector<MessageExt> messages; ///< bodies decompressed
};

/// Explicit pulls of chosen queues; keeps no position of its own. Thread-safe; calls wait.
class PullConsumer
{
public:
    struct Options
    {
        std::string group = "TOOLS_CONSUMER";
        std::chrono::milliseconds timeout{5000};
        std::chrono::milliseconds suspend{0}; ///< > 0: long polling at the end of the queue
    };
    PullConsumer(ClientInstance& instance, Options options);
    ~PullConsumer();
    PullConsumer(const PullConsumer&) = delete;
    PullConsumer& operator=(const PullConsumer&) = delete;

    [[nodiscard]] Result<std::vector<MessageQueue>> subscribeQueues(const std::string& topic);
    [[nodiscard]] Result<PullResult> pull(const MessageQueue& queue, const std::string& expression,
                                          std::int64_t offset, int messagesMax);
    [[nodiscard]] Result<std::int64_t> minOffset(const MessageQueue& queue);
    [[nodiscard]] Result<std::int64_t> maxOffset(const MessageQueue& queue);
    [[nodiscard]] Result<std::int64_t> searchOffset(const MessageQueue& queue,
                                                    std::int64_t timestampMs);
    /// -1 if the group has no offset there.
    [[nodiscard]] Result<std::int64_t> fetchOffset(const MessageQueue& queue);
    [[nodiscard]] Result<> commitOffset(const MessageQueue& queue, std::int64_t offset);

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace gantry
