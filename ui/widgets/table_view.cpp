// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/table_view.h"

#include "ui/models/row_model.h"
#include "ui/models/row_proxy.h"
#include "ui/style/icons.h"
#include "ui/style/settings.h"
#include "ui/widgets/cell_delegate.h"
#include "ui/widgets/empty_state.h"

#include <QAction>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QGuiApplication>
#include <QHeaderView>
#include <QMenu>

namespace gantry::ui {

TableView::TableView(QWidget* parent)
    : QTreeView(parent)
    , m_proxy(new RowProxy(this))
    , m_empty(new EmptyState(this))
{
    setRootIsDecorated(false);
    setUniformRowHeights(true);
    setAlternatingRowColors(false);
    setSelectionMode(QAbstractItemView::ExtendedSelection);
    setSelectionBehavior(QAbstractItemView::SelectRows);
    setSortingEnabled(true);
    setMouseTracking(true);
    setItemDelegate(new CellDelegate(this));
    setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    setAllColumnsShowFocus(true);
    setTextElideMode(Qt::ElideRight);
    header()->setContextMenuPolicy(Qt::CustomContextMenu);
    header()->setSectionsMovable(true);
    header()->setHighlightSections(false);
    header()->setMinimumSectionSize(40);
    connect(header(), &QHeaderView::customContextMenuRequested, this, &TableView::showColumnMenu);
    connect(header(), &QHeaderView::sectionResized, this, [this] {
        // Somebody drags: from now on the widths are theirs.
        if (!m_isResizing && (QGuiApplication::mouseButtons() & Qt::LeftButton)) {
            m_isFitting = false;
        }
    });
    connect(header(), &QHeaderView::sectionMoved, this, [this] { m_isFitting = false; });
    connect(this, &QTreeView::activated, this, [this](const QModelIndex& index) {
        Q_EMIT rowActivated(index.data(KeyRole).toString());
    });
    connect(m_empty, &EmptyState::actionTriggered, this, [this] {
        if (m_proxy->isFiltering() && m_table && m_table->rowCount() > 0) {
            m_proxy->setFilterText({});
            m_proxy->setPredicate({});
            updateEmptyState();
        } else if (m_emptyAction) {
            m_emptyAction();
        }
    });
    m_empty->hide();
}

TableView::~TableView()
{
    saveColumns();
}

void TableView::setTable(TableModel* model, const QString& stateKey, int sortColumn,
                         Qt::SortOrder order)
{
    m_table = model;
    m_stateKey = stateKey;
    m_proxy->setSourceModel(model);
    setModel(m_proxy);
    setUpColumns(sortColumn, order);
    connect(model, &QAbstractItemModel::modelAboutToBeReset, this,
            [this] { m_isRefilling = true; });
    for (const auto signal :
         {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved}) {
        connect(m_proxy, signal, this, [this] {
            updateEmptyState();
            restoreKey();
        });
    }
    connect(m_proxy, &QAbstractItemModel::modelReset, this, [this] {
        m_isRefilling = false;
        updateEmptyState();
        restoreKey();
    });
    connect(m_proxy, &QAbstractItemModel::layoutChanged, this, &TableView::updateEmptyState);
    updateEmptyState();
}

void TableView::setUpColumns(int sortColumn, Qt::SortOrder order)
{
    m_sortColumn = sortColumn;
    m_sortOrder = order;
    header()->setSortIndicator(sortColumn, order);
    const int unit = fontMetrics().averageCharWidth();
    m_wanted.resize(m_table->columnCount());
    m_least.resize(m_table->columnCount());
    for (int column = 0; column < m_table->columnCount(); ++column) {
        const ColumnInfo& info = m_table->columnInfo(column);
        const int title = fontMetrics().horizontalAdvance(info.title) + 30;
        m_wanted[column] =
            info.width == 0 ? std::max(title, 24 * unit) : std::max(title, info.width * unit + 16);
        const int least = info.least > 0 ? info.least * unit + 16 : m_wanted[column] * 3 / 5;
        m_least[column] = std::min(m_wanted[column], std::max(title, least));
        setColumnHidden(column, info.isHidden);
    }
    m_isFitting = true;
    header()->setStretchLastSection(true);
    if (!m_stateKey.isEmpty()) {
        const auto state = settings().value(QStringLiteral("columns/") + m_stateKey).toByteArray();
        if (!state.isEmpty()) {
            m_isFitting = !header()->restoreState(state);
        }
    }
    fitColumns();
    sortByColumn(header()->sortIndicatorSection(), header()->sortIndicatorOrder());
}

void TableView::hideColumns(const QList<int>& columns)
{
    if (m_isFitting) {
        for (const int column : columns) {
            setColumnHidden(column, true);
        }
        m_hiddenByDefault = columns;
        fitColumns();
    }
}

void TableView::fitColumns()
{
    if (!m_isFitting || !m_table) {
        return;
    }
    int wanted = 0;
    int spare = 0; ///< what columns could give up
    int stretch = -1;
    for (int column = 0; column < m_table->columnCount(); ++column) {
        if (!isColumnHidden(column)) {
            wanted += m_wanted[column];
            spare += m_wanted[column] - m_least[column];
            stretch = m_table->columnInfo(column).width == 0 ? column : stretch;
        }
    }
    const int room = viewport()->width() - wanted;
    for (int column = 0; column < m_table->columnCount(); ++column) {
        int width = m_wanted[column];
        if (room < 0 && spare > 0 &&
            -room <= spare) { // a little narrower everywhere beats scrolling
            width -=
                static_cast<int>(static_cast<qint64>(width - m_least[column]) * -room / spare + 1);
        } else if (room > 0 && column == stretch) {
            width += room;
        }
        m_isResizing = true;
        header()->resizeSection(column, width);
        m_isResizing = false;
    }
}

void TableView::saveColumns() const
{
    if (m_table && !m_isFitting && !m_stateKey.isEmpty()) {
        settings().setValue(QStringLiteral("columns/") + m_stateKey, header()->saveState());
    }
}

void TableView::showColumnMenu(const QPoint& position)
{
    QMenu menu(this);
    menu.addSection(tr("Columns"));
    for (int column = 0; column < m_table->columnCount(); ++column) {
        QAction* action = menu.addAction(m_table->columnInfo(column).title);
        action->setCheckable(true);
        action->setChecked(!isColumnHidden(column));
        // The last visible column stays: a table without columns could not be asked to show one
        // again.
        action->setEnabled(isColumnHidden(column) ||
                           header()->count() - header()->hiddenSectionCount() > 1);
        connect(action, &QAction::toggled, this, [this, column](bool isOn) {
            setColumnHidden(column, !isOn);
            fitColumns();
            m_isFitting = false; // it is the user's arrangement now
        });
    }
    menu.addSeparator();
    connect(menu.addAction(tr("Reset columns")), &QAction::triggered, this, [this] {
        settings().remove(QStringLiteral("columns/") + m_stateKey);
        for (int column = 0; column < m_table->columnCount(); ++column) {
            header()->moveSection(header()->visualIndex(column), column);
        }
        setUpColumns(m_sortColumn, m_sortOrder);
        hideColumns(m_hiddenByDefault);
    });
    menu.exec(header()->mapToGlobal(position));
}

void TableView::setEmptyText(const QString& iconName, const QString& sentence, const QString& why,
                             const QString& actionText, std::function<void()> action)
{
    m_emptyIcon = iconName;
    m_emptySentence = sentence;
    m_emptyWhy = why;
    m_emptyActionText = actionText;
    m_emptyAction = std::move(action);
    updateEmptyState();
}

void TableView::updateEmptyState()
{
    const bool isEmpty = m_table && m_proxy->rowCount() == 0;
    m_empty->setVisible(isEmpty);
    if (!isEmpty) {
        return;
    }
    if (const int hidden = m_proxy->baseRowCount(); hidden > 0) {
        m_empty->setContent(
            QStringLiteral("filter"), tr("Nothing matches the filter"),
            tr("%1 hidden by it.").arg(format::counted(hidden, tr("row is"), tr("rows are"))), {});
    } else {
        m_empty->setContent(m_emptyIcon.isEmpty() ? QStringLiteral("empty") : m_emptyIcon,
                            m_emptySentence.isEmpty() ? tr("Nothing here yet") : m_emptySentence,
                            m_emptyWhy, m_emptyActionText);
    }
    m_empty->setGeometry(viewport()->geometry());
    m_empty->raise();
}

QString TableView::currentKey() const
{
    return currentIndex().data(KeyRole).toString();
}

bool TableView::selectKey(const QString& key)
{
    m_wantedKey = key;
    const int row = m_table ? m_table->rowOfKey(key) : -1;
    const QModelIndex index =
        row < 0 ? QModelIndex() : m_proxy->mapFromSource(m_table->index(row, 0));
    if (!index.isValid()) {
        return false;
    }
    setCurrentIndex(index);
    scrollTo(index, QAbstractItemView::EnsureVisible);
    return true;
}

QStringList TableView::selectedKeys() const
{
    QStringList keys;
    if (selectionModel()) {
        for (const QModelIndex& index : selectionModel()->selectedRows()) {
            keys += index.data(KeyRole).toString();
        }
    }
    return keys;
}

bool TableView::isSelectionEmpty() const
{
    return !selectionModel() || !selectionModel()->hasSelection();
}

void TableView::selectAnything()
{
    if (!currentIndex().isValid() && m_proxy->rowCount() > 0 && !selectKey(m_wantedKey)) {
        setCurrentIndex(m_proxy->index(0, 0));
    }
}

void TableView::restoreKey()
{
    if (!m_wantedKey.isEmpty() && currentKey() != m_wantedKey) {
        selectKey(QString(m_wantedKey));
    }
}

void TableView::currentChanged(const QModelIndex& current, const QModelIndex& previous)
{
    QTreeView::currentChanged(current, previous);
    if (m_isRefilling) {
        return; // the row comes back with its key in a moment
    }
    const QString key = current.data(KeyRole).toString();
    if (!key.isEmpty()) {
        m_wantedKey = key;
    }
    if (key != m_announcedKey) {
        m_announcedKey = key;
        Q_EMIT currentKeyChanged(key);
    }
}

QString TableView::selectionAsText(bool withHeaders) const
{
    QList<int> columns;
    for (int visual = 0; visual < header()->count(); ++visual) {
        const int column = header()->logicalIndex(visual);
        if (!isColumnHidden(column)) {
            columns += column;
        }
    }
    QStringList lines;
    const auto addLine = [&](auto&& cellOf) {
        QStringList cells;
        for (const int column : columns) {
            cells += cellOf(column)
                         .toString()
                         .replace(QLatin1Char('\t'), QLatin1Char(' '))
                         .replace(QLatin1Char('\n'), QLatin1Char(' '));
        }
        lines += cells.join(QLatin1Char('\t'));
    };
    if (withHeaders) {
        addLine([this](int column) { return QVariant(m_table->columnInfo(column).title); });
    }
    QModelIndexList rows = selectionModel()->selectedRows();
    std::sort(rows.begin(), rows.end());
    for (const QModelIndex& row : rows) {
        addLine([&](int column) { return row.siblingAtColumn(column).data(RawRole); });
    }
    return lines.join(QLatin1Char('\n'));
}

void TableView::copy(bool withHeaders) const
{
    if (!isSelectionEmpty()) {
        QGuiApplication::clipboard()->setText(selectionAsText(withHeaders));
    }
}

void TableView::keyPressEvent(QKeyEvent* event)
{
    if (event->matches(QKeySequence::Copy)) {
        copy(false);
        event->accept();
        return;
    }
    if (event->key() == Qt::Key_C &&
        event->modifiers() == (Qt::ControlModifier | Qt::ShiftModifier)) {
        copy(true);
        event->accept();
        return;
    }
    QTreeView::keyPressEvent(event);
}

void TableView::contextMenuEvent(QContextMenuEvent* event)
{
    QMenu menu(this);
    for (QAction* action : m_rowActions) {
        menu.addAction(action);
    }
    if (!m_rowActions.isEmpty()) {
        menu.addSeparator();
    }
    const QModelIndex cell = indexAt(event->pos());
    QAction* value = menu.addAction(tr("Copy value"));
    value->setEnabled(cell.isValid());
    connect(value, &QAction::triggered, this,
            [cell] { QGuiApplication::clipboard()->setText(cell.data(RawRole).toString()); });
    QAction* plain = menu.addAction(icon(QStringLiteral("copy")), tr("Copy\tCtrl+C"));
    connect(plain, &QAction::triggered, this, [this] { copy(false); });
    QAction* headers = menu.addAction(tr("Copy with headers\tCtrl+Shift+C"));
    connect(headers, &QAction::triggered, this, [this] { copy(true); });
    plain->setEnabled(!isSelectionEmpty());
    headers->setEnabled(!isSelectionEmpty());
    menu.exec(event->globalPos());
}

void TableView::resizeEvent(QResizeEvent* event)
{
    QTreeView::resizeEvent(event);
    fitColumns();
    if (m_empty->isVisibleTo(this)) {
        m_empty->setGeometry(viewport()->geometry());
    }
}

} // namespace gantry::ui
