// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/row_model.h"

namespace gantry::ui {

/// A named value with what it means.
struct Field
{
    int order = 0;
    QString name;
    QString value;
    QString meaning;
    bool isMono = false;
    bool isUnknown = false;
};

/// A short list of named values in a fixed order.
class FieldModel final : public RowModel<Field>
{
public:
    enum ColumnIndex { Name, Value, Meaning };

    explicit FieldModel(QObject* parent = nullptr);
    /// `order` is set from the position.
    void setFields(std::vector<Field> fields);

protected:
    [[nodiscard]] bool isBefore(const Field& a, const Field& b) const override
    {
        return a.order < b.order;
    }
    [[nodiscard]] bool looksSame(const Field& a, const Field& b) const override
    {
        return a.name == b.name && a.value == b.value && a.meaning == b.meaning &&
               a.isUnknown == b.isUnknown;
    }
    [[nodiscard]] QString keyText(const Field& row) const override
    {
        return QString::number(row.order);
    }
    [[nodiscard]] QString filterText(const Field& row) const override
    {
        return row.name + QLatin1Char(' ') + row.value;
    }
};

} // namespace gantry::ui
