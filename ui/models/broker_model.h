// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runtime/snapshot.h"
#include "ui/models/row_model.h"

namespace gantry::ui {

/// A NameServer or a broker: the members of a cluster in one table.
struct NodeRow
{
    std::shared_ptr<const BrokerInfo> broker; ///< one of the two is set
    std::shared_ptr<const NameServerInfo> nameServer;

    [[nodiscard]] bool isUp() const { return broker ? broker->isUp : nameServer->isUp; }
    [[nodiscard]] const std::string& problem() const
    {
        return broker ? broker->problem : nameServer->problem;
    }
    [[nodiscard]] const std::string& address() const
    {
        return broker ? broker->address : nameServer->address;
    }
    [[nodiscard]] QString name() const;
};

/// NameServers first, then brokers by name and id.
class BrokerModel final : public RowModel<NodeRow>
{
public:
    enum ColumnIndex {
        Name,
        Role,
        State,
        Address,
        Version,
        Flush,
        PutRate,
        GetRate,
        PutP99,
        FlushP99,
        Behind,
        Disk,
        Connections
    };

    explicit BrokerModel(QObject* parent = nullptr);
    void apply(const SnapshotPtr& snapshot);

protected:
    [[nodiscard]] bool isBefore(const NodeRow& a, const NodeRow& b) const override;
    [[nodiscard]] bool looksSame(const NodeRow& a, const NodeRow& b) const override;
    [[nodiscard]] QString keyText(const NodeRow& row) const override;
    [[nodiscard]] QString filterText(const NodeRow& row) const override;
};

/// "SYNC_FLUSH" -> "sync", "ASYNC_FLUSH" -> "async"; anything else as it is.
[[nodiscard]] QString flushModeWord(const std::string& flushModeText);

} // namespace gantry::ui
