// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/dedup_balance.h"

#include "ui/models/format.h"
#include "ui/style/color_roles.h"
#include "ui/style/metrics.h"
#include "ui/widgets/painting.h"

#include <QPainter>

namespace gantry::ui {

namespace {

constexpr std::size_t kGroupsMax = 6;

} // namespace

DedupBalance::DedupBalance(QWidget* parent)
    : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void DedupBalance::setGroups(std::vector<DedupGroupInfo> groups)
{
    const bool isOtherSize = groups.size() != m_groups.size();
    m_groups = std::move(groups);
    QStringList description;
    for (const auto& g : m_groups) {
        description += tr("%1: %2 deliveries, %3 effects, %4 refused")
                           .arg(format::text(g.group), format::count(g.deliveries),
                                format::count(g.effects), format::count(g.refused));
    }
    setAccessibleDescription(description.join(QLatin1Char('\n')));
    setToolTip(description.join(QLatin1Char('\n')));
    if (isOtherSize) {
        updateGeometry();
    }
    update();
}

int DedupBalance::rowHeight() const
{
    return fontMetrics().height() * 2 + 20;
}

QSize DedupBalance::sizeHint() const
{
    const auto rows = std::max<std::size_t>(1, std::min(m_groups.size(), kGroupsMax));
    return {600, static_cast<int>(rows) * rowHeight() + 4};
}

void DedupBalance::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const QColor secondary = roleColor(palette(), ColorRole::SecondaryText);
    if (m_groups.empty()) {
        painter.setPen(secondary);
        painter.drawText(
            rect(), Qt::AlignVCenter | Qt::AlignLeft,
            tr("No consumer has used the dedup log yet. Start the demo shop to see it at work."));
        return;
    }
    int top = 2;
    for (std::size_t i = 0; i < m_groups.size() && i < kGroupsMax; ++i, top += rowHeight()) {
        const DedupGroupInfo& g = m_groups[i];
        const int line = fontMetrics().height();
        QFont bold = font();
        bold.setWeight(QFont::DemiBold);
        painter.setFont(bold);
        painter.setPen(palette().color(QPalette::Text));
        const QString deliveries =
            format::counted(g.deliveries, tr("delivery"), tr("deliveries"));
        const QString mode = tr("mode: %1").arg(format::text(g.modeText));
        const int others = fontMetrics().horizontalAdvance(deliveries + mode) + 40;
        const QString name = QFontMetrics(bold).elidedText(
            format::text(g.group), Qt::ElideMiddle, std::max(60, width() - others));
        painter.drawText(QRect(0, top, width(), line), Qt::AlignLeft, name);
        painter.setFont(font());
        painter.setPen(secondary);
        painter.drawText(QRect(QFontMetrics(bold).horizontalAdvance(name) + 10, top, width(), line),
                         Qt::AlignLeft, mode);
        painter.drawText(QRect(0, top, width(), line), Qt::AlignRight,
                         deliveries);

        const QRectF bar(0.5, top + line + 3.5, width() - 1, 11);
        const double all =
            static_cast<double>(std::max<std::int64_t>({1, g.deliveries, g.effects + g.refused}));
        const double effects = bar.width() * static_cast<double>(g.effects) / all;
        // A part that exists is never too thin to be seen.
        const double refused =
            g.refused > 0 ? std::max(3.0, bar.width() * static_cast<double>(g.refused) / all) : 0;
        const double split = std::min(bar.left() + effects, bar.right() - refused);
        painter.fillRect(QRectF(bar.left(), bar.top(), split - bar.left(), bar.height()),
                         roleColor(palette(), ColorRole::Ok));
        painter.setBrushOrigin(bar.topLeft());
        painter.fillRect(QRectF(split, bar.top(), refused, bar.height()), backlogBrush(palette()));
        painter.setPen(QPen(roleColor(palette(), ColorRole::Hairline), 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(bar);

        const auto rest = g.deliveries - g.effects - g.refused;
        int x = 0;
        const int textTop = top + line + 16;
        const QFont small = metrics::caption(font());
        painter.setFont(small);
        const QFontMetrics fm(small);
        const auto say = [&](const QString& text, CellStyle::Shape shape, ColorRole role) {
            paintShape(painter, QRectF(x, textTop + 1, fm.height() - 2, fm.height() - 2), shape,
                       roleColor(palette(), role));
            x += fm.height() + 3;
            painter.setPen(roleColor(palette(), role));
            painter.drawText(QPoint(x, textTop + fm.ascent()), text);
            x += fm.horizontalAdvance(text) + 16;
        };
        say(format::counted(g.effects, tr("effect"), tr("effects")), CellStyle::Shape::Check, ColorRole::Ok);
        say(format::counted(g.refused, tr("duplicate refused"), tr("duplicates refused")), CellStyle::Shape::Cross,
            ColorRole::Backlog);
        if (rest > 0) {
            say(tr("%1 failed or in progress").arg(format::count(rest)), CellStyle::Shape::Ring,
                ColorRole::Unknown);
        }
    }
    if (m_groups.size() > kGroupsMax) {
        painter.setPen(secondary);
        painter.drawText(rect(), Qt::AlignBottom | Qt::AlignRight,
                         tr("and %1 more groups").arg(m_groups.size() - kGroupsMax));
    }
}

} // namespace gantry::ui
