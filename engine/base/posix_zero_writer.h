// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/posix_file_system.h"

namespace gantry {

/// FileSystem::zeroWriter() by O_DIRECT. The table must outlive what is given.
Result<std::unique_ptr<ZeroWriter>> openZeroWriter(const PosixCalls& calls, const std::filesystem::path& path);

} // namespace gantry
