// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/field_model.h"
#include "ui/widgets/table_view.h"

namespace gantry::ui {

/// Named values in a table, in the order given.
class FieldTable final : public QWidget
{
    Q_OBJECT
public:
    explicit FieldTable(const QString& stateKey, QWidget* parent = nullptr);
    void setFields(std::vector<Field> fields) { m_model->setFields(std::move(fields)); }
    [[nodiscard]] FieldModel* model() const { return m_model; }
    [[nodiscard]] TableView* view() const { return m_view; }

private:
    FieldModel* m_model;
    TableView* m_view;
};

} // namespace gantry::ui
