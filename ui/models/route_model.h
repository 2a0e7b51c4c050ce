// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runtime/snapshot.h"
#include "ui/models/row_model.h"

namespace gantry::ui {

/// A broker that holds a topic.
struct RouteRow
{
    std::string brokerName;
    std::string address; ///< empty = the broker is not in the snapshot
    bool isUp = false;
    int queues = 0;
    int permission = 0;
    std::optional<std::int64_t> messages;
    bool operator==(const RouteRow&) const = default;
};

/// The brokers of one topic.
class RouteModel final : public RowModel<RouteRow>
{
public:
    enum ColumnIndex { Broker, State, Address, Queues, Permission, Messages };

    explicit RouteModel(QObject* parent = nullptr);
    void apply(const SnapshotPtr& snapshot, const std::string& topic);

protected:
    [[nodiscard]] bool isBefore(const RouteRow& a, const RouteRow& b) const override
    {
        return a.brokerName < b.brokerName;
    }
    [[nodiscard]] bool looksSame(const RouteRow& a, const RouteRow& b) const override
    {
        return a == b;
    }
    [[nodiscard]] QString keyText(const RouteRow& row) const override
    {
        return format::text(row.brokerName);
    }
};

} // namespace gantry::ui
