// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runtime/cluster_session.h"
#include "ui/models/row_model.h"

namespace gantry::ui {

/// Rows of the dedup log, newest first.
class DedupModel final : public RowModel<DedupEntry>
{
public:
    enum ColumnIndex {
        Key,
        Group,
        FirstSeen,
        State,
        Refused,
        LastRefused,
        Topic,
        Queue,
        Offset,
        MessageId
    };

    explicit DedupModel(QObject* parent = nullptr);
    void setEntries(std::vector<DedupEntry> entries);

protected:
    [[nodiscard]] bool isBefore(const DedupEntry& a, const DedupEntry& b) const override;
    [[nodiscard]] bool looksSame(const DedupEntry& a, const DedupEntry& b) const override;
    [[nodiscard]] QString keyText(const DedupEntry& row) const override;
};

} // namespace gantry::ui
