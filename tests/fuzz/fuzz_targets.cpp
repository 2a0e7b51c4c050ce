// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz_targets.h"

namespace gantry::fuzz {

std::vector<Target> allTargets()
{
    std::vector<Target> all;
    for (const auto targets : {protocolTargets(), clientTargets(), storeTargets(), tableTargets(), serverTargets()}) {
        all.insert(all.end(), targets.begin(), targets.end());
    }
    return all;
}

} // namespace gantry::fuzz
