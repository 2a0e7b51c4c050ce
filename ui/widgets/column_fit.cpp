// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/column_fit.h"

#include <algorithm>
#include <cstdint>

namespace gantry::ui {

namespace {

/// Adds `amount` (may be negative) to the widths in proportion to the weights, to the pixel.
void spread(std::vector<int>& widths, const std::vector<int>& weights, int amount)
{
    std::int64_t left = 0;
    for (const int weight : weights) {
        left += weight;
    }
    for (std::size_t i = 0; i < widths.size() && left > 0; ++i) {
        // Of what is still to give, in proportion to what is still to come: nothing is lost to
        // rounding.
        const auto part = static_cast<int>(static_cast<std::int64_t>(amount) * weights[i] / left);
        widths[i] += part;
        amount -= part;
        left -= weights[i];
    }
}

int sumOf(const std::vector<int>& values)
{
    int sum = 0;
    for (const int value : values) {
        sum += value;
    }
    return sum;
}

} // namespace

std::vector<int> fitColumnWidths(const std::vector<ColumnRoom>& columns, int room)
{
    std::vector<int> widths;
    std::vector<int> wishes; // what each still lacks
    std::vector<int> spares; // what each can give up
    int stretching = -1;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const ColumnRoom& column = columns[i];
        const int least = std::min(column.least, column.natural); // no room for what is not there
        const int width = std::max(least, std::min(column.natural, column.usual));
        widths.push_back(width);
        wishes.push_back(std::max(0, column.natural - width));
        spares.push_back(width - least);
        stretching = column.isStretching ? static_cast<int>(i) : stretching;
    }
    const int left = room - sumOf(widths);
    if (left < 0) {
        spread(widths, spares, -std::min(-left, sumOf(spares)));
        return widths;
    }
    const int granted = std::min(left, sumOf(wishes));
    spread(widths, wishes, granted);
    if (stretching >= 0) {
        widths[static_cast<std::size_t>(stretching)] += left - granted;
    } else {
        spread(widths, std::vector<int>(widths), left - granted);
    }
    return widths;
}

} // namespace gantry::ui
