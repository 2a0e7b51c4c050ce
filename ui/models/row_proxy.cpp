// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/row_proxy.h"

#include "ui/models/roles.h"

namespace gantry::ui {

RowProxy::RowProxy(QObject* parent)
    : QSortFilterProxyModel(parent)
{
    setSortRole(SortRole);
    setDynamicSortFilter(true);
}

void RowProxy::setFilterText(const QString& text)
{
    const QStringList words = text.simplified().split(QLatin1Char(' '), Qt::SkipEmptyParts);
    if (words != m_words) {
        m_words = words;
        invalidateFilter();
    }
}

void RowProxy::setPredicate(std::function<bool(int)> predicate)
{
    m_predicate = std::move(predicate);
    invalidateFilter();
}

void RowProxy::setBasePredicate(std::function<bool(int)> predicate)
{
    m_basePredicate = std::move(predicate);
    invalidateFilter();
}

int RowProxy::baseRowCount() const
{
    const int all = sourceModel() ? sourceModel()->rowCount() : 0;
    if (!m_basePredicate) {
        return all;
    }
    int count = 0;
    for (int row = 0; row < all; ++row) {
        count += m_basePredicate(row) ? 1 : 0;
    }
    return count;
}

bool RowProxy::lessThan(const QModelIndex& left, const QModelIndex& right) const
{
    const QVariant a = left.data(SortRole);
    const QVariant b = right.data(SortRole);
    if (!a.isValid() || !b.isValid()) {
        // Unknown sinks to the bottom whichever way the column is sorted.
        return sortOrder() == Qt::AscendingOrder ? a.isValid() && !b.isValid()
                                                 : !a.isValid() && b.isValid();
    }
    if (a.userType() == QMetaType::QString) {
        return a.toString().compare(b.toString(), Qt::CaseInsensitive) < 0;
    }
    return QVariant::compare(a, b) == QPartialOrdering::Less;
}

bool RowProxy::filterAcceptsRow(int sourceRow, const QModelIndex& sourceParent) const
{
    if ((m_basePredicate && !m_basePredicate(sourceRow)) ||
        (m_predicate && !m_predicate(sourceRow))) {
        return false;
    }
    if (m_words.isEmpty()) {
        return true;
    }
    const QString text =
        sourceModel()->index(sourceRow, 0, sourceParent).data(FilterRole).toString();
    for (const QString& word : m_words) {
        if (!text.contains(word, Qt::CaseInsensitive)) {
            return false;
        }
    }
    return true;
}

} // namespace gantry::ui
