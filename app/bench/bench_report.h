// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bench_options.h"
#include "message_ledger.h"
#include "send_load.h"

#include <optional>
#include <string>

namespace gantry::bench {

struct Report
{
    std::string mode; ///< "send", "pull", "watch"
    Options options;
    Measured measured;
    std::optional<MessageLedger::Counts> counts; ///< of what was read back
    std::uint64_t acknowledged = 0; ///< of everything sent, warm-up included

    /// For people, several lines.
    [[nodiscard]] std::string text() const;
    /// One line. Latencies in µs, memory in MiB.
    [[nodiscard]] std::string json() const;
    /// No error, no lost or doubled message.
    [[nodiscard]] bool isClean() const;
};

} // namespace gantry::bench
