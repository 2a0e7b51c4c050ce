// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/style/color_role.h"

#include <QWidget>

#include <optional>
#include <vector>

namespace gantry::ui {

/// A line without axes; breaks where a value is missing. Starts at 0.
class Sparkline final : public QWidget
{
    Q_OBJECT
public:
    explicit Sparkline(QWidget* parent = nullptr);
    void setValues(std::vector<std::optional<double>> values);
    void setColor(ColorRole role) { m_role = role; }
    [[nodiscard]] QSize sizeHint() const override { return {120, 28}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    std::vector<std::optional<double>> m_values;
    ColorRole m_role = ColorRole::Accent;
};

} // namespace gantry::ui
