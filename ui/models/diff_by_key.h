// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

namespace gantry::ui {

/// Rows first..last, both included.
struct RowRange
{
    int first = 0;
    int last = 0;
    bool operator==(const RowRange&) const = default;
};

/// How to get from one sorted list to another: remove (indices of the old list, ascending), then
/// insert (indices of the new list, ascending), then update what changed in place (indices of the
/// new list, ascending).
struct RowDiff
{
    std::vector<RowRange> removed;
    std::vector<RowRange> inserted;
    std::vector<RowRange> changed;
};

namespace detail {
inline void appendRow(std::vector<RowRange>& ranges, int row)
{
    if (!ranges.empty() && ranges.back().last + 1 == row) {
        ranges.back().last = row;
    } else {
        ranges.push_back({row, row});
    }
}
} // namespace detail

/// One walk over both lists, which must be sorted and free of duplicates by `less`. `isSame` says
/// whether two rows of the same key look the same.
template <typename Rows, typename Less, typename Same>
[[nodiscard]] RowDiff diffByKey(const Rows& before, const Rows& after, const Less& less,
                                const Same& isSame)
{
    RowDiff diff;
    const int beforeCount = static_cast<int>(before.size());
    const int afterCount = static_cast<int>(after.size());
    int b = 0;
    int a = 0;
    while (b < beforeCount || a < afterCount) {
        const auto& oldRow = [&]() -> const auto&
        {
            return before[static_cast<std::size_t>(b)];
        };
        const auto& newRow = [&]() -> const auto&
        {
            return after[static_cast<std::size_t>(a)];
        };
        if (a == afterCount || (b < beforeCount && less(oldRow(), newRow()))) {
            detail::appendRow(diff.removed, b++);
        } else if (b == beforeCount || less(newRow(), oldRow())) {
            detail::appendRow(diff.inserted, a++);
        } else {
            if (!isSame(oldRow(), newRow())) {
                detail::appendRow(diff.changed, a);
            }
            ++b;
            ++a;
        }
    }
    return diff;
}

} // namespace gantry::ui
