// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace gantry {

/// Wakes one thread. notify() may be called by any number of threads, for every message: it costs one atomic exchange,
/// and a call of the system only when the thread sleeps. What was written before notify() is seen after wait() returns.
/// A futex and no condition variable: that one's mutex is a second place where the two threads wait for each other, and
/// the thread that is woken runs into it at once.
class WakeSignal
{
public:
    WakeSignal() = default;
    WakeSignal(const WakeSignal&) = delete;
    WakeSignal& operator=(const WakeSignal&) = delete;

    void notify()
    {
        if (m_state.exchange(kSignalled) == kSleeping) {
            wake();
        }
    }
    /// True when notified, false when the time was over. Of one thread only, as wait().
    bool waitFor(std::chrono::milliseconds timeout);
    void wait();

private:
    static constexpr std::uint32_t kIdle = 0;
    static constexpr std::uint32_t kSignalled = 1;
    static constexpr std::uint32_t kSleeping = 2;

    void wake();
    /// Sleeps while the state is kSleeping; may return early.
    void sleep(std::chrono::nanoseconds timeout);

    std::atomic<std::uint32_t> m_state{kIdle};
};

} // namespace gantry
