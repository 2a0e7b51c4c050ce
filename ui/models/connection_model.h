// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runtime/snapshot.h"
#include "ui/models/row_model.h"

namespace gantry::ui {

/// Who is connected to brokers and NameServers.
class ConnectionModel final : public RowModel<ConnectionInfo>
{
public:
    enum ColumnIndex {
        Client,
        Origin,
        Role,
        Group,
        Library,
        Remote,
        Peer,
        Since,
        Heartbeat,
        BytesIn,
        BytesOut
    };

    explicit ConnectionModel(QObject* parent = nullptr);
    void apply(const SnapshotPtr& snapshot);

protected:
    [[nodiscard]] bool isBefore(const ConnectionInfo& a, const ConnectionInfo& b) const override;
    [[nodiscard]] bool looksSame(const ConnectionInfo& a, const ConnectionInfo& b) const override;
    [[nodiscard]] QString keyText(const ConnectionInfo& row) const override;
    [[nodiscard]] QString filterText(const ConnectionInfo& row) const override;

private:
    std::int64_t m_nowMs = 0;
};

} // namespace gantry::ui
