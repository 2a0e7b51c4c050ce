// SPDX-License-Identifier: Apache-2.0
#include "client/producer.h"

#include "base/log.h"
#include "client/producer_impl.h"
#include "message/topic_name.h"

#include <random>

namespace gantry {

namespace {

using std::chrono::milliseconds;

milliseconds leftUntil(std::chrono::steady_clock::time_point deadline)
{
    return std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
}

} // namespace

Producer::Impl::Impl(std::shared_ptr<ClientInstance::Impl> instanceImpl, Options producerOptions)
    : instance(std::move(instanceImpl))
    , options(std::move(producerOptions))
    , selection(std::random_device{}())
{}

Result<> Producer::Impl::checkRunning() const
{
    if (!isRunning.load()) {
        return fail(Errc::Unavailable, "producer {} is not running; call start() first",
                    options.group);
    }
    return {};
}

Result<client::TopicRoutePtr> Producer::Impl::route(const std::string& topic)
{
    GANTRY_TRY(found, instance->routes().getForPublish(topic, options.defaultTopicQueueCount));
    if (found->publishQueues.empty()) {
        return fail(Errc::Unavailable, "topic {} has no writable queue on a broker with a master",
                    topic);
    }
    return found;
}

void Producer::Impl::noteFailure(const std::string& topic, const Error& error)
{
    if (error.code != Errc::InvalidArgument && error.code != Errc::Cancelled) {
        instance->refreshRouteSoon(topic);
    }
}

Result<SendResult> Producer::Impl::sendOnce(const client::PreparedMessage& message,
                                            const MessageQueue& queue, milliseconds timeout)
{
    GANTRY_TRY(address, instance->writeAddress(queue));
    GANTRY_TRY(answer, instance->remoting().invokeSync(
                           address, client::sendRequest(message, options, queue), timeout));
    return client::parseSendResponse(answer, message, queue);
}

Result<SendResult> Producer::Impl::sendAndWait(const client::PreparedMessage& message,
                                               const MessageQueue* fixedQueue)
{
    const auto deadline = std::chrono::steady_clock::now() + options.sendTimeout;
    const int attemptsMax = fixedQueue != nullptr ? 1 : 1 + std::max(options.retriesOnFailure, 0);
    std::string failedBroker;
    Error last{Errc::Timeout, "no time was left", -1};
    int attempts = 0;
    while (attempts < attemptsMax) {
        MessageQueue queue;
        if (fixedQueue != nullptr) {
            queue = *fixedQueue;
        } else {
            GANTRY_TRY(known, route(message.topic));
            queue = *selection.select(known->publishQueues, failedBroker);
        }
        const milliseconds left = leftUntil(deadline);
        if (left.count() <= 0) {
            break;
        }
        ++attempts;
        auto sent = sendOnce(message, queue, left);
        if (sent) {
            return sent;
        }
        last = std::move(sent.error());
        noteFailure(message.topic, last);
        failedBroker = queue.brokerName;
        if (!client::isSendRetryable(last, client::SendMode::Sync)) {
            break;
        }
    }
    return failWith(std::move(last), fmt::format("sending to topic {} failed, attempts: {}",
                                                 message.topic, attempts));
}

Result<MessageQueue> Producer::Impl::selectBy(const std::string& topic,
                                              const QueueSelector& selector)
{
    GANTRY_TRY(known, route(topic));
    std::size_t index = 0;
    try {
        index = selector(known->publishQueues);
    } catch (const std::exception& thrown) {
        return fail(Errc::InvalidArgument, "the queue selector threw: {}", thrown.what());
    }
    if (index >= known->publishQueues.size()) {
        return fail(Errc::InvalidArgument, "the queue selector chose queue {} of {}", index,
                    known->publishQueues.size());
    }
    return known->publishQueues[index];
}

bool Producer::Impl::beginAsync()
{
    const std::lock_guard lock(asyncMutex);
    if (asyncInFlight >= options.asyncInFlightMax) {
        return false;
    }
    ++asyncInFlight;
    return true;
}

void Producer::Impl::endAsync()
{
    const std::lock_guard lock(asyncMutex);
    if (--asyncInFlight == 0) {
        asyncDone.notify_all();
    }
}

void Producer::Impl::waitForAsync(milliseconds timeout)
{
    std::unique_lock lock(asyncMutex);
    asyncDone.wait_for(lock, timeout, [this] { return asyncInFlight == 0; });
}

Producer::Producer(ClientInstance& instance, Options options)
    : m_impl(std::make_shared<Impl>(instance.share(), std::move(options)))
{}

Producer::~Producer()
{
    shutdown();
}

Result<> Producer::start()
{
    GANTRY_CHECK(validateGroupName(m_impl->options.group));
    if (m_impl->instance->isStopped()) {
        return fail(Errc::Unavailable, "the client instance of producer {} is shut down",
                    m_impl->options.group);
    }
    if (!m_impl->isRunning.exchange(true)) {
        m_impl->instance->addProducer(m_impl->options.group);
    }
    return {};
}

void Producer::shutdown()
{
    if (!m_impl->isRunning.exchange(false)) {
        return;
    }
    if (!m_impl->instance->callbacks().isThisThread()) {
        // Each send ends by itself within its time budget.
        m_impl->waitForAsync(m_impl->options.sendTimeout + milliseconds{500});
    }
    m_impl->instance->removeProducer(m_impl->options.group);
}

Result<SendResult> Producer::send(Message message)
{
    GANTRY_CHECK(m_impl->checkRunning());
    GANTRY_TRY(prepared, client::prepareMessage(std::move(message), m_impl->options,
                                                m_impl->instance->clock().wallMs()));
    return m_impl->sendAndWait(prepared, nullptr);
}

Result<SendResult> Producer::send(Message message, const MessageQueue& queue)
{
    GANTRY_CHECK(m_impl->checkRunning());
    if (message.topic != queue.topic) {
        return fail(Errc::InvalidArgument, "the message is for topic {}, the queue is of topic {}",
                    message.topic, queue.topic);
    }
    GANTRY_TRY(prepared, client::prepareMessage(std::move(message), m_impl->options,
                                                m_impl->instance->clock().wallMs()));
    return m_impl->sendAndWait(prepared, &queue);
}

Result<SendResult> Producer::send(Message message, const QueueSelector& selector)
{
    GANTRY_CHECK(m_impl->checkRunning());
    GANTRY_TRY(prepared, client::prepareMessage(std::move(message), m_impl->options,
                                                m_impl->instance->clock().wallMs()));
    GANTRY_TRY(queue, m_impl->selectBy(prepared.topic, selector));
    return m_impl->sendAndWait(prepared, &queue);
}

Result<SendResult> Producer::sendBatch(std::vector<Message> messages)
{
    GANTRY_CHECK(m_impl->checkRunning());
    GANTRY_TRY(prepared, client::prepareBatch(std::move(messages), m_impl->options,
                                              m_impl->instance->clock().wallMs()));
    return m_impl->sendAndWait(prepared, nullptr);
}

void Producer::sendAsync(Message message, SendCallback done)
{
    sendAsync(std::move(message), QueueSelector{}, std::move(done));
}

void Producer::sendAsync(Message message, const QueueSelector& selector, SendCallback done)
{
    const auto impl = m_impl;
    auto prepared = [&]() -> Result<client::PreparedMessage> {
        GANTRY_CHECK(impl->checkRunning());
        return client::prepareMessage(std::move(message), impl->options,
                                      impl->instance->clock().wallMs());
    }();
    if (prepared && !impl->beginAsync()) {
        prepared = fail(Errc::Busy, "{} asynchronous sends are under way, no more are allowed",
                        impl->options.asyncInFlightMax);
    }
    if (prepared) {
        client::sendAsync(impl, std::move(*prepared), selector, std::move(done));
        return;
    }
    const auto shared = std::make_shared<SendCallback>(std::move(done));
    if (!impl->instance->callbacks().post(
            [shared, error = prepared.error()] { (*shared)(tl::unexpected(error)); })) {
        (*shared)(tl::unexpected(prepared.error()));
    }
}

Result<> Producer::sendOneway(Message message)
{
    GANTRY_CHECK(m_impl->checkRunning());
    GANTRY_TRY(prepared, client::prepareMessage(std::move(message), m_impl->options,
                                                m_impl->instance->clock().wallMs()));
    GANTRY_TRY(known, m_impl->route(prepared.topic));
    const MessageQueue queue = *m_impl->selection.select(known->publishQueues, {});
    GANTRY_TRY(address, m_impl->instance->writeAddress(queue));
    m_impl->instance->remoting().sendOneway(address,
                                            client::sendRequest(prepared, m_impl->options, queue));
    return {};
}

Result<std::vector<MessageQueue>> Producer::publishQueues(const std::string& topic)
{
    GANTRY_CHECK(validateTopicName(topic));
    GANTRY_TRY(known, m_impl->route(topic));
    return known->publishQueues;
}

} // namespace gantry
