// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/time_chart_canvas.h"

#include "ui/models/format.h"
#include "ui/style/color_roles.h"
#include "ui/style/metrics.h"

#include <QGraphicsLayout>
#include <QMouseEvent>

#include <array>
#include <cmath>
#include <limits>

namespace gantry::ui {

namespace {

/// Runs of samples for which `isThere` holds, oldest first.
template <typename IsThere>
std::vector<std::pair<std::size_t, std::size_t>> runsOf(std::size_t count, IsThere&& isThere)
{
    std::vector<std::pair<std::size_t, std::size_t>> runs;
    std::size_t i = 0;
    while (i < count) {
        if (!isThere(i)) {
            ++i;
            continue;
        }
        const std::size_t first = i;
        while (i < count && isThere(i)) {
            ++i;
        }
        runs.emplace_back(first, i - 1);
    }
    return runs;
}

/// 1, 2 or 5 times a power of ten, at least `value`.
double niceStep(double value)
{
    const double magnitude = std::pow(10.0, std::floor(std::log10(value)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (factor * magnitude >= value * 0.999) {
            return factor * magnitude;
        }
    }
    return 10 * magnitude;
}

void setPoints(QLineSeries* series, const QList<QPointF>& points)
{
    series->replace(points); // one redraw; append() would redraw for each point
}

} // namespace

TimeChart::Canvas::Canvas(Scale scale, QWidget* parent)
    : QChartView(parent)
    , m_scale(scale)
    , m_chart(new QChart)
    , m_timeAxis(new QCategoryAxis)
    , m_valueAxis(new QCategoryAxis)
{
    setChart(m_chart);
    m_chart->legend()->hide();
    m_chart->setBackgroundVisible(false);
    m_chart->setMargins(QMargins(0, 9, 18, 0)); // room for half a label at the ends of the axes
    m_chart->layout()->setContentsMargins(0, 0, 0, 0);
    m_chart->setAnimationOptions(QChart::NoAnimation);
    for (QCategoryAxis* axis : {m_timeAxis, m_valueAxis}) {
        axis->setLabelsPosition(QCategoryAxis::AxisLabelsPositionOnValue);
        axis->setTruncateLabels(false);
    }
    m_chart->addAxis(m_timeAxis, Qt::AlignBottom);
    m_chart->addAxis(m_valueAxis, Qt::AlignLeft);
    setFrameShape(QFrame::NoFrame);
    setRenderHint(QPainter::Antialiasing);
    setMouseTracking(true);
    setBackgroundBrush(Qt::NoBrush);
    viewport()->setAutoFillBackground(false);
    setFocusPolicy(Qt::NoFocus);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    updateTimeAxis();
    updateValueAxis();
    applyPalette();
}

QString TimeChart::Canvas::valueText(Scale scale, double value)
{
    return scale == Scale::Rate ? format::rateWithUnit(value)
                                : format::latency(static_cast<std::int64_t>(value));
}

double TimeChart::Canvas::plotted(double value) const
{
    return m_scale == Scale::Rate ? value : std::log10(std::max(1.0, value));
}

double TimeChart::Canvas::secondsOf(std::size_t sample) const
{
    return static_cast<double>(m_times[sample] - m_times.back()) / 1000.0;
}

void TimeChart::Canvas::setSamples(std::vector<std::int64_t> timesMs, std::vector<Series> series,
                                   const std::vector<std::pair<int, int>>& bands)
{
    const bool isNewShape = series.size() != m_lines.size();
    m_times = std::move(timesMs);
    m_series = std::move(series);
    m_bands = bands;
    m_lines.resize(m_series.size());
    m_areas.resize(m_bands.size());
    updateTimeAxis();
    updateValueAxis();
    for (std::size_t i = 0; i < m_bands.size(); ++i) {
        updateBand(i, static_cast<std::size_t>(m_bands[i].first),
                   static_cast<std::size_t>(m_bands[i].second));
    }
    for (std::size_t i = 0; i < m_series.size(); ++i) {
        updateLines(i);
    }
    if (isNewShape) {
        applyPalette();
    }
    viewport()->update();
}

void TimeChart::Canvas::updateLines(std::size_t series)
{
    const auto& values = m_series[series].values;
    const std::size_t count = std::min(values.size(), m_times.size());
    const auto runs =
        runsOf(count, [&](std::size_t i) { return values[i] && secondsOf(i) >= -m_spanSeconds; });
    const std::size_t skipped = runs.size() > kPiecesMax ? runs.size() - kPiecesMax : 0;
    LinePool& pool = m_lines[series];
    std::size_t piece = 0;
    for (std::size_t r = skipped; r < runs.size(); ++r, ++piece) {
        if (piece == pool.pieces.size()) {
            auto* line = new QLineSeries;
            m_chart->addSeries(line);
            line->attachAxis(m_timeAxis);
            line->attachAxis(m_valueAxis);
            line->setPen(
                QPen(seriesColor(palette(), m_series[series].color), 1.8, m_series[series].pen));
            pool.pieces.push_back(line);
        }
        QList<QPointF> points;
        for (std::size_t i = runs[r].first; i <= runs[r].second; ++i) {
            points.append({secondsOf(i), plotted(*values[i])});
        }
        if (points.size() == 1) { // a single sample is a short dash
            points = {points[0] - QPointF(0.4, 0), points[0] + QPointF(0.4, 0)};
        }
        setPoints(pool.pieces[piece], points);
        pool.pieces[piece]->setVisible(true);
    }
    pool.used = static_cast<int>(piece);
    for (; piece < pool.pieces.size(); ++piece) {
        if (pool.pieces[piece]->isVisible()) {
            pool.pieces[piece]->clear();
            pool.pieces[piece]->setVisible(false);
        }
    }
}

void TimeChart::Canvas::updateBand(std::size_t band, std::size_t lower, std::size_t upper)
{
    const auto& low = m_series[lower].values;
    const auto& high = m_series[upper].values;
    const std::size_t count = std::min({low.size(), high.size(), m_times.size()});
    const auto runs = runsOf(
        count, [&](std::size_t i) { return low[i] && high[i] && secondsOf(i) >= -m_spanSeconds; });
    const std::size_t skipped = runs.size() > kPiecesMax ? runs.size() - kPiecesMax : 0;
    AreaPool& pool = m_areas[band];
    std::size_t piece = 0;
    for (std::size_t r = skipped; r < runs.size(); ++r) {
        if (runs[r].first == runs[r].second) {
            continue;
        }
        if (piece == pool.pieces.size()) {
            AreaPiece made{new QLineSeries(this), new QLineSeries(this), nullptr};
            made.area = new QAreaSeries(made.upper, made.lower);
            m_chart->addSeries(made.area);
            made.area->attachAxis(m_timeAxis);
            made.area->attachAxis(m_valueAxis);
            made.area->setPen(Qt::NoPen);
            QColor fill = seriesColor(palette(), m_series[upper].color);
            fill.setAlphaF(0.13F);
            made.area->setBrush(fill);
            pool.pieces.push_back(made);
        }
        QList<QPointF> lowPoints;
        QList<QPointF> highPoints;
        for (std::size_t i = runs[r].first; i <= runs[r].second; ++i) {
            lowPoints.append({secondsOf(i), plotted(*low[i])});
            highPoints.append({secondsOf(i), plotted(*high[i])});
        }
        setPoints(pool.pieces[piece].lower, lowPoints);
        setPoints(pool.pieces[piece].upper, highPoints);
        pool.pieces[piece].area->setVisible(true);
        ++piece;
    }
    for (; piece < pool.pieces.size(); ++piece) {
        pool.pieces[piece].area->setVisible(false);
    }
}

void TimeChart::Canvas::setTicks(QCategoryAxis* axis, double from, double to,
                                 const std::vector<std::pair<double, QString>>& ticks)
{
    for (const QString& label : axis->categoriesLabels()) {
        axis->remove(label);
    }
    axis->setRange(from, to);
    axis->setStartValue(from - (to - from)); // below the range, so that its begin may have a label
    for (const auto& [value, label] : ticks) {
        axis->append(label, value);
    }
}

void TimeChart::Canvas::updateTimeAxis()
{
    const auto passed = m_times.empty() ? 0 : (m_times.back() - m_times.front()) / 1000;
    int span = 900;
    for (const int candidate : {30, 60, 120, 300, 600, 900}) {
        if (passed <= candidate) {
            span = candidate;
            break;
        }
    }
    if (span == m_spanSeconds) {
        return;
    }
    m_spanSeconds = span;
    std::vector<std::pair<double, QString>> ticks;
    const int step = span <= 30    ? 10
                     : span <= 60  ? 15
                     : span <= 120 ? 30
                     : span <= 300 ? 60
                     : span <= 600 ? 120
                                   : 180;
    for (int seconds = -span + step; seconds < 0; seconds += step) {
        ticks.emplace_back(seconds, seconds % 60 == 0 ? TimeChart::tr("−%1 min").arg(-seconds / 60)
                                                      : TimeChart::tr("−%1 s").arg(-seconds));
    }
    ticks.emplace_back(0, TimeChart::tr("now"));
    setTicks(m_timeAxis, -span, 0, ticks);
}

void TimeChart::Canvas::updateValueAxis()
{
    double smallest = std::numeric_limits<double>::max();
    double largest = 0;
    for (const auto& series : m_series) {
        for (const auto& value : series.values) {
            if (value) {
                smallest = std::min(smallest, *value);
                largest = std::max(largest, *value);
            }
        }
    }
    std::vector<std::pair<double, QString>> ticks;
    std::pair<double, double> range;
    if (m_scale == Scale::Rate) {
        const double step = niceStep(std::max(largest * 1.05, 1.0) / 4);
        const double top = step * std::ceil(std::max(largest * 1.02, 1.0) / step);
        range = {0, top};
        for (double value = 0; value <= top + step / 2; value += step) {
            ticks.emplace_back(
                value, value == 0 ? QStringLiteral("0") : step < 1 ? QString::number(value, 'f', step < 0.1 ? 2 : 1)
                                : format::count(static_cast<std::int64_t>(std::llround(value))));
        }
    } else {
        if (largest <= 0) {
            smallest = 1e4;
            largest = 1e7;
        }
        // At least a decade and a half, on whole 1-2-5 steps.
        double low = std::floor(std::log10(std::max(100.0, smallest)));
        double high = std::ceil(std::log10(largest) + 1e-9);
        if (high - low < 2) {
            high = low + 2;
        }
        range = {low, high};
        const bool isFine = high - low <= 2;
        const double every = high - low > 5 ? 2 : 1;
        for (double decade = low; decade <= high; decade += every) {
            for (const int factor : isFine ? std::vector<int>{1, 3} : std::vector<int>{1}) {
                const double value = decade + std::log10(factor);
                if (value <= high + 1e-9) {
                    const double ns = factor * std::pow(10, decade);
                    const auto number = [](double n) { return QString::number(n, 'f', 0); };
                    const QChar space(0x202F);
                    ticks.emplace_back(value,
                                       ns < 1e3   ? number(ns) + space + QStringLiteral("ns")
                                       : ns < 1e6 ? number(ns / 1e3) + space + QStringLiteral("µs")
                                       : ns < 1e9 ? number(ns / 1e6) + space + QStringLiteral("ms")
                                                  : number(ns / 1e9) + space + QStringLiteral("s"));
                }
            }
        }
    }
    if (range != m_valueRange) {
        m_valueRange = range;
        setTicks(m_valueAxis, range.first, range.second, ticks);
    }
}

void TimeChart::Canvas::applyPalette()
{
    const QColor grid =
        blended(palette().color(QPalette::Base), roleColor(palette(), ColorRole::Hairline), 0.7);
    const QFont font = metrics::caption(this->font());
    for (QCategoryAxis* axis : {m_timeAxis, m_valueAxis}) {
        axis->setLabelsBrush(roleColor(palette(), ColorRole::SecondaryText));
        axis->setLabelsFont(font);
        axis->setGridLinePen(QPen(grid, 1));
        axis->setLinePen(QPen(roleColor(palette(), ColorRole::Hairline), 1));
    }
    m_timeAxis->setGridLineVisible(false);
    for (std::size_t i = 0; i < m_lines.size() && i < m_series.size(); ++i) {
        for (QLineSeries* line : m_lines[i].pieces) {
            line->setPen(QPen(seriesColor(palette(), m_series[i].color), 1.8, m_series[i].pen));
        }
    }
    for (std::size_t i = 0; i < m_areas.size() && i < m_bands.size(); ++i) {
        QColor fill =
            seriesColor(palette(), m_series[static_cast<std::size_t>(m_bands[i].second)].color);
        fill.setAlphaF(0.13F);
        for (const AreaPiece& piece : m_areas[i].pieces) {
            piece.area->setBrush(fill);
        }
    }
}

int TimeChart::Canvas::pieceCount(int series) const
{
    return m_lines[static_cast<std::size_t>(series)].used;
}

std::optional<std::size_t> TimeChart::Canvas::sampleNear(std::int64_t timeMs) const
{
    if (m_times.empty()) {
        return std::nullopt;
    }
    const auto at = std::lower_bound(m_times.begin(), m_times.end(), timeMs);
    if (at == m_times.begin()) {
        return 0;
    }
    if (at == m_times.end()) {
        return m_times.size() - 1;
    }
    const auto after = static_cast<std::size_t>(at - m_times.begin());
    return *at - timeMs < timeMs - m_times[after - 1] ? after : after - 1;
}

QString TimeChart::Canvas::textAt(std::size_t sample) const
{
    QStringList lines{format::timeOfDay(m_times[sample])};
    for (const Series& series : m_series) {
        const auto value = sample < series.values.size() ? series.values[sample] : std::nullopt;
        lines += QStringLiteral("%1 %2").arg(series.name, value ? valueText(m_scale, *value)
                                                                : format::unknown());
    }
    return lines.join(QLatin1Char('\n'));
}

void TimeChart::Canvas::drawForeground(QPainter* painter, const QRectF&)
{
    painter->save();
    painter->resetTransform();
    painter->setFont(metrics::caption(font()));
    bool hasPoints = false;
    for (const LinePool& pool : m_lines) {
        hasPoints = hasPoints || pool.used > 0;
    }
    const QRectF plot = m_chart->plotArea();
    if (!hasPoints) {
        painter->setPen(roleColor(palette(), ColorRole::Unknown));
        painter->drawText(plot, Qt::AlignCenter, TimeChart::tr("Nothing measured in this time"));
    } else if (m_mouse && plot.adjusted(0, -4, 4, 4).contains(*m_mouse)) {
        const double seconds = (m_mouse->x() - plot.right()) / plot.width() * m_spanSeconds;
        if (const auto sample =
                sampleNear(m_times.back() + static_cast<std::int64_t>(seconds * 1000))) {
            drawReadout(*painter, *sample);
        }
    }
    painter->restore();
}

void TimeChart::Canvas::drawReadout(QPainter& painter, std::size_t sample)
{
    const QRectF plot = m_chart->plotArea();
    const double x = plot.right() + secondsOf(sample) / m_spanSeconds * plot.width();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(roleColor(palette(), ColorRole::SecondaryText), 1, Qt::DashLine));
    painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()));
    for (const Series& series : m_series) {
        if (sample < series.values.size() && series.values[sample]) {
            const double share = (plotted(*series.values[sample]) - m_valueRange.first) /
                                 (m_valueRange.second - m_valueRange.first);
            painter.setPen(QPen(palette().color(QPalette::Base), 1.5));
            painter.setBrush(seriesColor(palette(), series.color));
            painter.drawEllipse(QPointF(x, plot.bottom() - share * plot.height()), 4, 4);
        }
    }
    const QString text = textAt(sample);
    QRectF box =
        painter.boundingRect(QRectF(0, 0, 400, 400), Qt::AlignLeft, text).adjusted(-6, -4, 6, 4);
    box.moveTop(plot.top() + 2);
    box.moveLeft(x + 10 + box.width() > plot.right() ? x - 10 - box.width() : x + 10);
    painter.setPen(roleColor(palette(), ColorRole::Hairline));
    painter.setBrush(palette().color(QPalette::ToolTipBase));
    painter.drawRoundedRect(box, metrics::kCorner, metrics::kCorner);
    painter.setPen(palette().color(QPalette::ToolTipText));
    painter.drawText(box.adjusted(6, 4, -6, -4), Qt::AlignLeft, text);
}

void TimeChart::Canvas::mouseMoveEvent(QMouseEvent* event)
{
    m_mouse = event->position();
    viewport()->update();
    QChartView::mouseMoveEvent(event);
}

void TimeChart::Canvas::leaveEvent(QEvent* event)
{
    m_mouse.reset();
    viewport()->update();
    QChartView::leaveEvent(event);
}

} // namespace gantry::ui
