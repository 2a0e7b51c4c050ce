// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/style/color_role.h"

#include <QColor>
#include <QPalette>

namespace gantry::ui {

/// Whether a palette is a dark one; Qt 6.4 has no colour scheme to ask for.
[[nodiscard]] bool isDark(const QPalette& palette);
/// The colour of a role on this palette. Everything that paints asks at paint time, so themes
/// switch live.
[[nodiscard]] QColor roleColor(const QPalette& palette, ColorRole role);
/// Colours of chart series, told apart by colour-blind people too; wraps around after eight.
[[nodiscard]] QColor seriesColor(const QPalette& palette, int index);

[[nodiscard]] QPalette lightPalette();
[[nodiscard]] QPalette darkPalette();
/// `amount` 0..1 of `over` on `under`.
[[nodiscard]] QColor blended(const QColor& under, const QColor& over, double amount);

} // namespace gantry::ui
