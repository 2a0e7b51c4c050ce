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
#include <QTimer>

namespace gantry::ui {

namespace {

/// Margins of a title and the arrow of the column that is sorted by.
constexpr int kTitleExtra = 30;

} // namespace

TableView::TableView(QWidget* parent)
    : QTreeView(parent)
    , m_proxy(new RowProxy(this))
    , m_empty(new EmptyState(this))
    , m_measuring(new QTimer(this))
{
    m_measuring->setSingleShot(true);
    m_measuring->setInterval(0);
    connect(m_measuring, &QTimer::timeout, this, &TableView::measureRows);
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
    // The proxy's rows go before the model's: only now it is known whether a filter hides any.
    connect(model, &QAbstractItemModel::rowsRemoved, this, &TableView::updateEmptyState);
    for (const auto signal :
         {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved}) {
        connect(m_proxy, signal, this, [this] {
            updateEmptyState();
            restoreKey();
            measureSoon();
        });
    }
    connect(m_proxy, &QAbstractItemModel::modelReset, this, [this] {
        m_isRefilling = false;
        updateEmptyState();
        restoreKey();
        measureSoon();
    });
    connect(m_proxy, &QAbstractItemModel::dataChanged, this, &TableView::measureSoon);
    connect(m_proxy, &QAbstractItemModel::layoutChanged, this, &TableView::updateEmptyState);
    updateEmptyState();
}

void TableView::setUpColumns(int sortColumn, Qt::SortOrder order)
{
    m_sortColumn = sortColumn;
    m_sortOrder = order;
    header()->setSortIndicator(sortColumn, order);
    header()->setStretchLastSection(false);
    const int unit = fontMetrics().averageCharWidth();
    m_rooms.assign(static_cast<std::size_t>(m_table->columnCount()), {});
    for (int column = 0; column < m_table->columnCount(); ++column) {
        const ColumnInfo& info = m_table->columnInfo(column);
        // Room for the title, its margins and the arrow of the sorted column.
        const int title = fontMetrics().horizontalAdvance(info.title) + kTitleExtra;
        ColumnRoom& room = m_rooms[static_cast<std::size_t>(column)];
        room.isStretching = info.width == 0;
        room.usual = std::max(title, (info.width == 0 ? 24 : info.width) * unit + 16);
        room.least =
            std::max(title, info.least > 0   ? info.least * unit + 16
                            : info.width > 0 ? room.usual * 4 / 5
                                             : 12 * unit);
        room.natural = isDrawn(column) ? room.usual : title;
        setColumnHidden(column, info.isHidden);
    }
    m_isFitting = true;
    if (!m_stateKey.isEmpty()) {
        const auto state = settings().value(QStringLiteral("columns/") + m_stateKey).toByteArray();
        if (!state.isEmpty()) {
            m_isFitting = !header()->restoreState(state);
        }
    }
    measureRows();
    sortByColumn(header()->sortIndicatorSection(), header()->sortIndicatorOrder());
}

bool TableView::isDrawn(int column) const
{
    return m_proxy->rowCount() > 0 &&
           m_proxy->index(0, column).data(CellRole).value<CellStyle>().kind ==
               CellStyle::Kind::Strip;
}

void TableView::measureSoon()
{
    if (m_isFitting && isVisible() && !m_measuring->isActive()) {
        m_measuring->start();
    }
}

void TableView::measureRows()
{
    if (!m_isFitting || !m_table) {
        return;
    }
    constexpr int sampleMax = 60;
    const QModelIndex top = indexAt({4, 4});
    const int first = std::max(0, top.row());
    const int last = std::min(m_proxy->rowCount(), first + sampleMax);
    for (int column = 0; column < m_table->columnCount(); ++column) {
        ColumnRoom& room = m_rooms[static_cast<std::size_t>(column)];
        if (isColumnHidden(column)) {
            continue;
        }
        if (isDrawn(column)) {
            room.natural = room.usual;
            continue;
        }
        // A stretching column takes what is left anyhow and shows the beginning of long texts.
        const int most = room.isStretching ? room.usual : 100 * fontMetrics().averageCharWidth();
        for (int row = first; row < last && room.natural < most; ++row) {
            room.natural = std::max(room.natural,
                                    std::min(most, sizeHintForIndex(m_proxy->index(row, column)).width()));
        }
        if (m_table->columnInfo(column).align == Align::Right) {
            room.least = std::max(room.least, room.natural); // a number with digits cut off is another one
        }
    }
    fitColumns();
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

int TableView::heightOfRows(int rows) const
{
    QStyleOptionViewItem option;
    initViewItemOption(&option);
    const int row = itemDelegate()->sizeHint(option, {}).height();
    return header()->sizeHint().height() + std::min(rows, 1000) * row;
}

void TableView::setColumnShown(int column, bool isShown)
{
    if (m_isFitting && isColumnHidden(column) == isShown) {
        setColumnHidden(column, !isShown);
        measureRows();
    }
}

void TableView::fitColumns()
{
    if (!m_isFitting || !m_table) {
        return;
    }
    std::vector<ColumnRoom> rooms;
    QList<int> columns;
    for (int column = 0; column < m_table->columnCount(); ++column) {
        if (!isColumnHidden(column)) {
            rooms.push_back(m_rooms[static_cast<std::size_t>(column)]);
            columns += column;
        }
    }
    const std::vector<int> widths = fitColumnWidths(rooms, viewport()->width());
    m_isResizing = true;
    for (int i = 0; i < columns.size(); ++i) {
        header()->resizeSection(columns[i], widths[static_cast<std::size_t>(i)]);
    }
    m_isResizing = false;
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
    // Not setCurrentIndex(): with Ctrl held, e.g. for a shortcut, that would add to the selection.
    selectionModel()->setCurrentIndex(index, QItemSelectionModel::ClearAndSelect |
                                                 QItemSelectionModel::Rows);
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
        selectionModel()->setCurrentIndex(m_proxy->index(0, 0), QItemSelectionModel::ClearAndSelect |
                                                                    QItemSelectionModel::Rows);
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

void TableView::showEvent(QShowEvent* event)
{
    QTreeView::showEvent(event);
    measureSoon();
}

void TableView::changeEvent(QEvent* event)
{
    QTreeView::changeEvent(event);
    if (event->type() == QEvent::FontChange && m_table && m_isFitting) {
        setUpColumns(header()->sortIndicatorSection(), header()->sortIndicatorOrder());
        hideColumns(m_hiddenByDefault);
    }
}

} // namespace gantry::ui
