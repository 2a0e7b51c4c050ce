// SPDX-License-Identifier: Apache-2.0
#include "base/wake_signal.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>

namespace gantry {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t) && std::atomic<std::uint32_t>::is_always_lock_free,
              "the kernel looks at the integer itself");

namespace {

constexpr std::chrono::nanoseconds kForEver{-1};

} // namespace

bool WakeSignal::waitFor(std::chrono::milliseconds timeout)
{
    const auto end = std::chrono::steady_clock::now() + timeout;
    while (true) {
        std::uint32_t state = kIdle;
        const bool isQuiet = m_state.compare_exchange_strong(state, kSleeping);
        const auto left = end - std::chrono::steady_clock::now();
        if (isQuiet && left > std::chrono::nanoseconds(0)) {
            sleep(left);
        }
        if (m_state.exchange(kIdle) == kSignalled) {
            return true;
        }
        if (left <= std::chrono::nanoseconds(0)) {
            return false;
        }
    }
}

void WakeSignal::wait()
{
    while (true) {
        std::uint32_t state = kIdle;
        if (m_state.compare_exchange_strong(state, kSleeping)) {
            sleep(kForEver);
        }
        if (m_state.exchange(kIdle) == kSignalled) {
            return;
        }
    }
}

void WakeSignal::wake()
{
    ::syscall(SYS_futex, &m_state, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

void WakeSignal::sleep(std::chrono::nanoseconds timeout)
{
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
    const timespec relative{seconds.count(), (timeout - seconds).count()};
    ::syscall(SYS_futex, &m_state, FUTEX_WAIT_PRIVATE, kSleeping, timeout < std::chrono::nanoseconds(0) ? nullptr : &relative,
              nullptr, 0);
}

} // namespace gantry
