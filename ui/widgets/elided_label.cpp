// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/elided_label.h"

#include "ui/style/metrics.h"

#include <QPainter>

#include <algorithm>

namespace gantry::ui {

ElidedLabel::ElidedLabel(Qt::TextElideMode mode, QWidget* parent)
    : QLabel(parent)
    , m_mode(mode)
{
    setTextFormat(Qt::PlainText);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

QSize ElidedLabel::minimumSizeHint() const
{
    const int wanted = QLabel::sizeHint().width();
    return {std::min(wanted, fontMetrics().averageCharWidth() * 12),
            QLabel::minimumSizeHint().height()};
}

void ElidedLabel::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setPen(palette().color(foregroundRole()));
    const QRect area = contentsRect();
    const QString shown = fontMetrics().elidedText(text(), m_mode, area.width());
    painter.drawText(area, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine, shown);
    const QString tip = shown == text() ? QString() : text().toHtmlEscaped();
    if (toolTip() != tip) {
        setToolTip(tip);
    }
}

ElidedLabel* nameLabel(QWidget* parent)
{
    auto* label = new ElidedLabel(Qt::ElideMiddle, parent);
    QFont bold = parent->font();
    bold.setWeight(QFont::DemiBold);
    label->setFont(bold);
    return label;
}

ElidedLabel* factsLabel(QWidget* parent)
{
    auto* label = new ElidedLabel(Qt::ElideRight, parent);
    label->setFont(metrics::caption(parent->font()));
    label->setForegroundRole(QPalette::PlaceholderText);
    return label;
}

} // namespace gantry::ui
