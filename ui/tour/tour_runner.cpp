// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/tour/tour_runner.h"

#include "ui/main_window.h"
#include "ui/models/format.h"
#include "ui/pages/page.h"

#include <QDir>
#include <QMutex>
#include <QPixmap>
#include <QTimer>

#include <algorithm>

namespace gantry::ui {

namespace {

/// What Qt complained about since the last look. Qt's handler has no context, hence the one global.
struct Complaints
{
    QMutex mutex;
    QStringList texts;
    QtMessageHandler previous = nullptr;
};

Complaints& complaints()
{
    static Complaints instance;
    return instance;
}

void collect(QtMsgType type, const QMessageLogContext& context, const QString& text)
{
    Complaints& all = complaints();
    if (type == QtWarningMsg || type == QtCriticalMsg) {
        const QMutexLocker lock(&all.mutex);
        all.texts += text;
    }
    if (all.previous) {
        all.previous(type, context, text);
    }
}

QStringList takeComplaints()
{
    const QMutexLocker lock(&complaints().mutex);
    return std::exchange(complaints().texts, {});
}

const MetricSample* newestWithFlush(const ClusterSnapshot& snapshot)
{
    if (!snapshot.history) {
        return nullptr;
    }
    const auto at = std::find_if(snapshot.history->rbegin(), snapshot.history->rend(),
                                 [](const MetricSample& s) {
                                     return s.flushLatency && s.flushLatency->count > 0 &&
                                            s.putLatency && s.putLatency->count > 0;
                                 });
    return at == snapshot.history->rend() ? nullptr : &*at;
}

} // namespace

TourRunner::TourRunner(MainWindow* window, Options options, QObject* parent)
    : QObject(parent)
    , m_window(window)
    , m_options(std::move(options))
    , m_timer(new QTimer(this))
{
    complaints().previous = qInstallMessageHandler(collect);
    m_timer->setInterval(100);
    connect(m_timer, &QTimer::timeout, this, &TourRunner::step);
}

TourRunner::~TourRunner()
{
    qInstallMessageHandler(complaints().previous);
}

void TourRunner::start()
{
    if (!QDir().mkpath(m_options.directory)) {
        m_failures += tr("The directory %1 cannot be created").arg(m_options.directory);
        QTimer::singleShot(0, this, &TourRunner::finished);
        return;
    }
    takeComplaints();
    m_since.start();
    m_timer->start();
}

QStringList TourRunner::trafficMissing() const
{
    const SnapshotPtr snapshot = m_window->bridge()->latest();
    if (!snapshot) {
        return {tr("a picture of the cluster")};
    }
    if (!m_options.waitForTraffic) {
        return {};
    }
    QStringList missing;
    const auto want = [&](bool isThere, const QString& what) {
        if (!isThere) {
            missing += what;
        }
    };
    const auto anyGroup = [&](auto&& predicate) {
        return std::any_of(snapshot->groups.begin(), snapshot->groups.end(), predicate);
    };
    want(std::all_of(snapshot->brokers.begin(), snapshot->brokers.end(),
                     [](const BrokerInfo& b) { return b.isUp; }) &&
             !snapshot->brokers.empty(),
         tr("running brokers"));
    want(snapshot->demo.ordersConsumed > 0, tr("consumed orders"));
    want(anyGroup([](const GroupInfo& g) { return g.retryWaiting.value_or(0) > 0; }),
         tr("messages waiting for retry"));
    want(anyGroup([](const GroupInfo& g) { return g.deadLetters.value_or(0) > 0; }),
         tr("dead letters"));
    want(std::any_of(snapshot->dedup.begin(), snapshot->dedup.end(),
                     [](const DedupGroupInfo& d) { return d.refused > 0; }),
         tr("refused duplicates"));
    want(newestWithFlush(*snapshot) != nullptr, tr("put and flush latencies"));
    want(!snapshot->connections.empty(), tr("connections"));
    return missing;
}

void TourRunner::step()
{
    if (m_page < 0) {
        const QStringList missing = trafficMissing();
        const bool isLate = m_since.elapsed() > m_options.trafficDeadline.count();
        if (!missing.isEmpty() && !isLate) {
            return;
        }
        if (!missing.isEmpty()) {
            m_failures += tr("cluster: after %1 s there are still no %2")
                              .arg(m_options.trafficDeadline.count() / 1000)
                              .arg(missing.join(tr(", no ")));
        }
        m_page = 0;
        beginPage();
        return;
    }
    const QString id = MainWindow::pageIds().value(m_page);
    Page* page = m_window->page(id);
    if (!m_isPrepared) {
        m_isPrepared = true;
        page->prepareForTour();
        return; // answers arrive by the next step
    }
    const QString missing = page->missingForTour();
    if (missing.isEmpty() || m_since.elapsed() > m_options.pageDeadline.count()) {
        finishPage(missing);
    }
}

void TourRunner::beginPage()
{
    const QString id = MainWindow::pageIds().value(m_page);
    m_isPrepared = false;
    m_since.restart();
    if (!m_window->page(id)) {
        m_failures += tr("%1: the page does not exist").arg(id);
        finishPage({});
        return;
    }
    m_window->showPage(id);
}

void TourRunner::finishPage(const QString& missing)
{
    const QString id = MainWindow::pageIds().value(m_page);
    const QString name =
        QStringLiteral("%1-%2.png").arg(m_page + 1, 2, 10, QLatin1Char('0')).arg(id);
    const QString path = QDir(m_options.directory).filePath(name);
    const QPixmap picture = m_window->grab();
    if (picture.isNull() || !picture.save(path, "PNG")) {
        m_failures += tr("%1: its picture could not be written to %2").arg(id, path);
    } else {
        m_pictures += path;
    }
    if (!missing.isEmpty()) {
        m_failures += QStringLiteral("%1: %2").arg(id, missing);
    }
    for (const QString& complaint : takeComplaints()) {
        m_failures += tr("%1: Qt says: %2").arg(id, complaint);
    }
    if (++m_page < MainWindow::pageIds().size()) {
        beginPage();
        return;
    }
    m_timer->stop();
    Q_EMIT finished();
}

QString clusterSummary(const ClusterSnapshot& s)
{
    QStringList lines;
    const auto plain = [](const QString& text) {
        return QString(text).replace(QChar(0x202F), QLatin1Char(' '));
    };
    for (const auto& n : s.nameServers) {
        lines += QStringLiteral("NameServer  %1  %2")
                     .arg(format::text(n.address),
                          n.isUp ? QStringLiteral("up")
                                 : QStringLiteral("DOWN: ") + format::text(n.problem));
    }
    for (const auto& b : s.brokers) {
        lines +=
            QStringLiteral("Broker      %1  %2  %3  %4  put %5/s  get %6/s  CommitLog %7")
                .arg(format::text(b.name), format::text(b.address), format::text(b.flushModeText),
                     b.isUp ? format::text(b.storeStateText) : QStringLiteral("DOWN"),
                     format::rate(b.putRate), format::rate(b.getRate),
                     format::bytes(b.commitLogMaxOffset));
    }
    for (const auto& t : s.topics) {
        if (t.kind != TopicKind::System) {
            lines += QStringLiteral("Topic       %1  %2  %3 messages stored")
                         .arg(format::text(t.name),
                              format::counted(static_cast<std::int64_t>(t.queues.size()),
                                              QStringLiteral("queue"), QStringLiteral("queues")),
                              format::count(t.messages));
        }
    }
    for (const auto& g : s.groups) {
        if (!g.isSystem) {
            lines += QStringLiteral("Group       %1  %2  lag %3  retrying %4  dead letters %5")
                         .arg(format::text(g.name),
                              g.isOnline ? QStringLiteral("online") : QStringLiteral("offline"),
                              format::count(g.lag), format::count(g.retryWaiting),
                              format::count(g.deadLetters));
        }
    }
    for (const auto& d : s.dedup) {
        lines +=
            QStringLiteral("Dedup       %1  %2  deliveries %3  effects %4  refused %5")
                .arg(format::text(d.group), format::text(d.modeText), format::count(d.deliveries),
                     format::count(d.effects), format::count(d.refused));
    }
    lines +=
        QStringLiteral(
            "Demo        %1 orders sent, %2 handled, %3 failed on purpose, %4 sent twice")
            .arg(format::count(s.demo.ordersSent), format::count(s.demo.ordersConsumed),
                 format::count(s.demo.failuresOnPurpose), format::count(s.demo.duplicatesSent));
    if (const MetricSample* sample = newestWithFlush(s)) {
        lines += QStringLiteral("Latency     put p50 %1 p99 %2  flush p50 %3 p99 %4")
                     .arg(format::latency(sample->putLatency->p50),
                          format::latency(sample->putLatency->p99),
                          format::latency(sample->flushLatency->p50),
                          format::latency(sample->flushLatency->p99));
    }
    return plain(lines.join(QLatin1Char('\n')) + QLatin1Char('\n'));
}

} // namespace gantry::ui
