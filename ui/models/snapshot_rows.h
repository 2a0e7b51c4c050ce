// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runtime/snapshot.h"

#include <memory>
#include <vector>

namespace gantry::ui {

/// Rows that point into a snapshot and keep it alive; nothing is copied.
template <typename T>
[[nodiscard]] std::vector<std::shared_ptr<const T>> rowsOf(const SnapshotPtr& snapshot,
                                                           const std::vector<T>& items)
{
    std::vector<std::shared_ptr<const T>> rows;
    rows.reserve(items.size());
    for (const T& item : items) {
        rows.emplace_back(snapshot, &item);
    }
    return rows;
}

} // namespace gantry::ui
