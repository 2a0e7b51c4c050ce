// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/time_chart.h"

#include "ui/models/format.h"
#include "ui/style/color_roles.h"
#include "ui/style/metrics.h"
#include "ui/widgets/time_chart_canvas.h"

#include <QEvent>
#include <QPainter>
#include <QVBoxLayout>

namespace gantry::ui {

/// Line sample, name and newest value of each series.
class TimeChart::Legend final : public QWidget
{
public:
    Legend(Scale scale, QWidget* parent)
        : QWidget(parent)
        , m_scale(scale)
    {
        setFont(metrics::caption(font()));
        setFixedHeight(fontMetrics().height() + 6);
    }
    void setEntries(const std::vector<Series>& series)
    {
        m_entries.clear();
        for (const Series& one : series) {
            m_entries.push_back({one.name, newestText(one.values), one.color, one.pen});
        }
        update();
    }

protected:
    void paintEvent(QPaintEvent*) override
    {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        // Where it gets narrow the last values go first; names stay. The mouse shows all values.
        std::size_t valuesShown = m_entries.size();
        while (valuesShown > 0 && widthWith(valuesShown) > width()) {
            --valuesShown;
        }
        int x = metrics::kInside;
        const double middle = height() / 2.0;
        for (std::size_t i = 0; i < m_entries.size(); ++i) {
            const Entry& entry = m_entries[i];
            painter.setPen(QPen(seriesColor(palette(), entry.color), 2.2, entry.pen));
            painter.drawLine(QPointF(x, middle), QPointF(x + kSwatch, middle));
            x += kSwatch + kGap;
            painter.setPen(roleColor(palette(), ColorRole::SecondaryText));
            painter.drawText(QRect(x, 0, width(), height()), Qt::AlignVCenter, entry.name);
            x += fontMetrics().horizontalAdvance(entry.name) + kGap;
            if (i < valuesShown) {
                painter.setPen(palette().color(QPalette::Text));
                painter.drawText(QRect(x, 0, width(), height()), Qt::AlignVCenter, entry.value);
                x += fontMetrics().horizontalAdvance(entry.value);
            }
            x += kBetween;
        }
    }

private:
    static constexpr int kSwatch = 16;
    static constexpr int kGap = 4;
    static constexpr int kBetween = 10;

    [[nodiscard]] int widthWith(std::size_t values) const
    {
        int sum = metrics::kInside;
        for (std::size_t i = 0; i < m_entries.size(); ++i) {
            sum +=
                kSwatch + 2 * kGap + fontMetrics().horizontalAdvance(m_entries[i].name) + kBetween;
            sum += i < values ? fontMetrics().horizontalAdvance(m_entries[i].value) : 0;
        }
        return sum - kBetween;
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

bool TimeChart::event(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange) {
        m_canvas->applyPalette();
        m_legend->update();
    }
    return QWidget::event(event);
}

} // namespace gantry::ui
