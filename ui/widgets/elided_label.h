// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QLabel>

namespace gantry::ui {

/// One line of plain text that gives way when there is little room: the middle of a name (both ends
/// tell names apart) or the end of a sentence becomes "…", and the tool tip has all of it.
class ElidedLabel final : public QLabel
{
    Q_OBJECT
public:
    explicit ElidedLabel(Qt::TextElideMode mode, QWidget* parent = nullptr);
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    Qt::TextElideMode m_mode;
};

/// The name of what a pane shows the details of.
[[nodiscard]] ElidedLabel* nameLabel(QWidget* parent);
/// Facts beside it, in the secondary colour and caption size.
[[nodiscard]] ElidedLabel* factsLabel(QWidget* parent);

} // namespace gantry::ui
