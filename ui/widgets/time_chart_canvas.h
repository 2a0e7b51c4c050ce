// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/widgets/time_chart.h"

#include <QtCharts/QAreaSeries>
#include <QtCharts/QCategoryAxis>
#include <QtCharts/QChart>
#include <QtCharts/QChartView>
#include <QtCharts/QLineSeries>

namespace gantry::ui {

/// The plot of a TimeChart.
class TimeChart::Canvas final : public QChartView
{
public:
    Canvas(Scale scale, QWidget* parent);

    void setSamples(std::vector<std::int64_t> timesMs, std::vector<Series> series,
                    const std::vector<std::pair<int, int>>& bands);
    void applyPalette();
    [[nodiscard]] QString textAt(std::size_t sample) const;
    [[nodiscard]] std::optional<std::size_t> sampleNear(std::int64_t timeMs) const;
    [[nodiscard]] int pieceCount(int series) const;
    [[nodiscard]] static QString valueText(Scale scale, double value);

protected:
    void drawForeground(QPainter* painter, const QRectF& rect) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    /// Enough for every sane pattern of gaps; older pieces are left out rather than joined.
    static constexpr std::size_t kPiecesMax = 48;

    struct LinePool
    {
        std::vector<QLineSeries*> pieces;
        int used = 0;
    };
    struct AreaPiece
    {
        QLineSeries* lower;
        QLineSeries* upper;
        QAreaSeries* area;
    };
    struct AreaPool
    {
        std::vector<AreaPiece> pieces;
    };

    [[nodiscard]] double plotted(double value) const;
    [[nodiscard]] double secondsOf(std::size_t sample) const;
    void updateLines(std::size_t series);
    void updateBand(std::size_t band, std::size_t lower, std::size_t upper);
    void updateTimeAxis();
    void updateValueAxis();
    void setTicks(QCategoryAxis* axis, double from, double to,
                  const std::vector<std::pair<double, QString>>& ticks);
    void drawReadout(QPainter& painter, std::size_t sample);

    Scale m_scale;
    QChart* m_chart;
    QCategoryAxis* m_timeAxis;
    QCategoryAxis* m_valueAxis;
    std::vector<std::int64_t> m_times;
    std::vector<Series> m_series;
    std::vector<LinePool> m_lines;
    std::vector<AreaPool> m_areas;
    std::vector<std::pair<int, int>> m_bands;
    int m_spanSeconds = 0;
    std::pair<double, double> m_valueRange{0, 0};
    std::optional<QPointF> m_mouse;
};

} // namespace gantry::ui
