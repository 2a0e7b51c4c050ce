// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace gantry::ui {

/// What a colour means. The values for light and dark are in color_roles.cpp; a second cue (shape,
/// hatch, word) always goes with it.
enum class ColorRole {
    Text,
    SecondaryText,
    Accent,
    Ok,       ///< caught up, running
    Backlog,  ///< stored, not consumed
    InFlight, ///< pulled, not acknowledged
    Retry,
    Error, ///< dead letter, failure
    Delayed,
    Half, ///< transaction prepared
    Locked,
    Unflushed,
    Expired, ///< graphics only
    Unknown, ///< unknown or stale
    Surface,
    Raised,
    Hairline,
};

} // namespace gantry::ui
