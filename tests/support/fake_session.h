// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runtime/cluster_session.h"

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace gantry::test {

/// A session without a cluster: serves the pictures it is given and canned messages, and writes
/// down what it was asked. Answers come on the caller's thread unless they are held back.
class FakeSession final : public ClusterSession
{
public:
    explicit FakeSession(SnapshotPtr snapshot = nullptr);

    /// As an engine would: from any thread.
    void publish(SnapshotPtr snapshot);
    /// What was asked, e.g. "createTopic orders-eu 4".
    [[nodiscard]] std::vector<std::string> calls() const;
    [[nodiscard]] std::string lastCall() const;
    /// The next verb fails with this.
    void failNext(Error error);
    /// Answers wait until release().
    void holdAnswers(bool hold);
    void release();
    /// Messages a browse of a queue finds, by offset.
    std::int64_t queueLength = 1'000;
    /// Makes the messages that browsing finds: topic, broker, queue, offset.
    std::function<MessageExt(const std::string&, const std::string&, int, std::int64_t)> make;
    std::int64_t dedupCount = 1'200;

    [[nodiscard]] SnapshotPtr latest() const override;
    void setSnapshotListener(std::function<void()> listener) override;
    void createTopic(TopicSpec spec, Completion<void> done) override;
    void deleteTopic(std::string topic, Completion<void> done) override;
    void sendMessage(SendSpec spec, Completion<SentMessage> done) override;
    void browseQueue(MessageQueue queue, std::int64_t fromOffset, int countMax, CancelToken cancel,
                     Completion<MessagePage> done) override;
    void browseTime(std::string topic, std::int64_t beginMs, std::int64_t endMs, int countMax,
                    CancelToken cancel, Completion<MessagePage> done) override;
    void queryByKey(std::string topic, std::string key, int countMax,
                    Completion<MessagePage> done) override;
    void queryById(std::string topic, std::string id, Completion<MessagePage> done) override;
    void retriesOf(std::string group, int countMax, CancelToken cancel,
                   Completion<RetryPage> done) override;
    void resend(std::vector<MessageExt> deadLetters, Completion<int> done) override;
    void resetOffsets(std::string group, std::string topic, std::int64_t timestampMs,
                      Completion<void> done) override;
    void dedupEntries(std::string group, std::string text, std::int64_t offset, int countMax,
                      Completion<DedupPage> done) override;
    void setDedupMode(DedupMode mode, Completion<void> done) override;
    void pruneDedup(std::int64_t firstSeenBeforeMs, Completion<std::int64_t> done) override;
    [[nodiscard]] bool canRunDemo() const override { return true; }
    void startDemo(DemoOptions options, Completion<void> done) override;
    void stopDemo(Completion<void> done) override;
    void shutdown() override;

private:
    template <typename T>
    void answer(Completion<T> done, Result<T> result);
    void note(std::string call);

    mutable std::mutex m_mutex;
    SnapshotPtr m_latest;
    std::function<void()> m_listener;
    std::vector<std::string> m_calls;
    std::optional<Error> m_failure;
    bool m_isHolding = false;
    std::vector<std::function<void()>> m_held;
};

} // namespace gantry::test
