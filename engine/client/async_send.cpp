// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"
#include "client/producer_impl.h"

namespace gantry::client {

namespace {

using std::chrono::milliseconds;

/// One asynchronous send from its start to its callback. Steps run one after the other: on the
/// caller's thread or a worker first, then on whichever loop answers.
class AsyncSend : public std::enable_shared_from_this<AsyncSend>
{
public:
    AsyncSend(std::shared_ptr<Producer::Impl> producer, PreparedMessage message,
              Producer::QueueSelector selector, Producer::SendCallback done)
        : m_producer(std::move(producer))
        , m_message(std::move(message))
        , m_selector(std::move(selector))
        , m_done(std::move(done))
        , m_deadline(std::chrono::steady_clock::now() + m_producer->options.sendTimeout)
        , m_attemptsLeft(m_selector ? 1 : 1 + std::max(m_producer->options.retriesOnFailure, 0))
    {}

    void start()
    {
        const auto route = m_producer->instance->routes().find(m_message.topic);
        if (route && !route->publishQueues.empty()) {
            attempt(*route);
        } else {
            learnRoute();
        }
    }

private:
    /// Waits for the NameServer, so it happens on a worker.
    void learnRoute()
    {
        const bool posted = m_producer->instance->workers().post([self = shared_from_this()] {
            const auto route = self->m_producer->route(self->m_message.topic);
            if (route) {
                self->attempt(**route);
            } else {
                self->finish(tl::unexpected(route.error()));
            }
        });
        if (!posted) {
            finish(fail(Errc::Cancelled, "the client instance is shutting down"));
        }
    }

    void attempt(const TopicRoute& route)
    {
        if (m_selector) {
            auto chosen = m_producer->selectBy(m_message.topic, m_selector);
            if (!chosen) {
                finish(tl::unexpected(std::move(chosen.error())));
                return;
            }
            m_queue = std::move(*chosen);
        } else {
            m_queue = *m_producer->selection.select(route.publishQueues, m_queue.brokerName);
        }
        --m_attemptsLeft;
        const auto address = m_producer->instance->routes().masterAddress(m_queue.brokerName);
        const auto left =
            std::chrono::ceil<milliseconds>(m_deadline - std::chrono::steady_clock::now());
        if (!address || left.count() <= 0) {
            failed(address ? Error{Errc::Timeout, "no time was left", -1}
                           : Error{Errc::Unavailable,
                                   "no master of broker " + m_queue.brokerName +
                                       " is known to the NameServer",
                                   -1});
            return;
        }
        m_producer->instance->remoting().invokeAsync(
            *address, sendRequest(m_message, m_producer->options, m_queue), left,
            [self = shared_from_this()](const Result<RemotingCommand>& answer) {
                self->answered(answer);
            });
    }

    void answered(const Result<RemotingCommand>& answer)
    {
        if (!answer) {
            failed(answer.error());
            return;
        }
        auto result = parseSendResponse(*answer, m_message, m_queue);
        if (result) {
            finish(std::move(result));
        } else {
            failed(std::move(result.error()));
        }
    }

    void failed(Error error)
    {
        m_producer->noteFailure(m_message.topic, error);
        const auto route = m_producer->instance->routes().find(m_message.topic);
        if (m_attemptsLeft > 0 && isSendRetryable(error, SendMode::Async) && route &&
            !route->publishQueues.empty() && std::chrono::steady_clock::now() < m_deadline) {
            attempt(*route);
            return;
        }
        finish(failWith(std::move(error), "sending to topic " + m_message.topic));
    }

    void finish(Result<SendResult> result)
    {
        const auto run = [self = shared_from_this(), result = std::move(result)] {
            try {
                if (self->m_done) {
                    self->m_done(result);
                }
            } catch (const std::exception& thrown) {
                log::warning("client", "a send callback threw: {}", thrown.what());
            }
            self->m_done = nullptr;
            self->m_producer->endAsync();
        };
        if (!m_producer->instance->callbacks().post(run)) {
            run();
        }
    }

    const std::shared_ptr<Producer::Impl> m_producer;
    const PreparedMessage m_message;
    const Producer::QueueSelector m_selector;
    Producer::SendCallback m_done;
    const Producer::Impl::Deadline m_deadline;
    int m_attemptsLeft;
    MessageQueue m_queue;
};

} // namespace

void sendAsync(std::shared_ptr<Producer::Impl> producer, PreparedMessage message,
               Producer::QueueSelector selector, Producer::SendCallback done)
{
    std::make_shared<AsyncSend>(std::move(producer), std::move(message), std::move(selector),
                                std::move(done))
        ->start();
}

} // namespace gantry::client
