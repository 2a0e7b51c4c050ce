// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/style/color_role.h"

#include <QMetaType>
#include <QString>
#include <Qt>

#include <optional>

namespace gantry::ui {

/// What our models answer besides Qt's own roles.
enum ItemRole {
    SortRole = Qt::UserRole + 1, ///< number or text to sort by; invalid = unknown, sorts last
    RawRole,    ///< what "copy" puts on the clipboard: full precision, no separators
    KeyRole,    ///< the row's key as text; the same in every column
    CellRole,   ///< CellStyle
    StripRole,  ///< QueueStrip
    FilterRole, ///< text the search field looks at
    ItemRoleEnd
};

/// How a delegate paints a cell beyond its text.
struct CellStyle
{
    enum class Kind {
        Plain,
        Badge, ///< shape + word in the role's colour
        Bar,   ///< number on a bar of `fraction`
        Strip, ///< a queue strip (StripRole)
        Mono,  ///< ids, offsets, hex: fixed font
    };
    enum class Shape { Dot, Check, Cross, Warning, Retry, Clock, Question, Ring, Note, Lock };

    Kind kind = Kind::Plain;
    ColorRole color = ColorRole::Text;
    Shape shape = Shape::Dot;
    double fraction = 0;    ///< 0..1, of a Bar
    bool isUnknown = false; ///< the text is "–": grey, not a number
};

} // namespace gantry::ui

Q_DECLARE_METATYPE(gantry::ui::CellStyle)
