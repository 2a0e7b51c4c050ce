// SPDX-License-Identifier: Apache-2.0
#include "store/store_health.h"

#include "base/log.h"
#include "store/seeded_bug.h"

namespace gantry {

Result<> syncOutcome(Result<> outcome)
{
    if (!outcome) {
        outcome.error().code = Errc::StorePoisoned;
    }
    return outcome;
}

Result<> writeOutcome(Result<> outcome)
{
    return !outcome && outcome.error().code == Errc::DiskFull ? outcome
                                                              : syncOutcome(std::move(outcome));
}

std::string StoreHealth::reason() const
{
    const std::lock_guard guard(m_mutex);
    return m_reason;
}

void StoreHealth::poison(const Error& error)
{
    {
        const std::lock_guard guard(m_mutex);
        if (state() == StoreState::Poisoned || planted(SeededBug::PoisonForgotten)) {
            return;
        }
        m_reason = fmt::format("{}; the store is read-only until it is restarted", error.message);
        m_state.store(StoreState::Poisoned, std::memory_order_release);
        log::error("store", "poisoned: {}", m_reason);
    }
    if (m_onPoisoned) {
        m_onPoisoned();
    }
}

void StoreHealth::setDiskFull(const std::string& reason)
{
    const std::lock_guard guard(m_mutex);
    if (state() != StoreState::Running) {
        return;
    }
    m_reason = reason;
    m_state.store(StoreState::DiskFull, std::memory_order_release);
    log::error("store", "refusing writes: {}", reason);
}

void StoreHealth::clearDiskFull()
{
    const std::lock_guard guard(m_mutex);
    if (state() != StoreState::DiskFull) {
        return;
    }
    m_reason.clear();
    m_state.store(StoreState::Running, std::memory_order_release);
    log::info("store", "accepting writes again: disk space returned");
}

void StoreHealth::close()
{
    const std::lock_guard guard(m_mutex);
    if (state() == StoreState::Poisoned) {
        return; // stays visible as what it is
    }
    m_reason = "the store is closed";
    m_state.store(StoreState::Closed, std::memory_order_release);
}

Error StoreHealth::error() const
{
    const Errc code = state() == StoreState::Poisoned   ? Errc::StorePoisoned
                      : state() == StoreState::DiskFull ? Errc::DiskFull
                                                        : Errc::Unavailable;
    return Error{code, reason(), -1};
}

} // namespace gantry
