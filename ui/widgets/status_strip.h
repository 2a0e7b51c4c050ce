// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runtime/snapshot.h"
#include "ui/models/roles.h"

#include <QWidget>

#include <optional>
#include <vector>

class QTimer;

namespace gantry::ui {

/// The bottom line of the window: is everything up, how much flows, what lags, how old the picture
/// is.
class StatusStrip final : public QWidget
{
    Q_OBJECT
public:
    explicit StatusStrip(QWidget* parent = nullptr);
    void apply(const SnapshotPtr& snapshot);
    /// Instead of a cluster's state, e.g. while it starts.
    void showText(const QString& text);
    [[nodiscard]] QString text() const;
    [[nodiscard]] QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    struct Segment
    {
        std::optional<CellStyle::Shape> shape;
        ColorRole color = ColorRole::SecondaryText;
        QString text;
    };
    [[nodiscard]] Segment ageSegment() const;

    std::vector<Segment> m_segments;
    std::int64_t m_takenAtMs = 0;
    QTimer* m_timer;
};

} // namespace gantry::ui
