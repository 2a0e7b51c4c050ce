// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

namespace gantry::ui {

/// Says what the parts of a queue strip mean.
class StripLegend final : public QWidget
{
    Q_OBJECT
public:
    explicit StripLegend(QWidget* parent = nullptr);
    [[nodiscard]] QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
};

} // namespace gantry::ui
