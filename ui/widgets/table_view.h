// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/widgets/column_fit.h"

#include <QTreeView>

#include <functional>
#include <vector>

class QTimer;

namespace gantry::ui {

class EmptyState;
class RowProxy;
class TableModel;

/// A table that behaves alike everywhere: rows selected whole, Ctrl+C copies tab-separated text
/// (Ctrl+Shift+C with headers), the header's menu chooses columns, columns are remembered, the
/// selection follows its key through refreshes, and where nothing is to show it says why.
class TableView final : public QTreeView
{
    Q_OBJECT
public:
    explicit TableView(QWidget* parent = nullptr);
    ~TableView() override;

    /// `stateKey` names the table in the settings. The model is not owned; sorting and filtering
    /// are.
    void setTable(TableModel* model, const QString& stateKey, int sortColumn = 0,
                  Qt::SortOrder order = Qt::AscendingOrder);
    [[nodiscard]] RowProxy* proxy() const { return m_proxy; }
    [[nodiscard]] TableModel* table() const { return m_table; }
    /// Not shown unless the user wants them; after setTable().
    void hideColumns(const QList<int>& columns);
    /// Shown when the model has no rows.
    void setEmptyText(const QString& iconName, const QString& sentence, const QString& why = {},
                      const QString& actionText = {}, std::function<void()> action = {});

    [[nodiscard]] QString currentKey() const;
    /// False when there is no such row; it is then selected when it arrives.
    bool selectKey(const QString& key);
    [[nodiscard]] QStringList selectedKeys() const;
    [[nodiscard]] bool isSelectionEmpty() const;
    /// Selects the first row if nothing is selected.
    void selectAnything();
    [[nodiscard]] QString selectionAsText(bool withHeaders) const;
    /// Actions for the context menu, above Copy.
    void setRowActions(const QList<QAction*>& actions) { m_rowActions = actions; }
    /// With the header; for a list that should be no higher than it needs.
    [[nodiscard]] int heightOfRows(int rows) const;
    /// Shows or hides a column, unless the user arranges them.
    void setColumnShown(int column, bool isShown);
    /// The empty state, for tests.
    [[nodiscard]] EmptyState* emptyState() const { return m_empty; }

Q_SIGNALS:
    /// Another row is current, or none (empty).
    void currentKeyChanged(const QString& key);
    void rowActivated(const QString& key);

protected:
    void currentChanged(const QModelIndex& current, const QModelIndex& previous) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void changeEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    void setUpColumns(int sortColumn, Qt::SortOrder order);
    /// Until the user arranges columns, their widths follow the content and the room there is.
    void fitColumns();
    /// Looks how wide the visible rows are, a moment later and once for many changes. Columns only
    /// grow, so that they do not jump with every number.
    void measureSoon();
    void measureRows();
    /// Painted, not written: its width is not that of its text.
    [[nodiscard]] bool isDrawn(int column) const;
    void showColumnMenu(const QPoint& position);
    void saveColumns() const;
    void copy(bool withHeaders) const;
    void updateEmptyState();
    void restoreKey();

    TableModel* m_table = nullptr;
    RowProxy* m_proxy;
    EmptyState* m_empty;
    QString m_stateKey;
    QString m_wantedKey; ///< current, or to become current as soon as it is there
    QString m_announcedKey;
    QList<QAction*> m_rowActions;
    QString m_emptyIcon;
    QString m_emptySentence;
    QString m_emptyWhy;
    QString m_emptyActionText;
    std::function<void()> m_emptyAction;
    int m_sortColumn = 0;
    Qt::SortOrder m_sortOrder = Qt::AscendingOrder;
    std::vector<ColumnRoom> m_rooms;
    QTimer* m_measuring;
    QList<int> m_hiddenByDefault;
    bool m_isFitting = true;
    bool m_isResizing = false;
    bool m_isRefilling = false;
};

} // namespace gantry::ui
