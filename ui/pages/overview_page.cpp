// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/overview_page.h"

#include "ui/bridge/qt_convert.h"
#include "ui/models/broker_model.h"
#include "ui/models/finding_model.h"
#include "ui/pages/overview_charts.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/widgets/card.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/finding_list.h"
#include "ui/widgets/inline_message.h"
#include "ui/widgets/kpi_tile.h"
#include "ui/widgets/table_view.h"
#include "ui/widgets/time_chart.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>

namespace gantry::ui {

namespace {

constexpr std::size_t kSparklineSeconds = 120;

template <typename Get>
std::vector<std::optional<double>> lately(const ClusterSnapshot& snapshot, Get&& get)
{
    std::vector<std::optional<double>> values;
    if (snapshot.history) {
        const auto& samples = *snapshot.history;
        const std::size_t first =
            samples.size() > kSparklineSeconds ? samples.size() - kSparklineSeconds : 0;
        for (std::size_t i = first; i < samples.size(); ++i) {
            values.push_back(get(samples[i]));
        }
    }
    return values;
}

/// The newest sample that has a flush in it, of the last ten seconds: an idle second has no
/// latency.
const LatencyView* newestFlush(const ClusterSnapshot& snapshot)
{
    if (!snapshot.history) {
        return nullptr;
    }
    for (auto sample = snapshot.history->rbegin(); sample != snapshot.history->rend(); ++sample) {
        if (snapshot.takenAtMs - sample->timeMs > 10'000) {
            break;
        }
        if (sample->flushLatency && sample->flushLatency->count > 0) {
            return &*sample->flushLatency;
        }
    }
    return nullptr;
}

/// Over all groups that people made; not known when one of them is not.
std::optional<std::int64_t> sumOf(const ClusterSnapshot& snapshot,
                                  std::optional<std::int64_t> GroupInfo::*member)
{
    std::int64_t sum = 0;
    for (const auto& group : snapshot.groups) {
        if (group.isSystem) {
            continue;
        }
        if (!(group.*member)) {
            return std::nullopt;
        }
        sum += *(group.*member);
    }
    return sum;
}

std::optional<double> asDouble(const std::optional<std::int64_t>& value)
{
    return value ? std::optional(static_cast<double>(*value)) : std::nullopt;
}

} // namespace

OverviewPage::OverviewPage(EngineBridge* bridge, QWidget* parent)
    : Page(bridge, tr("Overview"), parent)
    , m_brokers(new BrokerModel(this))
    , m_findings(new FindingModel(this))
{
    buildConnectStrip();
    buildTiles();
    m_charts = new OverviewCharts(this);
    content()->addWidget(m_charts, 5);
    buildTables();
}

void OverviewPage::buildConnectStrip()
{
    m_demoText = captionLabel({}, this);
    m_demoButton = new QPushButton(this);
    m_demoButton->setObjectName(QStringLiteral("demoButton"));
    connect(m_demoButton, &QPushButton::clicked, this, &OverviewPage::demoToggleRequested);
    auto* caption = captionLabel(tr("Clients outside connect to"), this);
    m_address = new ElidedLabel(Qt::ElideMiddle, this);
    m_address->setFont(metrics::mono(font()));
    auto* copy = new QPushButton(icon(QStringLiteral("copy")), tr("Copy"), this);
    copy->setObjectName(QStringLiteral("copyAddress"));
    copy->setToolTip(tr("Copy the NameServer address (namesrvAddr) for RocketMQ clients on this machine"));
    connect(copy, &QPushButton::clicked, this,
            [this] { QGuiApplication::clipboard()->setText(m_address->text()); });
    headerRow()->addWidget(caption);
    headerRow()->addWidget(m_address);
    headerRow()->addWidget(copy);
    headerRow()->addStretch(1);
    headerRow()->addWidget(m_demoText);
    headerRow()->addWidget(m_demoButton);
}

void OverviewPage::buildTiles()
{
    auto* row = new QHBoxLayout;
    row->setSpacing(metrics::kRelated);
    const auto add = [&](const QString& title, const QString& help, const QString& page) {
        auto* tile = new KpiTile(title, help, this);
        row->addWidget(tile);
        connect(tile, &KpiTile::clicked, this,
                [this, page] { Q_EMIT navigationRequested(page, {}); });
        return tile;
    };
    m_put = add(tr("Written"), tr("Messages written per second, all brokers"),
                QStringLiteral("topics"));
    m_get = add(tr("Read"), tr("Messages read per second, all brokers"), QStringLiteral("groups"));
    m_lag = add(tr("Lag"), tr("Messages stored and not consumed yet, all groups"),
                QStringLiteral("groups"));
    m_dead = add(tr("Dead letters"), tr("Messages that failed on every attempt, all groups"),
                 QStringLiteral("retry"));
    m_flush =
        add(tr("Flush p99"),
            tr("99 of 100 syncs to disk took at most this long, in the last second with a flush"),
            QStringLiteral("brokers"));
    m_disk = add(tr("Disk used"),
                 tr("The fullest disk a broker stores on. The marks: from 75 % on expired files are deleted, "
                    "from 85 % on the oldest ones whatever their age, from 90 % on writes are refused"),
                 QStringLiteral("brokers"));
    content()->addLayout(row);
}

void OverviewPage::buildTables()
{
    auto* row = new QHBoxLayout;
    row->setSpacing(metrics::kRelated);
    auto* members = new Card(tr("NameServers and brokers"), this);
    members->setFlush();
    m_brokerView = new TableView(members);
    m_brokerView->setFrameShape(QFrame::NoFrame);
    m_brokerView->setTable(m_brokers, QStringLiteral("overview-brokers"), BrokerModel::Role,
                           Qt::DescendingOrder);
    m_brokerView->setEmptyText(QStringLiteral("brokers"), tr("No member is known yet"),
                               tr("They appear as soon as the first NameServer answers."));
    m_brokerView->hideColumns({BrokerModel::Role, BrokerModel::Version, BrokerModel::PutP99,
                               BrokerModel::FlushP99, BrokerModel::Behind, BrokerModel::Connections,
                               BrokerModel::Disk});
    connect(m_brokerView, &TableView::rowActivated, this, [this](const QString& key) {
        Q_EMIT navigationRequested(QStringLiteral("brokers"), key);
    });
    members->body()->addWidget(m_brokerView);
    row->addWidget(members, 6);

    auto* findings = new Card(tr("Findings"), this);
    findings->setFlush();
    m_findingList = new FindingList(m_findings, findings);
    connect(m_findingList, &FindingList::findingActivated, this,
            &OverviewPage::navigationRequested);
    findings->body()->addWidget(m_findingList);
    row->addWidget(findings, 5);
    content()->addLayout(row, 3);
}

void OverviewPage::apply(const SnapshotPtr& snapshot)
{
    m_address->setText(format::text(snapshot->nameServerAddresses));
    applyDemo(*snapshot);
    applyTiles(*snapshot);
    m_charts->apply(*snapshot);
    m_brokers->apply(snapshot);
    m_findings->apply(snapshot);
}

void OverviewPage::applyDemo(const ClusterSnapshot& snapshot)
{
    const bool canRun = session() && session()->canRunDemo();
    m_demoButton->setVisible(canRun);
    m_demoText->setVisible(canRun);
    const DemoInfo& demo = snapshot.demo;
    const QString text = demo.isRunning ? tr("Stop demo shop") : tr("Start demo shop");
    if (m_demoButton->text() != text) {
        m_demoButton->setText(text);
        m_demoButton->setDefault(!demo.isRunning); // the one thing to do on a fresh cluster
        m_demoButton->setIcon(
            icon(demo.isRunning ? QStringLiteral("stop") : QStringLiteral("start")));
        m_demoButton->setToolTip(
            demo.isRunning
                ? tr("Ends the demo's producers and consumers; messages and offsets stay")
                : tr("Producers send orders, groups consume them, one consumer fails some on "
                     "purpose"));
    }
    m_demoText->setText(!demo.problem.empty() ? tr("Demo: %1").arg(format::text(demo.problem))
                        : demo.ordersSent > 0 ? tr("%1 orders sent, %2 handled")
                                                    .arg(format::count(demo.ordersSent),
                                                         format::count(demo.ordersConsumed))
                                              : QString());
}

void OverviewPage::applyTiles(const ClusterSnapshot& snapshot)
{
    const MetricSample none;
    const MetricSample& now =
        snapshot.history && !snapshot.history->empty() ? snapshot.history->back() : none;
    std::int64_t topics = 0;
    for (const auto& topic : snapshot.topics) {
        topics += topic.kind == TopicKind::Normal ? 1 : 0;
    }
    const auto online =
        std::count_if(snapshot.groups.begin(), snapshot.groups.end(),
                      [](const GroupInfo& g) { return g.isOnline && !g.isSystem; });
    m_put->setValue(format::rate(now.putRate), now.putRate ? tr("/s") : QString(),
                    format::counted(topics, tr("topic"), tr("topics")));
    m_put->setHistory(lately(snapshot, [](const MetricSample& s) { return s.putRate; }));
    m_get->setValue(format::rate(now.getRate), now.getRate ? tr("/s") : QString(),
                    format::counted(online, tr("group online"), tr("groups online")));
    m_get->setHistory(lately(snapshot, [](const MetricSample& s) { return s.getRate; }));

    const GroupInfo* worst = nullptr;
    for (const auto& group : snapshot.groups) {
        if (group.lag && !group.isSystem && (!worst || *group.lag > *worst->lag)) {
            worst = &group;
        }
    }
    const auto lag = sumOf(snapshot, &GroupInfo::lag);
    const bool isBehind = lag.value_or(0) > 0;
    m_lag->setValue(
        format::count(lag), !lag ? QString() : *lag == 1 ? tr("message") : tr("messages"),
        !lag                ? tr("some offsets are not known")
        : isBehind && worst ? format::text(worst->name)
                            : tr("all caught up"),
        !lag       ? ColorRole::Text
        : isBehind ? ColorRole::Backlog
                   : ColorRole::Ok,
        !lag ? std::nullopt
                 : std::optional(isBehind ? CellStyle::Shape::Clock : CellStyle::Shape::Check));
    m_lag->setHistory(lately(snapshot, [](const MetricSample& s) { return asDouble(s.lag); }));
    const auto dead = sumOf(snapshot, &GroupInfo::deadLetters);
    const auto retrying = sumOf(snapshot, &GroupInfo::retryWaiting);
    const bool hasDead = dead.value_or(0) > 0;
    m_dead->setValue(format::count(dead), {},
                     retrying ? tr("%1 waiting for retry").arg(format::count(*retrying))
                              : tr("retries not known"),
                     hasDead ? ColorRole::Error : ColorRole::Text,
                     hasDead ? std::optional(CellStyle::Shape::Cross) : std::nullopt);
    m_dead->setHistory(
        lately(snapshot, [](const MetricSample& s) { return asDouble(s.deadLetters); }));

    if (const LatencyView* flush = newestFlush(snapshot)) {
        const QStringList parts = format::latency(flush->p99).split(QChar(0x202F));
        m_flush->setValue(
            parts.value(0), parts.value(1),
            tr("p50 %1 · max %2").arg(format::latency(flush->p50), format::latency(flush->max)));
    } else {
        m_flush->setValue(format::unknown(), {}, tr("no flush in the last 10 s"));
    }
    m_flush->setHistory(lately(snapshot, [](const MetricSample& s) {
        return s.flushLatency && s.flushLatency->count > 0
                   ? std::optional(static_cast<double>(s.flushLatency->p99))
                   : std::nullopt;
    }));

    std::optional<double> disk;
    std::optional<std::int64_t> available;
    for (const auto& broker : snapshot.brokers) {
        if (broker.diskUsedRatio && *broker.diskUsedRatio >= disk.value_or(0)) {
            disk = broker.diskUsedRatio;
            available = broker.diskAvailableBytes;
        }
    }
    const bool isFull = disk.value_or(0) >= 0.9;
    const bool isFilling = disk.value_or(0) >= 0.75;
    m_disk->setValue(disk ? QString::number(*disk * 100, 'f', 0) : format::unknown(),
                     disk ? QStringLiteral("%") : QString(),
                     available ? tr("%1 free").arg(format::bytes(*available)) : tr("not reported"),
                     isFull      ? ColorRole::Error
                     : isFilling ? ColorRole::Backlog
                                 : ColorRole::Text,
                     isFull || isFilling ? std::optional(CellStyle::Shape::Warning) : std::nullopt);
    m_disk->setGauge(disk, {0.75, 0.85, 0.90});
}

QString OverviewPage::lagText() const
{
    return m_lag->value();
}

QString OverviewPage::missingForTour() const
{
    if (!snapshot()) {
        return tr("no snapshot");
    }
    if (m_put->value() == format::unknown() || m_address->text().isEmpty()) {
        return tr("no put rate or NameServer address");
    }
    if (m_brokers->rowCount() == 0) {
        return tr("no brokers");
    }
    if (m_charts->putLatency()->pieceCount(0) == 0 ||
        m_charts->flushLatency()->pieceCount(0) == 0) {
        return tr("no latency in the charts");
    }
    return {};
}

} // namespace gantry::ui
