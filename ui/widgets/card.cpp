// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/card.h"

#include "ui/style/color_roles.h"
#include "ui/style/metrics.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>

namespace gantry::ui {

Card::Card(const QString& title, QWidget* parent)
    : QFrame(parent)
    , m_body(new QVBoxLayout)
    , m_titleRow(new QHBoxLayout)
{
    setFrameShape(QFrame::NoFrame);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(1, 1, 1, 1);
    layout->setSpacing(0);
    if (!title.isEmpty()) {
        m_titleRow->setContentsMargins(metrics::kGroups, metrics::kRelated, metrics::kRelated,
                                       metrics::kInside);
        auto* label = new QLabel(title, this);
        QFont font = label->font();
        font.setWeight(QFont::DemiBold);
        label->setFont(font);
        m_titleRow->addWidget(label);
        m_titleRow->addStretch(1);
        layout->addLayout(m_titleRow);
    }
    m_body->setContentsMargins(metrics::kGroups, title.isEmpty() ? metrics::kRelated : 0,
                               metrics::kGroups, metrics::kRelated);
    m_body->setSpacing(metrics::kInside);
    layout->addLayout(m_body, 1);
}

void Card::setFlush()
{
    m_body->setContentsMargins(0, 0, 0, 0);
}

void Card::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(roleColor(palette(), ColorRole::Hairline), 1));
    painter.setBrush(palette().color(QPalette::Base));
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), metrics::kCorner,
                            metrics::kCorner);
}

QLabel* captionLabel(const QString& text, QWidget* parent)
{
    auto* label = new QLabel(text, parent);
    label->setTextFormat(Qt::PlainText); // names come from other programs
    label->setFont(metrics::caption(label->font()));
    label->setForegroundRole(QPalette::PlaceholderText);
    return label;
}

QLabel* titleLabel(const QString& text, QWidget* parent)
{
    auto* label = new QLabel(text, parent);
    label->setFont(metrics::title(label->font()));
    return label;
}

} // namespace gantry::ui
