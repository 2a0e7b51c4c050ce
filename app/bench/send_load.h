// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bench_options.h"
#include "message_ledger.h"
#include "process_probe.h"
#include "standstill_probe.h"

#include "base/histogram.h"

#include <cstdint>
#include <optional>
#include <string>

namespace gantry::bench {

/// What a measured stretch of time gave.
struct Measured
{
    double seconds = 0;
    std::uint64_t messages = 0;   ///< acknowledged or read in that time
    std::uint64_t bytes = 0;      ///< their bodies
    std::uint64_t requests = 0;
    std::uint64_t errors = 0;     ///< answers with another code than success, in the whole run
    std::uint64_t unanswered = 0; ///< requests without an answer in the whole run
    std::string firstError;
    HistogramSnapshot latency;    ///< ns per request
    double lateShare = 0;         ///< open loop: share of requests sent more than 1 ms after their time
    std::optional<ProcessSample> before;
    std::optional<ProcessSample> after;
    double foreignCpu = 0;        ///< cores used by neither the broker nor this program
    double stolenCpu = 0;         ///< cores the host took away
    std::optional<StandstillProbe::Found> standstill; ///< none: not known
};

/// Sends for warmUpSeconds + seconds and waits for the answers (10 s at most).
[[nodiscard]] Result<Measured> runSendLoad(const Options& options, MessageLedger& ledger);

} // namespace gantry::bench
