// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/pages/page.h"

class QAction;
class QLabel;
class QTabWidget;

namespace gantry::ui {

class ConnectionModel;
class FieldTable;
class FilterChips;
class GroupModel;
class GroupQueueModel;
class SearchField;
class TableView;

/// All consumer groups; of the selected one its progress per queue, clients and subscriptions.
/// Reset offsets.
class GroupsPage final : public Page
{
    Q_OBJECT
public:
    explicit GroupsPage(EngineBridge* bridge, QWidget* parent = nullptr);

    void apply(const SnapshotPtr& snapshot) override;
    void select(const QString& object) override;
    void prepareForTour() override;
    [[nodiscard]] QString missingForTour() const override;
    [[nodiscard]] TableView* list() const { return m_list; }

private:
    void buildHeader();
    [[nodiscard]] QWidget* buildDetail();
    void applyFilter(int chip);
    void applyDetail();
    void resetOffsets();
    [[nodiscard]] const GroupInfo* current() const;

    GroupModel* m_groups;
    GroupQueueModel* m_queues;
    ConnectionModel* m_clients;
    TableView* m_list;
    TableView* m_clientView = nullptr;
    FieldTable* m_subscriptions = nullptr;
    FilterChips* m_chips = nullptr;
    SearchField* m_search = nullptr;
    QTabWidget* m_tabs = nullptr;
    QLabel* m_name = nullptr;
    QLabel* m_facts = nullptr;
    QAction* m_resetAction;
    QAction* m_retryAction;
};

} // namespace gantry::ui
