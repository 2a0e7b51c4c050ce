// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/retry_page.h"

#include "ui/bridge/async_call.h"
#include "ui/bridge/qt_convert.h"
#include "ui/models/group_model.h"
#include "ui/models/retry_model.h"
#include "ui/models/row_proxy.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/widgets/card.h"
#include "ui/widgets/detail_splitter.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/inline_message.h"
#include "ui/widgets/message_detail.h"
#include "ui/widgets/table_view.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QMessageBox>
#include <QPushButton>
#include <QTabWidget>

namespace gantry::ui {

namespace {

constexpr int kEntriesMax = 500;
/// Reading them again costs the broker reads, so not with every picture.
constexpr std::int64_t kReloadEveryMs = 2000;

} // namespace

RetryPage::RetryPage(EngineBridge* bridge, QWidget* parent)
    : Page(bridge, tr("Retry & dead letters"), parent)
    , m_groups(new GroupModel(this))
    , m_waiting(new RetryModel(RetryModel::Mode::Waiting, this))
    , m_dead(new RetryModel(RetryModel::Mode::DeadLetters, this))
{
    m_note = captionLabel({}, this);
    headerRow()->addWidget(m_note, 1);
    auto* columns = new QSplitter(Qt::Horizontal, this);
    columns->setChildrenCollapsible(false);
    columns->addWidget(buildGroups());
    columns->addWidget(buildLists());
    columns->setStretchFactor(0, 0);
    columns->setStretchFactor(1, 1);
    columns->setSizes({300, 980});
    content()->addWidget(columns);
    connect(m_groupView, &TableView::currentKeyChanged, this, &RetryPage::reload);
    for (TableView* view : {m_waitingView, m_deadView}) {
        connect(view, &TableView::currentKeyChanged, this, &RetryPage::showCurrent);
    }
    connect(m_tabs, &QTabWidget::currentChanged, this, &RetryPage::showCurrent);
    showCurrent();
}

QWidget* RetryPage::buildGroups()
{
    m_groupView = new TableView(this);
    m_groupView->setTable(m_groups, QStringLiteral("retry-groups"), GroupModel::DeadLetters,
                          Qt::DescendingOrder);
    m_groupView->proxy()->setBasePredicate([this](int row) { return !m_groups->at(row).isSystem; });
    m_groupView->hideColumns({GroupModel::State, GroupModel::Mode, GroupModel::Clients,
                              GroupModel::Topics, GroupModel::Rate, GroupModel::Lag});
    m_groupView->setEmptyText(QStringLiteral("groups"), tr("No consumer groups yet"),
                              tr("Retries belong to the group whose consumer failed."));
    auto* card = tableCard(m_groupView, this);
    card->setMinimumWidth(230);
    return card;
}

QWidget* RetryPage::buildLists()
{
    auto* lists = new Card({}, this);
    lists->setFlush();
    m_tabs = new QTabWidget(lists);
    m_tabs->setDocumentMode(true);
    m_waitingView = new TableView(m_tabs);
    m_deadView = new TableView(m_tabs);
    makeFrameless(m_waitingView);
    makeFrameless(m_deadView);
    m_waitingView->setTable(m_waiting, QStringLiteral("retry-waiting"), RetryModel::Due);
    m_deadView->setTable(m_dead, QStringLiteral("retry-dead"), RetryModel::Stored,
                         Qt::DescendingOrder);
    m_waitingView->hideColumns({RetryModel::MessageId});
    m_deadView->hideColumns({RetryModel::State, RetryModel::Due, RetryModel::MessageId});
    m_waitingView->setEmptyText(
        QStringLiteral("retry"), tr("Nothing waits for a retry"),
        tr("A message comes here when a consumer of the group fails on it. It is delivered again "
           "after a delay that grows with each attempt."));
    m_deadView->setEmptyText(QStringLiteral("ok"), tr("No dead letters"),
                             tr("A message becomes a dead letter when every attempt has failed."));
    m_tabs->addTab(m_waitingView, tr("Waiting"));
    m_tabs->addTab(m_deadView, tr("Dead letters"));
    auto* corner = new QWidget(m_tabs);
    auto* cornerLayout = new QHBoxLayout(corner);
    cornerLayout->setContentsMargins(0, metrics::kInside, metrics::kRelated, metrics::kInside);
    m_resend = new QPushButton(icon(QStringLiteral("send")), tr("Resend selected…"), corner);
    m_resend->setObjectName(QStringLiteral("resend"));
    cornerLayout->addWidget(m_resend);
    m_tabs->setCornerWidget(corner, Qt::TopRightCorner);
    connect(m_resend, &QPushButton::clicked, this, &RetryPage::resend);
    lists->body()->addWidget(m_tabs);

    auto* bottom = new Card({}, this);
    bottom->setFlush();
    m_why = new QLabel(bottom);
    m_why->setWordWrap(true);
    m_why->setTextFormat(Qt::PlainText);
    m_why->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_why->setContentsMargins(metrics::kGroups, metrics::kRelated, metrics::kGroups,
                              metrics::kInside);
    m_detail = new MessageDetail(QStringLiteral("retry-message"), bottom);
    m_nothing = new EmptyState(bottom);
    m_nothing->setContent(
        QStringLiteral("retry"), tr("No message is selected"),
        tr("Select one above to see why it is there and what is in it."));
    bottom->body()->addWidget(m_nothing, 1);
    bottom->body()->addWidget(m_why);
    bottom->body()->addWidget(m_detail, 1);
    return new DetailSplitter(QStringLiteral("retry"), lists, bottom, 48, this);
}

void RetryPage::apply(const SnapshotPtr& snapshot)
{
    m_groups->apply(snapshot);
    m_groupView->selectAnything();
    m_waiting->setNow(snapshot->takenAtMs);
    reloadIfChanged();
}

void RetryPage::reloadIfChanged()
{
    const GroupInfo* group = m_groups->find(m_groupView->currentKey());
    if (!group || m_isLoading || !snapshot()) {
        return;
    }
    const std::pair counts{group->retryWaiting.value_or(-1), group->deadLetters.value_or(-1)};
    const bool isOther = m_loadedGroup != m_groupView->currentKey();
    const bool isOld = snapshot()->takenAtMs - m_loadedAtMs >= kReloadEveryMs;
    // What waits moves on without its number changing, so it is read again as long as there is any.
    if (isOther || (isOld && (counts != m_loadedCounts || counts.first > 0))) {
        reload();
    }
}

void RetryPage::reload()
{
    const GroupInfo* group = m_groups->find(m_groupView->currentKey());
    if (!group || !session()) {
        return;
    }
    m_cancel.cancel();
    m_cancel = CancelToken();
    m_isLoading = true;
    m_loadedGroup = m_groupView->currentKey();
    m_loadedCounts = {group->retryWaiting.value_or(-1), group->deadLetters.value_or(-1)};
    m_loadedAtMs = snapshot() ? snapshot()->takenAtMs : 0;
    const auto token = ++m_token;
    session()->retriesOf(
        group->name, kEntriesMax, m_cancel,
        inGuiThread<gantry::RetryPage>(this, [this, token](Result<gantry::RetryPage> result) {
            accept(token, std::move(result));
        }));
}

void RetryPage::accept(std::uint64_t token, Result<gantry::RetryPage> result)
{
    if (token != m_token) {
        return;
    }
    m_isLoading = false;
    if (!result) {
        m_waiting->setEntries({});
        m_dead->setEntries({});
        showError(result.error(),
                  tr("The failed messages of '%1' could not be read").arg(m_loadedGroup));
        return;
    }
    if (messageStrip()->kind() == InlineMessage::Kind::Error) {
        messageStrip()->hide();
    }
    m_note->setText(result->isComplete
                        ? QString()
                        : tr("Only the first %1 of each list are shown").arg(kEntriesMax));
    m_waiting->setEntries(std::move(result->waiting));
    m_dead->setEntries(std::move(result->deadLetters));
    m_tabs->setTabText(0, tr("Waiting  %1").arg(format::count(m_waiting->rowCount())));
    m_tabs->setTabText(1, tr("Dead letters  %1").arg(format::count(m_dead->rowCount())));
    m_waitingView->selectAnything();
    m_deadView->selectAnything();
    showCurrent();
}

void RetryPage::showCurrent()
{
    const bool isDead = m_tabs->currentIndex() == 1;
    RetryModel* model = isDead ? m_dead : m_waiting;
    TableView* view = isDead ? m_deadView : m_waitingView;
    const RetryEntry* entry = model->find(view->currentKey());
    m_resend->setEnabled(isDead && entry);
    m_resend->setToolTip(
        isDead ? tr("Sends the selected dead letters to their original topic once more")
               : tr("Dead letters can be resent; what waits is delivered again by itself"));
    m_nothing->setVisible(!entry);
    m_why->setVisible(entry != nullptr);
    if (entry) {
        m_detail->setMessage(entry->message);
        m_why->setText(whyOf(*entry));
        m_detail->show();
    } else {
        m_detail->clearMessage();
        m_detail->hide();
        m_why->clear();
    }
}

QString RetryPage::whyOf(const RetryEntry& entry) const
{
    const QString group = toQt(entry.group);
    const QString topic = entry.originTopic.empty()
                              ? tr("its topic")
                              : QStringLiteral("'%1'").arg(toQt(entry.originTopic));
    switch (entry.state) {
    case RetryEntry::State::DeadLetter:
        return tr("Group '%1' failed on this message of %2 and on all %3 retries, so its broker "
                  "put "
                  "it into the dead-letter topic. It stays there until it expires. Resend puts a "
                  "copy into %2.")
            .arg(group, topic)
            .arg(retryNumber(entry));
    case RetryEntry::State::Ready:
        return tr("Group '%1' has failed %2 on this message of %5. The delay before retry %3 of %4 "
                  "is over: it lies in the group's retry topic until a consumer takes it.")
            .arg(group, format::counted(entry.attempt, tr("time"), tr("times")))
            .arg(retryNumber(entry))
            .arg(entry.attemptsMax)
            .arg(topic);
    case RetryEntry::State::WaitingForDelay:
        break;
    }
    const QString delay = format::delayOfLevel(entry.message.delayLevel());
    return tr("Group '%1' has failed %2 on this message of %5. The broker holds it back%6 and "
              "delivers it again%7, as retry %3 of %4.")
        .arg(group, format::counted(entry.attempt, tr("time"), tr("times")))
        .arg(retryNumber(entry))
        .arg(entry.attemptsMax)
        .arg(topic, delay.isEmpty() ? QString() : tr(" for %1").arg(delay),
             entry.dueMs ? tr(" at %1").arg(format::timeOfDay(*entry.dueMs)) : QString());
}

void RetryPage::resend()
{
    std::vector<MessageExt> chosen;
    for (const QString& key : m_deadView->selectedKeys()) {
        if (const RetryEntry* entry = m_dead->find(key)) {
            chosen.push_back(entry->message);
        }
    }
    if (chosen.empty() || !session()) {
        return;
    }
    const int count = static_cast<int>(chosen.size());
    QMessageBox box(QMessageBox::NoIcon, tr("Resend dead letters"),
                    tr("Send %1 to the original topic again?")
                        .arg(format::counted(count, tr("dead letter"), tr("dead letters"))),
                    QMessageBox::Cancel, this);
    box.setInformativeText(tr("Every group that subscribes to the topic gets the copies, with new "
                              "offsets. The dead letters stay where they are. A consumer with a "
                              "dedup log refuses keys that it has done already."));
    QPushButton* yes =
        box.addButton(tr("Resend %1").arg(format::counted(count, tr("message"), tr("messages"))),
                      QMessageBox::AcceptRole);
    box.setDefaultButton(QMessageBox::Cancel);
    box.exec();
    if (box.clickedButton() != yes) {
        return;
    }
    m_resend->setEnabled(false);
    session()->resend(
        std::move(chosen), inGuiThread<int>(this, [this, count](Result<int> result) {
            m_resend->setEnabled(true);
            if (!result) {
                showError(result.error(), tr("The dead letters were not resent"));
            } else if (*result < count) {
                messageStrip()->showMessage(
                    InlineMessage::Kind::Warning,
                    tr("Only %1 of %2 messages were resent").arg(*result).arg(count));
            } else {
                messageStrip()->showMessage(
                    InlineMessage::Kind::Success,
                    tr("%1 resent")
                        .arg(format::counted(*result, tr("message was"), tr("messages were"))));
            }
        }));
}

void RetryPage::select(const QString& object)
{
    m_groupView->selectKey(object);
}

void RetryPage::prepareForTour()
{
    const GroupInfo* best = nullptr;
    for (const auto& row : m_groups->rows()) {
        if (!best || row->deadLetters.value_or(0) + row->retryWaiting.value_or(0) >
                         best->deadLetters.value_or(0) + best->retryWaiting.value_or(0)) {
            best = row.get();
        }
    }
    if (best) {
        m_groupView->selectKey(format::text(best->name));
    }
    m_tabs->setCurrentIndex(1);
}

QString RetryPage::missingForTour() const
{
    return m_dead->rowCount() == 0              ? tr("no dead letters are shown")
           : m_deadView->currentKey().isEmpty() ? tr("no dead letter is selected")
                                                : QString();
}

} // namespace gantry::ui
