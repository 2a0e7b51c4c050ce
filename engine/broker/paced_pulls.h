// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "broker/long_polling.h"
#include "broker/work_gate.h"
#include "remoting/io_runtime.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

namespace gantry {

/// Pulls of backlog that wait until its pace allows them to be read: in a queue, not on a thread, because threads are few
/// and others need them. First come, first served; a few are read at a time. Bounded, thread-safe.
class PacedPulls
{
public:
    using Duration = std::chrono::steady_clock::duration;
    /// How long the next read has to wait; zero or less: it may begin. On any thread, with a lock held that is taken
    /// nowhere else: it must not call back.
    using Delay = std::function<Duration()>;
    /// Begins to read on another thread, where onRead() is called when it has been read. False if it cannot begin now; the
    /// pull is left as it was and offered again later. On any thread, without a lock.
    using Begin = std::function<bool(const std::shared_ptr<HeldPull>&)>;

    static constexpr std::size_t kWaitingMax = 10'000;
    /// Read at the same time: as many as an IoRuntime has threads for the background, so that none of them is idle.
    static constexpr std::size_t kReadingMax = 2;

    /// The gate is that of the owner, which closes it and waits for it before this dies.
    PacedPulls(IoRuntime& runtime, std::shared_ptr<WorkGate> gate, std::size_t waitingMax = kWaitingMax);
    /// Before traffic.
    void setCallbacks(Delay delay, Begin begin);

    /// Takes the pull, or gives it back when too many wait or it is stopped. That of a closed connection is dropped.
    [[nodiscard]] std::optional<HeldPull> add(HeldPull pull);
    /// A read that began has ended, and the pace knows what it cost; the next one may begin. Once for each.
    void onRead();
    /// Forgets the pulls of a connection that wait.
    void onConnectionClosed(std::uint64_t connectionId);
    /// Answers SERVICE_NOT_AVAILABLE to all that wait; later pulls are not taken. What is being read is answered as usual.
    void stop();

    [[nodiscard]] std::size_t waitingCount() const;

private:
    void beginWhatMay();
    void dropClosed(); // with m_mutex
    void wakeAfter(Duration delay); // with m_mutex

    IoRuntime& m_runtime;
    const std::shared_ptr<WorkGate> m_gate;
    const std::size_t m_waitingMax;
    Delay m_delay;
    Begin m_begin;
    mutable std::mutex m_mutex; // guards what follows
    std::deque<std::shared_ptr<HeldPull>> m_waiting;
    std::size_t m_reading = 0;
    bool m_isStopped = false;
    bool m_isTimerSet = false;
    std::unique_ptr<Timer> m_timer;
};

} // namespace gantry
