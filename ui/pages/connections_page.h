// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/pages/page.h"

namespace gantry::ui {

class ConnectionModel;
class FilterChips;
class SearchField;
class TableView;

/// Who is connected: clients inside and outside, their role, group, language and version.
class ConnectionsPage final : public Page
{
    Q_OBJECT
public:
    explicit ConnectionsPage(EngineBridge* bridge, QWidget* parent = nullptr);

    void apply(const SnapshotPtr& snapshot) override;
    void select(const QString& object) override;
    [[nodiscard]] QString missingForTour() const override;
    [[nodiscard]] TableView* list() const { return m_list; }

private:
    ConnectionModel* m_connections;
    TableView* m_list;
    FilterChips* m_chips;
    SearchField* m_search;
};

} // namespace gantry::ui
