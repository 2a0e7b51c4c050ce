// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QSettings>

namespace gantry::ui {

/// Where the window keeps what the user arranged: columns, splitters, theme. Tours and tests
/// redirect it with QSettings::setPath() before the first window.
[[nodiscard]] inline QSettings settings()
{
    return QSettings(QSettings::IniFormat, QSettings::UserScope, QStringLiteral("Gantry"),
                     QStringLiteral("Gantry"));
}

} // namespace gantry::ui
