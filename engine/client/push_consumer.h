// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "client/allocate_strategy.h"
#include "client/client_instance.h"
#include "client/message_listener.h"
#include "message/subscription.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace gantry {

/// Push consumption, which is long-polled pull: subscribes, shares queues with the group's other
/// members (averaging strategy), pulls, hands messages to the listener, commits offsets, sends
/// failures back to the broker. Thread-safe.
class PushConsumer
{
public:
    struct Options
    {
        std::string group{};
        MessageModel model = MessageModel::Clustering;
        ConsumeFromWhere fromWhere = ConsumeFromWhere::LastOffset;
        std::int64_t consumeTimestampMs = 0; ///< for ConsumeFromWhere::Timestamp
        AllocateStrategy allocateStrategy = AllocateStrategy::Average;
        std::size_t threads = 4; ///< Apache's default is 20; a desktop needs fewer
        int consumeBatchMax = 1;
        int pullBatch = 32;
        int maxReconsumeTimes = -1;                   ///< -1 = 16 concurrent, unlimited orderly
        std::size_t cachedMessagesPerQueueMax = 1000; ///< flow control
        std::size_t cachedBytesPerQueueMax = 100 * 1024 * 1024;
        std::int64_t concurrentSpanMax = 2000; ///< offsets between oldest and newest cached
        std::chrono::milliseconds consumeTimeout{15 * 60'000};
        std::chrono::milliseconds suspendCurrentQueue{1000};
        std::chrono::milliseconds rebalanceInterval{20'000};
        std::chrono::milliseconds brokerSuspend{15'000};
        std::chrono::milliseconds pullTimeout{30'000};
        std::filesystem::path
            broadcastOffsetDirectory{}; ///< empty = ~/.rocketmq_offsets, as Apache's client
    };
    struct QueueStatus
    {
        MessageQueue queue;
        std::size_t cachedMessages = 0;
        std::int64_t nextPullOffset = 0;
        std::int64_t committableOffset = -1; ///< -1 = nothing consumed yet
        bool isLocked = false;               ///< orderly only
    };

    /// Since start(), in messages unless named otherwise.
    struct Counters
    {
        std::uint64_t consumedOk = 0;
        std::uint64_t consumedFailed =
            0; ///< attempts that ended in RetryLater, Suspend or an exception
        std::uint64_t listenerCalls = 0;
        std::uint64_t listenerMs = 0; ///< their total time
        std::uint64_t pulled = 0;
    };

    PushConsumer(ClientInstance& instance, Options options);
    ~PushConsumer(); ///< shutdown()
    PushConsumer(const PushConsumer&) = delete;
    PushConsumer& operator=(const PushConsumer&) = delete;

    /// Before or after start(). Expressions: "*" or "TagA || TagB" (TAG), or SQL92.
    [[nodiscard]] Result<> subscribe(const std::string& topic, const std::string& expression = "*",
                                     std::string_view expressionType = kExpressionTag);
    void unsubscribe(const std::string& topic);
    void setListener(ConcurrentListener listener); ///< before start(); one of the two
    void setListener(OrderlyListener listener);

    [[nodiscard]] Result<> start();
    /// Waits for running listener calls (unless one of them calls it), commits, leaves the group. A
    /// second is spent at most on brokers that do not answer. Idempotent; a stopped consumer does
    /// not start again.
    void shutdown();
    void suspend();
    void resume();
    [[nodiscard]] std::vector<QueueStatus> queues() const;
    [[nodiscard]] Counters counters() const;

private:
    struct Impl;
    std::shared_ptr<Impl> m_impl;
};

} // namespace gantry
