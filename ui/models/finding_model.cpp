// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/finding_model.h"

#include "ui/models/cells.h"
#include "ui/models/snapshot_rows.h"

#include <QCoreApplication>

#include <tuple>

namespace gantry::ui {

namespace {

CellStyle severityBadge(FindingSeverity severity)
{
    switch (severity) {
    case FindingSeverity::Note:
        return badge(ColorRole::Accent, CellStyle::Shape::Note);
    case FindingSeverity::Warning:
        return badge(ColorRole::Backlog, CellStyle::Shape::Warning);
    case FindingSeverity::Error:
        return badge(ColorRole::Error, CellStyle::Shape::Cross);
    }
    return {};
}

} // namespace

FindingModel::FindingModel(QObject* parent)
    : RowModel(parent)
{
    std::vector<Column<Finding>> columns(Detail + 1);
    const auto title = QCoreApplication::translate("FindingModel", "Finding");
    const auto detail = QCoreApplication::translate("FindingModel", "Why, and what to do");
    columns[Title] = {{"title", title, {}, Align::Left, 40},
                      [](const Finding& f) { return format::text(f.title); },
                      {},
                      [](const Finding& f) { return format::text(f.detail); },
                      [](const Finding& f) { return severityBadge(f.severity); },
                      {}};
    columns[Detail] = {{"detail", detail, {}, Align::Left, 0},
                       [](const Finding& f) { return format::text(f.detail); },
                       {},
                       {},
                       {},
                       {}};
    setColumns(std::move(columns));
}

void FindingModel::apply(const SnapshotPtr& snapshot)
{
    applyRows(rowsOf(snapshot, snapshot->findings));
}

bool FindingModel::isBefore(const Finding& a, const Finding& b) const
{
    if (a.severity != b.severity) {
        return a.severity > b.severity;
    }
    return std::tie(a.page, a.object, a.title) < std::tie(b.page, b.object, b.title);
}

bool FindingModel::looksSame(const Finding& a, const Finding& b) const
{
    return a.detail == b.detail;
}

QString FindingModel::keyText(const Finding& row) const
{
    return format::text(row.page) + QLatin1Char('\n') + format::text(row.object) +
           QLatin1Char('\n') + format::text(row.title);
}

} // namespace gantry::ui
