// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/messages_page.h"

#include "ui/bridge/async_call.h"
#include "ui/bridge/qt_convert.h"
#include "ui/models/message_model.h"
#include "ui/models/row_proxy.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/widgets/card.h"
#include "ui/widgets/detail_splitter.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/inline_message.h"
#include "ui/widgets/message_detail.h"
#include "ui/widgets/search_field.h"
#include "ui/widgets/table_view.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>

namespace gantry::ui {

namespace {

constexpr int kPageSize = 200;
constexpr std::int64_t kNewestWindowMs = 7LL * 24 * 3600 * 1000;

} // namespace

MessagesPage::MessagesPage(EngineBridge* bridge, QWidget* parent)
    : Page(bridge, tr("Messages"), parent)
    , m_messages(new MessageModel(this))
    , m_list(new TableView(this))
    , m_bar(new MessageQueryBar(this))
    , m_detail(new MessageDetail(QStringLiteral("message"), this))
    , m_search(new SearchField(tr("Filter what was found"), this))
    , m_note(captionLabel({}, this))
{
    m_search->setFixedWidth(240);
    connect(m_search, &SearchField::searchChanged, this,
            [this](const QString& text) { m_list->proxy()->setFilterText(text); });
    headerRow()->addWidget(m_note, 1);
    buildPager(this);
    headerRow()->addWidget(m_pager);
    headerRow()->addWidget(m_search);
    content()->addWidget(m_bar);
    m_list->setTable(m_messages, QStringLiteral("messages"), MessageModel::Stored,
                     Qt::DescendingOrder);
    m_list->setEmptyText(QStringLiteral("messages"), tr("Nothing searched yet"),
                         tr("Choose a topic and how to search, then press Search."));
    auto* card = new Card({}, this);
    card->setFlush();
    m_nothing = new EmptyState(card);
    m_nothing->setContent(QStringLiteral("messages"), tr("No message is selected"),
                          tr("Select one above to see its properties, body and stored fields."));
    card->body()->addWidget(m_nothing);
    card->body()->addWidget(m_detail);
    content()->addWidget(
        new DetailSplitter(QStringLiteral("messages"), tableCard(m_list, this), card, 52, this), 1);
    connect(m_bar, &MessageQueryBar::runRequested, this, &MessagesPage::run);
    connect(m_bar, &MessageQueryBar::cancelRequested, this, &MessagesPage::cancel);
    connect(m_list, &TableView::currentKeyChanged, this, &MessagesPage::showCurrent);
    updatePager();
    showCurrent();
}

void MessagesPage::buildPager(QWidget* parent)
{
    m_pager = new QWidget(parent);
    auto* layout = new QHBoxLayout(m_pager);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(2);
    m_range = captionLabel({}, m_pager);
    layout->addWidget(m_range);
    const auto add = [&](const char* iconName, const QString& help, auto&& target) {
        auto* button = new QToolButton(m_pager);
        button->setAutoRaise(true);
        button->setIcon(icon(QLatin1String(iconName)));
        button->setToolTip(help);
        button->setAccessibleName(help);
        layout->addWidget(button);
        connect(button, &QToolButton::clicked, this, [this, target] { runFrom(target()); });
        return button;
    };
    m_first = add("first", tr("First page of the queue"), [this] { return m_page.minOffset; });
    m_previous = add("previous", tr("Page before"),
                     [this] { return std::max(m_page.minOffset, m_asked->offset - kPageSize); });
    m_next = add("next", tr("Page after"), [this] { return m_page.nextOffset; });
    m_last = add("last", tr("Last page of the queue"),
                 [this] { return std::max(m_page.minOffset, m_page.maxOffset - kPageSize); });
}

void MessagesPage::apply(const SnapshotPtr& snapshot)
{
    m_bar->apply(*snapshot);
    if (!m_wantedTopic.isEmpty() && m_bar->topicBox()->findText(m_wantedTopic) >= 0) {
        m_bar->setTopic(m_wantedTopic);
        m_bar->setMode(MessageQuery::Mode::Newest);
        m_wantedTopic.clear();
        run();
    } else if (!m_hasRun && !snapshot->topics.empty()) {
        chooseBusiestTopic();
        run();
    }
}

void MessagesPage::chooseBusiestTopic()
{
    const TopicInfo* best = nullptr;
    for (const auto& topic : snapshot()->topics) {
        if (topic.kind == TopicKind::Normal &&
            (!best || topic.messages.value_or(0) > best->messages.value_or(0))) {
            best = &topic;
        }
    }
    if (best) {
        m_bar->setTopic(toQt(best->name));
    }
}

void MessagesPage::select(const QString& object)
{
    m_wantedTopic = object;
    m_hasRun = true;
    if (snapshot()) {
        apply(snapshot());
    }
}

void MessagesPage::run()
{
    if (m_bar->problem().isEmpty()) {
        start(m_bar->query());
    }
}

void MessagesPage::runFrom(std::int64_t offset)
{
    if (m_asked && m_asked->mode == MessageQuery::Mode::Queue) {
        MessageQuery query = *m_asked;
        query.offset = offset;
        m_bar->setOffset(offset);
        start(query);
    }
}

void MessagesPage::start(const MessageQuery& query)
{
    if (!session()) {
        return;
    }
    m_cancel.cancel();
    m_cancel = CancelToken();
    m_hasRun = true;
    m_isRunning = true;
    m_asked = query;
    m_bar->setRunning(true);
    m_note->setText(tr("Searching…"));
    messageStrip()->hide();
    const auto token = ++m_token;
    auto done = inGuiThread<MessagePage>(
        this, [this, token](Result<MessagePage> result) { accept(token, std::move(result)); });
    switch (query.mode) {
    case MessageQuery::Mode::Newest: {
        const auto now = snapshot() ? snapshot()->takenAtMs : 0;
        session()->browseTime(query.topic, now - kNewestWindowMs, now + 60'000, kPageSize, m_cancel,
                              std::move(done));
        break;
    }
    case MessageQuery::Mode::Queue:
        session()->browseQueue(query.queue, query.offset, kPageSize, m_cancel, std::move(done));
        break;
    case MessageQuery::Mode::Time:
        session()->browseTime(query.topic, query.beginMs, query.endMs, kPageSize * 10, m_cancel,
                              std::move(done));
        break;
    case MessageQuery::Mode::Key:
        session()->queryByKey(query.topic, query.text, kPageSize, std::move(done));
        break;
    case MessageQuery::Mode::Id:
        session()->queryById(query.topic, query.text, std::move(done));
        break;
    }
}

void MessagesPage::cancel()
{
    m_cancel.cancel();
    m_note->setText(tr("Cancelling…"));
}

void MessagesPage::accept(std::uint64_t token, Result<MessagePage> result)
{
    if (token != m_token) {
        return;
    }
    m_isRunning = false;
    m_bar->setRunning(false);
    if (!result) {
        m_messages->setMessages({});
        m_page = {};
        m_note->setText({});
        if (result.error().code == Errc::NotFound) {
            m_list->setEmptyText(QStringLiteral("search"), tr("Nothing was found"),
                                 errorText(result.error()).what);
        } else if (result.error().code == Errc::Cancelled) {
            m_list->setEmptyText(QStringLiteral("stop"), tr("The search was cancelled"), {});
        } else {
            showError(result.error(), tr("The search failed"));
            m_list->setEmptyText(QStringLiteral("error"), tr("The search failed"),
                                 errorText(result.error()).what);
        }
        updatePager();
        showCurrent();
        return;
    }
    MessagePage page = std::move(*result);
    const auto count = page.messages.size();
    m_list->setEmptyText(
        QStringLiteral("search"), tr("No message was found"),
        m_asked->mode == MessageQuery::Mode::Key
            ? tr("No message of the topic has this key. Keys are compared exactly.")
            : tr("The topic or queue has no message in this range."));
    // Of interest in retry and dead-letter topics only.
    m_list->setColumnShown(MessageModel::Attempts,
                           std::any_of(page.messages.begin(), page.messages.end(),
                                       [](const MessageExt& m) { return m.reconsumeTimes > 0; }));
    m_messages->setMessages(std::move(page.messages));
    page.messages.clear();
    m_page = std::move(page);
    QString note = format::counted(static_cast<std::int64_t>(count), tr("message"), tr("messages"));
    if (!m_page.note.empty()) {
        note += QStringLiteral(" · ") + toQt(m_page.note);
    } else if (!m_page.isComplete) {
        note += tr(" · there are more");
    }
    m_note->setText(note);
    m_list->selectAnything();
    updatePager();
    showCurrent();
}

void MessagesPage::updatePager()
{
    const bool isQueue = m_asked && m_asked->mode == MessageQuery::Mode::Queue;
    m_pager->setVisible(isQueue);
    if (!isQueue) {
        return;
    }
    const bool hasBefore = m_asked->offset > m_page.minOffset;
    const bool hasAfter = m_page.nextOffset < m_page.maxOffset;
    m_first->setEnabled(hasBefore);
    m_previous->setEnabled(hasBefore);
    m_next->setEnabled(hasAfter);
    m_last->setEnabled(hasAfter);
    m_range->setText(
        m_messages->rowCount() == 0
            ? tr("queue holds %1 to %2")
                  .arg(format::count(m_page.minOffset), format::count(m_page.maxOffset))
            : tr("offsets %1 to %2 of %3 to %4")
                  .arg(format::count(m_messages->at(0).queueOffset),
                       format::count(m_messages->at(m_messages->rowCount() - 1).queueOffset),
                       format::count(m_page.minOffset), format::count(m_page.maxOffset - 1)));
}

void MessagesPage::showCurrent()
{
    const MessageExt* message = m_messages->find(m_list->currentKey());
    m_detail->setVisible(message != nullptr);
    m_nothing->setVisible(message == nullptr);
    if (message) {
        m_detail->setMessage(*message);
    } else {
        m_detail->clearMessage();
    }
}

void MessagesPage::refresh()
{
    if (m_bar->runButton()->isEnabled()) {
        run();
    }
}

void MessagesPage::prepareForTour()
{
    chooseBusiestTopic();
    m_bar->setMode(MessageQuery::Mode::Newest);
    m_detail->setCurrentIndex(0);
    run();
}

QString MessagesPage::missingForTour() const
{
    return m_isRunning                      ? tr("the search is still running")
           : m_messages->rowCount() == 0    ? tr("no messages were found")
           : m_list->currentKey().isEmpty() ? tr("no message is selected")
                                            : QString();
}

} // namespace gantry::ui
