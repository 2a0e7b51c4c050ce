// SPDX-License-Identifier: Apache-2.0
#include "broker/cold_read_pace.h"

#include <algorithm>

namespace gantry {

namespace {
constexpr std::chrono::milliseconds kMeasurePeriod{100};
/// A read begins later than it may, by a timer's tick and a thread's turn; that much of it is caught up.
constexpr std::chrono::milliseconds kCatchUpMax{5};
constexpr double kSenderShare = 2;
} // namespace

ColdReadPace::ColdReadPace(std::int64_t bytesPerSecond)
    : m_bytesPerSecond(bytesPerSecond)
{}

ColdReadPace::Duration ColdReadPace::delay(Time now) const
{
    const std::lock_guard guard(m_mutex);
    return m_next > now ? m_next - now : Duration::zero();
}

void ColdReadPace::account(Time begun, std::uint64_t bytesRead, std::uint64_t bytesSent)
{
    if (m_bytesPerSecond == 0) {
        return;
    }
    const std::lock_guard guard(m_mutex);
    measureSenders(begun, bytesSent);
    const double rate = std::max(static_cast<double>(m_bytesPerSecond), kSenderShare * m_sentPerSecond);
    const std::chrono::duration<double> cost(static_cast<double>(bytesRead) / rate);
    m_next = std::max(m_next, begun - kCatchUpMax) + std::chrono::duration_cast<Duration>(cost);
}

void ColdReadPace::measureSenders(Time now, std::uint64_t bytesSent)
{
    if (!m_measuredAt) {
        m_measuredAt = now;
        m_bytesSent = bytesSent;
        return;
    }
    // However long it is: a read may cost more than a second, and after a pause the next period is short again.
    const std::chrono::duration<double> passed = now - *m_measuredAt;
    if (passed < kMeasurePeriod) {
        return;
    }
    m_sentPerSecond = bytesSent < m_bytesSent ? 0 : static_cast<double>(bytesSent - m_bytesSent) / passed.count();
    m_measuredAt = now;
    m_bytesSent = bytesSent;
}

} // namespace gantry
