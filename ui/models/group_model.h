// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runtime/snapshot.h"
#include "ui/models/row_model.h"

namespace gantry::ui {

/// The consumer groups of a snapshot, by name.
class GroupModel final : public RowModel<GroupInfo>
{
public:
    enum ColumnIndex { Name, State, Mode, Clients, Topics, Rate, Lag, RetryWaiting, DeadLetters };

    explicit GroupModel(QObject* parent = nullptr);
    void apply(const SnapshotPtr& snapshot);

protected:
    [[nodiscard]] bool isBefore(const GroupInfo& a, const GroupInfo& b) const override;
    [[nodiscard]] bool looksSame(const GroupInfo& a, const GroupInfo& b) const override;
    [[nodiscard]] QString keyText(const GroupInfo& row) const override;

private:
    std::int64_t m_lagMax = 0;
};

} // namespace gantry::ui
