// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/time_chart.h"

#include "ui/models/format.h"
#include "ui/style/color_roles.h"
#include "ui/style/metrics.h"
#include "ui/widgets/time_chart_canvas.h"

#include <QEvent>
#include <QPainter>
#include <QVBoxLayout>

#include <algorithm>

namespace gantry::ui {

/// Line sample, name and newest value of each series, in one row, or in two where it gets narrow.
class TimeChart::Legend final : public QWidget
{
public:
    Legend(Scale scale, QWidget* parent)
        : QWidget(parent)
        , m_scale(scale)
    {
        setFont(metrics::caption(font()));
        setRows(1);
    }
    void setEntries(const std::vector<Series>& series)
    {
        m_entries.clear();
        for (const Series& one : series) {
            m_entries.push_back({one.name, newestText(one.values), one.color, one.pen});
        }
        update();
    }
    void setRows(int rows)
    {
        m_rows = rows;
        setFixedHeight(rows * rowHeight() + 2);
        update();
    }
    [[nodiscard]] int rowsNeeded() const
    {
        return entryWidth(true) * static_cast<int>(m_entries.size()) > width() - metrics::kInside ? 2
                                                                                                 : 1;
    }

protected:
    void paintEvent(QPaintEvent*) override
    {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        const int count = static_cast<int>(m_entries.size());
        const int columns = (count + m_rows - 1) / m_rows;
        // Only names where even that is too wide; the mouse shows the values.
        const bool hasValues = columns * entryWidth(true) <= width() - metrics::kInside;
        for (int i = 0; i < count; ++i) {
            const Entry& entry = m_entries[static_cast<std::size_t>(i)];
            int x = metrics::kInside + i % columns * entryWidth(hasValues);
            const QRect row(0, i / columns * rowHeight() + 1, width(), rowHeight());
            const double middle = row.top() + row.height() / 2.0;
            painter.setPen(QPen(seriesColor(palette(), entry.color), 2.2, entry.pen));
            painter.drawLine(QPointF(x, middle), QPointF(x + kSwatch, middle));
            x += kSwatch + kGap;
            painter.setPen(roleColor(palette(), ColorRole::SecondaryText));
            painter.drawText(row.adjusted(x, 0, 0, 0), Qt::AlignVCenter, entry.name);
            if (hasValues) {
                x += fontMetrics().horizontalAdvance(entry.name) + kGap;
                painter.setPen(palette().color(QPalette::Text));
                painter.drawText(row.adjusted(x, 0, 0, 0), Qt::AlignVCenter, entry.value);
            }
        }
    }

private:
    static constexpr int kSwatch = 16;
    static constexpr int kGap = 4;
    static constexpr int kBetween = 10;

    [[nodiscard]] int rowHeight() const { return fontMetrics().height() + 4; }

    /// The same for all entries and whatever the values of this second are, so that nothing jumps.
    [[nodiscard]] int entryWidth(bool withValue) const
    {
        const QFontMetrics font = fontMetrics();
        int widest = 0;
        for (const Entry& entry : m_entries) {
            widest = std::max(widest, font.horizontalAdvance(entry.name));
        }
        const QString value = Canvas::valueText(m_scale, m_scale == Scale::Rate ? 88'888 : 88.8e6);
        return kSwatch + kGap + widest + (withValue ? kGap + font.horizontalAdvance(value) : 0) + kBetween;
    }

    /// Of the last seconds: a second without a message has no latency, and that is no news.
    [[nodiscard]] QString newestText(const std::vector<std::optional<double>>& values) const
    {
        constexpr std::size_t lookBack = 5;
        for (std::size_t i = values.size(); i > 0 && values.size() - i < lookBack; --i) {
            if (values[i - 1].has_value()) {
                return Canvas::valueText(m_scale, *values[i - 1]);
            }
        }
        return format::unknown();
    }

    struct Entry
    {
        QString name;
        QString value;
        int color = 0;
        Qt::PenStyle pen = Qt::SolidLine;
    };
    Scale m_scale;
    int m_rows = 1;
    std::vector<Entry> m_entries;
};

TimeChart::TimeChart(Scale scale, QWidget* parent)
    : QWidget(parent)
    , m_scale(scale)
    , m_legend(new Legend(scale, this))
    , m_canvas(new Canvas(scale, this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_legend);
    layout->addWidget(m_canvas, 1);
}

TimeChart::~TimeChart() = default;

void TimeChart::setSamples(std::vector<std::int64_t> timesMs, std::vector<Series> series,
                           const std::vector<std::pair<int, int>>& bands)
{
    m_legend->setEntries(series);
    m_canvas->setSamples(std::move(timesMs), std::move(series), bands);
}

QString TimeChart::textAt(std::int64_t timeMs) const
{
    const auto sample = m_canvas->sampleNear(timeMs);
    return sample ? m_canvas->textAt(*sample) : QString();
}

int TimeChart::pieceCount(int series) const
{
    return m_canvas->pieceCount(series);
}

int TimeChart::legendRowsNeeded() const
{
    return m_legend->rowsNeeded();
}

void TimeChart::setLegendRows(int rows)
{
    m_legend->setRows(rows);
}

bool TimeChart::event(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange) {
        m_canvas->applyPalette();
        m_legend->update();
    }
    return QWidget::event(event);
}

} // namespace gantry::ui
