// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/row_model.h"

#include <utility>

/// Columns that many tables have.
namespace gantry::ui {

/// A number that may be unknown.
template <typename T, typename Get>
[[nodiscard]] Column<T> countColumn(ColumnInfo info, Get get, const QString& whyUnknown = {})
{
    Column<T> column;
    static_cast<ColumnInfo&>(column) = std::move(info);
    column.text = [get](const T& row) { return format::count(get(row)); };
    column.raw = [get](const T& row) { return rawOf(get(row)); };
    column.tip = [get, whyUnknown](const T& row) {
        return get(row) || whyUnknown.isEmpty() ? QString() : whyUnknown;
    };
    return column;
}

/// Something per second that may be unknown.
template <typename T, typename Get>
[[nodiscard]] Column<T> rateColumn(ColumnInfo info, Get get)
{
    Column<T> column;
    static_cast<ColumnInfo&>(column) = std::move(info);
    column.text = [get](const T& row) { return format::rate(get(row)); };
    column.raw = [get](const T& row) { return rawOf(get(row)); };
    column.tip = [get](const T& row) {
        return get(row) ? QStringLiteral("%1/s").arg(*get(row), 0, 'f', 2)
                        : QStringLiteral("Not measured yet");
    };
    return column;
}

/// A backlog: the number on a bar that is full at `max()`. Nothing behind = caught up.
template <typename T, typename Get, typename Max>
[[nodiscard]] Column<T> barColumn(ColumnInfo info, Get get, Max max, const QString& whyUnknown)
{
    Column<T> column = countColumn<T>(std::move(info), get, whyUnknown);
    column.cell = [get, max](const T& row) {
        const auto value = get(row);
        if (!value) {
            return unknownCell();
        }
        CellStyle style;
        style.kind = CellStyle::Kind::Bar;
        style.color = *value > 0 ? ColorRole::Backlog : ColorRole::Ok;
        const auto full = max();
        style.fraction = full > 0 ? static_cast<double>(*value) / static_cast<double>(full) : 0;
        return style;
    };
    return column;
}

/// A wall-clock time that may be unknown; the tool tip has date and milliseconds.
template <typename T, typename Get>
[[nodiscard]] Column<T> timeColumn(ColumnInfo info, Get get, bool isExact = false)
{
    Column<T> column;
    static_cast<ColumnInfo&>(column) = std::move(info);
    column.text = [get, isExact](const T& row) {
        const std::optional<std::int64_t> ms = get(row);
        return !ms ? format::unknown() : isExact ? format::moment(*ms) : format::when(*ms);
    };
    column.raw = [get](const T& row) { return rawOf(std::optional<std::int64_t>(get(row))); };
    column.tip = [get](const T& row) {
        const std::optional<std::int64_t> ms = get(row);
        return ms ? format::dateTime(*ms) : QStringLiteral("Not known");
    };
    return column;
}

/// Plain text; `Kind::Mono` for ids. Empty is "–".
template <typename T, typename Get>
[[nodiscard]] Column<T> textColumn(ColumnInfo info, Get get,
                                   CellStyle::Kind kind = CellStyle::Kind::Plain)
{
    Column<T> column;
    static_cast<ColumnInfo&>(column) = std::move(info);
    column.text = [get](const T& row) { return format::textOrUnknown(get(row)); };
    column.raw = [get](const T& row) {
        const std::string value = get(row);
        return value.empty() ? QVariant() : QVariant(format::text(value));
    };
    column.tip = [get](const T& row) { return format::text(get(row)); };
    column.cell = [get, kind](const T& row) {
        if (get(row).empty()) {
            return unknownCell();
        }
        CellStyle style;
        style.kind = kind;
        return style;
    };
    return column;
}

} // namespace gantry::ui
