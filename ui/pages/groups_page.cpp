// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/groups_page.h"

#include "ui/bridge/async_call.h"
#include "ui/bridge/qt_convert.h"
#include "ui/dialogs/reset_offsets_dialog.h"
#include "ui/models/connection_model.h"
#include "ui/models/group_model.h"
#include "ui/models/group_queue_model.h"
#include "ui/models/row_proxy.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/widgets/card.h"
#include "ui/widgets/detail_splitter.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/field_table.h"
#include "ui/widgets/filter_chips.h"
#include "ui/widgets/inline_message.h"
#include "ui/widgets/search_field.h"
#include "ui/widgets/table_view.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QTabWidget>

namespace gantry::ui {

namespace {

enum Chip { Own, Online, Offline, Lagging, System, ChipCount };

bool fits(const GroupInfo& group, int chip)
{
    if (group.isSystem != (chip == System)) {
        return false; // brokers make those for themselves; they are only shown when asked for
    }
    switch (chip) {
    case Online:
        return group.isOnline;
    case Offline:
        return !group.isOnline;
    case Lagging:
        return group.lag.value_or(0) > 0;
    default:
        return true;
    }
}

} // namespace

GroupsPage::GroupsPage(EngineBridge* bridge, QWidget* parent)
    : Page(bridge, tr("Consumer groups"), parent)
    , m_groups(new GroupModel(this))
    , m_queues(new GroupQueueModel(this))
    , m_clients(new ConnectionModel(this))
    , m_list(new TableView(this))
    , m_resetAction(new QAction(icon(QStringLiteral("reset")), tr("Reset offsets…"), this))
    , m_retryAction(new QAction(icon(QStringLiteral("retry")), tr("Retry && dead letters"), this))
{
    buildHeader();
    m_list->setTable(m_groups, QStringLiteral("groups"), GroupModel::Name);
    m_list->setEmptyText(
        QStringLiteral("groups"), tr("No consumer groups yet"),
        tr("A group appears when its first consumer subscribes or commits an offset."));
    applyFilter(Own);
    m_list->setRowActions({m_resetAction, m_retryAction});
    content()->addWidget(new DetailSplitter(QStringLiteral("groups"), tableCard(m_list, this),
                                            buildDetail(), 42, this));
    connect(m_list, &TableView::currentKeyChanged, this, &GroupsPage::applyDetail);
    connect(m_resetAction, &QAction::triggered, this, &GroupsPage::resetOffsets);
    connect(m_retryAction, &QAction::triggered, this,
            [this] { Q_EMIT navigationRequested(QStringLiteral("retry"), m_list->currentKey()); });
    applyDetail();
}

void GroupsPage::buildHeader()
{
    m_chips =
        new FilterChips({tr("All"), tr("Online"), tr("Offline"), tr("Behind"), tr("System")}, this);
    connect(m_chips, &FilterChips::chosenChanged, this, &GroupsPage::applyFilter);
    m_search = new SearchField(tr("Filter by name"), this);
    m_search->setMaximumWidth(260);
    connect(m_search, &SearchField::searchChanged, this,
            [this](const QString& text) { m_list->proxy()->setFilterText(text); });
    headerRow()->addWidget(m_chips);
    headerRow()->addStretch(1);
    headerRow()->addWidget(m_search, 1);
}

QWidget* GroupsPage::buildDetail()
{
    auto* card = new Card({}, this);
    card->setFlush();
    auto* head = new QHBoxLayout;
    head->setContentsMargins(metrics::kGroups, metrics::kRelated, metrics::kRelated, 0);
    m_name = nameLabel(card);
    m_facts = factsLabel(card);
    head->addWidget(m_name);
    head->addWidget(m_facts, 1);
    for (QAction* action : {m_retryAction, m_resetAction}) {
        auto* button = new QPushButton(action->icon(), action->text(), card);
        connect(button, &QPushButton::clicked, action, &QAction::trigger);
        connect(action, &QAction::enabledChanged, button, &QWidget::setEnabled);
        head->addWidget(button);
    }
    card->body()->addLayout(head);
    m_tabs = new QTabWidget(card);
    m_tabs->setDocumentMode(true);
    auto* progress = new TableView(m_tabs);
    makeFrameless(progress);
    progress->setTable(m_queues, QStringLiteral("group-queues"), GroupQueueModel::Topic);
    progress->hideColumns({GroupQueueModel::Group});
    progress->setEmptyText(QStringLiteral("queue"), tr("No offsets"),
                           tr("The group has committed no offset in any queue yet."));
    connect(progress, &TableView::rowActivated, this, [this](const QString& key) {
        Q_EMIT navigationRequested(QStringLiteral("topics"), key.section(QLatin1Char(' '), 1, 1));
    });
    m_clientView = new TableView(m_tabs);
    makeFrameless(m_clientView);
    m_clientView->setTable(m_clients, QStringLiteral("group-clients"), ConnectionModel::Client);
    m_clientView->hideColumns({ConnectionModel::Group, ConnectionModel::Role});
    m_clientView->setEmptyText(
        QStringLiteral("plug"), tr("Nobody is online"),
        tr("No client of this group sends heartbeats. Its offsets are kept; its messages wait."));
    m_subscriptions = new FieldTable(QStringLiteral("group-subscriptions"), m_tabs);
    m_subscriptions->view()->setEmptyText(
        QStringLiteral("topics"), tr("No subscription"),
        tr("Subscriptions are known while a client of the group is online."));
    m_tabs->addTab(progress, tr("Progress"));
    m_tabs->addTab(m_clientView, tr("Clients"));
    m_tabs->addTab(m_subscriptions, tr("Subscriptions"));
    card->body()->addWidget(m_tabs, 1);
    return card;
}

void GroupsPage::apply(const SnapshotPtr& snapshot)
{
    m_groups->apply(snapshot);
    int counts[ChipCount]{};
    for (const auto& group : snapshot->groups) {
        for (int chip = 0; chip < ChipCount; ++chip) {
            counts[chip] += fits(group, chip) ? 1 : 0;
        }
    }
    for (int chip = 0; chip < ChipCount; ++chip) {
        m_chips->setCount(chip, counts[chip]);
    }
    m_list->selectAnything();
    applyDetail();
}

void GroupsPage::applyFilter(int chip)
{
    m_list->proxy()->setBasePredicate(
        [this, chip](int row) { return m_groups->at(row).isSystem == (chip == System); });
    if (chip == Own || chip == System) {
        m_list->proxy()->setPredicate({});
    } else {
        m_list->proxy()->setPredicate(
            [this, chip](int row) { return fits(m_groups->at(row), chip); });
    }
    m_list->selectAnything();
}

const GroupInfo* GroupsPage::current() const
{
    return m_groups->find(m_list->currentKey());
}

void GroupsPage::applyDetail()
{
    const GroupInfo* group = current();
    m_resetAction->setEnabled(group && !group->topics.empty());
    m_retryAction->setEnabled(group != nullptr);
    m_name->setText(group ? format::text(group->name) : tr("No group is selected"));
    m_facts->setText(
        group ? tr("%1 · lag %2 · %3 retrying · %4 dead letters · at most %5 attempts")
                    .arg(group->isOnline
                             ? format::counted(static_cast<std::int64_t>(group->clientIds.size()),
                                               tr("client"), tr("clients"))
                             : tr("offline"),
                         format::count(group->lag), format::count(group->retryWaiting),
                         format::count(group->deadLetters))
                    .arg(group->retryMax)
              : QString());
    if (!snapshot()) {
        return;
    }
    m_queues->applyGroup(snapshot(), group ? group->name : std::string());
    auto clients = std::make_shared<ClusterSnapshot>();
    clients->takenAtMs = snapshot()->takenAtMs;
    std::vector<Field> subscriptions;
    if (group) {
        std::copy_if(snapshot()->connections.begin(), snapshot()->connections.end(),
                     std::back_inserter(clients->connections), [&](const ConnectionInfo& c) {
                         return c.group == group->name && c.role == "consumer";
                     });
        for (const auto& [topic, expression] : group->subscriptions) {
            subscriptions.push_back(
                {0, format::text(topic), format::text(expression),
                 expression == "*" ? tr("Every message") : tr("Messages that match the expression"),
                 true, false});
        }
    }
    m_clients->apply(clients);
    m_subscriptions->setFields(std::move(subscriptions));
    m_tabs->setTabText(0, tr("Progress  %1").arg(format::count(m_queues->rowCount())));
    m_tabs->setTabText(1, tr("Clients  %1").arg(
                               format::count(group ? static_cast<std::int64_t>(group->clientIds.size()) : 0)));
    m_tabs->setTabText(2, tr("Subscriptions  %1").arg(format::count(m_subscriptions->model()->rowCount())));
}

void GroupsPage::select(const QString& object)
{
    m_search->clear();
    const GroupInfo* group = m_groups->find(object);
    m_chips->choose(group && group->isSystem ? System : Own);
    m_list->selectKey(object);
}

void GroupsPage::resetOffsets()
{
    const GroupInfo* group = current();
    if (!group || !session()) {
        return;
    }
    const std::string name = group->name;
    ResetOffsetsDialog dialog(*group, *snapshot(), this);
    if (dialog.exec() != QDialog::Accepted || !session()) {
        return;
    }
    const QString topic = toQt(dialog.topic());
    session()->resetOffsets(
        name, dialog.topic(), dialog.timestampMs(),
        inGuiThread<void>(this, [this, group = toQt(name), topic](Result<void> result) {
            if (!result) {
                showError(result.error(), tr("The offsets of '%1' were not reset").arg(group));
            } else {
                messageStrip()->showMessage(
                    InlineMessage::Kind::Success,
                    tr("The offsets of '%1' in '%2' were reset").arg(group, topic));
            }
        }));
}

void GroupsPage::prepareForTour()
{
    const GroupInfo* best = nullptr;
    for (const auto& row : m_groups->rows()) {
        if (row->isOnline && (!best || row->lag.value_or(0) + row->deadLetters.value_or(0) >
                                           best->lag.value_or(0) + best->deadLetters.value_or(0))) {
            best = row.get();
        }
    }
    if (best) {
        m_list->selectKey(format::text(best->name));
    }
    m_tabs->setCurrentIndex(0);
}

QString GroupsPage::missingForTour() const
{
    if (!current()) {
        return tr("no group is selected");
    }
    return m_queues->rowCount() == 0 ? tr("the selected group shows no queues") : QString();
}

} // namespace gantry::ui
