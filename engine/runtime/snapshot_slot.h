// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/snapshot.h"

#include <functional>
#include <mutex>

namespace gantry {

/// Holds the newest snapshot: the latest wins, nobody waits. Thread-safe.
class SnapshotSlot
{
public:
    void publish(SnapshotPtr snapshot)
    {
        const std::lock_guard guard(m_mutex);
        m_latest = std::move(snapshot);
        if (m_listener) {
            m_listener(); // only posts; clearing it takes the same mutex, so no call comes after that
        }
    }
    [[nodiscard]] SnapshotPtr latest() const
    {
        const std::lock_guard guard(m_mutex);
        return m_latest;
    }
    void setListener(std::function<void()> listener)
    {
        const std::lock_guard guard(m_mutex);
        m_listener = std::move(listener);
    }

private:
    mutable std::mutex m_mutex;
    SnapshotPtr m_latest;
    std::function<void()> m_listener;
};

} // namespace gantry
