// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace gantry {

/// Names the calling thread for debuggers and top (15 characters are kept).
void nameThisThread(const std::string& name);

/// The calling thread gets about a tenth of what it got so far where it competes for a processor, and all of an idle
/// one. For good: to take it back needs privileges.
void lowerPriorityOfThisThread();

} // namespace gantry
