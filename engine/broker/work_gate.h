// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace gantry {

/// Counts work that runs elsewhere (timers, posted tasks) on behalf of an object, so that the object can wait for it
/// before it dies. Held by shared_ptr by everybody who may come late. Thread-safe.
class WorkGate : public std::enable_shared_from_this<WorkGate>
{
public:
    /// Keeps the gate's owner alive while it exists.
    class Pass
    {
    public:
        explicit Pass(std::shared_ptr<WorkGate> gate)
            : m_gate(std::move(gate))
        {}
        Pass(Pass&&) noexcept = default;
        Pass& operator=(Pass&&) = delete;
        Pass(const Pass&) = delete;
        Pass& operator=(const Pass&) = delete;
        ~Pass()
        {
            if (m_gate) {
                m_gate->leave();
            }
        }

    private:
        std::shared_ptr<WorkGate> m_gate;
    };

    /// Nothing after close().
    [[nodiscard]] std::optional<Pass> enter()
    {
        const std::scoped_lock guard(m_mutex);
        if (m_isClosed) {
            return std::nullopt;
        }
        ++m_inside;
        return std::optional<Pass>(std::in_place, shared_from_this());
    }
    void close()
    {
        const std::scoped_lock guard(m_mutex);
        m_isClosed = true;
    }
    /// Returns when nobody is inside any more; close() first.
    void wait()
    {
        std::unique_lock guard(m_mutex);
        m_left.wait(guard, [this] { return m_inside == 0; });
    }

private:
    void leave()
    {
        const std::scoped_lock guard(m_mutex);
        if (--m_inside == 0) {
            m_left.notify_all();
        }
    }

    std::mutex m_mutex;
    std::condition_variable m_left;
    std::size_t m_inside = 0;
    bool m_isClosed = false;
};

} // namespace gantry
