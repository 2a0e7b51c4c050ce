// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"
#include "base/limits.h"
#include "protocol/headers/pull_message.h"
#include "remoting/responder.h"
#include "store/get_result.h"

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gantry {

/// A pull that found nothing and waits at the end of its queue; or for a message before it that cannot be read now.
struct HeldPull
{
    PullMessageHeader header;
    std::shared_ptr<const MessageFilter> filter; ///< null = everything
    Responder responder;
    bool wasHeld = false;      ///< it has waited: whatever there is now is its answer
    bool isUnreadable = false; ///< its message is in the queue, but its entry is being made anew or cannot be read
    std::chrono::steady_clock::time_point heldSince;
    std::chrono::steady_clock::time_point deadline;
};

/// Pulls that wait for messages, per queue. Woken by arrivals that pass their filter, by the sweep when their time is
/// over, or by stop(). Sharded by queue, thread-safe, bounded.
class LongPolling
{
public:
    /// Takes a pull that stopped waiting; it must be answered now. Called without a lock held, on the waking thread.
    using Wake = std::function<void(HeldPull)>;
    /// Current end of a queue.
    using MaxOffset = std::function<std::int64_t(std::string_view topic, std::int32_t queueId)>;

    /// Messages that the filter of a held pull does not match move the pull's position at the latest after this.
    static constexpr std::chrono::seconds kRecheckInterval{5};
    /// What could not be read is tried again after this. Its client would ask again at once.
    static constexpr std::chrono::seconds kUnreadableInterval{1};
    static constexpr std::size_t kHeldMax = 200'000;

    explicit LongPolling(Clock& clock);
    /// Before traffic.
    void setCallbacks(Wake wake, MaxOffset maxOffset);

    /// Holds the pull, or gives it back when there are too many on the queue or it is stopped. One that is unreadable is
    /// woken by the arrival of its very message and after kUnreadableInterval, not by others behind it.
    [[nodiscard]] std::optional<HeldPull> hold(HeldPull pull);
    void onArrival(std::string_view topic, std::int32_t queueId, std::int64_t queueOffset, std::int64_t tagsCode);
    /// Wakes what is due; to be called a few times a second.
    void sweep();
    /// Forgets the pulls of a connection.
    void onConnectionClosed(std::uint64_t connectionId);
    /// Wakes everything; later pulls are not held.
    void stop();
    /// Wakes the pulls of one queue's group (an offset reset) or of a whole topic (deleted) when `group` is empty.
    void wakeTopic(std::string_view topic, std::string_view group);

    [[nodiscard]] std::size_t heldCount() const { return m_heldCount.load(std::memory_order_relaxed); }

private:
    struct Key
    {
        std::string topic;
        std::int32_t queueId = 0;
    };
    struct KeyView
    {
        std::string_view topic;
        std::int32_t queueId = 0;
    };
    struct Hash
    {
        using is_transparent = void;
        template <typename K>
        std::size_t operator()(const K& key) const
        {
            return std::hash<std::string_view>{}(key.topic) + static_cast<std::size_t>(key.queueId) * 0x9E37'79B9'7F4A'7C15U;
        }
    };
    struct Equal
    {
        using is_transparent = void;
        template <typename A, typename B>
        bool operator()(const A& a, const B& b) const
        {
            return a.queueId == b.queueId && std::string_view(a.topic) == std::string_view(b.topic);
        }
    };
    using Queues = std::unordered_map<Key, std::vector<HeldPull>, Hash, Equal>;
    struct alignas(64) Shard
    {
        std::mutex mutex;
        Queues queues;
    };
    static constexpr std::size_t kShards = 32;

    [[nodiscard]] Shard& shardOf(std::string_view topic, std::int32_t queueId);
    /// Moves the pulls that match out of a queue's list.
    template <typename Predicate>
    static void extract(std::vector<HeldPull>& pulls, std::vector<HeldPull>& out, Predicate isMatch);
    template <typename Predicate>
    void extractAll(std::vector<HeldPull>& out, Predicate isMatch);
    void wakeAll(std::vector<HeldPull> pulls);

    Clock& m_clock;
    Wake m_wake;
    MaxOffset m_maxOffset;
    std::array<Shard, kShards> m_shards;
    std::atomic<std::size_t> m_heldCount{0};
    std::atomic<bool> m_isStopped{false};
};

} // namespace gantry
