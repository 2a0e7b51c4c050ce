// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/pages/page.h"

class QLabel;
class QTabWidget;

namespace gantry::ui {

class BrokerModel;
class FieldTable;
class TableView;
struct NodeRow;

/// NameServers and brokers; of the selected one its state, store positions and latencies.
class BrokersPage final : public Page
{
    Q_OBJECT
public:
    explicit BrokersPage(EngineBridge* bridge, QWidget* parent = nullptr);

    void apply(const SnapshotPtr& snapshot) override;
    void select(const QString& object) override;
    void prepareForTour() override;
    [[nodiscard]] QString missingForTour() const override;
    [[nodiscard]] TableView* list() const { return m_list; }

private:
    [[nodiscard]] QWidget* buildDetail();
    void applyDetail();

    BrokerModel* m_nodes;
    TableView* m_list;
    QLabel* m_name = nullptr;
    QLabel* m_facts = nullptr;
    QTabWidget* m_tabs = nullptr;
    FieldTable* m_summary = nullptr;
    FieldTable* m_store = nullptr;
    FieldTable* m_latency = nullptr;
    FieldTable* m_retention = nullptr;
    FieldTable* m_start = nullptr;
};

} // namespace gantry::ui
