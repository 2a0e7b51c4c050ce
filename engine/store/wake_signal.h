// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace gantry {

/// Wakes one thread. notify() costs one atomic exchange while the thread has not yet noticed the
/// last one, so it may be called for every message. What was written before notify() is seen after
/// wait() returns.
class WakeSignal
{
public:
    void notify()
    {
        if (!m_signalled.exchange(true)) {
            const std::lock_guard guard(m_mutex);
            m_wake.notify_one();
        }
    }
    /// True when notified, false when the time was over.
    bool waitFor(std::chrono::milliseconds timeout)
    {
        std::unique_lock lock(m_mutex);
        m_wake.wait_for(lock, timeout, [this] { return m_signalled.load(); });
        return m_signalled.exchange(false);
    }
    void wait()
    {
        std::unique_lock lock(m_mutex);
        m_wake.wait(lock, [this] { return m_signalled.load(); });
        m_signalled.exchange(false);
    }

private:
    std::atomic<bool> m_signalled{false};
    std::mutex m_mutex;
    std::condition_variable m_wake;
};

} // namespace gantry
