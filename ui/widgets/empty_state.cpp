// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/empty_state.h"

#include "ui/style/icons.h"
#include "ui/style/metrics.h"

#include <QEvent>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace gantry::ui {

EmptyState::EmptyState(QWidget* parent)
    : QWidget(parent)
    , m_icon(new QLabel(this))
    , m_sentence(new QLabel(this))
    , m_why(new QLabel(this))
    , m_button(new QPushButton(this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(metrics::kSections, metrics::kMargin, metrics::kSections,
                               metrics::kMargin);
    layout->setSpacing(metrics::kRelated);
    layout->addStretch(1);
    for (QLabel* label : {m_icon, m_sentence, m_why}) {
        label->setAlignment(Qt::AlignCenter);
        label->setTextFormat(Qt::PlainText); // it may quote what came from other programs
        label->setWordWrap(label != m_icon);
        layout->addWidget(label);
    }
    m_sentence->setFont(metrics::title(font()));
    m_sentence->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_why->setForegroundRole(QPalette::PlaceholderText);
    m_why->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* row = new QHBoxLayout;
    row->addStretch(1);
    row->addWidget(m_button);
    row->addStretch(1);
    layout->addSpacing(metrics::kInside);
    layout->addLayout(row);
    layout->addStretch(1);
    connect(m_button, &QPushButton::clicked, this, &EmptyState::actionTriggered);
}

void EmptyState::setContent(const QString& iconName, const QString& sentence, const QString& why,
                            const QString& actionText)
{
    m_iconName = iconName;
    updateIcon();
    m_sentence->setText(sentence);
    m_why->setText(why);
    m_why->setVisible(!why.isEmpty());
    m_button->setText(actionText);
    m_button->setVisible(!actionText.isEmpty());
    setAccessibleName(sentence);
}

QString EmptyState::why() const
{
    return m_why->text();
}

QString EmptyState::sentence() const
{
    return m_sentence->text();
}

bool EmptyState::event(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange) {
        updateIcon();
    }
    return QWidget::event(event);
}

void EmptyState::updateIcon()
{
    if (!m_iconName.isEmpty()) {
        m_icon->setPixmap(
            icon(m_iconName, ColorRole::Expired).pixmap(QSize(40, 40), devicePixelRatioF()));
    }
}

} // namespace gantry::ui
