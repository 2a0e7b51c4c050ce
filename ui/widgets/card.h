// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFrame>

class QHBoxLayout;
class QLabel;
class QVBoxLayout;

namespace gantry::ui {

/// A raised surface with a hairline and, if it has one, a title row to which controls can be added.
class Card : public QFrame
{
    Q_OBJECT
public:
    explicit Card(const QString& title = {}, QWidget* parent = nullptr);
    /// Where the content goes.
    [[nodiscard]] QVBoxLayout* body() const { return m_body; }
    /// At the right of the title.
    [[nodiscard]] QHBoxLayout* titleRow() const { return m_titleRow; }
    /// Content reaches the edges, e.g. for a table.
    void setFlush();

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QVBoxLayout* m_body;
    QHBoxLayout* m_titleRow;
};

/// A label in the secondary colour and caption size.
[[nodiscard]] QLabel* captionLabel(const QString& text, QWidget* parent = nullptr);
/// A semi-bold heading.
[[nodiscard]] QLabel* titleLabel(const QString& text, QWidget* parent = nullptr);

} // namespace gantry::ui
