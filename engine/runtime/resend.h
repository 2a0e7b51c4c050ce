// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "message/message.h"

namespace gantry {

/// A dead letter as its producer first sent it: original topic, keys, tags, user properties and body; nothing of what
/// brokers and clients added on its way.
[[nodiscard]] Message originalOf(const MessageExt& deadLetter);

} // namespace gantry
