// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "send_load.h"
#include "standstill_probe.h"

namespace gantry::bench {

/// Samples of the broker's process, the machine and this program around a measured stretch of time.
class Stretch
{
public:
    /// pid 0: no broker process is sampled.
    explicit Stretch(int pid)
        : m_pid(pid)
    {}

    [[nodiscard]] Result<> begin();
    [[nodiscard]] Result<> end();
    [[nodiscard]] bool hasBegun() const { return m_begun; }
    [[nodiscard]] bool hasEnded() const { return m_ended; }
    /// What was measured; machine standstills count until now, because answers may be under way.
    void into(Measured& result);

private:
    struct Moment
    {
        std::int64_t ns = 0;
        std::optional<ProcessSample> process;
        MachineSample machine;
        double ownCpu = 0;
    };
    [[nodiscard]] Result<Moment> look() const;

    int m_pid;
    bool m_begun = false;
    bool m_ended = false;
    Moment m_from;
    Moment m_to;
    StandstillProbe m_probe; // its threads come and go outside of what is measured
};

} // namespace gantry::bench
