// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/kpi_tile.h"

#include "ui/style/color_roles.h"
#include "ui/style/metrics.h"
#include "ui/widgets/painting.h"
#include "ui/widgets/sparkline.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace gantry::ui {

KpiTile::KpiTile(const QString& title, const QString& help, QWidget* parent)
    : QWidget(parent)
    , m_title(title)
    , m_value(QStringLiteral("–"))
    , m_sparkline(new Sparkline(this))
{
    setToolTip(help);
    setCursor(Qt::PointingHandCursor);
    setFocusPolicy(Qt::TabFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAccessibleName(title);
    m_sparkline->setAttribute(Qt::WA_TransparentForMouseEvents);
}

void KpiTile::setValue(const QString& value, const QString& unit, const QString& note,
                       ColorRole color, std::optional<CellStyle::Shape> shape)
{
    m_value = value;
    m_unit = unit;
    m_note = note;
    m_color = color;
    m_shape = shape;
    m_sparkline->setColor(color == ColorRole::Text ? ColorRole::Accent : color);
    setAccessibleDescription(QStringLiteral("%1 %2, %3").arg(value, unit, note));
    update();
}

void KpiTile::setHistory(std::vector<std::optional<double>> values)
{
    m_sparkline->setValues(std::move(values));
}

void KpiTile::setGauge(std::optional<double> share, std::vector<double> marks)
{
    m_gauge = share;
    m_marks = std::move(marks);
    update();
}

void KpiTile::paintGauge(QPainter& painter) const
{
    const QRectF track(metrics::kGroups, height() - 15, width() - 2 * metrics::kGroups, 6);
    painter.setPen(Qt::NoPen);
    painter.setBrush(blended(palette().color(QPalette::Base),
                             roleColor(palette(), ColorRole::Hairline), 0.8));
    painter.drawRect(track);
    painter.setBrush(
        roleColor(palette(), m_color == ColorRole::Text ? ColorRole::Accent : m_color));
    painter.drawRect(QRectF(track.topLeft(),
                            QSizeF(track.width() * std::clamp(*m_gauge, 0.0, 1.0), track.height())));
    painter.setPen(QPen(roleColor(palette(), ColorRole::SecondaryText), 1));
    for (const double mark : m_marks) {
        const double x = std::round(track.left() + track.width() * mark) + 0.5;
        painter.drawLine(QPointF(x, track.top() - 3), QPointF(x, track.bottom() + 3));
    }
}

QSize KpiTile::sizeHint() const
{
    const int height = QFontMetrics(metrics::caption(font())).height() * 2 +
                       QFontMetrics(metrics::kpi(font())).height() + 50;
    return {170, height};
}

QSize KpiTile::minimumSizeHint() const
{
    return {118, sizeHint().height()};
}

void KpiTile::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const bool isLit = underMouse() || hasFocus();
    painter.setPen(QPen(roleColor(palette(), isLit ? ColorRole::Accent : ColorRole::Hairline), 1));
    painter.setBrush(palette().color(QPalette::Base));
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), metrics::kCorner,
                            metrics::kCorner);

    const QFont caption = metrics::caption(font());
    const QFont big = metrics::kpi(font());
    const int left = metrics::kGroups;
    const int width = this->width() - 2 * left;
    int top = metrics::kRelated;
    painter.setFont(caption);
    const QFontMetrics small(caption);
    painter.setPen(roleColor(palette(), ColorRole::SecondaryText));
    painter.drawText(QRect(left, top, width, small.height()), Qt::AlignLeft,
                     small.elidedText(m_title, Qt::ElideRight, width));
    top += small.height() + 1;

    int x = left;
    const QFontMetrics large(big);
    if (m_shape) {
        const int side = large.ascent() - 4;
        paintShape(painter, QRectF(x, top + (large.height() - side) / 2.0, side, side), *m_shape,
                   roleColor(palette(), m_color));
        x += side + 6;
    }
    QFont number = big;
    const int room = left + width - x;
    if (large.horizontalAdvance(m_value) > room) { // rather small than cut
        number.setPointSizeF(big.pointSizeF() * room / large.horizontalAdvance(m_value) * 0.98);
    }
    painter.setFont(number);
    painter.setPen(
        roleColor(palette(), m_value == QStringLiteral("–") ? ColorRole::Unknown : m_color));
    painter.drawText(QRect(x, top, width, large.height()), Qt::AlignLeft | Qt::AlignVCenter,
                     m_value);
    x += QFontMetrics(number).horizontalAdvance(m_value) + 5;
    painter.setFont(font());
    painter.setPen(roleColor(palette(), ColorRole::SecondaryText));
    if (x + QFontMetrics(font()).horizontalAdvance(m_unit) <= left + width) {
        painter.drawText(QPointF(x, top + large.ascent()), m_unit);
    }
    top += large.height() + 1;

    painter.setFont(caption);
    painter.drawText(QRect(left, top, width, small.height()), Qt::AlignLeft,
                     small.elidedText(m_note, Qt::ElideRight, width));
    if (m_gauge) {
        paintGauge(painter);
    }
}

void KpiTile::resizeEvent(QResizeEvent*)
{
    const int height = 26;
    m_sparkline->setGeometry(metrics::kGroups, this->height() - height - 5,
                             width() - 2 * metrics::kGroups, height);
}

void KpiTile::mouseReleaseEvent(QMouseEvent* event)
{
    if (event->button() == Qt::LeftButton && rect().contains(event->position().toPoint())) {
        Q_EMIT clicked();
    }
}

void KpiTile::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Space) {
        Q_EMIT clicked();
        return;
    }
    QWidget::keyPressEvent(event);
}

void KpiTile::enterEvent(QEnterEvent*)
{
    update();
}

void KpiTile::leaveEvent(QEvent*)
{
    update();
}

} // namespace gantry::ui
