// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/roles.h"

#include <QWidget>

#include <optional>
#include <vector>

namespace gantry::ui {

class Sparkline;

/// One number that matters: name, value with unit, a note below, and how it went lately. Can be
/// clicked.
class KpiTile final : public QWidget
{
    Q_OBJECT
public:
    explicit KpiTile(const QString& title, const QString& help, QWidget* parent = nullptr);

    /// `shape` goes with the colour so that the state is not told by colour alone; none for the
    /// neutral state.
    void setValue(const QString& value, const QString& unit, const QString& note,
                  ColorRole color = ColorRole::Text, std::optional<CellStyle::Shape> shape = {});
    void setHistory(std::vector<std::optional<double>> values);
    /// Instead of a history: how much of the whole it is (0..1), with marks where something happens.
    void setGauge(std::optional<double> share, std::vector<double> marks);
    [[nodiscard]] QString value() const { return m_value; }
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

Q_SIGNALS:
    void clicked();

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void enterEvent(QEnterEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    void paintGauge(QPainter& painter) const;

    QString m_title;
    QString m_value;
    QString m_unit;
    QString m_note;
    ColorRole m_color = ColorRole::Text;
    std::optional<CellStyle::Shape> m_shape;
    Sparkline* m_sparkline;
    std::optional<double> m_gauge;
    std::vector<double> m_marks;
};

} // namespace gantry::ui
