// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/diff_by_key.h"
#include "ui/models/format.h"
#include "ui/models/roles.h"

#include <QAbstractTableModel>
#include <QVariant>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace gantry::ui {

enum class Align { Left, Right, Center };

/// What every table of ours knows about a column, whatever its rows are.
struct ColumnInfo
{
    const char* id = ""; ///< stable, for saved column settings
    QString title;
    QString help; ///< tool tip of the header: what it is, its unit, where it comes from
    Align align = Align::Left;
    int width = 0;         ///< suggested, in average characters; 0 = take what is left
    bool isHidden = false; ///< unless the user shows it
    int least = 0; ///< narrower is of no use, in average characters; 0 = three fifths of width
};

/// A tool tip that is shown as it is written: keys and client ids come from other programs and may
/// look like HTML.
[[nodiscard]] QString plainToolTip(const QString& text);

/// The part of a table model that does not depend on the row type, so that views need not either.
class TableModel : public QAbstractTableModel
{
public:
    using QAbstractTableModel::QAbstractTableModel;
    [[nodiscard]] virtual const ColumnInfo& columnInfo(int column) const = 0;
    /// The row of a key, or -1.
    [[nodiscard]] virtual int rowOfKey(const QString& key) const = 0;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;
};

/// A column that turns a row into text, and what goes with it.
template <typename T>
struct Column : ColumnInfo
{
    std::function<QString(const T&)> text;
    std::function<QVariant(const T&)>
        raw;                              ///< sort and copy value; invalid = unknown. Default: text
    std::function<QString(const T&)> tip; ///< default: none
    std::function<CellStyle(const T&)> cell; ///< default: plain
    std::function<QVariant(const T&)> strip; ///< a QueueStrip
};

/// A table over immutable rows that are shared with the snapshot they come from. Rows are kept
/// sorted by key and are brought up to date by difference, so that selection and scroll position
/// survive. GUI thread only.
template <typename T>
class RowModel : public TableModel
{
public:
    using RowPtr = std::shared_ptr<const T>;
    using Rows = std::vector<RowPtr>;

    explicit RowModel(QObject* parent = nullptr)
        : TableModel(parent)
    {}

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override
    {
        return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
    }
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override
    {
        return parent.isValid() ? 0 : static_cast<int>(m_columns.size());
    }
    [[nodiscard]] const ColumnInfo& columnInfo(int column) const override
    {
        return m_columns[static_cast<std::size_t>(column)];
    }
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] int rowOfKey(const QString& key) const override
    {
        for (std::size_t i = 0; i < m_rows.size(); ++i) {
            if (keyText(*m_rows[i]) == key) {
                return static_cast<int>(i);
            }
        }
        return -1;
    }

    [[nodiscard]] const Rows& rows() const { return m_rows; }
    [[nodiscard]] const T& at(int row) const { return *m_rows[static_cast<std::size_t>(row)]; }
    [[nodiscard]] const T* find(const QString& key) const
    {
        const int row = rowOfKey(key);
        return row < 0 ? nullptr : &at(row);
    }

    /// Takes the new rows; quickest when they come sorted by the model's order. Of two with the
    /// same key the first stays.
    void applyRows(Rows incoming);

protected:
    void setColumns(std::vector<Column<T>> columns) { m_columns = std::move(columns); }

    [[nodiscard]] virtual bool isBefore(const T& a, const T& b) const = 0;
    [[nodiscard]] virtual bool looksSame(const T& a, const T& b) const = 0;
    [[nodiscard]] virtual QString keyText(const T& row) const = 0;
    [[nodiscard]] virtual QString filterText(const T& row) const { return keyText(row); }

private:
    /// Beyond this many scattered ranges a reset is cheaper for everybody; views find their
    /// selection again by key.
    static constexpr std::size_t kRangesMax = 256;

    void removeRanges(const std::vector<RowRange>& ranges);
    void insertRanges(const std::vector<RowRange>& ranges, const Rows& incoming);
    void announceChanges(const std::vector<RowRange>& ranges);

    Rows m_rows;
    std::vector<Column<T>> m_columns;
};

template <typename T>
QVariant RowModel<T>::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount() || index.column() >= columnCount()) {
        return {};
    }
    const Column<T>& column = m_columns[static_cast<std::size_t>(index.column())];
    const T& row = at(index.row());
    switch (role) {
    case Qt::DisplayRole:
        return column.text ? column.text(row) : QString();
    case SortRole:
        return column.raw ? column.raw(row) : QVariant(column.text ? column.text(row) : QString());
    case RawRole: {
        const QVariant raw = column.raw ? column.raw(row) : QVariant();
        return raw.isValid() && raw.userType() != QMetaType::Bool
                   ? raw
                   : QVariant(column.text ? column.text(row) : QString());
    }
    case KeyRole:
        return keyText(row);
    case FilterRole:
        return filterText(row);
    case CellRole: {
        if (column.cell) {
            return QVariant::fromValue(column.cell(row));
        }
        CellStyle style;
        style.isUnknown = column.raw && !column.raw(row).isValid();
        return QVariant::fromValue(style);
    }
    case StripRole:
        return column.strip ? column.strip(row) : QVariant();
    case Qt::ToolTipRole:
        return column.tip ? QVariant(plainToolTip(column.tip(row))) : QVariant();
    case Qt::AccessibleTextRole:
        return column.title + QStringLiteral(": ") + (column.text ? column.text(row) : QString());
    case Qt::TextAlignmentRole:
        return QVariant::fromValue(
            Qt::Alignment(Qt::AlignVCenter | (column.align == Align::Right    ? Qt::AlignRight
                                              : column.align == Align::Center ? Qt::AlignHCenter
                                                                              : Qt::AlignLeft)));
    default:
        return {};
    }
}

template <typename T>
void RowModel<T>::applyRows(Rows incoming)
{
    const auto less = [this](const RowPtr& a, const RowPtr& b) { return isBefore(*a, *b); };
    const auto isOutOfOrder = [&less](const RowPtr& a, const RowPtr& b) { return !less(a, b); };
    if (std::adjacent_find(incoming.begin(), incoming.end(), isOutOfOrder) != incoming.end()) {
        std::stable_sort(incoming.begin(), incoming.end(), less);
        incoming.erase(std::unique(incoming.begin(), incoming.end(), isOutOfOrder), incoming.end());
    }
    const auto diff = diffByKey(m_rows, incoming, less, [this](const RowPtr& a, const RowPtr& b) {
        return a == b || looksSame(*a, *b);
    });
    if (diff.removed.size() + diff.inserted.size() > kRangesMax) {
        beginResetModel();
        m_rows = std::move(incoming);
        endResetModel();
        return;
    }
    removeRanges(diff.removed);
    insertRanges(diff.inserted, incoming);
    m_rows = std::move(incoming);
    announceChanges(diff.changed);
}

template <typename T>
void RowModel<T>::removeRanges(const std::vector<RowRange>& ranges)
{
    for (auto range = ranges.rbegin(); range != ranges.rend(); ++range) {
        beginRemoveRows({}, range->first, range->last);
        m_rows.erase(m_rows.begin() + range->first, m_rows.begin() + range->last + 1);
        endRemoveRows();
    }
}

template <typename T>
void RowModel<T>::insertRanges(const std::vector<RowRange>& ranges, const Rows& incoming)
{
    for (const auto& range : ranges) {
        beginInsertRows({}, range.first, range.last);
        m_rows.insert(m_rows.begin() + range.first, incoming.begin() + range.first,
                      incoming.begin() + range.last + 1);
        endInsertRows();
    }
}

template <typename T>
void RowModel<T>::announceChanges(const std::vector<RowRange>& ranges)
{
    if (ranges.empty()) {
        return;
    }
    const int lastColumn = columnCount() - 1;
    if (ranges.size() > 64) {
        Q_EMIT dataChanged(index(ranges.front().first, 0), index(ranges.back().last, lastColumn));
        return;
    }
    for (const auto& range : ranges) {
        Q_EMIT dataChanged(index(range.first, 0), index(range.last, lastColumn));
    }
}

/// The raw value of something optional: invalid when it is unknown.
inline QVariant rawOf(const std::optional<std::int64_t>& value)
{
    return value ? QVariant(static_cast<qlonglong>(*value)) : QVariant();
}
inline QVariant rawOf(const std::optional<double>& value)
{
    return value ? QVariant(*value) : QVariant();
}

/// A cell that says it is unknown, with the reason in its tool tip.
inline CellStyle unknownCell()
{
    CellStyle style;
    style.color = ColorRole::Unknown;
    style.isUnknown = true;
    return style;
}
inline CellStyle badge(ColorRole color, CellStyle::Shape shape)
{
    CellStyle style;
    style.kind = CellStyle::Kind::Badge;
    style.color = color;
    style.shape = shape;
    return style;
}
inline CellStyle mono()
{
    CellStyle style;
    style.kind = CellStyle::Kind::Mono;
    return style;
}

} // namespace gantry::ui
