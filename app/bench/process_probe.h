// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <cstdint>

namespace gantry::bench {

/// What Linux says about a process at one moment.
struct ProcessSample
{
    double cpuSeconds = 0; ///< user and system
    std::int64_t anonymousBytes = 0;
    std::int64_t fileBytes = 0; ///< of mappings in memory
    std::int64_t writtenBytes = 0; ///< caused to be sent to storage
    int threads = 0;
    int descriptors = 0;
};

/// Errors: NotFound when there is no such process.
[[nodiscard]] Result<ProcessSample> sampleProcess(int pid);

/// CPU seconds all processes of the machine used since it started, and what the host took away.
struct MachineSample
{
    double busySeconds = 0;
    double stolenSeconds = 0;
};
[[nodiscard]] MachineSample sampleMachine();
/// CPU seconds of this process.
[[nodiscard]] double ownCpuSeconds();

} // namespace gantry::bench
