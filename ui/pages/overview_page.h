// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/pages/page.h"

class QLabel;
class QPushButton;

namespace gantry::ui {

class BrokerModel;
class Card;
class FindingModel;
class FindingList;
class KpiTile;
class OverviewCharts;
class TableView;

/// How the cluster is: numbers, latencies over time, its members, what was found, and how to
/// connect to it.
class OverviewPage final : public Page
{
    Q_OBJECT
public:
    explicit OverviewPage(EngineBridge* bridge, QWidget* parent = nullptr);

    void apply(const SnapshotPtr& snapshot) override;
    [[nodiscard]] QString missingForTour() const override;
    /// The lag tile's number, for tests.
    [[nodiscard]] QString lagText() const;

Q_SIGNALS:
    void demoToggleRequested();

private:
    void buildConnectStrip();
    void buildTiles();
    void buildTables();
    void applyTiles(const ClusterSnapshot& snapshot);
    void applyDemo(const ClusterSnapshot& snapshot);

    QLabel* m_address = nullptr;
    QLabel* m_demoText = nullptr;
    QPushButton* m_demoButton = nullptr;
    KpiTile* m_put = nullptr;
    KpiTile* m_get = nullptr;
    KpiTile* m_lag = nullptr;
    KpiTile* m_dead = nullptr;
    KpiTile* m_flush = nullptr;
    KpiTile* m_disk = nullptr;
    OverviewCharts* m_charts = nullptr;
    BrokerModel* m_brokers;
    TableView* m_brokerView = nullptr;
    FindingModel* m_findings;
    FindingList* m_findingList = nullptr;
};

} // namespace gantry::ui
