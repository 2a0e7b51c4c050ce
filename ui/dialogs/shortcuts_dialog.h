// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

namespace gantry::ui {

/// All keys that do something: those of the menus, and those that tables and fields know.
class ShortcutsDialog final : public QDialog
{
    Q_OBJECT
public:
    /// Lists the shortcuts of the actions below `window`.
    explicit ShortcutsDialog(QWidget* window);
    /// "Ctrl+K  Find…", one a line, for tests.
    [[nodiscard]] QStringList lines() const { return m_lines; }

private:
    QStringList m_lines;
};

} // namespace gantry::ui
