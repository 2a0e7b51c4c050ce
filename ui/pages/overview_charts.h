// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runtime/snapshot.h"

#include <QWidget>

namespace gantry::ui {

class TimeChart;

/// Rates, put latency and flush latency over time, side by side.
class OverviewCharts final : public QWidget
{
    Q_OBJECT
public:
    explicit OverviewCharts(QWidget* parent = nullptr);
    void apply(const ClusterSnapshot& snapshot);
    [[nodiscard]] TimeChart* rates() const { return m_rates; }
    [[nodiscard]] TimeChart* putLatency() const { return m_put; }
    [[nodiscard]] TimeChart* flushLatency() const { return m_flush; }

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void alignLegends();

    TimeChart* m_rates;
    TimeChart* m_put;
    TimeChart* m_flush;
};

} // namespace gantry::ui
