// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runtime/snapshot.h"
#include "ui/models/row_model.h"

namespace gantry::ui {

/// The topics of a snapshot, by name.
class TopicModel final : public RowModel<TopicInfo>
{
public:
    enum ColumnIndex {
        Name,
        Kind,
        Queues,
        Brokers,
        Permission,
        Messages,
        PutRate,
        GetRate,
        Groups,
        Lag,
        LastStored
    };

    explicit TopicModel(QObject* parent = nullptr);
    void apply(const SnapshotPtr& snapshot);

    [[nodiscard]] static QString kindText(TopicKind kind);
    [[nodiscard]] static CellStyle kindBadge(TopicKind kind);

protected:
    [[nodiscard]] bool isBefore(const TopicInfo& a, const TopicInfo& b) const override;
    [[nodiscard]] bool looksSame(const TopicInfo& a, const TopicInfo& b) const override;
    [[nodiscard]] QString keyText(const TopicInfo& row) const override;

private:
    std::int64_t m_lagMax = 0; ///< of all rows: the full length of a lag bar
};

} // namespace gantry::ui
