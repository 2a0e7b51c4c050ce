// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFrame>

class QLabel;
class QToolButton;
class QPushButton;

namespace gantry::ui {

/// A strip near its cause instead of a box in the way. Takes no room while hidden.
class InlineMessage final : public QFrame
{
    Q_OBJECT
public:
    enum class Kind { Note, Success, Warning, Error };

    explicit InlineMessage(QWidget* parent = nullptr);
    /// `detail` in a second line, e.g. the remedy.
    void showMessage(Kind kind, const QString& text, const QString& detail = {},
                     const QString& actionText = {});
    [[nodiscard]] QString text() const;
    [[nodiscard]] Kind kind() const { return m_kind; }
    void setClosable(bool isClosable);

Q_SIGNALS:
    void actionTriggered();

protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;

private:
    void updateIcon();
    Kind m_kind = Kind::Note;
    QLabel* m_icon;
    QLabel* m_text;
    QPushButton* m_action;
    QToolButton* m_close;
    QString m_plainText;
};

} // namespace gantry::ui
