// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

namespace gantry::ui {

/// What a column can do with room, in pixels.
struct ColumnRoom
{
    int least = 0;           ///< narrower is of no use
    int natural = 0;         ///< shows its title and everything in it
    int usual = 0;           ///< beyond this it is widened only when others have what they need
    bool isStretching = false; ///< takes what nobody else needs
};

/// Widths for columns side by side in `room` pixels. Nothing is cut where there is room for all of
/// it; then long texts give way first, and below the sum of the leasts the table scrolls. What is
/// over goes to the stretching column, else to all in proportion, so that the last one ends at the
/// right edge.
[[nodiscard]] std::vector<int> fitColumnWidths(const std::vector<ColumnRoom>& columns, int room);

} // namespace gantry::ui
