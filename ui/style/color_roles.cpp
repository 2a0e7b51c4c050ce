// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/style/color_roles.h"

#include <array>

namespace gantry::ui {

namespace {

struct RoleColors
{
    QRgb light;
    QRgb dark;
};

RoleColors colorsOf(ColorRole role)
{
    switch (role) {
    case ColorRole::Text:
        return {0xFF1B1F24, 0xFFE6E9ED};
    case ColorRole::SecondaryText:
        return {0xFF57606A, 0xFFA8B0BA};
    case ColorRole::Accent:
        return {0xFF1F6FB2, 0xFF5AA9E6};
    case ColorRole::Ok:
        return {0xFF1B7F5C, 0xFF3FBF93};
    case ColorRole::Backlog:
        return {0xFF9A5B00, 0xFFF0B040};
    case ColorRole::InFlight:
        return {0xFF2570A9, 0xFF6DB6EE};
    case ColorRole::Retry:
        return {0xFFBA4B08, 0xFFFF9A5C};
    case ColorRole::Error:
        return {0xFFB3261E, 0xFFF2736B};
    case ColorRole::Delayed:
        return {0xFF6B4FB3, 0xFFB59CF0};
    case ColorRole::Half:
        return {0xFF0B7285, 0xFF4CC3D6};
    case ColorRole::Locked:
        return {0xFF3D4FA8, 0xFF8FA1F5};
    case ColorRole::Unflushed:
        return {0xFF806B00, 0xFFE6CF4A};
    case ColorRole::Expired:
        return {0xFF77808C, 0xFF7F8A97};
    case ColorRole::Unknown:
        return {0xFF5F6B7A, 0xFF9AA7B5};
    case ColorRole::Surface:
        return {0xFFFFFFFF, 0xFF1E2126};
    case ColorRole::Raised:
        return {0xFFF6F7F9, 0xFF262A30};
    case ColorRole::Hairline:
        return {0xFFD9DEE4, 0xFF3A4048};
    }
    return {0xFF000000, 0xFFFFFFFF};
}

QPalette paletteOf(bool dark)
{
    const auto color = [dark](ColorRole role) {
        const auto pair = colorsOf(role);
        return QColor::fromRgba(dark ? pair.dark : pair.light);
    };
    const QColor surface = color(ColorRole::Surface);
    const QColor raised = color(ColorRole::Raised);
    const QColor text = color(ColorRole::Text);
    const QColor secondary = color(ColorRole::SecondaryText);
    const QColor accent = color(ColorRole::Accent);
    const QColor disabled = blended(surface, secondary, 0.6);
    QPalette p;
    p.setColor(QPalette::Window, raised);
    p.setColor(QPalette::WindowText, text);
    p.setColor(QPalette::Base, surface);
    p.setColor(QPalette::AlternateBase, blended(surface, raised, 0.7));
    p.setColor(QPalette::Text, text);
    p.setColor(QPalette::PlaceholderText, secondary);
    p.setColor(QPalette::Button, dark ? QColor(0x30, 0x35, 0x3D) : QColor(0xFF, 0xFF, 0xFF));
    p.setColor(QPalette::ButtonText, text);
    p.setColor(QPalette::BrightText, color(ColorRole::Error));
    p.setColor(QPalette::ToolTipBase, dark ? QColor(0x33, 0x39, 0x42) : QColor(0xFF, 0xFF, 0xFF));
    p.setColor(QPalette::ToolTipText, text);
    p.setColor(QPalette::Highlight, accent);
    p.setColor(QPalette::HighlightedText,
               dark ? QColor(0x0E, 0x14, 0x1A) : QColor(0xFF, 0xFF, 0xFF));
    p.setColor(QPalette::Link, accent);
    p.setColor(QPalette::LinkVisited, color(ColorRole::Delayed));
    p.setColor(QPalette::Light, blended(raised, Qt::white, dark ? 0.08 : 0.8));
    p.setColor(QPalette::Midlight, blended(raised, text, 0.06));
    p.setColor(QPalette::Mid, color(ColorRole::Hairline));
    p.setColor(QPalette::Dark, blended(raised, text, 0.3));
    p.setColor(QPalette::Shadow, dark ? QColor(0, 0, 0) : QColor(0x80, 0x88, 0x92));
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
        p.setColor(QPalette::Disabled, role, disabled);
    }
    p.setColor(QPalette::Disabled, QPalette::Highlight, blended(surface, text, 0.12));
    p.setColor(QPalette::Disabled, QPalette::HighlightedText, disabled);
    return p;
}

} // namespace

bool isDark(const QPalette& palette)
{
    return palette.color(QPalette::Window).lightness() <
           palette.color(QPalette::WindowText).lightness();
}

QColor roleColor(const QPalette& palette, ColorRole role)
{
    const auto pair = colorsOf(role);
    return QColor::fromRgba(isDark(palette) ? pair.dark : pair.light);
}

QColor seriesColor(const QPalette& palette, int index)
{
    static constexpr std::array<QRgb, 8> light{0xFF0072B2, 0xFFD55E00, 0xFF009E73, 0xFFAA4499,
                                               0xFF8A6D00, 0xFF4B5563, 0xFF332288, 0xFF882255};
    static constexpr std::array<QRgb, 8> dark{0xFF56B4E9, 0xFFFF9050, 0xFF36C79B, 0xFFE08FD0,
                                              0xFFE6C84A, 0xFFB8C1CC, 0xFF9D8CF2, 0xFFE06A9E};
    const auto at = static_cast<std::size_t>(index) % light.size();
    return QColor::fromRgba(isDark(palette) ? dark[at] : light[at]);
}

QPalette lightPalette()
{
    return paletteOf(false);
}

QPalette darkPalette()
{
    return paletteOf(true);
}

QColor blended(const QColor& under, const QColor& over, double amount)
{
    const auto mix = [amount](float a, float b) {
        return static_cast<float>(a * (1 - amount) + b * amount);
    };
    return QColor::fromRgbF(mix(under.redF(), over.redF()), mix(under.greenF(), over.greenF()),
                            mix(under.blueF(), over.blueF()));
}

} // namespace gantry::ui
