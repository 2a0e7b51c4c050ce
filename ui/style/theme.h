// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <optional>

namespace gantry::ui {

enum class ThemeChoice { System, Light, Dark };

[[nodiscard]] QString themeName(ThemeChoice choice); ///< "system", "light", "dark"
[[nodiscard]] std::optional<ThemeChoice> themeFromName(const QString& name);

/// Sets style and palette of the whole application; may be called again at any time to switch.
/// System follows the desktop's palette as it was when the program started.
void applyTheme(ThemeChoice choice);

} // namespace gantry::ui
