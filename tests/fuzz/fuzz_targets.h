// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::fuzz {

/// One reader of foreign bytes under test.
struct Target
{
    const char* name;
    void (*run)(std::string_view input);  ///< takes any bytes; aborts when the reader breaks a promise
    std::vector<std::string> (*seeds)();  ///< well-formed inputs: mutations of these reach deeper than noise does
};

[[nodiscard]] std::span<const Target> protocolTargets(); ///< frames, headers, bodies, records
[[nodiscard]] std::span<const Target> clientTargets();   ///< what the client library is answered
[[nodiscard]] std::span<const Target> storeTargets();    ///< the store's files
[[nodiscard]] std::span<const Target> tableTargets();    ///< the broker's and NameServer's tables and configuration
[[nodiscard]] std::span<const Target> serverTargets();   ///< whole requests to a running broker and NameServer

[[nodiscard]] std::vector<Target> allTargets();

} // namespace gantry::fuzz
