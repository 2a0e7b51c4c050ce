// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/field_table.h"

#include <QHeaderView>
#include <QVBoxLayout>

namespace gantry::ui {

FieldTable::FieldTable(const QString& stateKey, QWidget* parent)
    : QWidget(parent)
    , m_model(new FieldModel(this))
    , m_view(new TableView(this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    m_view->setFrameShape(QFrame::NoFrame);
    m_view->setTable(m_model, stateKey, -1);
    m_view->setSortingEnabled(false); // in the order they are stored
    layout->addWidget(m_view);
}

} // namespace gantry::ui
