// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

namespace gantry {

/// How fast backlog is read while somebody sends: readers that catch up ask for the next messages at once, and without a
/// limit they take what the processors have and senders wait for them. The limit is a number of bytes a second for all of
/// them together, or twice what senders bring if that is more, so that a backlog can always become shorter. What was not
/// used is not saved up. Any thread.
class ColdReadPace
{
public:
    using Time = std::chrono::steady_clock::time_point;
    using Duration = std::chrono::steady_clock::duration;

    /// Bytes a second; 0: no limit.
    explicit ColdReadPace(std::int64_t bytesPerSecond);

    /// How long the next read has to wait; zero or less: it may begin.
    [[nodiscard]] Duration delay(Time now) const;
    /// A read that began at that time gave so many bytes; senders have brought so many in all.
    void account(Time begun, std::uint64_t bytesRead, std::uint64_t bytesSent);

private:
    void measureSenders(Time now, std::uint64_t bytesSent);

    const std::int64_t m_bytesPerSecond;
    mutable std::mutex m_mutex; // guards what follows
    Time m_next = Time::min();
    std::optional<Time> m_measuredAt; // nothing before the first read
    std::uint64_t m_bytesSent = 0;
    double m_sentPerSecond = 0;
};

} // namespace gantry
