// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "store/store_metrics.h"

#include <atomic>
#include <functional>
#include <mutex>
#include <string>

namespace gantry {

/// The outcome of a sync, or of a write that must not be lost: after a failure nobody knows what is on disk, whatever
/// the kernel says the next time, so the error becomes Errc::StorePoisoned. Whoever gets it poisons the store.
[[nodiscard]] Result<> syncOutcome(Result<> outcome);
/// As syncOutcome(), but a full disk stays one: nothing was written then, and space may return.
[[nodiscard]] Result<> writeOutcome(Result<> outcome);

/// Whether the store may take writes, and why not. Thread-safe. Poisoned and Closed are final.
class StoreHealth
{
public:
    [[nodiscard]] StoreState state() const { return m_state.load(std::memory_order_acquire); }
    [[nodiscard]] bool acceptsWrites() const { return state() == StoreState::Running; }
    [[nodiscard]] bool isPoisoned() const { return state() == StoreState::Poisoned; }
    [[nodiscard]] std::string reason() const;

    /// A write or sync failed: nobody knows what is on disk, so nothing is promised any more. Logs
    /// the first call.
    void poison(const Error& error);
    /// Runs once, on the thread that poisons. Set before there are threads.
    void setPoisonListener(std::function<void()> listener) { m_onPoisoned = std::move(listener); }
    void setDiskFull(const std::string& reason);
    void clearDiskFull();
    void close();
    /// The failing side for callers that need the state as an error.
    [[nodiscard]] Error error() const;

private:
    std::atomic<StoreState> m_state{StoreState::Running};
    mutable std::mutex m_mutex; // orders changes, guards m_reason
    std::string m_reason;
    std::function<void()> m_onPoisoned;
};

} // namespace gantry
