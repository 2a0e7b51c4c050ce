// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace gantry {

/// Names the calling thread for debuggers and top (15 characters are kept).
void nameThisThread(const std::string& name);

} // namespace gantry
