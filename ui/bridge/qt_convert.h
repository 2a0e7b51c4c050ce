// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <QString>

#include <string>
#include <string_view>

/// The border between the engine's types and Qt's.
namespace gantry::ui {

[[nodiscard]] inline QString toQt(std::string_view text)
{
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}
[[nodiscard]] inline std::string fromQt(const QString& text)
{
    return text.toStdString();
}

/// An error for people: what went wrong, and what helps against that kind of error.
struct ErrorText
{
    QString what;   ///< the engine's sentence
    QString remedy; ///< may be empty
};
[[nodiscard]] ErrorText errorText(const Error& error);

} // namespace gantry::ui
