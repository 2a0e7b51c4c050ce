// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runtime/snapshot.h"
#include "ui/models/row_model.h"

namespace gantry::ui {

/// What the engine found worth saying, worst first.
class FindingModel final : public RowModel<Finding>
{
public:
    enum ColumnIndex { Title, Detail };

    explicit FindingModel(QObject* parent = nullptr);
    void apply(const SnapshotPtr& snapshot);

protected:
    [[nodiscard]] bool isBefore(const Finding& a, const Finding& b) const override;
    [[nodiscard]] bool looksSame(const Finding& a, const Finding& b) const override;
    [[nodiscard]] QString keyText(const Finding& row) const override;
};

} // namespace gantry::ui
