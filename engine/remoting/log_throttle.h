// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>

namespace gantry {

/// Under which remoting writes its log lines.
inline constexpr std::string_view kLogModule = "remoting";

/// Keeps a misbehaving peer from filling the log: lets `linesMax` lines pass per period and counts
/// the others. Thread-safe.
class LogThrottle
{
public:
    LogThrottle(std::uint32_t linesMax, std::chrono::steady_clock::duration period)
        : m_linesMax(linesMax)
        , m_period(period)
    {}

    /// Nothing: keep quiet. Otherwise write, and mention how many lines were left out before, if
    /// any.
    [[nodiscard]] std::optional<std::uint64_t> admit(std::chrono::steady_clock::time_point now)
    {
        const std::lock_guard guard(m_mutex);
        if (now - m_periodStart >= m_period) {
            m_periodStart = now;
            m_lines = 0;
        }
        if (m_lines >= m_linesMax) {
            ++m_leftOut;
            return std::nullopt;
        }
        ++m_lines;
        const auto leftOut = m_leftOut;
        m_leftOut = 0;
        return leftOut;
    }

private:
    const std::uint32_t m_linesMax;
    const std::chrono::steady_clock::duration m_period;
    std::mutex m_mutex;
    std::chrono::steady_clock::time_point m_periodStart{};
    std::uint32_t m_lines = 0;
    std::uint64_t m_leftOut = 0;
};

} // namespace gantry
