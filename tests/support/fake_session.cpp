// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/fake_session.h"

#include "support/snapshot_factory.h"

#include <algorithm>

namespace gantry::test {

FakeSession::FakeSession(SnapshotPtr snapshot)
    : make(makeMessage)
    , m_latest(std::move(snapshot))
{}

void FakeSession::publish(SnapshotPtr snapshot)
{
    std::lock_guard lock(m_mutex);
    m_latest = std::move(snapshot);
    if (m_listener) {
        m_listener();
    }
}

std::vector<std::string> FakeSession::calls() const
{
    std::lock_guard lock(m_mutex);
    return m_calls;
}

std::string FakeSession::lastCall() const
{
    std::lock_guard lock(m_mutex);
    return m_calls.empty() ? std::string() : m_calls.back();
}

void FakeSession::failNext(Error error)
{
    m_failure = std::move(error);
}

void FakeSession::holdAnswers(bool hold)
{
    m_isHolding = hold;
}

void FakeSession::release()
{
    m_isHolding = false;
    for (const auto& held : std::exchange(m_held, {})) {
        held();
    }
}

template <typename T>
void FakeSession::answer(Completion<T> done, Result<T> result)
{
    if (m_failure) {
        result = tl::unexpected<Error>(*std::exchange(m_failure, std::nullopt));
    }
    if (m_isHolding) {
        m_held.push_back([done = std::move(done), result = std::move(result)] { done(result); });
    } else {
        done(std::move(result));
    }
}

void FakeSession::note(std::string call)
{
    std::lock_guard lock(m_mutex);
    m_calls.push_back(std::move(call));
}

SnapshotPtr FakeSession::latest() const
{
    std::lock_guard lock(m_mutex);
    return m_latest;
}

void FakeSession::setSnapshotListener(std::function<void()> listener)
{
    std::lock_guard lock(m_mutex);
    m_listener = std::move(listener);
}

void FakeSession::createTopic(TopicSpec spec, Completion<void> done)
{
    note("createTopic " + spec.name + " " + std::to_string(spec.writeQueues));
    answer<void>(std::move(done), {});
}

void FakeSession::deleteTopic(std::string topic, Completion<void> done)
{
    note("deleteTopic " + topic);
    answer<void>(std::move(done), {});
}

void FakeSession::sendMessage(SendSpec spec, Completion<SentMessage> done)
{
    note("sendMessage " + spec.message.topic + " " + spec.message.body);
    answer<SentMessage>(
        std::move(done),
        SentMessage{
            "7F000001", "7F0000010000", {spec.message.topic, "broker-a", 1}, 4711, "SEND_OK"});
}

void FakeSession::browseQueue(MessageQueue queue, std::int64_t fromOffset, int countMax,
                              CancelToken, Completion<MessagePage> done)
{
    note("browseQueue " + queue.topic + " " + queue.brokerName + " " +
         std::to_string(queue.queueId) + " " + std::to_string(fromOffset));
    MessagePage page;
    page.maxOffset = queueLength;
    for (std::int64_t offset = fromOffset; offset < std::min(queueLength, fromOffset + countMax);
         ++offset) {
        page.messages.push_back(make(queue.topic, queue.brokerName, queue.queueId, offset));
    }
    page.nextOffset = std::min(queueLength, fromOffset + countMax);
    answer<MessagePage>(std::move(done), std::move(page));
}

void FakeSession::browseTime(std::string topic, std::int64_t, std::int64_t, int countMax,
                             CancelToken, Completion<MessagePage> done)
{
    note("browseTime " + topic);
    MessagePage page;
    for (int i = 0; i < std::min<std::int64_t>(countMax, queueLength); ++i) {
        page.messages.push_back(
            make(topic, i % 2 == 0 ? "broker-a" : "broker-b", i % 4, 3'000 - i));
    }
    page.isComplete = countMax >= queueLength;
    page.note = page.isComplete ? "" : "the newest " + std::to_string(countMax);
    answer<MessagePage>(std::move(done), std::move(page));
}

void FakeSession::queryByKey(std::string topic, std::string key, int, Completion<MessagePage> done)
{
    note("queryByKey " + topic + " " + key);
    MessagePage page;
    if (key != "nothing") {
        page.messages.push_back(make(topic, "broker-a", 2, 88));
        page.messages.push_back(makeMessage(topic, "broker-b", 1, 89));
    }
    answer<MessagePage>(std::move(done), std::move(page));
}

void FakeSession::queryById(std::string topic, std::string id, Completion<MessagePage> done)
{
    note("queryById " + topic + " " + id);
    MessagePage page;
    page.messages.push_back(makeMessage(topic, "broker-a", 0, 12));
    answer<MessagePage>(std::move(done), std::move(page));
}

void FakeSession::retriesOf(std::string group, int, CancelToken, Completion<RetryPage> done)
{
    note("retriesOf " + group);
    RetryPage page;
    if (group == "billing") {
        for (int i = 0; i < 6; ++i) {
            page.waiting.push_back(makeRetry(
                group, i, i == 0 ? RetryEntry::State::Ready : RetryEntry::State::WaitingForDelay));
        }
        for (int i = 20; i < 32; ++i) {
            page.deadLetters.push_back(makeRetry(group, i, RetryEntry::State::DeadLetter));
        }
    }
    answer<RetryPage>(std::move(done), std::move(page));
}

void FakeSession::resend(std::vector<MessageExt> deadLetters, Completion<int> done)
{
    note("resend " + std::to_string(deadLetters.size()));
    answer<int>(std::move(done), static_cast<int>(deadLetters.size()));
}

void FakeSession::resetOffsets(std::string group, std::string topic, std::int64_t timestampMs,
                               Completion<void> done)
{
    note("resetOffsets " + group + " " + topic + " " + std::to_string(timestampMs));
    answer<void>(std::move(done), {});
}

void FakeSession::dedupEntries(std::string group, std::string text, std::int64_t, int countMax,
                               Completion<DedupPage> done)
{
    note("dedupEntries " + group + " " + text + " " + std::to_string(countMax));
    DedupPage page;
    page.totalCount = dedupCount;
    for (int i = 0; i < std::min<std::int64_t>(countMax, dedupCount); ++i) {
        page.entries.push_back(
            makeDedup(group.empty() ? (i % 3 == 0 ? "shipping" : "billing") : group, i));
    }
    answer<DedupPage>(std::move(done), std::move(page));
}

void FakeSession::setDedupMode(DedupMode mode, Completion<void> done)
{
    note("setDedupMode " + std::to_string(static_cast<int>(mode)));
    answer<void>(std::move(done), {});
}

void FakeSession::pruneDedup(std::int64_t firstSeenBeforeMs, Completion<std::int64_t> done)
{
    note("pruneDedup " + std::to_string(firstSeenBeforeMs));
    answer<std::int64_t>(std::move(done), 17);
}

void FakeSession::startDemo(DemoOptions, Completion<void> done)
{
    note("startDemo");
    answer<void>(std::move(done), {});
}

void FakeSession::stopDemo(Completion<void> done)
{
    note("stopDemo");
    answer<void>(std::move(done), {});
}

void FakeSession::shutdown()
{
    note("shutdown");
}

} // namespace gantry::test
