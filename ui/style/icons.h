// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/style/color_role.h"

#include <QIcon>
#include <QPixmap>
#include <QString>

#include <optional>

class QPainter;
class QRectF;
class QColor;

namespace gantry::ui {

/// One of our symbolic icons (resources/icons/<name>.svg). It is drawn when painted, in the
/// palette's text colour or in that of a role, so it follows the theme.
[[nodiscard]] QIcon icon(const QString& name, std::optional<ColorRole> role = {});
/// Draws an icon in a colour.
void paintIcon(QPainter& painter, const QRectF& where, const QString& name, const QColor& color);
/// The program's own, in its colours.
[[nodiscard]] QIcon applicationIcon();

} // namespace gantry::ui
