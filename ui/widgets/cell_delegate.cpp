// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/cell_delegate.h"

#include "ui/models/roles.h"
#include "ui/style/color_roles.h"
#include "ui/style/metrics.h"
#include "ui/widgets/painting.h"

#include <QPainter>

namespace gantry::ui {

namespace {

constexpr int kPadding = 8;

struct Ground
{
    QColor fill;
    bool isSelected = false;
};

/// Selection is a tint with a bar at the row's start, so that colours of states stay readable on
/// it.
void paintGround(QPainter& painter, const QStyleOptionViewItem& option, const QModelIndex& index)
{
    const bool isSelected = option.state & QStyle::State_Selected;
    const QColor base = option.palette.color(QPalette::Base);
    const QColor accent = roleColor(option.palette, ColorRole::Accent);
    if (isSelected) {
        painter.fillRect(option.rect, blended(base, accent,
                                              (option.state & QStyle::State_Active) ? 0.20 : 0.12));
        if (option.viewItemPosition == QStyleOptionViewItem::Beginning ||
            option.viewItemPosition == QStyleOptionViewItem::OnlyOne ||
            (option.viewItemPosition == QStyleOptionViewItem::Invalid && index.column() == 0)) {
            painter.fillRect(QRect(option.rect.left(), option.rect.top(), 2, option.rect.height()),
                             accent);
        }
    } else if (option.state & QStyle::State_MouseOver) {
        painter.fillRect(option.rect, blended(base, option.palette.color(QPalette::Text), 0.05));
    }
    painter.fillRect(QRect(option.rect.left(), option.rect.bottom(), option.rect.width(), 1),
                     blended(base, roleColor(option.palette, ColorRole::Hairline), 0.55));
}

void paintBar(QPainter& painter, const QRect& cell, const CellStyle& style, const QPalette& palette)
{
    if (style.fraction <= 0) {
        return;
    }
    const int height = 4;
    QRectF track(cell.left(), cell.bottom() - height - 1, cell.width(), height);
    const double length = std::max(2.0, track.width() * std::min(1.0, style.fraction));
    track.setLeft(track.right() - length);
    painter.save();
    if (style.color == ColorRole::Backlog) {
        painter.setBrushOrigin(track.topLeft());
        painter.fillRect(track, backlogBrush(palette));
    } else {
        painter.fillRect(track, roleColor(palette, style.color));
    }
    painter.restore();
}

} // namespace

void CellDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                         const QModelIndex& index) const
{
    painter->save();
    paintGround(*painter, option, index);
    const auto style = index.data(CellRole).value<CellStyle>();
    QRect cell = option.rect.adjusted(kPadding, 0, -kPadding, -1);
    if (style.kind == CellStyle::Kind::Strip) {
        paintQueueStrip(*painter, cell.adjusted(0, 3, 0, -2),
                        index.data(StripRole).value<QueueStrip>(), option.palette);
        painter->restore();
        return;
    }
    QString text = index.data(Qt::DisplayRole).toString();
    text.replace(QLatin1Char('\n'), QLatin1Char(' ')); // one row, one line
    const auto alignment = index.data(Qt::TextAlignmentRole).value<Qt::Alignment>();
    QFont font = option.font;
    if (style.kind == CellStyle::Kind::Mono) {
        font = metrics::mono(font);
    }
    if (style.isUnknown) {
        font.setItalic(true);
    }
    painter->setFont(font);
    const QFontMetrics fm(font);
    QColor color = roleColor(option.palette, style.isUnknown ? ColorRole::Unknown
                                             : style.kind == CellStyle::Kind::Bar ? ColorRole::Text
                                                                                  : style.color);
    if (!(option.state & QStyle::State_Enabled)) {
        color = option.palette.color(QPalette::Disabled, QPalette::Text);
    }
    if (style.kind == CellStyle::Kind::Bar) {
        paintBar(*painter, cell, style, option.palette);
        if (style.fraction > 0) {
            cell.adjust(0, 0, 0, -3);
        }
    }
    if (style.kind == CellStyle::Kind::Badge) {
        const int side = std::min(cell.height() - 4, fm.height() - 2);
        const int textWidth = std::min(fm.horizontalAdvance(text), cell.width() - side - 6);
        const int left =
            (alignment & Qt::AlignRight) ? cell.right() - textWidth - side - 5 : cell.left();
        paintShape(*painter, QRectF(left, cell.top() + (cell.height() - side) / 2.0, side, side),
                   style.shape, color);
        cell.setLeft(left + side + 6);
        cell.setWidth(std::max(0, option.rect.right() - kPadding - cell.left() + 1));
        painter->setPen(color);
        painter->drawText(cell, Qt::AlignVCenter | Qt::AlignLeft,
                          fm.elidedText(text, Qt::ElideRight, cell.width()));
    } else {
        painter->setPen(color);
        const auto elide = style.kind == CellStyle::Kind::Mono ? Qt::ElideMiddle : Qt::ElideRight;
        painter->drawText(cell, static_cast<int>(alignment) | Qt::TextSingleLine,
                          fm.elidedText(text, elide, cell.width()));
    }
    if (option.state & QStyle::State_HasFocus && option.state & QStyle::State_KeyboardFocusChange) {
        painter->setPen(QPen(roleColor(option.palette, ColorRole::Accent), 1, Qt::DotLine));
        painter->setBrush(Qt::NoBrush);
        painter->drawRect(option.rect.adjusted(1, 1, -2, -2));
    }
    painter->restore();
}

QSize CellDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const auto style = index.data(CellRole).value<CellStyle>();
    QFont font = style.kind == CellStyle::Kind::Mono ? metrics::mono(option.font) : option.font;
    font.setItalic(style.isUnknown);
    const QFontMetrics fm(font);
    const int width = fm.horizontalAdvance(index.data(Qt::DisplayRole).toString()) + 2 * kPadding +
                      2 + (style.kind == CellStyle::Kind::Badge ? fm.height() + 6 : 0);
    return {width, metrics::rowHeight(option.font) + 3};
}

} // namespace gantry::ui
