// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/field_model.h"

#include <QCoreApplication>

namespace gantry::ui {

FieldModel::FieldModel(QObject* parent)
    : RowModel(parent)
{
    const auto tr = [](const char* text) {
        return QCoreApplication::translate("FieldModel", text);
    };
    std::vector<Column<Field>> columns(Meaning + 1);
    columns[Name] = {{"name", tr("Name"), {}, Align::Left, 26},
                     [](const Field& f) { return f.name; },
                     {},
                     [](const Field& f) { return f.meaning; },
                     [](const Field&) {
                         CellStyle s;
                         s.color = ColorRole::SecondaryText;
                         return s;
                     },
                     {}};
    columns[Value] = {{"value", tr("Value"), {}, Align::Left, 40},
                      [](const Field& f) { return f.value; },
                      {},
                      [](const Field& f) { return f.value; },
                      [](const Field& f) {
                          return f.isUnknown ? unknownCell() : f.isMono ? mono() : CellStyle{};
                      },
                      {}};
    columns[Meaning] = {{"meaning", tr("Meaning"), {}, Align::Left, 0},
                        [](const Field& f) { return f.meaning; },
                        {},
                        {},
                        [](const Field&) {
                            CellStyle s;
                            s.color = ColorRole::SecondaryText;
                            return s;
                        },
                        {}};
    setColumns(std::move(columns));
}

void FieldModel::setFields(std::vector<Field> fields)
{
    Rows rows;
    rows.reserve(fields.size());
    for (std::size_t i = 0; i < fields.size(); ++i) {
        fields[i].order = static_cast<int>(i);
        rows.push_back(std::make_shared<const Field>(std::move(fields[i])));
    }
    applyRows(std::move(rows));
}

} // namespace gantry::ui
