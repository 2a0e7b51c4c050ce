// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractScrollArea>
#include <QByteArray>

namespace gantry::ui {

/// Bytes as offset, hex and ASCII. Paints only the lines that are visible, so size does not matter.
/// Bytes can be selected with the mouse or Shift and arrows and are copied as hex.
class HexView final : public QAbstractScrollArea
{
    Q_OBJECT
public:
    explicit HexView(QWidget* parent = nullptr);
    void setBytes(QByteArray bytes);
    [[nodiscard]] const QByteArray& bytes() const { return m_bytes; }
    [[nodiscard]] QByteArray selectedBytes() const;

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    static constexpr int kBytesPerLine = 16;
    void updateScrollBar();
    [[nodiscard]] int lineHeight() const;
    [[nodiscard]] int hexLeft() const;
    [[nodiscard]] int asciiLeft() const;
    [[nodiscard]] qsizetype byteAt(const QPoint& position) const;
    void moveCursor(qsizetype to, bool extend);

    QByteArray m_bytes;
    qsizetype m_anchor = -1;
    qsizetype m_cursor = -1;
    QFont m_font;
    int m_digit = 8; ///< width of one character
};

} // namespace gantry::ui
