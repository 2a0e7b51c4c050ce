// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/finding_list.h"

#include "ui/models/finding_model.h"
#include "ui/style/color_roles.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/painting.h"

#include <QPainter>
#include <QStyledItemDelegate>

namespace gantry::ui {

namespace {

class FindingDelegate final : public QStyledItemDelegate
{
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        const auto* view = qobject_cast<const QListView*>(option.widget);
        const int width = (view ? view->viewport()->width() : 400) - kTextLeft - metrics::kSections;
        const QFont small = metrics::caption(option.font);
        const QRect detail = QFontMetrics(small).boundingRect(
            QRect(0, 0, std::max(80, width), 1000), Qt::TextWordWrap, detailOf(index));
        const QRect title = QFontMetrics(option.font)
                                .boundingRect(QRect(0, 0, std::max(80, width), 1000),
                                              Qt::TextWordWrap, index.data().toString());
        return {100, title.height() + detail.height() + 2 * metrics::kRelated};
    }

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override
    {
        painter->save();
        const QColor base = option.palette.color(QPalette::Base);
        if (option.state & (QStyle::State_MouseOver | QStyle::State_Selected)) {
            painter->fillRect(option.rect,
                              blended(base, roleColor(option.palette, ColorRole::Accent),
                                      (option.state & QStyle::State_Selected) ? 0.16 : 0.06));
        }
        painter->fillRect(QRect(option.rect.left(), option.rect.bottom(), option.rect.width(), 1),
                          blended(base, roleColor(option.palette, ColorRole::Hairline), 0.55));
        const auto style = index.data(CellRole).value<CellStyle>();
        const int side = 18;
        paintShape(*painter,
                   QRectF(option.rect.left() + metrics::kGroups,
                          option.rect.top() + metrics::kRelated, side, side),
                   style.shape, roleColor(option.palette, style.color));
        QRect text = option.rect.adjusted(kTextLeft, metrics::kRelated, -metrics::kSections, 0);
        QFont font = option.font;
        painter->setFont(font);
        painter->setPen(option.palette.color(QPalette::Text));
        QRect used;
        painter->drawText(text, Qt::TextWordWrap, index.data().toString(), &used);
        text.setTop(used.bottom() + 1);
        painter->setFont(metrics::caption(option.font));
        painter->setPen(roleColor(option.palette, ColorRole::SecondaryText));
        painter->drawText(text, Qt::TextWordWrap, detailOf(index));
        paintIcon(*painter, QRectF(option.rect.right() - 20, option.rect.center().y() - 7, 14, 14),
                  QStringLiteral("chevron-right"),
                  roleColor(option.palette, ColorRole::SecondaryText));
        painter->restore();
    }

private:
    static constexpr int kTextLeft = metrics::kGroups + 18 + 10;
    static QString detailOf(const QModelIndex& index)
    {
        return index.siblingAtColumn(FindingModel::Detail).data().toString();
    }
};

} // namespace

FindingList::FindingList(FindingModel* model, QWidget* parent)
    : QListView(parent)
    , m_model(model)
    , m_empty(new EmptyState(this))
{
    setModel(model);
    setModelColumn(FindingModel::Title);
    setItemDelegate(new FindingDelegate(this));
    setFrameShape(QFrame::NoFrame);
    setMouseTracking(true);
    setResizeMode(QListView::Adjust);
    setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    setAccessibleName(tr("Findings"));
    m_empty->setContent(QStringLiteral("ok"), tr("Nothing to report"),
                        tr("Problems and things worth knowing appear here."));
    const auto go = [this](const QModelIndex& index) {
        const Finding& finding = m_model->at(index.row());
        Q_EMIT findingActivated(format::text(finding.page), format::text(finding.object));
    };
    connect(this, &QListView::clicked, this, go);
    connect(this, &QListView::activated, this, go);
    connect(model, &QAbstractItemModel::rowsInserted, this, &FindingList::updateEmptyState);
    connect(model, &QAbstractItemModel::rowsRemoved, this, &FindingList::updateEmptyState);
    connect(model, &QAbstractItemModel::modelReset, this, &FindingList::updateEmptyState);
    updateEmptyState();
}

void FindingList::updateEmptyState()
{
    m_empty->setVisible(m_model->rowCount() == 0);
    m_empty->setGeometry(viewport()->rect());
}

void FindingList::resizeEvent(QResizeEvent* event)
{
    QListView::resizeEvent(event);
    scheduleDelayedItemsLayout(); // texts wrap anew
    m_empty->setGeometry(viewport()->rect());
}

} // namespace gantry::ui
