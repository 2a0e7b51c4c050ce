// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "dedup/dedup_log.h"
#include "message/message.h"
#include "message/message_queue.h"
#include "runtime/snapshot.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gantry {

/// Called exactly once, on an engine thread (never the caller's stack, never with a lock held).
template <typename T>
using Completion = std::function<void(Result<T>)>;

/// Cancels what it was given to; copyable, thread-safe. A cancelled operation completes with Errc::Cancelled or with
/// what it had found so far (the page says which).
class CancelToken
{
public:
    CancelToken()
        : m_cancelled(std::make_shared<std::atomic<bool>>(false))
    {}
    void cancel() const { m_cancelled->store(true); }
    [[nodiscard]] bool isCancelled() const { return m_cancelled->load(); }

private:
    std::shared_ptr<std::atomic<bool>> m_cancelled;
};

struct TopicSpec
{
    std::string name;
    int readQueues = 4;
    int writeQueues = 4;
    int permission = 6;
    bool isOrdered = false;
    std::vector<std::string> brokerNames; ///< empty = all masters
};

struct SendSpec
{
    Message message;
    std::string brokerName;       ///< empty = any queue
    std::int32_t queueId = -1;    ///< -1 = any
};

struct SentMessage
{
    std::string messageId;
    std::string offsetMessageId;
    MessageQueue queue;
    std::int64_t queueOffset = 0;
    std::string statusText;       ///< "SEND_OK"
};

struct MessagePage
{
    std::vector<MessageExt> messages;  ///< bodies decompressed
    std::int64_t nextOffset = 0;       ///< of a browse by queue: where the following page begins
    std::int64_t minOffset = 0;
    std::int64_t maxOffset = 0;
    bool isComplete = true;            ///< false: a limit or a cancel ended the search early
    std::string note;                  ///< for people, e.g. "stopped after 2,000 messages"
};

/// A failed message on its way.
struct RetryEntry
{
    enum class State {
        WaitingForDelay, ///< parked in a delay level until dueMs
        Ready,           ///< in the retry topic, not yet consumed
        DeadLetter,
    };
    State state = State::Ready;
    MessageExt message;                ///< with its original topic in `originTopic`
    std::string originTopic;
    std::string group;
    int attempt = 0;                   ///< deliveries that failed so far
    int attemptsMax = 16;
    std::optional<std::int64_t> dueMs; ///< when it is delivered again
};

struct RetryPage
{
    std::vector<RetryEntry> waiting;     ///< WaitingForDelay and Ready, next due first
    std::vector<RetryEntry> deadLetters; ///< newest first
    bool isComplete = true;
};

struct DedupPage
{
    std::vector<DedupEntry> entries;
    std::int64_t totalCount = 0;
};

struct DemoOptions
{
    double ordersPerSecond = 20;
    double failureShare = 0.08;        ///< of deliveries to the failing consumer
    double duplicateShare = 0.05;      ///< of orders sent a second time with the same key
    DedupMode dedupMode = DedupMode::OneTransaction;
};

/// The verbs of the workbench. The window knows only this: an embedded cluster and a remote one look the same.
/// Thread-safe; verbs return at once.
class ClusterSession
{
public:
    virtual ~ClusterSession() = default;

    /// The newest picture, null before the first.
    [[nodiscard]] virtual SnapshotPtr latest() const = 0;
    /// Called on an engine thread after each new picture; it should only post. An empty function removes it; after
    /// that call returns it is not called any more.
    virtual void setSnapshotListener(std::function<void()> listener) = 0;

    virtual void createTopic(TopicSpec spec, Completion<void> done) = 0;
    virtual void deleteTopic(std::string topic, Completion<void> done) = 0;
    virtual void sendMessage(SendSpec spec, Completion<SentMessage> done) = 0;

    virtual void browseQueue(MessageQueue queue, std::int64_t fromOffset, int countMax, CancelToken cancel, Completion<MessagePage> done) = 0;
    /// Over all queues of the topic, by store time, newest first.
    virtual void browseTime(std::string topic, std::int64_t beginMs, std::int64_t endMs, int countMax, CancelToken cancel, Completion<MessagePage> done) = 0;
    virtual void queryByKey(std::string topic, std::string key, int countMax, Completion<MessagePage> done) = 0;
    /// An offset id or a unique key; for a unique key the topic is needed.
    virtual void queryById(std::string topic, std::string id, Completion<MessagePage> done) = 0;

    virtual void retriesOf(std::string group, int countMax, CancelToken cancel, Completion<RetryPage> done) = 0;
    /// Sends dead letters again to their original topic; completes with how many were sent. The dead letters stay.
    virtual void resend(std::vector<MessageExt> deadLetters, Completion<int> done) = 0;
    /// Sets the group's offsets of a topic to a store time; -1 = skip everything.
    virtual void resetOffsets(std::string group, std::string topic, std::int64_t timestampMs, Completion<void> done) = 0;

    virtual void dedupEntries(std::string group, std::string text, std::int64_t offset, int countMax, Completion<DedupPage> done) = 0;
    virtual void setDedupMode(DedupMode mode, Completion<void> done) = 0;
    virtual void pruneDedup(std::int64_t firstSeenBeforeMs, Completion<std::int64_t> done) = 0;

    /// Only where canRunDemo().
    [[nodiscard]] virtual bool canRunDemo() const = 0;
    virtual void startDemo(DemoOptions options, Completion<void> done) = 0;
    virtual void stopDemo(Completion<void> done) = 0;

    /// Ends everything; returns when nothing of the session runs any more. May take seconds: not on the GUI thread.
    virtual void shutdown() = 0;
};

} // namespace gantry
