// SPDX-License-Identifier: Apache-2.0
#include "client/broker_calls.h"
#include "client/client_instance_impl.h"
#include "client/offset_store.h"

namespace gantry::client {

namespace {

class RemoteOffsetStore final : public OffsetStore
{
public:
    RemoteOffsetStore(std::shared_ptr<ClientInstance::Impl> instance, std::string group)
        : m_instance(std::move(instance))
        , m_group(std::move(group))
    {}

    Result<> load() override { return {}; }

    Result<std::int64_t> read(const MessageQueue& queue) override
    {
        GANTRY_TRY(address, m_instance->readAddress(queue));
        GANTRY_TRY(offset, calls::consumerOffset(m_instance->remoting(), address, m_group, queue,
                                                 m_instance->config().requestTimeout, true));
        if (offset >= 0) {
            update(queue, offset, false);
        }
        return offset;
    }

    void persist(const MessageQueue& queue) override
    {
        const auto offset = cached(queue);
        const auto address = m_instance->routes().masterAddress(queue.brokerName);
        if (offset && address) {
            m_instance->remoting().sendOneway(*address,
                                              calls::updateOffsetRequest(m_group, queue, *offset));
        }
    }

    void persistAll(const std::set<MessageQueue>& queues) override
    {
        if (queues.empty()) {
            return;
        }
        for (const auto& [queue, offset] : snapshot({})) {
            if (queues.contains(queue)) {
                persist(queue);
            } else {
                erase(queue);
            }
        }
    }

    Result<> persistNow(const MessageQueue& queue) override
    {
        const auto offset = cached(queue);
        if (!offset) {
            return {};
        }
        GANTRY_TRY(address, m_instance->writeAddress(queue));
        GANTRY_CHECK(calls::invoke(
            m_instance->remoting(), address, calls::updateOffsetRequest(m_group, queue, *offset),
            m_instance->config().requestTimeout, "storing a consume offset"));
        return {};
    }

    void remove(const MessageQueue& queue) override { erase(queue); }

private:
    const std::shared_ptr<ClientInstance::Impl> m_instance;
    const std::string m_group;
};

} // namespace

std::unique_ptr<OffsetStore> makeRemoteOffsetStore(std::shared_ptr<ClientInstance::Impl> instance,
                                                   std::string group)
{
    return std::make_unique<RemoteOffsetStore>(std::move(instance), std::move(group));
}

} // namespace gantry::client
