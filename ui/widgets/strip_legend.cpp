// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/strip_legend.h"

#include "ui/style/color_roles.h"
#include "ui/style/metrics.h"
#include "ui/widgets/painting.h"

#include <QPainter>

namespace gantry::ui {

StripLegend::StripLegend(QWidget* parent)
    : QWidget(parent)
{
    setFont(metrics::caption(font()));
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

QSize StripLegend::sizeHint() const
{
    const QFontMetrics fm(font());
    return {fm.horizontalAdvance(tr("expired") + tr("consumed by all") + tr("by some") +
                                 tr("backlog") + tr("group")) +
                5 * 32 + 8,
            fm.height() + 4};
}

void StripLegend::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const QColor base = palette().color(QPalette::Base);
    const QColor ok = roleColor(palette(), ColorRole::Ok);
    int x = 0;
    const auto swatch = [&](const QString& text, auto&& draw) {
        const QRectF box(x + 0.5, height() / 2.0 - 4.5, 14, 9);
        painter.save();
        draw(box);
        painter.restore();
        x += 19;
        painter.setPen(roleColor(palette(), ColorRole::SecondaryText));
        painter.drawText(QRect(x, 0, width(), height()), Qt::AlignVCenter, text);
        x += fontMetrics().horizontalAdvance(text) + 13;
    };
    swatch(tr("expired"), [&](const QRectF& box) {
        painter.setPen(QPen(roleColor(palette(), ColorRole::Expired), 1, Qt::DashLine));
        painter.drawRect(box);
    });
    swatch(tr("consumed by all"), [&](const QRectF& box) { painter.fillRect(box, ok); });
    swatch(tr("by some"),
           [&](const QRectF& box) { painter.fillRect(box, blended(base, ok, 0.45)); });
    swatch(tr("backlog"),
           [&](const QRectF& box) { painter.fillRect(box, backlogBrush(palette())); });
    swatch(tr("group"), [&](const QRectF& box) {
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(Qt::NoPen);
        painter.setBrush(palette().color(QPalette::Text));
        const QPointF points[]{{box.center().x(), box.top()},
                               {box.center().x() + 5, box.bottom()},
                               {box.center().x() - 5, box.bottom()}};
        painter.drawPolygon(points, 3);
    });
}

} // namespace gantry::ui
