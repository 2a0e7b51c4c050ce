// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFont>
#include <QFontDatabase>
#include <QFontMetrics>

/// Distances and type sizes, all multiples of a base that follows the font.
namespace gantry::ui::metrics {

/// Steps of the 4-px grid at a 9-to-10-point font.
[[nodiscard]] inline int grid(const QFont& font, int steps)
{
    const double base = std::max(4.0, QFontMetrics(font).height() / 4.4);
    return static_cast<int>(base * steps + 0.5);
}
inline constexpr int kInside = 4;  ///< inside a control
inline constexpr int kRelated = 8; ///< between related things
inline constexpr int kGroups = 12; ///< between groups
inline constexpr int kMargin = 16; ///< around a page
inline constexpr int kSections = 24;
inline constexpr int kCorner = 4;

[[nodiscard]] inline int rowHeight(const QFont& font)
{
    return static_cast<int>(QFontMetrics(font).height() * 1.5 + 0.5);
}

[[nodiscard]] inline QFont scaled(QFont font, double factor)
{
    if (font.pointSizeF() > 0) {
        font.setPointSizeF(std::max(8.0, font.pointSizeF() * factor));
    } else {
        font.setPixelSize(std::max(11, static_cast<int>(font.pixelSize() * factor + 0.5)));
    }
    return font;
}
[[nodiscard]] inline QFont caption(const QFont& font)
{
    return scaled(font, 0.9);
}
[[nodiscard]] inline QFont title(const QFont& font)
{
    QFont out = scaled(font, 1.15);
    out.setWeight(QFont::DemiBold);
    return out;
}
[[nodiscard]] inline QFont kpi(const QFont& font)
{
    QFont out = scaled(font, 1.6);
    out.setWeight(QFont::DemiBold);
    return out;
}
/// The fixed font at the size of `font`, a little smaller because fixed fonts run large.
[[nodiscard]] inline QFont mono(const QFont& font)
{
    QFont out = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    if (font.pointSizeF() > 0) {
        out.setPointSizeF(font.pointSizeF() * 0.94);
    }
    return out;
}

} // namespace gantry::ui::metrics
