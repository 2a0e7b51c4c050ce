// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/detail_splitter.h"

#include "ui/style/settings.h"
#include "ui/widgets/card.h"
#include "ui/widgets/table_view.h"

#include <QVBoxLayout>

#include <algorithm>

namespace gantry::ui {

DetailSplitter::DetailSplitter(const QString& stateKey, QWidget* list, QWidget* detail,
                               int listShare, QWidget* parent)
    : QSplitter(Qt::Vertical, parent)
    , m_stateKey(QStringLiteral("splitter/") + stateKey)
    , m_list(list->findChild<TableView*>(QString(), Qt::FindDirectChildrenOnly))
    , m_listShare(listShare)
{
    addWidget(list);
    addWidget(detail);
    setChildrenCollapsible(false);
    list->setMinimumHeight(110);
    detail->setMinimumHeight(140);
    setStretchFactor(0, listShare);
    setStretchFactor(1, 100 - listShare);
    setSizes({listShare * 10, (100 - listShare) * 10});
    const auto state = settings().value(m_stateKey).toByteArray();
    if (!state.isEmpty()) {
        m_isFitting = !restoreState(state);
    }
    connect(this, &QSplitter::splitterMoved, this, [this] { m_isFitting = false; });
    if (m_list) {
        for (const auto signal :
             {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved}) {
            connect(m_list->model(), signal, this, &DetailSplitter::fitList);
        }
        connect(m_list->model(), &QAbstractItemModel::modelReset, this, &DetailSplitter::fitList);
    }
}

DetailSplitter::~DetailSplitter()
{
    if (!m_isFitting) {
        settings().setValue(m_stateKey, saveState());
    }
}

void DetailSplitter::resizeEvent(QResizeEvent* event)
{
    QSplitter::resizeEvent(event);
    fitList();
}

void DetailSplitter::fitList()
{
    constexpr int rowsLeast = 5;
    if (!m_isFitting || !m_list || height() <= handleWidth()) {
        return;
    }
    m_rowsSeen = std::max({m_rowsSeen, m_list->model()->rowCount(), rowsLeast});
    const int room = height() - handleWidth();
    const int share = room * m_listShare / 100;
    const int least = std::max(widget(0)->minimumHeight(), 0);
    const int wanted = std::clamp(m_list->heightOfRows(m_rowsSeen) + 2, least, std::max(least, share));
    if (sizes().value(0) != wanted) {
        setSizes({wanted, room - wanted});
    }
}

Card* tableCard(TableView* view, QWidget* parent)
{
    auto* card = new Card({}, parent);
    card->setFlush();
    makeFrameless(view);
    card->body()->addWidget(view);
    return card;
}

void makeFrameless(TableView* view)
{
    view->setFrameShape(QFrame::NoFrame);
}

} // namespace gantry::ui
