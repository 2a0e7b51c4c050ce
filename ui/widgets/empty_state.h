// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QLabel;
class QPushButton;

namespace gantry::ui {

/// What stands where nothing is: an icon, a sentence, why, and a way on. Never a blank grid.
class EmptyState final : public QWidget
{
    Q_OBJECT
public:
    explicit EmptyState(QWidget* parent = nullptr);

    void setContent(const QString& iconName, const QString& sentence, const QString& why = {},
                    const QString& actionText = {});
    [[nodiscard]] QString sentence() const;
    [[nodiscard]] QString why() const;
    [[nodiscard]] QPushButton* button() const { return m_button; }

Q_SIGNALS:
    void actionTriggered();

private:
    QLabel* m_icon;
    QLabel* m_sentence;
    QLabel* m_why;
    QPushButton* m_button;
    QString m_iconName;
    bool event(QEvent* event) override;
    void updateIcon();
};

} // namespace gantry::ui
