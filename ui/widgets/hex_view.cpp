// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/hex_view.h"

#include "ui/style/color_roles.h"
#include "ui/style/metrics.h"

#include <QClipboard>
#include <QEvent>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>

namespace gantry::ui {

HexView::HexView(QWidget* parent)
    : QAbstractScrollArea(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Bytes in hexadecimal"));
    m_font = metrics::mono(font());
    m_digit = QFontMetrics(m_font).horizontalAdvance(QLatin1Char('0'));
    viewport()->setCursor(Qt::IBeamCursor);
}

void HexView::setBytes(QByteArray bytes)
{
    m_bytes = std::move(bytes);
    m_anchor = m_cursor = -1;
    updateScrollBar();
    verticalScrollBar()->setValue(0);
    viewport()->update();
}

QByteArray HexView::selectedBytes() const
{
    if (m_cursor < 0) {
        return {};
    }
    const auto first = std::min(m_anchor, m_cursor);
    return m_bytes.mid(first, std::max(m_anchor, m_cursor) - first + 1);
}

int HexView::lineHeight() const
{
    return QFontMetrics(m_font).height() + 2;
}

int HexView::hexLeft() const
{
    return metrics::kRelated + m_digit * 10;
}

int HexView::asciiLeft() const
{
    return hexLeft() + m_digit * (kBytesPerLine * 3 + 3);
}

void HexView::updateScrollBar()
{
    const int lines = static_cast<int>((m_bytes.size() + kBytesPerLine - 1) / kBytesPerLine);
    const int visible = std::max(1, (viewport()->height() - metrics::kRelated) / lineHeight());
    verticalScrollBar()->setRange(0, std::max(0, lines - visible));
    verticalScrollBar()->setPageStep(visible);
    const int width = asciiLeft() + m_digit * kBytesPerLine + metrics::kRelated;
    horizontalScrollBar()->setRange(0, std::max(0, width - viewport()->width()));
    horizontalScrollBar()->setPageStep(viewport()->width());
}

void HexView::paintEvent(QPaintEvent*)
{
    QPainter painter(viewport());
    painter.fillRect(viewport()->rect(), palette().color(QPalette::Base));
    painter.setFont(m_font);
    painter.translate(-horizontalScrollBar()->value(), 0);
    const QColor secondary = roleColor(palette(), ColorRole::SecondaryText);
    const QColor text = palette().color(QPalette::Text);
    const QColor selected =
        blended(palette().color(QPalette::Base), roleColor(palette(), ColorRole::Accent), 0.3);
    const auto first = std::min(m_anchor, m_cursor);
    const auto last = std::max(m_anchor, m_cursor);
    const int ascent = QFontMetrics(m_font).ascent() + 1;
    const int lines = viewport()->height() / lineHeight() + 1;
    for (int line = 0; line < lines; ++line) {
        const qsizetype start =
            (static_cast<qsizetype>(verticalScrollBar()->value()) + line) * kBytesPerLine;
        if (start >= m_bytes.size()) {
            break;
        }
        const int top = metrics::kInside + line * lineHeight();
        painter.setPen(secondary);
        painter.drawText(metrics::kRelated, top + ascent,
                         QStringLiteral("%1").arg(start, 8, 16, QLatin1Char('0')));
        for (int i = 0; i < kBytesPerLine && start + i < m_bytes.size(); ++i) {
            const auto byte = static_cast<unsigned char>(m_bytes[start + i]);
            const int hexX = hexLeft() + m_digit * (i * 3 + (i >= 8 ? 1 : 0));
            const int asciiX = asciiLeft() + m_digit * i;
            if (m_cursor >= 0 && start + i >= first && start + i <= last) {
                painter.fillRect(QRect(hexX - 1, top, m_digit * 2 + 2, lineHeight()), selected);
                painter.fillRect(QRect(asciiX, top, m_digit, lineHeight()), selected);
            }
            const bool isPrintable = byte >= 0x20 && byte < 0x7F;
            painter.setPen(byte == 0 ? secondary : text);
            painter.drawText(hexX, top + ascent,
                             QStringLiteral("%1").arg(byte, 2, 16, QLatin1Char('0')));
            painter.setPen(isPrintable ? text : secondary);
            painter.drawText(asciiX, top + ascent,
                             isPrintable ? QString(QLatin1Char(static_cast<char>(byte)))
                                         : QStringLiteral("·"));
        }
    }
}

void HexView::resizeEvent(QResizeEvent*)
{
    updateScrollBar();
}

void HexView::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::FontChange) {
        m_font = metrics::mono(font());
        m_digit = QFontMetrics(m_font).horizontalAdvance(QLatin1Char('0'));
        updateScrollBar();
    }
    QAbstractScrollArea::changeEvent(event);
}

qsizetype HexView::byteAt(const QPoint& position) const
{
    if (m_bytes.isEmpty()) {
        return -1;
    }
    const int x = position.x() + horizontalScrollBar()->value();
    const qsizetype line =
        verticalScrollBar()->value() + std::max(0, position.y() - metrics::kInside) / lineHeight();
    int column = 0;
    if (x >= asciiLeft() - m_digit) {
        column = (x - asciiLeft()) / m_digit;
    } else {
        const int cell = (x - hexLeft()) / m_digit;
        column = (cell >= 8 * 3 ? cell - 1 : cell) / 3;
    }
    return std::clamp<qsizetype>(line * kBytesPerLine + std::clamp(column, 0, kBytesPerLine - 1), 0,
                                 m_bytes.size() - 1);
}

void HexView::moveCursor(qsizetype to, bool extend)
{
    if (m_bytes.isEmpty()) {
        return;
    }
    m_cursor = std::clamp<qsizetype>(to, 0, m_bytes.size() - 1);
    if (!extend || m_anchor < 0) {
        m_anchor = m_cursor;
    }
    const int line = static_cast<int>(m_cursor / kBytesPerLine);
    if (line < verticalScrollBar()->value()) {
        verticalScrollBar()->setValue(line);
    } else if (line >= verticalScrollBar()->value() + verticalScrollBar()->pageStep()) {
        verticalScrollBar()->setValue(line - verticalScrollBar()->pageStep() + 1);
    }
    viewport()->update();
}

void HexView::mousePressEvent(QMouseEvent* event)
{
    if (event->button() == Qt::LeftButton) {
        moveCursor(byteAt(event->position().toPoint()), event->modifiers() & Qt::ShiftModifier);
    }
}

void HexView::mouseMoveEvent(QMouseEvent* event)
{
    if (event->buttons() & Qt::LeftButton) {
        moveCursor(byteAt(event->position().toPoint()), true);
    }
}

void HexView::keyPressEvent(QKeyEvent* event)
{
    if (event->matches(QKeySequence::Copy)) {
        const QByteArray chosen = m_cursor < 0 ? m_bytes : selectedBytes();
        QGuiApplication::clipboard()->setText(QString::fromLatin1(chosen.toHex(' ')));
        return;
    }
    if (event->matches(QKeySequence::SelectAll)) {
        m_anchor = 0;
        m_cursor = m_bytes.size() - 1;
        viewport()->update();
        return;
    }
    const bool extend = event->modifiers() & Qt::ShiftModifier;
    switch (event->key()) {
    case Qt::Key_Left:
        moveCursor(m_cursor - 1, extend);
        return;
    case Qt::Key_Right:
        moveCursor(m_cursor + 1, extend);
        return;
    case Qt::Key_Up:
        moveCursor(m_cursor - kBytesPerLine, extend);
        return;
    case Qt::Key_Down:
        moveCursor(m_cursor + kBytesPerLine, extend);
        return;
    default:
        QAbstractScrollArea::keyPressEvent(event);
    }
}

} // namespace gantry::ui
