// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/sparkline.h"

#include "ui/style/color_roles.h"

#include <QPainter>
#include <QPainterPath>

namespace gantry::ui {

Sparkline::Sparkline(QWidget* parent)
    : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void Sparkline::setValues(std::vector<std::optional<double>> values)
{
    m_values = std::move(values);
    update();
}

void Sparkline::paintEvent(QPaintEvent*)
{
    if (m_values.size() < 2) {
        return;
    }
    double largest = 0;
    for (const auto& value : m_values) {
        largest = std::max(largest, value.value_or(0));
    }
    const QRectF area = QRectF(rect()).adjusted(1, 3, -1, -2);
    const double step = area.width() / static_cast<double>(m_values.size() - 1);
    const auto pointAt = [&](std::size_t i) {
        const double share = largest > 0 ? *m_values[i] / (largest * 1.05) : 0;
        return QPointF(area.left() + step * static_cast<double>(i),
                       area.bottom() - share * area.height());
    };
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor color = roleColor(palette(), m_role);
    QColor pale = color;
    pale.setAlphaF(0.14F);
    std::size_t i = 0;
    while (i < m_values.size()) {
        if (!m_values[i]) {
            ++i;
            continue;
        }
        QPainterPath line(pointAt(i));
        const double left = pointAt(i).x();
        double right = left;
        for (++i; i < m_values.size() && m_values[i]; ++i) {
            line.lineTo(pointAt(i));
            right = pointAt(i).x();
        }
        QPainterPath fill = line;
        fill.lineTo(right, area.bottom() + 1);
        fill.lineTo(left, area.bottom() + 1);
        fill.closeSubpath();
        painter.fillPath(fill, pale);
        painter.setPen(QPen(color, 1.5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
        painter.drawPath(line);
    }
}

} // namespace gantry::ui
