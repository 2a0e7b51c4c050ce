// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/client_instance_impl.h"
#include "client/producer.h"
#include "client/queue_selection.h"
#include "client/send_message.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

namespace gantry {

/// Shared with the asynchronous sends under way, which may outlive the producer.
struct Producer::Impl : std::enable_shared_from_this<Producer::Impl>
{
    using Deadline = std::chrono::steady_clock::time_point;

    Impl(std::shared_ptr<ClientInstance::Impl> instanceImpl, Options producerOptions);

    [[nodiscard]] Result<> checkRunning() const;
    /// Tries queue after queue within the time budget; with a fixed queue only that one.
    [[nodiscard]] Result<SendResult> sendAndWait(const client::PreparedMessage& message,
                                                 const MessageQueue* fixedQueue);
    [[nodiscard]] Result<SendResult> sendOnce(const client::PreparedMessage& message,
                                              const MessageQueue& queue,
                                              std::chrono::milliseconds timeout);
    [[nodiscard]] Result<MessageQueue> selectBy(const std::string& topic,
                                                const QueueSelector& selector);
    [[nodiscard]] Result<client::TopicRoutePtr> route(const std::string& topic);
    /// After a failure: routes may be old.
    void noteFailure(const std::string& topic, const Error& error);

    [[nodiscard]] bool beginAsync();
    void endAsync();
    void waitForAsync(std::chrono::milliseconds timeout);

    const std::shared_ptr<ClientInstance::Impl> instance;
    const Options options;
    client::QueueSelection selection;
    std::atomic<bool> isRunning{false};

    std::mutex asyncMutex;
    std::condition_variable asyncDone;
    std::size_t asyncInFlight = 0;
};

namespace client {

/// Sends without waiting and calls back on a callback thread. A fixed queue is not left for another
/// one.
void sendAsync(std::shared_ptr<Producer::Impl> producer, PreparedMessage message,
               Producer::QueueSelector selector, Producer::SendCallback done);

} // namespace client

} // namespace gantry
