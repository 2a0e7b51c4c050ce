// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QMetaType>
#include <QString>

#include <cstdint>
#include <vector>

namespace gantry::ui {

/// One queue drawn as a bar from offset 0 to its end: expired, consumed, backlog, one marker per
/// group.
struct QueueStrip
{
    struct Marker
    {
        QString group;
        std::int64_t offset = 0;
        bool operator==(const Marker&) const = default;
    };
    bool isKnown = false; ///< false: minOffset and maxOffset say nothing
    std::int64_t minOffset = 0;
    std::int64_t maxOffset = 0;
    std::vector<Marker> markers; ///< sorted by offset

    bool operator==(const QueueStrip&) const = default;
};

} // namespace gantry::ui

Q_DECLARE_METATYPE(gantry::ui::QueueStrip)
