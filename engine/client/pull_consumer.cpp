// SPDX-License-Identifier: Apache-2.0
#include "client/pull_consumer.h"

#include "client/broker_calls.h"
#include "client/client_instance_impl.h"
#include "client/pull_message.h"
#include "message/topic_name.h"

namespace gantry {

struct PullConsumer::Impl
{
    std::shared_ptr<ClientInstance::Impl> instance;
    Options options;
};

PullConsumer::PullConsumer(ClientInstance& instance, Options options)
    : m_impl(std::make_unique<Impl>(Impl{instance.share(), std::move(options)}))
{}

PullConsumer::~PullConsumer() = default;

Result<std::vector<MessageQueue>> PullConsumer::subscribeQueues(const std::string& topic)
{
    GANTRY_CHECK(validateTopicName(topic));
    GANTRY_TRY(route, m_impl->instance->routes().refresh(topic));
    return route->subscribeQueues;
}

Result<PullResult> PullConsumer::pull(const MessageQueue& queue, const std::string& expression,
                                      std::int64_t offset, int messagesMax)
{
    auto& instance = *m_impl->instance;
    const auto subscription = makeSubscription(queue.topic, expression);
    client::PullQuery query;
    query.group = m_impl->options.group;
    query.queue = queue;
    query.offset = offset;
    query.messagesMax = messagesMax;
    query.suspendMs = m_impl->options.suspend.count();
    query.subscription = &subscription;
    query.postExpression = true; // this group sends no heartbeats
    GANTRY_TRY(address, instance.readAddress(queue));
    const auto timeout = m_impl->options.timeout + m_impl->options.suspend;
    auto answer = instance.remoting().invokeSync(address, client::pullRequest(query), timeout);
    if (!answer) {
        instance.refreshRouteSoon(queue.topic);
        return failWith(std::move(answer.error()), "pulling from topic " + queue.topic);
    }
    GANTRY_TRY(parsed, client::parsePullResponse(*answer, query));
    return std::move(parsed.result);
}

Result<std::int64_t> PullConsumer::minOffset(const MessageQueue& queue)
{
    GANTRY_TRY(address, m_impl->instance->readAddress(queue));
    return client::calls::minOffset(m_impl->instance->remoting(), address, queue,
                                    m_impl->options.timeout);
}

Result<std::int64_t> PullConsumer::maxOffset(const MessageQueue& queue)
{
    GANTRY_TRY(address, m_impl->instance->readAddress(queue));
    return client::calls::maxOffset(m_impl->instance->remoting(), address, queue,
                                    m_impl->options.timeout);
}

Result<std::int64_t> PullConsumer::searchOffset(const MessageQueue& queue, std::int64_t timestampMs)
{
    GANTRY_TRY(address, m_impl->instance->readAddress(queue));
    return client::calls::searchOffset(m_impl->instance->remoting(), address, queue, timestampMs,
                                       m_impl->options.timeout);
}

Result<std::int64_t> PullConsumer::fetchOffset(const MessageQueue& queue)
{
    GANTRY_TRY(address, m_impl->instance->readAddress(queue));
    return client::calls::consumerOffset(m_impl->instance->remoting(), address,
                                         m_impl->options.group, queue, m_impl->options.timeout,
                                         false);
}

Result<> PullConsumer::commitOffset(const MessageQueue& queue, std::int64_t offset)
{
    GANTRY_TRY(address, m_impl->instance->writeAddress(queue));
    GANTRY_CHECK(client::calls::invoke(
        m_impl->instance->remoting(), address,
        client::calls::updateOffsetRequest(m_impl->options.group, queue, offset),
        m_impl->options.timeout, "storing a consume offset"));
    return {};
}

} // namespace gantry
