// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QSortFilterProxyModel>

#include <functional>

namespace gantry::ui {

/// Sorts by SortRole (unknown always last, names as people read them) and filters by a text and a
/// predicate.
class RowProxy final : public QSortFilterProxyModel
{
    Q_OBJECT
public:
    explicit RowProxy(QObject* parent = nullptr);

    /// Every blank-separated word must occur somewhere in the row's FilterRole.
    void setFilterText(const QString& text);
    [[nodiscard]] QString filterText() const { return m_words.join(QLatin1Char(' ')); }
    /// Rows of the source model for which it is false are left out; empty = all.
    void setPredicate(std::function<bool(int sourceRow)> predicate);
    /// Rows for which it is false count as not there at all, e.g. what brokers keep for themselves.
    void setBasePredicate(std::function<bool(int sourceRow)> predicate);
    /// How many rows there would be without text and predicate.
    [[nodiscard]] int baseRowCount() const;
    [[nodiscard]] bool isFiltering() const { return !m_words.isEmpty() || m_predicate; }

protected:
    [[nodiscard]] bool lessThan(const QModelIndex& left, const QModelIndex& right) const override;
    [[nodiscard]] bool filterAcceptsRow(int sourceRow,
                                        const QModelIndex& sourceParent) const override;

private:
    QStringList m_words;
    std::function<bool(int)> m_predicate;
    std::function<bool(int)> m_basePredicate;
};

} // namespace gantry::ui
