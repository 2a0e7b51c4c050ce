// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runtime/snapshot.h"

#include <QWidget>

#include <vector>

namespace gantry::ui {

/// Per group a bar of its deliveries: how many had their effect, how many were refused, how many
/// did neither.
class DedupBalance final : public QWidget
{
    Q_OBJECT
public:
    explicit DedupBalance(QWidget* parent = nullptr);
    void setGroups(std::vector<DedupGroupInfo> groups);
    [[nodiscard]] const std::vector<DedupGroupInfo>& groups() const { return m_groups; }
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override { return {360, sizeHint().height()}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    [[nodiscard]] int rowHeight() const;
    std::vector<DedupGroupInfo> m_groups;
};

} // namespace gantry::ui
