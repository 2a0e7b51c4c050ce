// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "protocol/command.h"

#include <cstdint>
#include <string>

namespace gantry::bench {

/// What one run of gantry-bench does; filled from the command line.
struct Options
{
    std::string broker = "127.0.0.1:10911";
    std::string topic = "gantry_bench";
    std::string label;          ///< goes into the report, so that many reports can be told apart
    std::string jsonFile;       ///< one line of JSON is appended there
    int queues = 8;
    int connections = 16;
    int depth = 1;              ///< requests under way per connection, closed loop
    double rate = 0;            ///< messages per second of an open loop; 0 = closed loop
    double seconds = 3;         ///< measured
    double warmUpSeconds = 1;   ///< before that, same load
    std::size_t bodyBytes = 1024;
    int batch = 1;              ///< messages per request
    bool hasKeys = false;       ///< a unique KEYS of each message, which the broker indexes
    HeaderEncoding encoding = HeaderEncoding::Json;
    bool readsBack = true;      ///< after sending: every message is read, compared and counted
    int pid = 0;                ///< of the broker under test; 0 = its cost is not measured
    int pullMessages = 32;      ///< asked for per pull
};

} // namespace gantry::bench
