// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/brokers_page.h"

#include "ui/models/broker_model.h"
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

namespace {

QString tr(const char* text)
{
    return BrokersPage::tr(text);
}

Field known(const QString& name, const QString& value, const QString& meaning, bool isMono = false)
{
    return {0, name, value, meaning, isMono, value == format::unknown()};
}

QString upSince(const std::optional<std::int64_t>& startedAtMs, std::int64_t nowMs)
{
    return startedAtMs ? tr("%1, since %2")
                             .arg(format::duration((nowMs - *startedAtMs) / 1000 * 1000),
                                  format::dateTime(*startedAtMs))
                       : format::unknown();
}

std::vector<Field> summaryOf(const BrokerInfo& b, std::int64_t nowMs)
{
    std::vector<Field> fields{
        known(tr("State"), b.isUp ? tr("Running") : tr("Down"),
              b.isUp ? tr("Answers requests") : tr("Does not answer; clients go to other brokers")),
    };
    if (!b.problem.empty()) {
        fields.push_back(
            known(tr("Problem"), format::text(b.problem), tr("Why it is down or refuses writes")));
    }
    const std::vector<Field> rest{
        known(tr("Cluster"), format::textOrUnknown(b.clusterName),
              tr("Brokers of one cluster share topics")),
        known(tr("Name and id"), QStringLiteral("%1 : %2").arg(format::text(b.name)).arg(b.id),
              b.id == 0 ? tr("Id 0: the master, takes writes")
                        : tr("A slave: copies the master of its name")),
        known(tr("Address"), format::textOrUnknown(b.address), tr("What NameServers tell clients"),
              true),
        known(tr("Version"), format::textOrUnknown(b.versionText),
              tr("What it tells its clients to be")),
        known(tr("Flush mode"), format::textOrUnknown(b.flushModeText),
              b.flushModeText == "SYNC_FLUSH" ? tr("Acknowledged means on disk")
                                              : tr("Acknowledged means in the page cache; a power "
                                                   "cut loses the last half second")),
        known(tr("Up"), upSince(b.startedAtMs, nowMs), {}),
        known(tr("Messages put"), format::count(b.messagesPut), tr("Since it started")),
        known(tr("Messages got"), format::count(b.messagesGot),
              tr("Since it started, by all groups")),
        known(tr("Traffic in"),
              b.bytesInRate ? format::byteRate(*b.bytesInRate) : format::unknown(),
              tr("Received from clients")),
        known(tr("Traffic out"),
              b.bytesOutRate ? format::byteRate(*b.bytesOutRate) : format::unknown(),
              tr("Sent to clients")),
        known(tr("Connections"), format::count(b.connections), tr("Open now")),
        known(tr("Held pulls"), format::count(b.heldPulls),
              tr("Consumers that wait for a message: long polling")),
        known(tr("Delayed messages"), format::count(b.delayedWaiting),
              tr("Parked in delay levels, retries included")),
    };
    fields.insert(fields.end(), rest.begin(), rest.end());
    return fields;
}

std::vector<Field> storeOf(const BrokerInfo& b)
{
    std::optional<std::int64_t> flushed;
    if (b.commitLogMaxOffset && b.flushBehindBytes) {
        flushed = *b.commitLogMaxOffset - *b.flushBehindBytes;
    }
    std::optional<std::int64_t> stored;
    if (b.commitLogMaxOffset && b.commitLogMinOffset) {
        stored = *b.commitLogMaxOffset - *b.commitLogMinOffset;
    }
    return {
        known(tr("Store state"), format::sentence(b.storeStateText),
              tr("Only a running store takes writes")),
        known(tr("Directory"), format::textOrUnknown(b.storeDirectory),
              tr("CommitLog, ConsumeQueues, index, tables"), true),
        known(tr("CommitLog begins at"), format::count(b.commitLogMinOffset),
              tr("Oldest byte still stored")),
        known(tr("CommitLog ends at"), format::count(b.commitLogMaxOffset),
              tr("Next byte to be written")),
        known(tr("Stored"), format::bytes(stored), tr("Begin to end")),
        known(tr("Flushed up to"), format::count(flushed), tr("On disk for certain")),
        known(tr("Not flushed yet"), format::bytes(b.flushBehindBytes),
              tr("In the page cache only: lost if the machine stops now")),
        known(tr("Not dispatched yet"), format::bytes(b.dispatchBehindBytes),
              tr("In the CommitLog, not in ConsumeQueues: consumers do not see it yet")),
        known(tr("Disk used"), format::percent(b.diskUsedRatio),
              tr("From 75 % on expired files are deleted, from 90 % on writes are refused")),
        known(tr("Disk free"), format::bytes(b.diskAvailableBytes), {}),
    };
}

void addLatency(std::vector<Field>& fields, const QString& name,
                const std::optional<LatencyView>& view, const QString& meaning)
{
    if (!view || view->count == 0) {
        fields.push_back(
            known(name, format::unknown(), tr("Nothing was measured in the last interval")));
        return;
    }
    fields.push_back(known(name, tr("%1 samples").arg(format::count(view->count)), meaning));
    for (const auto& [label, value] :
         {std::pair(tr("    p50"), view->p50), std::pair(tr("    p95"), view->p95),
          std::pair(tr("    p99"), view->p99), std::pair(tr("    p99.9"), view->p999),
          std::pair(tr("    max"), view->max)}) {
        fields.push_back(known(label, format::latency(value), {}));
    }
}

std::vector<Field> summaryOf(const NameServerInfo& n)
{
    std::vector<Field> fields{
        known(tr("State"), n.isUp ? tr("Running") : tr("Down"),
              tr("NameServers do not know of each other; every broker registers with each"))};
    if (!n.problem.empty()) {
        fields.push_back(known(tr("Problem"), format::text(n.problem), tr("Why it is down")));
    }
    fields.push_back(known(tr("Address"), format::textOrUnknown(n.address),
                           tr("What clients are given as namesrvAddr"), true));
    fields.push_back(
        known(tr("Brokers"), format::count(n.brokerCount), tr("Registered with it and alive")));
    fields.push_back(known(tr("Topics"), format::count(n.topicCount), tr("It knows a route to")));
    fields.push_back(known(tr("Connections"), format::count(n.connectionCount), tr("Open now")));
    fields.push_back(
        known(tr("Route queries"), format::count(n.routeQueries), tr("Answered since it started")));
    return fields;
}

} // namespace

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
    m_store->view()->setEmptyText(
        QStringLiteral("disk"), tr("NameServers store no messages"),
        tr("They keep routes in memory; brokers register again every 30 seconds."));
    m_latency->view()->setEmptyText(QStringLiteral("clock"), tr("NameServers store no messages"),
                                    tr("There is nothing to put or flush."));
    m_tabs->addTab(m_summary, tr("Summary"));
    m_tabs->addTab(m_store, tr("Store"));
    m_tabs->addTab(m_latency, tr("Latency"));
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
        m_summary->setFields(summaryOf(*node->nameServer));
        m_store->setFields({});
        m_latency->setFields({});
        return;
    }
    const BrokerInfo& broker = *node->broker;
    m_summary->setFields(summaryOf(broker, snapshot() ? snapshot()->takenAtMs : 0));
    m_store->setFields(storeOf(broker));
    std::vector<Field> latency;
    addLatency(latency, tr("Put"), broker.putLatency,
               tr("From taking a message to being ready to answer, last interval"));
    addLatency(latency, tr("Flush"), broker.flushLatency,
               tr("One sync of the CommitLog to disk, last interval"));
    m_latency->setFields(std::move(latency));
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
