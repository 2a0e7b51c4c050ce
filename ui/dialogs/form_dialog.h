// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

class QDialogButtonBox;
class QFormLayout;
class QLabel;
class QPushButton;

namespace gantry::ui {

/// A form with one verb on its button and a line that says what is still wrong with the input.
/// Cancel is the default where the verb destroys something.
class FormDialog : public QDialog
{
    Q_OBJECT
public:
    FormDialog(const QString& title, const QString& verb, bool isDestructive, QWidget* parent);

    [[nodiscard]] QPushButton* acceptButton() const { return m_accept; }
    [[nodiscard]] QString problem() const;

protected:
    [[nodiscard]] QFormLayout* form() const { return m_form; }
    /// Above the form.
    void setIntroduction(const QString& text);
    /// Empty = the input is fine and the verb can be pressed. `isShown` false: wrong, but nothing
    /// was typed yet.
    void setProblem(const QString& problem, bool isShown = true);

private:
    QLabel* m_introduction;
    QFormLayout* m_form;
    QLabel* m_problem;
    QPushButton* m_accept;
};

} // namespace gantry::ui
