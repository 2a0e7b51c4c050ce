// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QWidget>

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace gantry::ui {

/// Values over the last minutes. The only user of Qt Charts. Lines break where a sample is missing;
/// the mouse shows the values of a moment.
class TimeChart : public QWidget
{
    Q_OBJECT
public:
    enum class Scale {
        Rate,    ///< from 0, per second
        Latency, ///< logarithmic, nanoseconds
    };
    struct Series
    {
        QString name;
        int color = 0;                             ///< index for seriesColor()
        Qt::PenStyle pen = Qt::SolidLine;          ///< the second cue beside the colour
        std::vector<std::optional<double>> values; ///< one per time
    };

    TimeChart(Scale scale, QWidget* parent = nullptr);
    ~TimeChart() override;

    /// All series have one value per time; times ascend (ms since 1970). `bands` fill between two
    /// series (lower, upper). Series keep their number from call to call.
    void setSamples(std::vector<std::int64_t> timesMs, std::vector<Series> series,
                    const std::vector<std::pair<int, int>>& bands = {});
    /// What the mouse would show at a moment: "15:26:49 put 41/s ..."; empty when there is no
    /// sample.
    [[nodiscard]] QString textAt(std::int64_t timeMs) const;
    /// How many unbroken pieces a series is drawn in.
    [[nodiscard]] int pieceCount(int series) const;
    /// Rows, 1 or 2, in which the legend can show every value at this width. Charts side by side are given the same
    /// number, so that their plots begin at the same height.
    [[nodiscard]] int legendRowsNeeded() const;
    void setLegendRows(int rows);
    [[nodiscard]] QSize sizeHint() const override { return {320, 200}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {200, 150}; }

protected:
    bool event(QEvent* event) override;

private:
    class Canvas;
    class Legend;
    Scale m_scale;
    Legend* m_legend;
    Canvas* m_canvas;
};

} // namespace gantry::ui
