// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/style/theme.h"

#include <QSize>
#include <QString>

#include <optional>

class QCoreApplication;

/// What the command line of gantry asks for.
struct WorkbenchOptions
{
    QString dataDirectory; ///< empty = the user's, or a temporary one for a tour
    QString tourDirectory; ///< empty = no tour
    std::optional<gantry::ui::ThemeChoice> theme; ///< nothing = as last chosen
    std::optional<QSize> size;
    bool anyPorts = false;
    bool startDemo = false;
    bool reportStartup = false;
};

/// Answers --help and --version itself (and exits); a mistake is explained on standard error and
/// gives nothing.
[[nodiscard]] std::optional<WorkbenchOptions>
parseWorkbenchOptions(const QCoreApplication& application);
