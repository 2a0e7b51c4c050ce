// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace gantry {

/// Time as a constructor argument, so that tests move it. Thread-safe.
class Clock
{
public:
    virtual ~Clock() = default;
    /// Wall clock, milliseconds since 1970 (what RocketMQ puts into messages and files). May jump.
    [[nodiscard]] virtual std::int64_t wallMs() const = 0;
    /// Monotonic; for durations and deadlines.
    [[nodiscard]] virtual std::chrono::steady_clock::time_point steady() const = 0;
};

class SystemClock final : public Clock
{
public:
    [[nodiscard]] std::int64_t wallMs() const override;
    [[nodiscard]] std::chrono::steady_clock::time_point steady() const override;
    /// One for everybody who does not inject another.
    static SystemClock& instance();
};

} // namespace gantry
