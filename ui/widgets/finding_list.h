// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QListView>

namespace gantry::ui {

class EmptyState;
class FindingModel;

/// Findings with their severity, why, and a way to the evidence: Enter or a click goes there.
class FindingList final : public QListView
{
    Q_OBJECT
public:
    explicit FindingList(FindingModel* model, QWidget* parent = nullptr);

Q_SIGNALS:
    void findingActivated(const QString& page, const QString& object);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void updateEmptyState();
    FindingModel* m_model;
    EmptyState* m_empty;
};

} // namespace gantry::ui
