// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/brokers_page.h"

#include "ui/models/broker_model.h"
#include "ui/pages/broker_fields.h"
#include "ui/style/metrics.h"
#include "ui/widgets/card.h"
#include "ui/widgets/detail_splitter.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/field_table.h"
#include "ui/widgets/table_view.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QTabWidget>

namespace gantry::ui {

BrokersPage::BrokersPage(EngineBridge* bridge, QWidget* parent)
    : Page(bridge, tr("Brokers & NameServers"), parent)
    , m_nodes(new BrokerModel(this))
    , m_list(new TableView(this))
{
    m_list->setTable(m_nodes, QStringLiteral("brokers"), BrokerModel::Name);
    m_list->setEmptyText(QStringLiteral("brokers"), tr("No member is known yet"),
                         tr("They appear as soon as the first NameServer answers."));
    headerRow()->addStretch(1);
    content()->addWidget(new DetailSplitter(QStringLiteral("brokers"), tableCard(m_list, this),
                                            buildDetail(), 30, this));
    connect(m_list, &TableView::currentKeyChanged, this, &BrokersPage::applyDetail);
    applyDetail();
}

QWidget* BrokersPage::buildDetail()
{
    auto* card = new Card({}, this);
    card->setFlush();
    auto* head = new QHBoxLayout;
    head->setContentsMargins(metrics::kGroups, metrics::kRelated, metrics::kRelated, 0);
    m_name = nameLabel(card);
    m_facts = factsLabel(card);
    head->addWidget(m_name);
    head->addWidget(m_facts, 1);
    card->body()->addLayout(head);
    m_tabs = new QTabWidget(card);
    m_tabs->setDocumentMode(true);
    m_summary = new FieldTable(QStringLiteral("broker-summary"), m_tabs);
    m_store = new FieldTable(QStringLiteral("broker-store"), m_tabs);
    m_latency = new FieldTable(QStringLiteral("broker-latency"), m_tabs);
    m_retention = new FieldTable(QStringLiteral("broker-retention"), m_tabs);
    m_start = new FieldTable(QStringLiteral("broker-start"), m_tabs);
    for (FieldTable* table : {m_store, m_retention, m_start}) {
        table->view()->setEmptyText(
            QStringLiteral("disk"), tr("NameServers store no messages"),
            tr("They keep routes in memory; brokers register again every 30 seconds."));
    }
    m_latency->view()->setEmptyText(QStringLiteral("clock"), tr("NameServers store no messages"),
                                    tr("There is nothing to put or flush."));
    m_tabs->addTab(m_summary, tr("Summary"));
    m_tabs->addTab(m_store, tr("Store"));
    m_tabs->addTab(m_latency, tr("Latency"));
    m_tabs->addTab(m_retention, tr("Retention"));
    m_tabs->addTab(m_start, tr("Last start"));
    card->body()->addWidget(m_tabs, 1);
    return card;
}

void BrokersPage::apply(const SnapshotPtr& snapshot)
{
    m_nodes->apply(snapshot);
    m_list->selectAnything();
    applyDetail();
}

void BrokersPage::applyDetail()
{
    const NodeRow* node = m_nodes->find(m_list->currentKey());
    m_name->setText(node ? node->name() : tr("Nothing is selected"));
    m_facts->setText(node ? format::text(node->address()) : QString());
    if (!node) {
        return;
    }
    if (!node->broker) {
        m_summary->setFields(nameServerSummary(*node->nameServer));
        for (FieldTable* table : {m_store, m_retention, m_start, m_latency}) {
            table->setFields({});
        }
        return;
    }
    const BrokerInfo& broker = *node->broker;
    const std::int64_t nowMs = snapshot() ? snapshot()->takenAtMs : 0;
    m_summary->setFields(brokerSummary(broker, nowMs));
    m_store->setFields(brokerStore(broker));
    m_retention->setFields(brokerRetention(broker, nowMs));
    m_start->setFields(brokerLastStart(broker));
    m_latency->setFields(brokerLatency(broker));
}

void BrokersPage::select(const QString& object)
{
    if (!m_list->selectKey(object)) {
        m_list->selectKey(object + QStringLiteral(":0"));
    }
}

void BrokersPage::prepareForTour()
{
    for (const auto& row : m_nodes->rows()) {
        if (row->broker) {
            m_list->selectKey(
                QStringLiteral("%1:%2").arg(format::text(row->broker->name)).arg(row->broker->id));
            break;
        }
    }
    m_tabs->setCurrentIndex(1);
}

QString BrokersPage::missingForTour() const
{
    const NodeRow* node = m_nodes->find(m_list->currentKey());
    return !node || !node->broker              ? tr("no broker is selected")
           : !node->broker->commitLogMaxOffset ? tr("the broker shows no store positions")
                                               : QString();
}

} // namespace gantry::ui
