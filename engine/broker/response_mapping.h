// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "protocol/response_code.h"
#include "store/put_result.h"

namespace gantry {

/// The only place where failures become response codes.
[[nodiscard]] ResponseCode responseCodeOf(Errc code);
[[nodiscard]] ResponseCode responseCodeOf(PutStatus status);

} // namespace gantry
