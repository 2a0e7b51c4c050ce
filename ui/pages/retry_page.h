// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runtime/cluster_session.h"
#include "ui/pages/page.h"

class QLabel;
class QPushButton;
class QTabWidget;

namespace gantry::ui {

class EmptyState;
class GroupModel;
class MessageDetail;
class RetryModel;
class TableView;

/// What failed: per group the messages that wait for their next attempt and its dead letters, with
/// their content.
class RetryPage final : public Page
{
    Q_OBJECT
public:
    explicit RetryPage(EngineBridge* bridge, QWidget* parent = nullptr);

    void apply(const SnapshotPtr& snapshot) override;
    void refresh() override { reload(); }
    /// A group's name.
    void select(const QString& object) override;
    void prepareForTour() override;
    [[nodiscard]] QString missingForTour() const override;
    [[nodiscard]] TableView* groupList() const { return m_groupView; }
    [[nodiscard]] TableView* waitingList() const { return m_waitingView; }
    [[nodiscard]] TableView* deadList() const { return m_deadView; }
    [[nodiscard]] QTabWidget* tabs() const { return m_tabs; }

private:
    [[nodiscard]] QWidget* buildGroups();
    [[nodiscard]] QWidget* buildLists();
    void reload();
    void reloadIfChanged();
    void accept(std::uint64_t token, Result<gantry::RetryPage> result);
    void showCurrent();
    void resend();
    [[nodiscard]] QString whyOf(const RetryEntry& entry) const;

    GroupModel* m_groups;
    RetryModel* m_waiting;
    RetryModel* m_dead;
    TableView* m_groupView = nullptr;
    TableView* m_waitingView = nullptr;
    TableView* m_deadView = nullptr;
    QTabWidget* m_tabs = nullptr;
    MessageDetail* m_detail = nullptr;
    EmptyState* m_nothing = nullptr;
    QLabel* m_why = nullptr;
    QLabel* m_note = nullptr;
    QPushButton* m_resend = nullptr;
    std::uint64_t m_token = 0;
    CancelToken m_cancel;
    QString m_loadedGroup;
    std::pair<std::int64_t, std::int64_t> m_loadedCounts{-1, -1};
    std::int64_t m_loadedAtMs = 0;
    bool m_isLoading = false;
};

} // namespace gantry::ui
