// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/queue_strip_data.h"
#include "ui/models/roles.h"

#include <QColor>
#include <QPalette>
#include <QRectF>

class QPainter;

/// Small drawings that cells, badges and legends share.
namespace gantry::ui {

/// The shape that goes with a state's colour.
void paintShape(QPainter& painter, const QRectF& where, CellStyle::Shape shape,
                const QColor& color);

/// A queue: expired range (dashed, empty), consumed by every group (solid), consumed by some
/// (pale), backlog (hatched), and a triangle per group below the bar. `where` includes the
/// triangles.
void paintQueueStrip(QPainter& painter, const QRectF& where, const QueueStrip& strip,
                     const QPalette& palette);

/// The 45-degree hatch of a backlog.
[[nodiscard]] QBrush backlogBrush(const QPalette& palette);

} // namespace gantry::ui
