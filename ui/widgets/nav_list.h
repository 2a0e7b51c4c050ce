// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/style/color_role.h"

#include <QListWidget>

namespace gantry::ui {

/// The navigation at the left: icon, name, and a badge only where a person is needed.
class NavList final : public QListWidget
{
    Q_OBJECT
public:
    explicit NavList(QWidget* parent = nullptr);
    void addPage(const QString& id, const QString& iconName, const QString& name,
                 const QString& shortcut);
    void setBadge(const QString& id, const QString& text, ColorRole color);
    void choose(const QString& id);
    [[nodiscard]] QString chosen() const;
    [[nodiscard]] QSize sizeHint() const override;

Q_SIGNALS:
    void pageChosen(const QString& id);

private:
    [[nodiscard]] QListWidgetItem* itemOf(const QString& id) const;
};

} // namespace gantry::ui
