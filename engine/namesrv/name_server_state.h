// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "namesrv/kv_config.h"
#include "namesrv/name_server.h"
#include "namesrv/route_table.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>

namespace gantry {

/// What the request handlers of one NameServer share. Thread-safe.
class NameServerState
{
public:
    NameServerState(NameServerConfig config, IoRuntime& ioRuntime, FileSystem& files, Clock& clock)
        : routes(clock, config.brokerExpiry)
        , kv(files, config.kvConfigPath)
        , runtime(ioRuntime)
        , m_config(std::move(config))
    {}

    RouteTable routes;
    KvConfig kv;
    IoRuntime& runtime;
    std::atomic<std::int64_t> routeQueries{0};

    [[nodiscard]] NameServerConfig config() const
    {
        const std::lock_guard lock(m_mutex);
        return m_config;
    }
    [[nodiscard]] Result<> change(const PropertyTable& changes)
    {
        const std::lock_guard lock(m_mutex);
        return m_config.change(changes);
    }

    /// Lives as long as a task on a blocking thread uses the files; waitForTasks() returns when
    /// none is left.
    [[nodiscard]] std::shared_ptr<void> taskToken()
    {
        {
            const std::lock_guard lock(m_mutex);
            ++m_tasks;
        }
        return {nullptr, [this](void*) {
                    const std::lock_guard lock(m_mutex);
                    --m_tasks;
                    m_noTasks.notify_all();
                }};
    }
    void waitForTasks()
    {
        std::unique_lock lock(m_mutex);
        m_noTasks.wait(lock, [this] { return m_tasks == 0; });
    }

private:
    mutable std::mutex m_mutex;
    std::condition_variable m_noTasks;
    int m_tasks = 0;
    NameServerConfig m_config;
};

} // namespace gantry
