// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/filter_chips.h"

#include "ui/models/format.h"
#include "ui/style/metrics.h"

#include <QHBoxLayout>
#include <QPushButton>

namespace gantry::ui {

FilterChips::FilterChips(const QStringList& names, QWidget* parent)
    : QWidget(parent)
    , m_names(names)
{
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(metrics::kInside);
    for (int i = 0; i < names.size(); ++i) {
        auto* button = new QPushButton(names[i], this);
        button->setCheckable(true);
        button->setAutoExclusive(true);
        button->setChecked(i == 0);
        layout->addWidget(button);
        m_buttons.push_back(button);
        connect(button, &QPushButton::clicked, this, [this, i] { choose(i); });
    }
}

void FilterChips::setCount(int chip, int count)
{
    const QString text = QStringLiteral("%1  %2").arg(m_names[chip], format::count(count));
    if (button(chip)->text() != text) {
        button(chip)->setText(text);
    }
}

void FilterChips::choose(int chip)
{
    button(chip)->setChecked(true);
    if (chip != m_chosen) {
        m_chosen = chip;
        Q_EMIT chosenChanged(chip);
    }
}

} // namespace gantry::ui
