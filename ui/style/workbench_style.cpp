// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/style/workbench_style.h"

#include "ui/style/color_roles.h"
#include "ui/style/metrics.h"

#include <QAbstractItemView>
#include <QComboBox>
#include <QPainter>
#include <QPainterPath>
#include <QPushButton>
#include <QStyleFactory>
#include <QStyleOption>
#include <QToolButton>

namespace gantry::ui {

namespace {

QRectF crisp(const QRect& rect)
{
    return QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5);
}

void roundedBox(QPainter* painter, const QRect& rect, const QColor& fill, const QColor& line)
{
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(line.isValid() ? QPen(line, 1) : QPen(Qt::NoPen));
    painter->setBrush(fill.isValid() ? QBrush(fill) : QBrush(Qt::NoBrush));
    painter->drawRoundedRect(crisp(rect), metrics::kCorner, metrics::kCorner);
    painter->restore();
}

void focusBox(QPainter* painter, const QRect& rect, const QPalette& palette)
{
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(QPen(roleColor(palette, ColorRole::Accent), 2));
    painter->setBrush(Qt::NoBrush);
    painter->drawRoundedRect(QRectF(rect).adjusted(1, 1, -1, -1), metrics::kCorner,
                             metrics::kCorner);
    painter->restore();
}

void pushButton(const QStyleOption* option, QPainter* painter)
{
    const auto* button = qstyleoption_cast<const QStyleOptionButton*>(option);
    const QPalette& palette = option->palette;
    const bool isEnabled = option->state & QStyle::State_Enabled;
    const bool isDefault = button && (button->features & QStyleOptionButton::DefaultButton);
    const bool isDown = option->state & QStyle::State_Sunken;
    const bool isHovered = isEnabled && (option->state & QStyle::State_MouseOver);
    QColor fill = palette.color(QPalette::Button);
    QColor line = roleColor(palette, ColorRole::Hairline);
    const QColor text = palette.color(QPalette::ButtonText);
    if (isDefault && isEnabled) {
        fill = roleColor(palette, ColorRole::Accent);
        line = fill;
    } else if (option->state & QStyle::State_On) {
        fill = blended(fill, roleColor(palette, ColorRole::Accent), 0.18);
        line = roleColor(palette, ColorRole::Accent);
    }
    if (isDown) {
        fill = blended(fill, text, 0.12);
    } else if (isHovered) {
        fill = blended(fill, text, 0.06);
    }
    if (!isEnabled) {
        fill = palette.color(QPalette::Window);
    }
    roundedBox(painter, option->rect, fill, line);
    if ((option->state & QStyle::State_HasFocus) &&
        (option->state & QStyle::State_KeyboardFocusChange)) {
        focusBox(painter, option->rect, palette);
    }
}

void toolButton(const QStyleOption* option, QPainter* painter)
{
    const bool isEnabled = option->state & QStyle::State_Enabled;
    const QColor text = option->palette.color(QPalette::WindowText);
    const QColor base = option->palette.color(QPalette::Window);
    const bool isOn = option->state & QStyle::State_On;
    if (isOn) {
        roundedBox(painter, option->rect,
                   blended(base, roleColor(option->palette, ColorRole::Accent), 0.18), {});
    } else if (isEnabled && (option->state & QStyle::State_Sunken)) {
        roundedBox(painter, option->rect, blended(base, text, 0.14), {});
    } else if (isEnabled && (option->state & QStyle::State_MouseOver)) {
        roundedBox(painter, option->rect, blended(base, text, 0.07), {});
    }
    if ((option->state & QStyle::State_HasFocus) &&
        (option->state & QStyle::State_KeyboardFocusChange)) {
        focusBox(painter, option->rect, option->palette);
    }
}

void headerSection(const QStyleOption* option, QPainter* painter)
{
    painter->fillRect(option->rect, roleColor(option->palette, ColorRole::Raised));
    painter->fillRect(QRect(option->rect.left(), option->rect.bottom(), option->rect.width(), 1),
                      roleColor(option->palette, ColorRole::Hairline));
    if (option->state & QStyle::State_MouseOver) {
        QColor over = option->palette.color(QPalette::WindowText);
        over.setAlphaF(0.05F);
        painter->fillRect(option->rect, over);
    }
}

/// Points up where values rise from top to bottom, as most people read it.
void headerArrow(const QStyleOption* option, QPainter* painter)
{
    const auto* header = qstyleoption_cast<const QStyleOptionHeader*>(option);
    if (!header || header->sortIndicator == QStyleOptionHeader::None) {
        return;
    }
    const bool isAscending = header->sortIndicator == QStyleOptionHeader::SortDown;
    const QPointF middle = QRectF(option->rect).center();
    const double wing = 3.5;
    const double rise = isAscending ? -2.5 : 2.5;
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    painter->setBrush(roleColor(option->palette, ColorRole::Accent));
    painter->drawPolygon(QPolygonF{middle + QPointF(-wing, -rise), middle + QPointF(wing, -rise),
                                   middle + QPointF(0, rise)});
    painter->restore();
}

void tabShape(const QStyleOptionTab* option, QPainter* painter)
{
    const bool isSelected = option->state & QStyle::State_Selected;
    const QRect line(option->rect.left(), option->rect.bottom() - 1, option->rect.width(), 2);
    if (isSelected) {
        painter->fillRect(line.adjusted(4, 0, -4, 0),
                          roleColor(option->palette, ColorRole::Accent));
    } else if (option->state & QStyle::State_MouseOver) {
        painter->fillRect(line.adjusted(4, 0, -4, 0),
                          roleColor(option->palette, ColorRole::Hairline));
    }
    if ((option->state & QStyle::State_HasFocus) && isSelected) {
        focusBox(painter, option->rect.adjusted(2, 2, -2, -4), option->palette);
    }
}

void scrollBar(const QStyle& style, const QStyleOptionSlider* option, QPainter* painter,
               const QWidget* widget)
{
    const QColor text = option->palette.color(QPalette::WindowText);
    if (qobject_cast<const QAbstractItemView*>(
            widget ? widget->parentWidget() ? widget->parentWidget()->parentWidget() : nullptr
                   : nullptr)) {
        painter->fillRect(option->rect, option->palette.color(QPalette::Base));
    }
    QRect slider =
        style.subControlRect(QStyle::CC_ScrollBar, option, QStyle::SC_ScrollBarSlider, widget);
    if (option->minimum == option->maximum) {
        return;
    }
    const bool isActive = (option->activeSubControls & QStyle::SC_ScrollBarSlider) &&
                          (option->state & (QStyle::State_MouseOver | QStyle::State_Sunken));
    QColor color = text;
    color.setAlphaF(isActive ? 0.45F : 0.25F);
    const int inset = 3;
    slider = option->orientation == Qt::Vertical ? slider.adjusted(inset, 2, -inset, -2)
                                                 : slider.adjusted(2, inset, -2, -inset);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    painter->setBrush(color);
    const double radius = std::min(slider.width(), slider.height()) / 2.0;
    painter->drawRoundedRect(slider, radius, radius);
    painter->restore();
}

} // namespace

WorkbenchStyle::WorkbenchStyle()
    : QProxyStyle(QStyleFactory::create(QStringLiteral("Fusion")))
{}

void WorkbenchStyle::polish(QWidget* widget)
{
    QProxyStyle::polish(widget);
    if (qobject_cast<QAbstractButton*>(widget) || qobject_cast<QComboBox*>(widget)) {
        widget->setAttribute(Qt::WA_Hover);
    }
}

int WorkbenchStyle::pixelMetric(PixelMetric metric, const QStyleOption* option,
                                const QWidget* widget) const
{
    switch (metric) {
    case PM_ScrollBarExtent:
        return 12;
    case PM_ScrollBarSliderMin:
        return 32;
    case PM_SplitterWidth:
        return 9;
    case PM_SmallIconSize:
    case PM_ButtonIconSize:
        return 16;
    case PM_ToolBarIconSize:
        return 18;
    case PM_HeaderMarkSize:
        return 8;
    case PM_HeaderMargin:
        return 8;
    case PM_TabBarTabHSpace:
        return 24;
    case PM_TabBarTabVSpace:
        return 14;
    case PM_TabBarBaseOverlap:
        return 0;
    case PM_ToolTipLabelFrameWidth:
        return 6;
    case PM_MenuPanelWidth:
        return 1;
    case PM_ButtonShiftHorizontal:
    case PM_ButtonShiftVertical:
        return 0;
    case PM_LayoutHorizontalSpacing:
    case PM_LayoutVerticalSpacing:
        return metrics::kRelated;
    case PM_LayoutLeftMargin:
    case PM_LayoutTopMargin:
    case PM_LayoutRightMargin:
    case PM_LayoutBottomMargin:
        return metrics::kGroups;
    default:
        return QProxyStyle::pixelMetric(metric, option, widget);
    }
}

int WorkbenchStyle::styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget,
                              QStyleHintReturn* returned) const
{
    switch (hint) {
    case SH_EtchDisabledText:
        return 0;
    case SH_Header_ArrowAlignment:
        return Qt::AlignRight | Qt::AlignVCenter;
    case SH_DialogButtonBox_ButtonsHaveIcons:
        return 0;
    case SH_ScrollBar_LeftClickAbsolutePosition:
        return 1;
    case SH_ToolTip_WakeUpDelay:
        return 450;
    case SH_Widget_Animation_Duration:
        return 0; // nothing moves when idle; no half-painted states
    default:
        return QProxyStyle::styleHint(hint, option, widget, returned);
    }
}

void WorkbenchStyle::drawPrimitive(PrimitiveElement element, const QStyleOption* option,
                                   QPainter* painter, const QWidget* widget) const
{
    switch (element) {
    case PE_PanelButtonCommand:
        pushButton(option, painter);
        return;
    case PE_PanelButtonTool:
        toolButton(option, painter);
        return;
    case PE_FrameFocusRect:
        if ((option->state & State_KeyboardFocusChange) &&
            !qobject_cast<const QPushButton*>(widget)) {
            focusBox(painter, option->rect, option->palette);
        }
        return;
    case PE_PanelLineEdit: {
        const auto* frame = qstyleoption_cast<const QStyleOptionFrame*>(option);
        if (frame && frame->lineWidth == 0) {
            break;
        }
        const bool hasFocus = option->state & State_HasFocus;
        roundedBox(painter, option->rect,
                   option->palette.color(option->state & State_Enabled ? QPalette::Base
                                                                       : QPalette::Window),
                   roleColor(option->palette, ColorRole::Hairline));
        if (hasFocus) {
            focusBox(painter, option->rect, option->palette);
        }
        return;
    }
    case PE_FrameLineEdit:
        return; // drawn with the panel
    case PE_Frame: {
        painter->save();
        painter->setPen(roleColor(option->palette, ColorRole::Hairline));
        painter->setBrush(Qt::NoBrush);
        painter->drawRect(option->rect.adjusted(0, 0, -1, -1));
        painter->restore();
        return;
    }
    case PE_FrameTabBarBase: {
        const QRect r = option->rect;
        painter->fillRect(QRect(r.left(), r.bottom(), r.width(), 1),
                          roleColor(option->palette, ColorRole::Hairline));
        return;
    }
    case PE_FrameTabWidget:
        return;
    case PE_FrameStatusBarItem:
        return;
    case PE_PanelTipLabel:
        roundedBox(painter, option->rect, option->palette.color(QPalette::ToolTipBase),
                   roleColor(option->palette, ColorRole::Hairline));
        return;
    default:
        break;
    }
    QProxyStyle::drawPrimitive(element, option, painter, widget);
}

void WorkbenchStyle::drawControl(ControlElement element, const QStyleOption* option,
                                 QPainter* painter, const QWidget* widget) const
{
    switch (element) {
    case CE_Header:
        // The base style lays label and arrow out by itself, not by our subElementRect().
        if (const auto* header = qstyleoption_cast<const QStyleOptionHeader*>(option)) {
            headerSection(option, painter);
            QStyleOptionHeader part(*header);
            part.rect = subElementRect(SE_HeaderLabel, header, widget);
            part.text = header->fontMetrics.elidedText(header->text, Qt::ElideRight,
                                                       std::max(0, part.rect.width()));
            drawControl(CE_HeaderLabel, &part, painter, widget);
            part = *header;
            part.rect = subElementRect(SE_HeaderArrow, header, widget);
            headerArrow(&part, painter);
            return;
        }
        break;
    case CE_HeaderSection:
        headerSection(option, painter);
        return;
    case CE_HeaderEmptyArea:
        headerSection(option, painter);
        return;
    case CE_HeaderLabel:
        if (const auto* header = qstyleoption_cast<const QStyleOptionHeader*>(option)) {
            QStyleOptionHeader quiet(*header);
            quiet.palette.setColor(QPalette::ButtonText,
                                   roleColor(option->palette, ColorRole::SecondaryText));
            quiet.state &= ~State_On;
            QProxyStyle::drawControl(element, &quiet, painter, widget);
            return;
        }
        break;
    case CE_PushButtonLabel:
        if (const auto* button = qstyleoption_cast<const QStyleOptionButton*>(option)) {
            QStyleOptionButton label(*button);
            if ((label.features & QStyleOptionButton::DefaultButton) &&
                (label.state & State_Enabled)) {
                label.palette.setColor(QPalette::ButtonText,
                                       label.palette.color(QPalette::HighlightedText));
                label.icon = QIcon(label.icon.pixmap(label.iconSize, QIcon::Selected));
            }
            QProxyStyle::drawControl(element, &label, painter, widget);
            return;
        }
        break;
    case CE_TabBarTabShape:
        if (const auto* tab = qstyleoption_cast<const QStyleOptionTab*>(option)) {
            tabShape(tab, painter);
            return;
        }
        break;
    case CE_TabBarTabLabel:
        if (const auto* tab = qstyleoption_cast<const QStyleOptionTab*>(option)) {
            QStyleOptionTab label(*tab);
            label.state &= ~State_HasFocus;
            if (!(label.state & State_Selected)) {
                label.palette.setColor(QPalette::WindowText,
                                       roleColor(option->palette, ColorRole::SecondaryText));
            }
            QProxyStyle::drawControl(element, &label, painter, widget);
            return;
        }
        break;
    case CE_Splitter: {
        // A hairline in the middle of a handle that is wide enough to grab.
        const QRect r = option->rect;
        const bool isHorizontal = option->state & State_Horizontal;
        const QRect line = isHorizontal ? QRect(r.center().x(), r.top(), 1, r.height())
                                        : QRect(r.left(), r.center().y(), r.width(), 1);
        painter->fillRect(line, option->state & State_MouseOver
                                    ? roleColor(option->palette, ColorRole::Accent)
                                    : roleColor(option->palette, ColorRole::Hairline));
        return;
    }
    default:
        break;
    }
    QProxyStyle::drawControl(element, option, painter, widget);
}

void WorkbenchStyle::drawComplexControl(ComplexControl control, const QStyleOptionComplex* option,
                                        QPainter* painter, const QWidget* widget) const
{
    if (control == CC_ScrollBar) {
        if (const auto* slider = qstyleoption_cast<const QStyleOptionSlider*>(option)) {
            scrollBar(*this, slider, painter, widget);
            return;
        }
    }
    QProxyStyle::drawComplexControl(control, option, painter, widget);
}

QRect WorkbenchStyle::subElementRect(SubElement element, const QStyleOption* option,
                                     const QWidget* widget) const
{
    const auto* header = qstyleoption_cast<const QStyleOptionHeader*>(option);
    if (!header || (element != SE_HeaderArrow && element != SE_HeaderLabel)) {
        return QProxyStyle::subElementRect(element, option, widget);
    }
    // The arrow beside the title, in the middle of the line, on the side that has room.
    constexpr int side = 9;
    const int margin = pixelMetric(PM_HeaderMargin, option, widget);
    const QRect all = option->rect.adjusted(margin, 0, -margin, 0);
    const bool isSorted = header->sortIndicator != QStyleOptionHeader::None;
    const bool isRight = header->textAlignment & Qt::AlignRight;
    if (element == SE_HeaderLabel) {
        return !isSorted ? all
               : isRight ? all.adjusted(side + 4, 0, 0, 0)
                         : all.adjusted(0, 0, -side - 4, 0);
    }
    const int text = std::min(header->fontMetrics.horizontalAdvance(header->text),
                              all.width() - side - 4);
    const int left = isRight ? all.right() - text - side - 3 : all.left() + text + 4;
    return {left, all.center().y() - side / 2, side, side};
}

QSize WorkbenchStyle::sizeFromContents(ContentsType type, const QStyleOption* option,
                                       const QSize& size, const QWidget* widget) const
{
    QSize out = QProxyStyle::sizeFromContents(type, option, size, widget);
    const int height = widget ? QFontMetrics(widget->font()).height() + 12 : 28;
    switch (type) {
    case CT_PushButton:
        return {out.width() + 8, std::max(height, size.height() + 8)};
    case CT_LineEdit:
    case CT_ComboBox:
    case CT_SpinBox:
        return {out.width(), std::max(out.height(), height)};
    case CT_MenuItem:
        return {out.width() + 8, out.height() + 4};
    case CT_HeaderSection:
        return {out.width(), std::max(out.height(), height)};
    case CT_TabBarTab: // high enough for a button beside the tabs
        return {out.width(), std::max(out.height(), height + 8)};
    default:
        return out;
    }
}

} // namespace gantry::ui
