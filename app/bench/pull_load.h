// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "send_load.h"

namespace gantry::bench {

/// Reads every queue of the topic from its beginning to the end it has at the start, one pull under way per queue.
/// Each record's checksum and place are checked; with a ledger each message is compared with what was sent, without
/// one only counted. `options.connections` connections share the queues.
[[nodiscard]] Result<Measured> runPullLoad(const Options& options, MessageLedger* ledger);

} // namespace gantry::bench
