// SPDX-License-Identifier: Apache-2.0
#include "broker/paced_pulls.h"

#include <algorithm>
#include <utility>

namespace gantry {

namespace {
using Ms = std::chrono::milliseconds;
/// The pace is given up when nobody sends any more, which nobody tells.
constexpr Ms kTickMax{20};
} // namespace

PacedPulls::PacedPulls(IoRuntime& runtime, std::shared_ptr<WorkGate> gate, std::size_t waitingMax)
    : m_runtime(runtime)
    , m_gate(std::move(gate))
    , m_waitingMax(waitingMax)
{}

void PacedPulls::setCallbacks(Delay delay, Begin begin)
{
    m_delay = std::move(delay);
    m_begin = std::move(begin);
}

std::optional<HeldPull> PacedPulls::add(HeldPull pull)
{
    {
        const std::lock_guard guard(m_mutex);
        if (m_isStopped || m_waiting.size() >= m_waitingMax) {
            return pull;
        }
        // Its close notice may have come before the pull.
        if (!pull.responder.connection()->isOpen()) {
            pull.responder.drop();
            return std::nullopt;
        }
        m_waiting.push_back(std::make_shared<HeldPull>(std::move(pull)));
    }
    beginWhatMay();
    return std::nullopt;
}

void PacedPulls::onRead()
{
    {
        const std::lock_guard guard(m_mutex);
        --m_reading;
    }
    beginWhatMay();
}

void PacedPulls::beginWhatMay()
{
    // As many as the pace has caught up with, not one a tick: a tick is long. What they cost is known only when they have
    // been read, so few are under way at a time.
    for (;;) {
        std::shared_ptr<HeldPull> next;
        {
            const std::lock_guard guard(m_mutex);
            dropClosed();
            if (m_isStopped || m_waiting.empty() || m_reading >= kReadingMax) {
                return; // whoever ends reading comes here
            }
            if (const auto delay = m_delay(); delay > delay.zero()) {
                wakeAfter(delay);
                return;
            }
            next = std::move(m_waiting.front());
            m_waiting.pop_front();
            ++m_reading;
        }
        if (m_begin(next)) {
            continue;
        }
        const std::lock_guard guard(m_mutex);
        --m_reading;
        if (m_isStopped) {
            next->responder.reply(ResponseCode::ServiceNotAvailable, "the broker is shutting down");
            return;
        }
        m_waiting.push_front(std::move(next));
        wakeAfter(kTickMax);
        return;
    }
}

/// Only at the head: it is about to be read.
void PacedPulls::dropClosed()
{
    while (!m_waiting.empty() && !m_waiting.front()->responder.connection()->isOpen()) {
        m_waiting.front()->responder.drop();
        m_waiting.pop_front();
    }
}

void PacedPulls::wakeAfter(Duration delay)
{
    if (std::exchange(m_isTimerSet, true)) {
        return;
    }
    const auto wait = std::clamp(std::chrono::ceil<Ms>(delay), Ms(1), kTickMax);
    m_timer = m_runtime.runAfter(wait, [this, gate = m_gate] {
        const auto pass = gate->enter();
        if (!pass) {
            return;
        }
        {
            const std::lock_guard guard(m_mutex);
            m_isTimerSet = false;
        }
        beginWhatMay();
    });
}

void PacedPulls::onConnectionClosed(std::uint64_t connectionId)
{
    const std::lock_guard guard(m_mutex);
    std::erase_if(m_waiting, [&](const std::shared_ptr<HeldPull>& pull) {
        if (pull->responder.connection()->id() != connectionId) {
            return false;
        }
        pull->responder.drop();
        return true;
    });
}

void PacedPulls::stop()
{
    std::deque<std::shared_ptr<HeldPull>> left;
    {
        const std::lock_guard guard(m_mutex);
        m_isStopped = true;
        left.swap(m_waiting);
        m_timer.reset();
    }
    for (const auto& pull : left) {
        pull->responder.reply(ResponseCode::ServiceNotAvailable, "the broker is shutting down");
    }
}

std::size_t PacedPulls::waitingCount() const
{
    const std::lock_guard guard(m_mutex);
    return m_waiting.size();
}

} // namespace gantry
