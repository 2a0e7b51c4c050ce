// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <vector>

class QAbstractButton;

namespace gantry::ui {

/// A row of choices of which one is taken, each with how many rows it would show.
class FilterChips final : public QWidget
{
    Q_OBJECT
public:
    explicit FilterChips(const QStringList& names, QWidget* parent = nullptr);
    void setCount(int chip, int count);
    void choose(int chip);
    [[nodiscard]] int chosen() const { return m_chosen; }
    [[nodiscard]] QAbstractButton* button(int chip) const
    {
        return m_buttons[static_cast<std::size_t>(chip)];
    }

Q_SIGNALS:
    void chosenChanged(int chip);

private:
    QStringList m_names;
    std::vector<QAbstractButton*> m_buttons;
    int m_chosen = 0;
};

} // namespace gantry::ui
