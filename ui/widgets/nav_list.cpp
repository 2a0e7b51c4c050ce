// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/nav_list.h"

#include "ui/style/color_roles.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"

#include <QPainter>
#include <QStyledItemDelegate>

namespace gantry::ui {

namespace {

enum NavRole { IdRole = Qt::UserRole, IconRole, BadgeRole, BadgeColorRole };

class NavDelegate final : public QStyledItemDelegate
{
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const override
    {
        return {160, QFontMetrics(option.font).height() + 16};
    }

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override
    {
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        const QPalette& palette = option.palette;
        const bool isSelected = option.state & QStyle::State_Selected;
        const QColor accent = roleColor(palette, ColorRole::Accent);
        const QColor ground = palette.color(QPalette::Window);
        const QRect box = option.rect.adjusted(metrics::kRelated, 1, -metrics::kRelated, -1);
        painter->setPen(Qt::NoPen);
        if (isSelected) {
            painter->setBrush(blended(ground, accent, 0.16));
            painter->drawRoundedRect(box, metrics::kCorner, metrics::kCorner);
            painter->fillRect(QRect(box.left(), box.top() + 5, 3, box.height() - 10), accent);
        } else if (option.state & QStyle::State_MouseOver) {
            painter->setBrush(blended(ground, palette.color(QPalette::WindowText), 0.06));
            painter->drawRoundedRect(box, metrics::kCorner, metrics::kCorner);
        }
        if ((option.state & QStyle::State_HasFocus) &&
            (option.state & QStyle::State_KeyboardFocusChange)) {
            painter->setPen(QPen(accent, 2));
            painter->setBrush(Qt::NoBrush);
            painter->drawRoundedRect(QRectF(box).adjusted(1, 1, -1, -1), metrics::kCorner,
                                     metrics::kCorner);
        }
        const int side = 18;
        const QColor color = isSelected ? accent : roleColor(palette, ColorRole::SecondaryText);
        paintIcon(
            *painter,
            QRectF(box.left() + metrics::kGroups, box.center().y() - side / 2 + 1, side, side),
            index.data(IconRole).toString(), color);
        QRect text = box.adjusted(metrics::kGroups + side + 10, 0, -metrics::kRelated, 0);
        const QString badge = index.data(BadgeRole).toString();
        if (!badge.isEmpty()) {
            painter->setFont(metrics::caption(option.font));
            const QFontMetrics fm(painter->font());
            const int width = std::max(fm.horizontalAdvance(badge) + 10, fm.height() + 2);
            const QRect pill(text.right() - width + 2, box.center().y() - fm.height() / 2, width,
                             fm.height() + 1);
            const QColor tone =
                roleColor(palette, static_cast<ColorRole>(index.data(BadgeColorRole).toInt()));
            painter->setPen(Qt::NoPen);
            painter->setBrush(blended(ground, tone, 0.18));
            painter->drawRoundedRect(pill, pill.height() / 2.0, pill.height() / 2.0);
            painter->setPen(tone);
            painter->drawText(pill, Qt::AlignCenter, badge);
            text.setRight(pill.left() - 4);
        }
        QFont font = option.font;
        font.setWeight(isSelected ? QFont::DemiBold : QFont::Normal);
        painter->setFont(font);
        painter->setPen(palette.color(QPalette::WindowText));
        painter->drawText(text, Qt::AlignVCenter,
                          QFontMetrics(font).elidedText(index.data(Qt::DisplayRole).toString(),
                                                        Qt::ElideRight, text.width()));
        painter->restore();
    }
};

} // namespace

NavList::NavList(QWidget* parent)
    : QListWidget(parent)
{
    setItemDelegate(new NavDelegate(this));
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setMouseTracking(true);
    setAccessibleName(tr("Navigation"));
    setBackgroundRole(QPalette::Window);
    viewport()->setBackgroundRole(QPalette::Window);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Expanding);
    connect(this, &QListWidget::currentItemChanged, this, [this](QListWidgetItem* item) {
        if (item) {
            Q_EMIT pageChosen(item->data(IdRole).toString());
        }
    });
}

void NavList::addPage(const QString& id, const QString& iconName, const QString& name,
                      const QString& shortcut)
{
    auto* item = new QListWidgetItem(name, this);
    item->setData(IdRole, id);
    item->setData(IconRole, iconName);
    item->setToolTip(QStringLiteral("%1 (%2)").arg(name, shortcut));
}

void NavList::setBadge(const QString& id, const QString& text, ColorRole color)
{
    QListWidgetItem* item = itemOf(id);
    if (item && item->data(BadgeRole).toString() != text) {
        item->setData(BadgeColorRole, static_cast<int>(color));
        item->setData(BadgeRole, text);
    }
}

void NavList::choose(const QString& id)
{
    if (QListWidgetItem* item = itemOf(id)) {
        setCurrentItem(item);
    }
}

QString NavList::chosen() const
{
    return currentItem() ? currentItem()->data(IdRole).toString() : QString();
}

QListWidgetItem* NavList::itemOf(const QString& id) const
{
    for (int i = 0; i < count(); ++i) {
        if (item(i)->data(IdRole).toString() == id) {
            return item(i);
        }
    }
    return nullptr;
}

QSize NavList::sizeHint() const
{
    return {fontMetrics().averageCharWidth() * 26 + 40, 200};
}

} // namespace gantry::ui
