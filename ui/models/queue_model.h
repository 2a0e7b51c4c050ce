// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runtime/snapshot.h"
#include "ui/models/queue_strip_data.h"
#include "ui/models/row_model.h"

namespace gantry::ui {

/// A queue of a topic and how far its groups have come in it.
struct QueueRow
{
    QueueInfo info;
    QueueStrip strip;
};

/// The queues of one topic.
class QueueModel final : public RowModel<QueueRow>
{
public:
    enum ColumnIndex { Broker, Queue, Strip, MinOffset, MaxOffset, Messages, LastStored };

    explicit QueueModel(QObject* parent = nullptr);
    /// Nothing is shown when the snapshot has no such topic.
    void apply(const SnapshotPtr& snapshot, const std::string& topic);

protected:
    [[nodiscard]] bool isBefore(const QueueRow& a, const QueueRow& b) const override;
    [[nodiscard]] bool looksSame(const QueueRow& a, const QueueRow& b) const override;
    [[nodiscard]] QString keyText(const QueueRow& row) const override;
};

/// The strip of one queue with a marker for each group that has an offset in it.
/// `readers`: the groups that may have offsets in it.
[[nodiscard]] QueueStrip stripOf(const QueueInfo& queue,
                                 const std::vector<const GroupInfo*>& readers);
/// The groups with offsets in a topic.
[[nodiscard]] std::vector<const GroupInfo*> readersOf(const std::string& topic,
                                                      const ClusterSnapshot& snapshot);

} // namespace gantry::ui
