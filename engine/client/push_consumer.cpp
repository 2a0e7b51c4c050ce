// SPDX-License-Identifier: Apache-2.0
#include "client/push_consumer.h"

#include "client/consumer_core.h"

namespace gantry {

struct PushConsumer::Impl
{
    std::shared_ptr<client::ConsumerCore> core;
};

PushConsumer::PushConsumer(ClientInstance& instance, Options options)
    : m_impl(std::make_shared<Impl>())
{
    m_impl->core = std::make_shared<client::ConsumerCore>(instance.share(), std::move(options));
}

PushConsumer::~PushConsumer()
{
    shutdown();
}

Result<> PushConsumer::subscribe(const std::string& topic, const std::string& expression,
                                 std::string_view expressionType)
{
    return m_impl->core->subscribe(topic, expression, expressionType);
}

void PushConsumer::unsubscribe(const std::string& topic)
{
    m_impl->core->unsubscribe(topic);
}

void PushConsumer::setListener(ConcurrentListener listener)
{
    m_impl->core->setListener(std::move(listener));
}

void PushConsumer::setListener(OrderlyListener listener)
{
    m_impl->core->setListener(std::move(listener));
}

Result<> PushConsumer::start()
{
    return m_impl->core->start();
}

void PushConsumer::shutdown()
{
    m_impl->core->stop();
}

void PushConsumer::suspend()
{
    m_impl->core->setPaused(true);
}

void PushConsumer::resume()
{
    m_impl->core->setPaused(false);
}

std::vector<PushConsumer::QueueStatus> PushConsumer::queues() const
{
    return m_impl->core->queueStatus();
}

PushConsumer::Counters PushConsumer::counters() const
{
    return m_impl->core->counters();
}

} // namespace gantry
