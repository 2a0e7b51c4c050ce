// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runtime/snapshot.h"
#include "ui/models/queue_strip_data.h"
#include "ui/models/row_model.h"

namespace gantry::ui {

/// A group's progress in one queue.
struct GroupQueueRow
{
    std::string group;
    GroupQueueInfo info;
    QueueStrip strip;
};

/// How far a group has come in each queue, or how far each group has come in the queues of one
/// topic.
class GroupQueueModel final : public RowModel<GroupQueueRow>
{
public:
    enum ColumnIndex {
        Group,
        Topic,
        Broker,
        Queue,
        Strip,
        BrokerOffset,
        ConsumerOffset,
        Lag,
        LagTime,
        Owner
    };

    explicit GroupQueueModel(QObject* parent = nullptr);
    void applyGroup(const SnapshotPtr& snapshot, const std::string& group);
    void applyTopic(const SnapshotPtr& snapshot, const std::string& topic);

protected:
    [[nodiscard]] bool isBefore(const GroupQueueRow& a, const GroupQueueRow& b) const override;
    [[nodiscard]] bool looksSame(const GroupQueueRow& a, const GroupQueueRow& b) const override;
    [[nodiscard]] QString keyText(const GroupQueueRow& row) const override;
    [[nodiscard]] QString filterText(const GroupQueueRow& row) const override;

private:
    void applyWithBars(Rows rows);
    std::int64_t m_lagMax = 0;
};

} // namespace gantry::ui
