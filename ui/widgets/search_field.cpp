// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/search_field.h"

#include "ui/style/icons.h"

#include <QAction>
#include <QKeyEvent>
#include <QTimer>

namespace gantry::ui {

SearchField::SearchField(const QString& placeholder, QWidget* parent)
    : QLineEdit(parent)
    , m_delay(new QTimer(this))
{
    setPlaceholderText(placeholder);
    setClearButtonEnabled(true);
    setAccessibleName(placeholder);
    addAction(icon(QStringLiteral("search"), ColorRole::SecondaryText), QLineEdit::LeadingPosition);
    m_delay->setSingleShot(true);
    m_delay->setInterval(150);
    connect(m_delay, &QTimer::timeout, this, [this] { Q_EMIT searchChanged(text()); });
    connect(this, &QLineEdit::textChanged, this, [this](const QString& text) {
        if (text.isEmpty()) {
            m_delay->stop();
            Q_EMIT searchChanged({});
        } else {
            m_delay->start();
        }
    });
    connect(this, &QLineEdit::returnPressed, this, [this] {
        m_delay->stop();
        Q_EMIT searchChanged(this->text());
    });
}

void SearchField::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Escape && !text().isEmpty()) {
        clear();
        return;
    }
    QLineEdit::keyPressEvent(event);
}

} // namespace gantry::ui
