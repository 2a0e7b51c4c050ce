// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/connections_page.h"

#include "ui/models/connection_model.h"
#include "ui/models/row_proxy.h"
#include "ui/widgets/card.h"
#include "ui/widgets/detail_splitter.h"
#include "ui/widgets/filter_chips.h"
#include "ui/widgets/search_field.h"
#include "ui/widgets/table_view.h"

#include <QHBoxLayout>

namespace gantry::ui {

namespace {

enum Chip { All, Producers, Consumers, Outside, ChipCount };

bool fits(const ConnectionInfo& connection, int chip)
{
    switch (chip) {
    case Producers:
        return connection.role == "producer";
    case Consumers:
        return connection.role == "consumer";
    case Outside:
        return !connection.isOfThisProcess;
    default:
        return true;
    }
}

} // namespace

ConnectionsPage::ConnectionsPage(EngineBridge* bridge, QWidget* parent)
    : Page(bridge, tr("Connections"), parent)
    , m_connections(new ConnectionModel(this))
    , m_list(new TableView(this))
    , m_chips(new FilterChips({tr("All"), tr("Producers"), tr("Consumers"), tr("Outside")}, this))
    , m_search(new SearchField(tr("Filter by client, group or address"), this))
{
    m_search->setMaximumWidth(280);
    headerRow()->addWidget(m_chips);
    headerRow()->addStretch(1);
    headerRow()->addWidget(m_search, 1);
    m_list->setTable(m_connections, QStringLiteral("connections"), ConnectionModel::Client);
    m_list->setEmptyText(QStringLiteral("connections"), tr("Nobody is connected"),
                         tr("Start the demo shop, or point a RocketMQ client at the NameServer "
                            "address that the Overview shows."));
    content()->addWidget(tableCard(m_list, this));
    connect(m_search, &SearchField::searchChanged, this,
            [this](const QString& text) { m_list->proxy()->setFilterText(text); });
    connect(m_chips, &FilterChips::chosenChanged, this, [this](int chip) {
        if (chip == All) {
            m_list->proxy()->setPredicate({});
        } else {
            m_list->proxy()->setPredicate(
                [this, chip](int row) { return fits(m_connections->at(row), chip); });
        }
    });
    connect(m_list, &TableView::rowActivated, this, [this](const QString& key) {
        if (const ConnectionInfo* connection = m_connections->find(key);
            connection && connection->role == "consumer") {
            Q_EMIT navigationRequested(QStringLiteral("groups"), format::text(connection->group));
        }
    });
}

void ConnectionsPage::apply(const SnapshotPtr& snapshot)
{
    m_connections->apply(snapshot);
    int counts[ChipCount]{};
    for (const auto& connection : snapshot->connections) {
        for (int chip = 0; chip < ChipCount; ++chip) {
            counts[chip] += fits(connection, chip) ? 1 : 0;
        }
    }
    for (int chip = 0; chip < ChipCount; ++chip) {
        m_chips->setCount(chip, counts[chip]);
    }
    m_list->selectAnything();
}

void ConnectionsPage::select(const QString& object)
{
    m_chips->choose(All);
    m_search->setText(object);
}

QString ConnectionsPage::missingForTour() const
{
    return m_connections->rowCount() == 0 ? tr("no connections are shown") : QString();
}

} // namespace gantry::ui
