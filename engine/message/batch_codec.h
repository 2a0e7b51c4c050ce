// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "message/message.h"

#include <string>
#include <string_view>
#include <vector>

namespace gantry {

/// One item of a batch body (SEND_BATCH_MESSAGE); views point into it.
struct BatchItem
{
    std::int32_t flag = 0;
    std::string_view body;
    std::string_view properties; ///< encoded form
};

[[nodiscard]] Result<std::vector<BatchItem>> decodeBatch(std::string_view body);
[[nodiscard]] std::string encodeBatch(const std::vector<Message>& messages);

} // namespace gantry
