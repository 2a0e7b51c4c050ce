// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/pages/page.h"

class QAction;
class QLabel;
class QPushButton;
class QTabWidget;

namespace gantry::ui {

class FilterChips;
class GroupQueueModel;
class QueueModel;
class RouteModel;
class SearchField;
class TableView;
class TopicModel;

/// All topics; of the selected one its queues, groups and brokers. Create, delete, send.
class TopicsPage final : public Page
{
    Q_OBJECT
public:
    explicit TopicsPage(EngineBridge* bridge, QWidget* parent = nullptr);

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
    void createTopic();
    void deleteTopic();
    void sendMessage();
    [[nodiscard]] const TopicInfo* current() const;

    TopicModel* m_topics;
    QueueModel* m_queues;
    GroupQueueModel* m_groups;
    RouteModel* m_routes;
    TableView* m_list;
    TableView* m_queueView = nullptr;
    TableView* m_groupView = nullptr;
    FilterChips* m_chips = nullptr;
    SearchField* m_search = nullptr;
    QTabWidget* m_tabs = nullptr;
    QLabel* m_name = nullptr;
    QLabel* m_facts = nullptr;
    QAction* m_browseAction;
    QAction* m_sendAction;
    QAction* m_deleteAction;
    QPushButton* m_sendButton = nullptr;
    QPushButton* m_deleteButton = nullptr;
};

} // namespace gantry::ui
