// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/dedup_page.h"

#include "ui/bridge/async_call.h"
#include "ui/bridge/qt_convert.h"
#include "ui/dialogs/prune_dialog.h"
#include "ui/models/dedup_model.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/widgets/card.h"
#include "ui/widgets/dedup_balance.h"
#include "ui/widgets/detail_splitter.h"
#include "ui/widgets/filter_chips.h"
#include "ui/widgets/inline_message.h"
#include "ui/widgets/search_field.h"
#include "ui/widgets/table_view.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

namespace gantry::ui {

namespace {

constexpr int kPageSize = 200;
constexpr std::int64_t kReloadEveryMs = 1000;

std::int64_t deliveriesOf(const ClusterSnapshot& snapshot)
{
    std::int64_t sum = 0;
    for (const auto& group : snapshot.dedup) {
        sum += group.deliveries;
    }
    return sum;
}

std::optional<DedupMode> modeOf(const ClusterSnapshot& snapshot)
{
    if (snapshot.dedup.empty()) {
        return std::nullopt;
    }
    const std::string& text = snapshot.dedup.front().modeText;
    return text == "off"            ? DedupMode::Off
           : text == "insert first" ? DedupMode::InsertFirst
                                    : DedupMode::OneTransaction;
}

} // namespace

DedupPage::DedupPage(EngineBridge* bridge, QWidget* parent)
    : Page(bridge, tr("Dedup log"), parent)
    , m_entries(new DedupModel(this))
    , m_countMax(kPageSize)
{
    headerRow()->addWidget(
        captionLabel(
            tr("What each consumer group has done already, one row per message key, in SQLite"),
            this),
        1);
    content()->addWidget(buildTop());
    content()->addWidget(buildTable(), 1);
    explainMode();
}

QWidget* DedupPage::buildTop()
{
    auto* row = new QWidget(this);
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    auto* balance = new Card(tr("Deliveries against effects"), row);
    m_balance = new DedupBalance(balance);
    balance->body()->addWidget(m_balance);
    balance->body()->addStretch(1);
    layout->addWidget(balance, 3);

    auto* mode = new Card(tr("How the demo's consumer uses the log"), row);
    m_modes = new FilterChips({tr("Off"), tr("Insert first"), tr("One transaction")}, mode);
    m_modes->setEnabled(false);
    connect(m_modes, &FilterChips::chosenChanged, this, &DedupPage::changeMode);
    auto* chips = new QHBoxLayout;
    chips->addWidget(m_modes);
    chips->addStretch(1);
    mode->body()->addLayout(chips);
    m_modeText = captionLabel({}, mode);
    m_modeText->setWordWrap(true);
    m_modeText->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    m_modeText->setMinimumHeight(QFontMetrics(m_modeText->font()).height() * 4);
    mode->body()->addWidget(m_modeText, 1);
    layout->addWidget(mode, 2);
    row->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
    return row;
}

QWidget* DedupPage::buildTable()
{
    auto* card = new Card({}, this);
    card->setFlush();
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(metrics::kRelated, metrics::kRelated, metrics::kRelated,
                            metrics::kRelated);
    m_group = new QComboBox(card);
    m_group->addItem(tr("All groups"));
    m_group->setMinimumWidth(200);
    m_group->setMaximumWidth(260);
    m_group->setAccessibleName(tr("Group"));
    m_search = new SearchField(tr("Key or message id begins with"), card);
    m_search->setMinimumWidth(180);
    m_search->setMaximumWidth(300);
    m_total = captionLabel({}, card);
    m_more = new QPushButton(tr("Show more"), card);
    auto* prune = new QPushButton(icon(QStringLiteral("delete")), tr("Prune…"), card);
    prune->setObjectName(QStringLiteral("prune"));
    prune->setToolTip(
        tr("Deletes old rows. A duplicate of a pruned key would have its effect again"));
    bar->addWidget(m_group);
    bar->addWidget(m_search, 1);
    bar->addWidget(m_total);
    bar->addStretch(1);
    bar->addWidget(m_more);
    bar->addWidget(prune);
    card->body()->addLayout(bar);
    m_list = new TableView(card);
    makeFrameless(m_list);
    m_list->setTable(m_entries, QStringLiteral("dedup"), DedupModel::FirstSeen,
                     Qt::DescendingOrder);
    card->body()->addWidget(m_list, 1);
    const auto fromStart = [this] {
        m_countMax = kPageSize;
        reload();
    };
    connect(m_group, &QComboBox::activated, this, fromStart);
    connect(m_search, &SearchField::searchChanged, this, fromStart);
    connect(m_more, &QPushButton::clicked, this, [this] {
        m_countMax += kPageSize * 5;
        reload();
    });
    connect(prune, &QPushButton::clicked, this, &DedupPage::prune);
    m_list->setEmptyText(QStringLiteral("dedup"), tr("The log is empty"),
                         tr("A row appears when an idempotent consumer handles a message with a "
                            "key. The demo shop has one."));
    return card;
}

void DedupPage::apply(const SnapshotPtr& snapshot)
{
    m_balance->setGroups(snapshot->dedup);
    QStringList names{tr("All groups")};
    for (const auto& group : snapshot->dedup) {
        names += format::text(group.group);
    }
    QStringList present;
    for (int i = 0; i < m_group->count(); ++i) {
        present += m_group->itemText(i);
    }
    if (present != names) {
        const QString chosen = m_group->currentText();
        m_group->clear();
        m_group->addItems(names);
        m_group->setCurrentIndex(std::max(0, m_group->findText(chosen)));
    }
    m_modes->setEnabled(session() && session()->canRunDemo() && snapshot->demo.isRunning &&
                        !m_isChangingMode);
    m_modes->setToolTip(snapshot->demo.isRunning ? QString()
                                                 : tr("Start the demo shop to try the modes"));
    if (const auto mode = modeOf(*snapshot); mode && !m_isChangingMode) {
        const QSignalBlocker blocker(m_modes);
        m_modes->choose(static_cast<int>(*mode));
        explainMode();
    }
    const auto deliveries = deliveriesOf(*snapshot);
    if (!m_isLoading && deliveries != m_loadedDeliveries &&
        snapshot->takenAtMs - m_loadedAtMs >= kReloadEveryMs) {
        m_loadedDeliveries = deliveries;
        reload();
    }
}

void DedupPage::reload()
{
    if (!session()) {
        return;
    }
    m_isLoading = true;
    m_loadedAtMs = snapshot() ? snapshot()->takenAtMs : 0;
    const auto token = ++m_token;
    const std::string group =
        m_group->currentIndex() > 0 ? fromQt(m_group->currentText()) : std::string();
    session()->dedupEntries(
        group, fromQt(m_search->text().trimmed()), 0, m_countMax,
        inGuiThread<gantry::DedupPage>(this, [this, token](Result<gantry::DedupPage> result) {
            accept(token, std::move(result));
        }));
}

void DedupPage::accept(std::uint64_t token, Result<gantry::DedupPage> result)
{
    if (token != m_token) {
        return;
    }
    m_isLoading = false;
    if (!result) {
        m_list->setEmptyText(QStringLiteral("error"), tr("The log could not be read"),
                             errorText(result.error()).what);
        m_entries->setEntries({});
        m_total->setText({});
        showError(result.error(), tr("The dedup log could not be read"));
        return;
    }
    const bool isFiltered = m_group->currentIndex() > 0 || !m_search->text().isEmpty();
    m_list->setEmptyText(QStringLiteral("dedup"),
                         isFiltered ? tr("No row matches") : tr("The log is empty"),
                         isFiltered ? tr("Keys and message ids are compared from their beginning.")
                                    : tr("A row appears when an idempotent consumer handles a "
                                         "message with a key. The demo shop has one."));
    const auto shown = static_cast<std::int64_t>(result->entries.size());
    m_total->setText(shown < result->totalCount
                         ? tr("newest %1 of %2 rows")
                               .arg(format::count(shown), format::count(result->totalCount))
                         : format::counted(result->totalCount, tr("row"), tr("rows")));
    m_more->setVisible(shown < result->totalCount);
    m_entries->setEntries(std::move(result->entries));
    m_list->selectAnything();
}

void DedupPage::changeMode(int chip)
{
    explainMode();
    if (!session()) {
        return;
    }
    m_isChangingMode = true;
    m_modes->setEnabled(false);
    session()->setDedupMode(static_cast<DedupMode>(chip),
                            inGuiThread<void>(this, [this](Result<void> result) {
                                m_isChangingMode = false;
                                m_modes->setEnabled(true);
                                if (!result) {
                                    showError(result.error(), tr("The mode was not changed"));
                                }
                            }));
}

void DedupPage::explainMode()
{
    switch (static_cast<DedupMode>(m_modes->chosen())) {
    case DedupMode::Off:
        m_modeText->setText(
            tr("Every delivery has its effect. RocketMQ delivers at least once: after a retry, a "
               "rebalance or a producer's second attempt the effect happens twice."));
        break;
    case DedupMode::InsertFirst:
        m_modeText->setText(tr("First the row is committed, then the message is processed. A "
                               "duplicate finds the row and is refused. But if the process dies in "
                               "between, the effect is lost: the retry is refused, too."));
        break;
    case DedupMode::OneTransaction:
        m_modeText->setText(tr("Row and effect are one SQLite transaction: both happen or neither. "
                               "A duplicate is refused, a crash leaves nothing behind, the retry "
                               "does the work. Exactly one effect."));
        break;
    }
}

void DedupPage::prune()
{
    PruneDialog dialog(this);
    if (dialog.exec() != QDialog::Accepted || !session() || !snapshot()) {
        return;
    }
    session()->pruneDedup(
        snapshot()->takenAtMs - dialog.olderThanMs(),
        inGuiThread<std::int64_t>(this, [this](Result<std::int64_t> result) {
            if (!result) {
                showError(result.error(), tr("The log was not pruned"));
                return;
            }
            messageStrip()->showMessage(
                InlineMessage::Kind::Success,
                tr("%1 pruned").arg(format::counted(*result, tr("row was"), tr("rows were"))));
            reload();
        }));
}

QString DedupPage::missingForTour() const
{
    if (m_entries->rowCount() == 0) {
        return tr("the log shows no rows");
    }
    const auto& groups = m_balance->groups();
    const bool hasRefused = std::any_of(groups.begin(), groups.end(),
                                        [](const DedupGroupInfo& g) { return g.refused > 0; });
    return hasRefused ? QString() : tr("no refused duplicates are shown");
}

} // namespace gantry::ui
