// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/style/theme.h"

#include "ui/style/color_roles.h"
#include "ui/style/workbench_style.h"

#include <QApplication>
#include <QToolTip>

namespace gantry::ui {

QString themeName(ThemeChoice choice)
{
    switch (choice) {
    case ThemeChoice::System:
        return QStringLiteral("system");
    case ThemeChoice::Light:
        return QStringLiteral("light");
    case ThemeChoice::Dark:
        return QStringLiteral("dark");
    }
    return {};
}

std::optional<ThemeChoice> themeFromName(const QString& name)
{
    for (const auto choice : {ThemeChoice::System, ThemeChoice::Light, ThemeChoice::Dark}) {
        if (themeName(choice) == name) {
            return choice;
        }
    }
    return std::nullopt;
}

void applyTheme(ThemeChoice choice)
{
    // Asked before our own palette hides it.
    static const bool systemIsDark = isDark(QGuiApplication::palette());
    static bool isStyled = false;
    if (!isStyled) {
        isStyled = true;
        QApplication::setStyle(new WorkbenchStyle);
    }
    const bool dark =
        choice == ThemeChoice::Dark || (choice == ThemeChoice::System && systemIsDark);
    const QPalette palette = dark ? darkPalette() : lightPalette();
    QApplication::setPalette(palette);
    QToolTip::setPalette(palette);
}

} // namespace gantry::ui
