// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/topics_page.h"

#include "ui/bridge/async_call.h"
#include "ui/bridge/qt_convert.h"
#include "ui/dialogs/create_topic_dialog.h"
#include "ui/dialogs/delete_topic_dialog.h"
#include "ui/dialogs/send_message_dialog.h"
#include "ui/models/group_queue_model.h"
#include "ui/models/queue_model.h"
#include "ui/models/route_model.h"
#include "ui/models/row_proxy.h"
#include "ui/models/topic_model.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/widgets/card.h"
#include "ui/widgets/detail_splitter.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/filter_chips.h"
#include "ui/widgets/inline_message.h"
#include "ui/widgets/search_field.h"
#include "ui/widgets/strip_legend.h"
#include "ui/widgets/table_view.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QTabWidget>

namespace gantry::ui {

namespace {

enum Chip { Own, Normal, Retry, DeadLetter, System, ChipCount };

/// Brokers make system topics for themselves; they are only shown when asked for.
bool fits(const TopicInfo& topic, int chip)
{
    return chip == Own ? topic.kind != TopicKind::System
                       : static_cast<int>(topic.kind) == chip - Normal;
}

} // namespace

TopicsPage::TopicsPage(EngineBridge* bridge, QWidget* parent)
    : Page(bridge, tr("Topics"), parent)
    , m_topics(new TopicModel(this))
    , m_queues(new QueueModel(this))
    , m_groups(new GroupQueueModel(this))
    , m_routes(new RouteModel(this))
    , m_list(new TableView(this))
    , m_browseAction(new QAction(icon(QStringLiteral("messages")), tr("Browse messages"), this))
    , m_sendAction(new QAction(icon(QStringLiteral("send")), tr("Send a message…"), this))
    , m_deleteAction(new QAction(icon(QStringLiteral("delete")), tr("Delete topic…"), this))
{
    buildHeader();
    m_list->setTable(m_topics, QStringLiteral("topics"), TopicModel::Name);
    m_list->setEmptyText(
        QStringLiteral("topics"), tr("No topics yet"),
        tr("A topic appears when it is created here or when a producer sends to it first."),
        tr("Create topic…"), [this] { createTopic(); });
    applyFilter(Own);
    m_list->setRowActions({m_browseAction, m_sendAction, m_deleteAction});
    content()->addWidget(new DetailSplitter(QStringLiteral("topics"), tableCard(m_list, this),
                                            buildDetail(), 52, this));
    connect(m_list, &TableView::currentKeyChanged, this, &TopicsPage::applyDetail);
    connect(m_browseAction, &QAction::triggered, this, [this] {
        Q_EMIT navigationRequested(QStringLiteral("messages"), m_list->currentKey());
    });
    connect(m_list, &TableView::rowActivated, m_browseAction, &QAction::trigger);
    connect(m_sendAction, &QAction::triggered, this, &TopicsPage::sendMessage);
    connect(m_deleteAction, &QAction::triggered, this, &TopicsPage::deleteTopic);
    applyDetail();
}

void TopicsPage::buildHeader()
{
    m_chips = new FilterChips(
        {tr("All"), tr("Normal"), tr("Retry"), tr("Dead letter"), tr("System")}, this);
    connect(m_chips, &FilterChips::chosenChanged, this, &TopicsPage::applyFilter);
    m_search = new SearchField(tr("Filter by name"), this);
    m_search->setMaximumWidth(260);
    connect(m_search, &SearchField::searchChanged, this,
            [this](const QString& text) { m_list->proxy()->setFilterText(text); });
    auto* create =
        new QPushButton(icon(QStringLiteral("add"), std::nullopt), tr("Create topic…"), this);
    create->setObjectName(QStringLiteral("createTopic"));
    connect(create, &QPushButton::clicked, this, &TopicsPage::createTopic);
    headerRow()->addWidget(m_chips);
    headerRow()->addStretch(1);
    headerRow()->addWidget(m_search, 1);
    headerRow()->addWidget(create);
}

QWidget* TopicsPage::buildDetail()
{
    auto* card = new Card({}, this);
    card->setFlush();
    auto* head = new QHBoxLayout;
    head->setContentsMargins(metrics::kGroups, metrics::kRelated, metrics::kRelated, 0);
    m_name = nameLabel(card);
    m_facts = factsLabel(card);
    head->addWidget(m_name);
    head->addWidget(m_facts, 1);
    auto* browse = new QPushButton(m_browseAction->icon(), m_browseAction->text(), card);
    connect(browse, &QPushButton::clicked, m_browseAction, &QAction::trigger);
    m_sendButton = new QPushButton(m_sendAction->icon(), m_sendAction->text(), card);
    m_sendButton->setObjectName(QStringLiteral("sendMessage"));
    connect(m_sendButton, &QPushButton::clicked, m_sendAction, &QAction::trigger);
    m_deleteButton = new QPushButton(m_deleteAction->icon(), tr("Delete…"), card);
    m_deleteButton->setObjectName(QStringLiteral("deleteTopic"));
    connect(m_deleteButton, &QPushButton::clicked, m_deleteAction, &QAction::trigger);
    head->addWidget(browse);
    head->addWidget(m_sendButton);
    head->addWidget(m_deleteButton);
    card->body()->addLayout(head);

    m_tabs = new QTabWidget(card);
    m_tabs->setDocumentMode(true);
    m_queueView = new TableView(m_tabs);
    makeFrameless(m_queueView);
    m_queueView->setTable(m_queues, QStringLiteral("topic-queues"), QueueModel::Broker);
    m_queueView->setEmptyText(QStringLiteral("queue"), tr("No topic is selected"),
                              tr("Select one above to see its queues."));
    m_groupView = new TableView(m_tabs);
    makeFrameless(m_groupView);
    m_groupView->setTable(m_groups, QStringLiteral("topic-groups"), GroupQueueModel::Group);
    m_groupView->hideColumns({GroupQueueModel::Topic, GroupQueueModel::Strip});
    m_groupView->setEmptyText(
        QStringLiteral("groups"), tr("No group consumes this topic"),
        tr("A group appears with its first committed offset or its first subscription."));
    connect(m_groupView, &TableView::rowActivated, this, [this](const QString& key) {
        Q_EMIT navigationRequested(QStringLiteral("groups"), key.section(QLatin1Char(' '), 0, 0));
    });
    auto* routes = new TableView(m_tabs);
    makeFrameless(routes);
    routes->setTable(m_routes, QStringLiteral("topic-routes"), RouteModel::Broker);
    connect(routes, &TableView::rowActivated, this, [this](const QString& key) {
        Q_EMIT navigationRequested(QStringLiteral("brokers"), key + QStringLiteral(":0"));
    });
    m_tabs->addTab(m_queueView, tr("Queues"));
    m_tabs->addTab(m_groupView, tr("Groups"));
    m_tabs->addTab(routes, tr("Brokers"));
    m_tabs->setCornerWidget(new StripLegend(m_tabs), Qt::TopRightCorner);
    card->body()->addWidget(m_tabs, 1);
    return card;
}

void TopicsPage::apply(const SnapshotPtr& snapshot)
{
    m_topics->apply(snapshot);
    int counts[ChipCount]{};
    for (const auto& topic : snapshot->topics) {
        for (int chip = 0; chip < ChipCount; ++chip) {
            counts[chip] += fits(topic, chip) ? 1 : 0;
        }
    }
    for (int chip = 0; chip < ChipCount; ++chip) {
        m_chips->setCount(chip, counts[chip]);
    }
    m_list->selectAnything();
    applyDetail();
}

void TopicsPage::applyFilter(int chip)
{
    m_list->proxy()->setBasePredicate([this, chip](int row) {
        return (m_topics->at(row).kind == TopicKind::System) == (chip == System);
    });
    if (chip == Own || chip == System) {
        m_list->proxy()->setPredicate({});
    } else {
        m_list->proxy()->setPredicate(
            [this, chip](int row) { return fits(m_topics->at(row), chip); });
    }
    m_list->selectAnything();
}

const TopicInfo* TopicsPage::current() const
{
    return m_topics->find(m_list->currentKey());
}

void TopicsPage::applyDetail()
{
    const TopicInfo* topic = current();
    const bool isOurs = topic && topic->kind != TopicKind::System;
    m_deleteAction->setEnabled(isOurs);
    m_deleteButton->setEnabled(isOurs);
    m_deleteButton->setToolTip(topic && !isOurs ? tr("Brokers need their system topics")
                                                : QString());
    m_sendAction->setEnabled(topic && topic->kind == TopicKind::Normal);
    m_sendButton->setEnabled(m_sendAction->isEnabled());
    m_browseAction->setEnabled(topic != nullptr);
    m_name->setText(topic ? format::text(topic->name) : tr("No topic is selected"));
    m_facts->setText(
        topic ? tr("%1 on %2 · %3 · access %4%5")
                    .arg(format::counted(static_cast<std::int64_t>(topic->queues.size()),
                                         tr("queue"), tr("queues")),
                         format::counted(static_cast<std::int64_t>(topic->brokers.size()),
                                         tr("broker"), tr("brokers")),
                         topic->messages
                             ? format::counted(*topic->messages, tr("message"), tr("messages"))
                             : tr("messages not known"),
                         format::permission(topic->permission),
                         topic->isOrdered ? tr(" · ordered") : QString())
              : QString());
    if (snapshot()) {
        const std::string name = topic ? topic->name : std::string();
        m_queues->apply(snapshot(), name);
        m_groups->applyTopic(snapshot(), name);
        m_routes->apply(snapshot(), name);
        m_tabs->setTabText(0, tr("Queues  %1").arg(format::count(m_queues->rowCount())));
        m_tabs->setTabText(1, tr("Groups  %1").arg(
                                   format::count(topic ? static_cast<std::int64_t>(topic->groups.size()) : 0)));
        m_tabs->setTabText(2, tr("Brokers  %1").arg(format::count(m_routes->rowCount())));
    }
}

void TopicsPage::select(const QString& object)
{
    m_search->clear();
    const TopicInfo* topic = m_topics->find(object);
    m_chips->choose(topic && topic->kind == TopicKind::System ? System : Own);
    m_list->selectKey(object);
}

void TopicsPage::createTopic()
{
    if (!session() || !snapshot()) {
        return;
    }
    CreateTopicDialog dialog(*snapshot(), this);
    if (dialog.exec() != QDialog::Accepted) {
        return;
    }
    const QString name = toQt(dialog.spec().name);
    session()->createTopic(
        dialog.spec(), inGuiThread<void>(this, [this, name](Result<void> result) {
            if (!result) {
                showError(result.error(), tr("Topic '%1' was not created").arg(name));
                return;
            }
            messageStrip()->showMessage(InlineMessage::Kind::Success,
                                        tr("Topic '%1' was created").arg(name));
            select(name);
        }));
}

void TopicsPage::deleteTopic()
{
    const TopicInfo* topic = current();
    if (!topic || !session()) {
        return;
    }
    const QString name = toQt(topic->name);
    DeleteTopicDialog dialog(*topic, *snapshot(), this);
    if (dialog.exec() != QDialog::Accepted) {
        return;
    }
    session()->deleteTopic(
        fromQt(name), inGuiThread<void>(this, [this, name](Result<void> result) {
            if (!result) {
                showError(result.error(), tr("Topic '%1' was not deleted").arg(name));
            } else {
                messageStrip()->showMessage(InlineMessage::Kind::Success,
                                            tr("Topic '%1' was deleted").arg(name));
            }
        }));
}

void TopicsPage::sendMessage()
{
    const TopicInfo* topic = current();
    if (!topic || !session()) {
        return;
    }
    SendMessageDialog dialog(*topic, this);
    if (dialog.exec() != QDialog::Accepted) {
        return;
    }
    session()->sendMessage(
        dialog.spec(), inGuiThread<SentMessage>(this, [this](Result<SentMessage> result) {
            if (!result) {
                showError(result.error(), tr("The message was not sent"));
                return;
            }
            messageStrip()->showMessage(
                InlineMessage::Kind::Success,
                tr("%1: stored in %2, queue %3, offset %4, id %5")
                    .arg(toQt(result->statusText), toQt(result->queue.brokerName))
                    .arg(result->queue.queueId)
                    .arg(format::count(result->queueOffset), toQt(result->messageId)));
        }));
}

void TopicsPage::prepareForTour()
{
    m_chips->choose(0);
    // The busiest topic makes the best picture.
    const TopicInfo* best = nullptr;
    for (const auto& row : m_topics->rows()) {
        if (row->kind == TopicKind::Normal &&
            (!best || row->messages.value_or(0) > best->messages.value_or(0))) {
            best = row.get();
        }
    }
    if (best) {
        m_list->selectKey(format::text(best->name));
    }
    m_tabs->setCurrentIndex(0);
}

QString TopicsPage::missingForTour() const
{
    const TopicInfo* topic = current();
    if (!topic) {
        return tr("no topic is selected");
    }
    return m_queues->rowCount() == 0          ? tr("the selected topic shows no queues")
           : topic->messages.value_or(0) == 0 ? tr("the selected topic has no messages")
                                              : QString();
}

} // namespace gantry::ui
