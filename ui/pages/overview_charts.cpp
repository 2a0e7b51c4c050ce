// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/overview_charts.h"

#include "ui/style/metrics.h"
#include "ui/widgets/card.h"
#include "ui/widgets/time_chart.h"

#include <QHBoxLayout>

#include <algorithm>

namespace gantry::ui {

namespace {

using Samples = std::vector<MetricSample>;

std::vector<std::optional<double>> ratesOf(const Samples& samples,
                                           std::optional<double> MetricSample::*member)
{
    std::vector<std::optional<double>> values;
    values.reserve(samples.size());
    for (const auto& sample : samples) {
        values.push_back(sample.*member);
    }
    return values;
}

/// Seconds in which nothing was put have no latency: the line breaks there.
std::vector<std::optional<double>> quantilesOf(const Samples& samples,
                                               std::optional<LatencyView> MetricSample::*member,
                                               std::int64_t LatencyView::*quantile)
{
    std::vector<std::optional<double>> values;
    values.reserve(samples.size());
    for (const auto& sample : samples) {
        const auto& view = sample.*member;
        values.push_back(view && view->count > 0
                             ? std::optional(static_cast<double>((*view).*quantile))
                             : std::nullopt);
    }
    return values;
}

void showLatency(TimeChart* chart, const std::vector<std::int64_t>& times, const Samples& samples,
                 std::optional<LatencyView> MetricSample::*member)
{
    chart->setSamples(
        times,
        {{QStringLiteral("p50"), 0, Qt::SolidLine, quantilesOf(samples, member, &LatencyView::p50)},
         {QStringLiteral("p95"), 2, Qt::DashLine, quantilesOf(samples, member, &LatencyView::p95)},
         {QStringLiteral("p99"), 1, Qt::SolidLine, quantilesOf(samples, member, &LatencyView::p99)},
         {QStringLiteral("max"), 5, Qt::DotLine, quantilesOf(samples, member, &LatencyView::max)}},
        {{0, 1}, {1, 2}});
}

} // namespace

OverviewCharts::OverviewCharts(QWidget* parent)
    : QWidget(parent)
{
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(metrics::kRelated);
    const auto add = [&](const QString& title, const QString& help, TimeChart::Scale scale) {
        auto* card = new Card(title, this);
        card->setToolTip(help);
        card->body()->setContentsMargins(metrics::kRelated, 0, metrics::kRelated, metrics::kInside);
        auto* chart = new TimeChart(scale, card);
        card->body()->addWidget(chart);
        layout->addWidget(card, 1);
        return chart;
    };
    m_rates = add(tr("Messages per second"), tr("Written and read over all brokers, per second"),
                  TimeChart::Scale::Rate);
    m_put = add(tr("Put latency"),
                tr("From a broker's taking a message to its being ready to answer, all brokers, "
                   "per second. Logarithmic"),
                TimeChart::Scale::Latency);
    m_flush = add(tr("Flush latency"),
                  tr("One sync of the CommitLog to disk, all brokers, per second. Logarithmic"),
                  TimeChart::Scale::Latency);
}

void OverviewCharts::apply(const ClusterSnapshot& snapshot)
{
    if (!snapshot.history) {
        return;
    }
    const Samples& samples = *snapshot.history;
    std::vector<std::int64_t> times;
    times.reserve(samples.size());
    for (const auto& sample : samples) {
        times.push_back(sample.timeMs);
    }
    m_rates->setSamples(times,
                        {{tr("put"), 0, Qt::SolidLine, ratesOf(samples, &MetricSample::putRate)},
                         {tr("get"), 1, Qt::DashLine, ratesOf(samples, &MetricSample::getRate)}});
    showLatency(m_put, times, samples, &MetricSample::putLatency);
    showLatency(m_flush, times, samples, &MetricSample::flushLatency);
    alignLegends();
}

void OverviewCharts::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    alignLegends();
}

void OverviewCharts::alignLegends()
{
    int rows = 1;
    for (const TimeChart* chart : {m_rates, m_put, m_flush}) {
        rows = std::max(rows, chart->legendRowsNeeded());
    }
    for (TimeChart* chart : {m_rates, m_put, m_flush}) {
        chart->setLegendRows(rows);
    }
}

} // namespace gantry::ui
