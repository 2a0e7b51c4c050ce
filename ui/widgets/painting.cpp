// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/painting.h"

#include "ui/style/color_roles.h"
#include "ui/style/icons.h"

#include <QPainter>
#include <QPainterPath>

#include <algorithm>

namespace gantry::ui {

namespace {

QString iconOf(CellStyle::Shape shape)
{
    switch (shape) {
    case CellStyle::Shape::Check:
        return QStringLiteral("ok");
    case CellStyle::Shape::Cross:
        return QStringLiteral("error");
    case CellStyle::Shape::Warning:
        return QStringLiteral("warning");
    case CellStyle::Shape::Retry:
        return QStringLiteral("retry");
    case CellStyle::Shape::Clock:
        return QStringLiteral("clock");
    case CellStyle::Shape::Note:
        return QStringLiteral("note");
    default:
        return {};
    }
}

void paintMarker(QPainter& painter, double x, double top, double height, const QColor& color)
{
    QPainterPath path;
    path.moveTo(x, top);
    path.lineTo(x + height * 0.62, top + height);
    path.lineTo(x - height * 0.62, top + height);
    path.closeSubpath();
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawPath(path);
}

} // namespace

void paintShape(QPainter& painter, const QRectF& where, CellStyle::Shape shape, const QColor& color)
{
    const QString name = iconOf(shape);
    if (!name.isEmpty()) {
        paintIcon(painter, where, name, color);
        return;
    }
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    const double inset = where.width() * 0.22;
    const QRectF inner = where.adjusted(inset, inset, -inset, -inset);
    switch (shape) {
    case CellStyle::Shape::Ring:
        painter.setPen(QPen(color, 1.6));
        painter.setBrush(Qt::NoBrush);
        painter.drawEllipse(inner);
        break;
    case CellStyle::Shape::Lock:
        painter.setPen(QPen(color, 1.6));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(inner);
        break;
    case CellStyle::Shape::Question: {
        QFont font = painter.font();
        font.setBold(true);
        painter.setFont(font);
        painter.setPen(color);
        painter.drawText(where, Qt::AlignCenter, QStringLiteral("?"));
        break;
    }
    default:
        painter.setPen(Qt::NoPen);
        painter.setBrush(color);
        painter.drawEllipse(inner);
    }
    painter.restore();
}

QBrush backlogBrush(const QPalette& palette)
{
    // A tile of diagonal lines on a pale ground: told from the solid part without its colour, too.
    constexpr int tile = 6;
    const QColor color = roleColor(palette, ColorRole::Backlog);
    QPixmap pixmap(tile, tile);
    pixmap.fill(blended(palette.color(QPalette::Base), color, 0.25));
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(color, 1.5));
    for (const int shift : {-tile, 0, tile}) {
        painter.drawLine(QPointF(shift - 1, tile + 1), QPointF(shift + tile + 1, -1));
    }
    return QBrush(pixmap);
}

void paintQueueStrip(QPainter& painter, const QRectF& where, const QueueStrip& strip,
                     const QPalette& palette)
{
    painter.save();
    const double markerHeight = std::clamp(where.height() * 0.3, 4.0, 8.0);
    const QRectF bar = where.adjusted(4, 1, -4, -(markerHeight + 1));
    const QColor line = roleColor(palette, ColorRole::Hairline);
    if (!strip.isKnown || strip.maxOffset <= 0) {
        painter.setPen(
            QPen(roleColor(palette, strip.isKnown ? ColorRole::Hairline : ColorRole::Unknown), 1,
                 strip.isKnown ? Qt::SolidLine : Qt::DotLine));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(bar.adjusted(0.5, 0.5, -0.5, -0.5));
        if (!strip.isKnown) {
            painter.drawText(bar, Qt::AlignCenter, QStringLiteral("?"));
        }
        painter.restore();
        return;
    }
    const double end = static_cast<double>(strip.maxOffset);
    const auto xOf = [&](std::int64_t offset) {
        return bar.left() + bar.width() * std::clamp(static_cast<double>(offset) / end, 0.0, 1.0);
    };
    const double begin = xOf(strip.minOffset);
    const double slowest =
        strip.markers.empty() ? begin : std::max(begin, xOf(strip.markers.front().offset));
    const double fastest =
        strip.markers.empty() ? begin : std::max(begin, xOf(strip.markers.back().offset));
    const auto part = [&](double from, double to) {
        return QRectF(from, bar.top(), std::max(0.0, to - from), bar.height());
    };
    const QColor ok = roleColor(palette, ColorRole::Ok);
    painter.fillRect(part(begin, slowest), ok);
    painter.fillRect(part(slowest, fastest), blended(palette.color(QPalette::Base), ok, 0.45));
    if (strip.markers.empty()) {
        // Nobody consumes it: stored, but not a backlog of anybody.
        painter.fillRect(
            part(begin, bar.right()),
            blended(palette.color(QPalette::Base), roleColor(palette, ColorRole::Expired), 0.35));
    } else if (bar.right() - fastest >= 1) {
        painter.setBrushOrigin(bar.topLeft());
        painter.fillRect(part(std::min(fastest, bar.right() - 3), bar.right()),
                         backlogBrush(palette));
    }
    painter.setBrush(Qt::NoBrush);
    if (begin - bar.left() >= 2) {
        painter.setPen(QPen(roleColor(palette, ColorRole::Expired), 1, Qt::DashLine));
        painter.drawRect(part(bar.left(), begin).adjusted(0.5, 0.5, -0.5, -0.5));
    }
    painter.setPen(QPen(line, 1));
    painter.drawRect(part(begin, bar.right()).adjusted(0.5, 0.5, -0.5, -0.5));
    painter.setRenderHint(QPainter::Antialiasing);
    for (std::size_t i = 0; i < strip.markers.size(); ++i) {
        const double x = std::max(begin, xOf(strip.markers[i].offset));
        paintMarker(painter, x, bar.bottom() + 1, markerHeight,
                    roleColor(palette, ColorRole::Text));
    }
    painter.restore();
}

} // namespace gantry::ui
