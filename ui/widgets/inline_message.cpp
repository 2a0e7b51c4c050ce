// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/inline_message.h"

#include "ui/style/color_roles.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QToolButton>

namespace gantry::ui {

namespace {

ColorRole roleOf(InlineMessage::Kind kind)
{
    switch (kind) {
    case InlineMessage::Kind::Note:
        return ColorRole::Accent;
    case InlineMessage::Kind::Success:
        return ColorRole::Ok;
    case InlineMessage::Kind::Warning:
        return ColorRole::Backlog;
    case InlineMessage::Kind::Error:
        return ColorRole::Error;
    }
    return ColorRole::Accent;
}

QString iconOf(InlineMessage::Kind kind)
{
    switch (kind) {
    case InlineMessage::Kind::Note:
        return QStringLiteral("note");
    case InlineMessage::Kind::Success:
        return QStringLiteral("ok");
    case InlineMessage::Kind::Warning:
        return QStringLiteral("warning");
    case InlineMessage::Kind::Error:
        return QStringLiteral("error");
    }
    return {};
}

} // namespace

InlineMessage::InlineMessage(QWidget* parent)
    : QFrame(parent)
    , m_icon(new QLabel(this))
    , m_text(new QLabel(this))
    , m_action(new QPushButton(this))
    , m_close(new QToolButton(this))
{
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(metrics::kGroups, metrics::kRelated, metrics::kRelated,
                               metrics::kRelated);
    layout->addWidget(m_icon, 0, Qt::AlignTop);
    layout->addWidget(m_text, 1);
    layout->addWidget(m_action, 0, Qt::AlignVCenter);
    layout->addWidget(m_close, 0, Qt::AlignTop);
    m_text->setWordWrap(true);
    m_text->setTextFormat(Qt::RichText);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_close->setAutoRaise(true);
    m_close->setIcon(icon(QStringLiteral("close")));
    m_close->setToolTip(tr("Close"));
    connect(m_close, &QToolButton::clicked, this, &QWidget::hide);
    connect(m_action, &QPushButton::clicked, this, &InlineMessage::actionTriggered);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
    hide();
}

void InlineMessage::showMessage(Kind kind, const QString& text, const QString& detail,
                                const QString& actionText)
{
    m_kind = kind;
    m_plainText = text;
    m_text->setText(
        detail.isEmpty()
            ? text.toHtmlEscaped()
            : QStringLiteral("<b>%1</b><br>%2").arg(text.toHtmlEscaped(), detail.toHtmlEscaped()));
    m_action->setText(actionText);
    m_action->setVisible(!actionText.isEmpty());
    setAccessibleName(text);
    updateIcon();
    show();
    update();
}

QString InlineMessage::text() const
{
    return m_plainText;
}

void InlineMessage::setClosable(bool isClosable)
{
    m_close->setVisible(isClosable);
}

bool InlineMessage::event(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange) {
        updateIcon();
    }
    return QFrame::event(event);
}

void InlineMessage::updateIcon()
{
    m_icon->setPixmap(
        icon(iconOf(m_kind), roleOf(m_kind)).pixmap(QSize(18, 18), devicePixelRatioF()));
}

void InlineMessage::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor color = roleColor(palette(), roleOf(m_kind));
    painter.setPen(QPen(blended(palette().color(QPalette::Window), color, 0.6), 1));
    painter.setBrush(blended(palette().color(QPalette::Base), color, 0.09));
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), metrics::kCorner,
                            metrics::kCorner);
}

} // namespace gantry::ui
