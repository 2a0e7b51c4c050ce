// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/prune_dialog.h"

#include <QComboBox>
#include <QFormLayout>

namespace gantry::ui {

PruneDialog::PruneDialog(QWidget* parent)
    : FormDialog(tr("Prune the dedup log"), tr("Prune"), true, parent)
    , m_age(new QComboBox(this))
{
    setIntroduction(
        tr("Deletes rows that were first seen long ago. Keep them for as long as a duplicate may "
           "still arrive: all retries of a message take about four and a half hours."));
    constexpr qlonglong minute = 60'000;
    m_age->addItem(tr("3 days"), 3 * 24 * 60 * minute);
    m_age->addItem(tr("1 day"), 24 * 60 * minute);
    m_age->addItem(tr("6 hours"), 6 * 60 * minute);
    m_age->addItem(tr("1 hour"), 60 * minute);
    m_age->addItem(tr("5 minutes"), 5 * minute);
    m_age->addItem(tr("now: everything"), qlonglong{0});
    form()->addRow(tr("Older than"), m_age);
}

std::int64_t PruneDialog::olderThanMs() const
{
    return m_age->currentData().toLongLong();
}

} // namespace gantry::ui
