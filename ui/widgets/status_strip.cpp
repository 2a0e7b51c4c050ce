// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/status_strip.h"

#include "ui/models/format.h"
#include "ui/style/color_roles.h"
#include "ui/style/metrics.h"
#include "ui/widgets/painting.h"

#include <QDateTime>
#include <QPainter>
#include <QTimer>

namespace gantry::ui {

namespace {

/// After this long without a new picture it counts as stale.
constexpr std::int64_t kStaleMs = 5000;

template <typename T>
int upCount(const std::vector<T>& nodes)
{
    return static_cast<int>(
        std::count_if(nodes.begin(), nodes.end(), [](const T& node) { return node.isUp; }));
}

std::optional<std::int64_t> totalLag(const ClusterSnapshot& snapshot)
{
    std::int64_t lag = 0;
    for (const auto& group : snapshot.groups) {
        if (group.isSystem) {
            continue;
        }
        if (!group.lag) {
            return std::nullopt;
        }
        lag += *group.lag;
    }
    return lag;
}

} // namespace

StatusStrip::StatusStrip(QWidget* parent)
    : QWidget(parent)
    , m_timer(new QTimer(this))
{
    setFont(metrics::caption(font()));
    m_timer->setInterval(1000);
    connect(m_timer, &QTimer::timeout, this, qOverload<>(&QWidget::update));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void StatusStrip::apply(const SnapshotPtr& snapshot)
{
    const ClusterSnapshot& s = *snapshot;
    m_takenAtMs = s.takenAtMs;
    m_segments.clear();
    const int nameServersUp = upCount(s.nameServers);
    const int brokersUp = upCount(s.brokers);
    const bool isAllUp = s.problem.empty() &&
                         nameServersUp == static_cast<int>(s.nameServers.size()) &&
                         brokersUp == static_cast<int>(s.brokers.size());
    const auto part = [](int up, std::size_t all) {
        return up == static_cast<int>(all) ? QString::number(up) : tr("%1 of %2").arg(up).arg(all);
    };
    m_segments.push_back({isAllUp ? CellStyle::Shape::Check : CellStyle::Shape::Warning,
                          isAllUp ? ColorRole::Ok : ColorRole::Error,
                          isAllUp ? tr("%1 NS · %2 ok")
                                        .arg(nameServersUp)
                                        .arg(format::counted(brokersUp, tr("broker"), tr("brokers")))
                                  : tr("%1 NS · %2 brokers up")
                                        .arg(part(nameServersUp, s.nameServers.size()),
                                             part(brokersUp, s.brokers.size()))});
    const MetricSample* newest = s.history && !s.history->empty() ? &s.history->back() : nullptr;
    const auto plain = [this](const QString& text) {
        m_segments.push_back({std::nullopt, ColorRole::SecondaryText, text});
    };
    plain(tr("put %1").arg(format::rateWithUnit(newest ? newest->putRate : std::nullopt)));
    plain(tr("get %1").arg(format::rateWithUnit(newest ? newest->getRate : std::nullopt)));
    plain(tr("lag %1").arg(format::count(totalLag(s))));
    std::optional<double> disk;
    for (const auto& broker : s.brokers) {
        if (broker.diskUsedRatio) {
            disk = std::max(disk.value_or(0), *broker.diskUsedRatio);
        }
    }
    plain(tr("disk %1").arg(format::percent(disk)));
    m_timer->start();
    setAccessibleName(text());
    update();
}

void StatusStrip::showText(const QString& text)
{
    m_takenAtMs = 0;
    m_timer->stop();
    m_segments = {{std::nullopt, ColorRole::SecondaryText, text}};
    setAccessibleName(text);
    update();
}

QString StatusStrip::text() const
{
    QStringList parts;
    for (const Segment& segment : m_segments) {
        parts += segment.text;
    }
    return parts.join(QStringLiteral("   "));
}

StatusStrip::Segment StatusStrip::ageSegment() const
{
    const auto age = QDateTime::currentMSecsSinceEpoch() - m_takenAtMs;
    if (age > kStaleMs) {
        return {CellStyle::Shape::Warning, ColorRole::Backlog,
                tr("last sample %1 ago").arg(format::duration(age / 1000 * 1000))};
    }
    return {std::nullopt, ColorRole::SecondaryText,
            tr("last sample %1 s ago")
                .arg(static_cast<double>(std::max<std::int64_t>(0, age)) / 1000.0, 0, 'f', 1)};
}

QSize StatusStrip::sizeHint() const
{
    return {400, fontMetrics().height() + 10};
}

void StatusStrip::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(QRect(0, 0, width(), 1), roleColor(palette(), ColorRole::Hairline));
    int x = metrics::kMargin;
    const auto draw = [&](const Segment& segment, int left) {
        int at = left;
        if (segment.shape) {
            const int side = fontMetrics().height() - 2;
            paintShape(painter, QRectF(at, (height() - side) / 2.0, side, side), *segment.shape,
                       roleColor(palette(), segment.color));
            at += side + 5;
        }
        painter.setPen(
            roleColor(palette(), segment.color == ColorRole::Ok ? ColorRole::Text : segment.color));
        painter.drawText(QRect(at, 0, width(), height()), Qt::AlignVCenter, segment.text);
        return at + fontMetrics().horizontalAdvance(segment.text);
    };
    for (const Segment& segment : m_segments) {
        x = draw(segment, x) + metrics::kMargin + 2;
    }
    if (m_takenAtMs != 0) {
        const Segment age = ageSegment();
        const int width = fontMetrics().horizontalAdvance(age.text) +
                          (age.shape ? fontMetrics().height() + 4 : 0);
        draw(age, this->width() - width - metrics::kMargin);
    }
}

} // namespace gantry::ui
