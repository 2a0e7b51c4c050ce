// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>

#include <optional>

namespace gantry::ui {

/// JSON laid out for reading. Only blanks change: the order of members, the digits of numbers and
/// the escapes in strings stay as they were sent. Nothing when the text is not JSON.
[[nodiscard]] std::optional<QByteArray> formatJson(const QByteArray& text);

} // namespace gantry::ui
