// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runtime/snapshot.h"
#include "ui/dialogs/form_dialog.h"

class QLineEdit;

namespace gantry::ui {

/// Says what deleting a topic takes with it, and wants its name typed.
class DeleteTopicDialog final : public FormDialog
{
    Q_OBJECT
public:
    DeleteTopicDialog(const TopicInfo& topic, const ClusterSnapshot& snapshot,
                      QWidget* parent = nullptr);
    [[nodiscard]] QLineEdit* nameEdit() const { return m_typed; }

private:
    QLineEdit* m_typed;
};

} // namespace gantry::ui
