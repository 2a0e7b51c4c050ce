// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "client/client_instance.h"
#include "message/message.h"
#include "message/message_queue.h"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gantry {

enum class SendStatus { SendOk, FlushDiskTimeout, FlushSlaveTimeout, SlaveNotAvailable };
[[nodiscard]] std::string_view toString(SendStatus status); ///< "SEND_OK", ...

struct SendResult
{
    SendStatus status = SendStatus::SendOk;
    std::string messageId;       ///< unique key made by this client
    std::string offsetMessageId; ///< store address and CommitLog offset
    MessageQueue queue;
    std::int64_t queueOffset = 0;
};

/// Sends messages. Thread-safe. Retries on other brokers as Apache's client does; a message may
/// therefore be stored twice, which is why consumers are made idempotent.
class Producer
{
public:
    struct Options
    {
        std::string group = "DEFAULT_PRODUCER";
        std::chrono::milliseconds sendTimeout{3000}; ///< the whole budget, retries included
        int retriesOnFailure = 2;                    ///< sync and async
        std::size_t compressOverBytes = 4096;
        int compressLevel = 5;
        std::size_t messageBytesMax = 4 * 1024 * 1024;
        int defaultTopicQueueCount = 4;        ///< asked for when a topic is created by sending
        std::size_t asyncInFlightMax = 10'000; ///< further async sends fail with Errc::Busy
    };
    using SendCallback = std::function<void(Result<SendResult>)>;
    using QueueSelector = std::function<std::size_t(const std::vector<MessageQueue>&)>;

    Producer(ClientInstance& instance, Options options);
    ~Producer(); ///< shutdown()
    Producer(const Producer&) = delete;
    Producer& operator=(const Producer&) = delete;

    /// Registers with the instance; heartbeats begin. Errors: a bad group name.
    [[nodiscard]] Result<> start();
    void shutdown();

    /// Waits for the answer; not on an event loop.
    [[nodiscard]] Result<SendResult> send(Message message);
    [[nodiscard]] Result<SendResult> send(Message message, const MessageQueue& queue);
    /// The selector gets the topic's writable queues (sorted) and gives an index; no retry on other
    /// queues.
    [[nodiscard]] Result<SendResult> send(Message message, const QueueSelector& selector);
    /// One topic, no delay.
    [[nodiscard]] Result<SendResult> sendBatch(std::vector<Message> messages);
    /// `done` exactly once on a callback thread.
    void sendAsync(Message message, SendCallback done);
    void sendAsync(Message message, const QueueSelector& selector, SendCallback done);
    [[nodiscard]] Result<> sendOneway(Message message);

    /// The topic's queues this producer would write to.
    [[nodiscard]] Result<std::vector<MessageQueue>> publishQueues(const std::string& topic);

    struct Impl; ///< producer_impl.h, for this folder only

private:
    std::shared_ptr<Impl> m_impl;
};

} // namespace gantry
