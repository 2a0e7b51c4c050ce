// SPDX-License-Identifier: GPL-3.0-or-later
#include "stretch.h"

#include "bench_connection.h"

#include <algorithm>

namespace gantry::bench {

Result<Stretch::Moment> Stretch::look() const
{
    Moment moment;
    if (m_pid != 0) {
        GANTRY_TRY(process, sampleProcess(m_pid));
        moment.process = process;
    }
    moment.machine = sampleMachine();
    moment.ownCpu = ownCpuSeconds();
    moment.ns = nowNs();
    return moment;
}

Result<> Stretch::begin()
{
    GANTRY_TRY(moment, look());
    m_from = moment;
    m_begun = true;
    return {};
}

Result<> Stretch::end()
{
    GANTRY_TRY(moment, look());
    m_to = moment;
    m_ended = true;
    return {};
}

void Stretch::into(Measured& result)
{
    result.seconds = static_cast<double>(m_to.ns - m_from.ns) / 1e9;
    result.before = m_from.process;
    result.after = m_to.process;
    result.standstill = m_probe.finish(m_from.ns);
    if (result.seconds <= 0) {
        return;
    }
    double known = m_to.ownCpu - m_from.ownCpu;
    if (m_from.process && m_to.process) {
        known += m_to.process->cpuSeconds - m_from.process->cpuSeconds;
    }
    const double busy = m_to.machine.busySeconds - m_from.machine.busySeconds;
    result.foreignCpu = std::max(0.0, busy - known) / result.seconds;
    result.stolenCpu = (m_to.machine.stolenSeconds - m_from.machine.stolenSeconds) / result.seconds;
}

} // namespace gantry::bench
