// SPDX-License-Identifier: Apache-2.0
#include "message/message.h"

#include "message/message_id.h"

#include <charconv>

namespace gantry {

std::int32_t Message::delayLevel() const
{
    const std::string_view text = properties.value(property::kDelayLevel);
    std::int32_t level = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), level);
    return error == std::errc{} && end == text.data() + text.size() ? level : 0;
}

std::string MessageExt::offsetMessageId() const
{
    return formatOffsetMessageId(storeHost, commitLogOffset);
}

std::string MessageExt::messageId() const
{
    const std::string_view unique = uniqueKey();
    return unique.empty() ? offsetMessageId() : std::string(unique);
}

} // namespace gantry
