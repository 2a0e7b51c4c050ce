// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/detail_splitter.h"

#include "ui/style/settings.h"
#include "ui/widgets/card.h"
#include "ui/widgets/table_view.h"

#include <QVBoxLayout>

namespace gantry::ui {

DetailSplitter::DetailSplitter(const QString& stateKey, QWidget* list, QWidget* detail,
                               int listShare, QWidget* parent)
    : QSplitter(Qt::Vertical, parent)
    , m_stateKey(QStringLiteral("splitter/") + stateKey)
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
        restoreState(state);
    }
}

DetailSplitter::~DetailSplitter()
{
    settings().setValue(m_stateKey, saveState());
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
