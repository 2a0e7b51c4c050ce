// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/page.h"

#include "ui/bridge/qt_convert.h"
#include "ui/style/metrics.h"
#include "ui/widgets/card.h"
#include "ui/widgets/inline_message.h"

#include <QHBoxLayout>
#include <QLabel>

namespace gantry::ui {

Page::Page(EngineBridge* bridge, const QString& title, QWidget* parent)
    : QWidget(parent)
    , m_bridge(bridge)
    , m_title(title)
    , m_header(new QHBoxLayout)
    , m_content(new QVBoxLayout)
    , m_message(new InlineMessage(this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(metrics::kMargin, metrics::kGroups, metrics::kMargin,
                               metrics::kGroups);
    layout->setSpacing(metrics::kRelated);
    m_header->setSpacing(metrics::kRelated);
    auto* label = titleLabel(title, this);
    label->setFixedHeight(fontMetrics().height() + 12);
    m_header->addWidget(label);
    m_header->addSpacing(metrics::kRelated);
    layout->addLayout(m_header);
    layout->addWidget(m_message);
    m_content->setSpacing(metrics::kRelated);
    layout->addLayout(m_content, 1);
    setAccessibleName(title);
}

void Page::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    if (m_bridge->latest()) {
        apply(m_bridge->latest());
    }
    shown();
}

void Page::showError(const Error& error, const QString& context)
{
    const ErrorText text = errorText(error);
    m_message->showMessage(InlineMessage::Kind::Error, context,
                           text.remedy.isEmpty() ? text.what
                                                 : text.what + QLatin1Char(' ') + text.remedy);
}

} // namespace gantry::ui
