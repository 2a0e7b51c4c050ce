// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runtime/cluster_session.h"
#include "ui/dialogs/form_dialog.h"

class QCheckBox;
class QComboBox;
class QLineEdit;
class QSpinBox;

namespace gantry::ui {

/// Asks for what a new topic needs; refuses names that are not legal or taken, and says why.
class CreateTopicDialog final : public FormDialog
{
    Q_OBJECT
public:
    explicit CreateTopicDialog(const ClusterSnapshot& snapshot, QWidget* parent = nullptr);
    [[nodiscard]] TopicSpec spec() const;
    [[nodiscard]] QLineEdit* nameEdit() const { return m_name; }

private:
    void validate();

    std::vector<std::string> m_taken;
    std::vector<std::string> m_brokerNames;
    QLineEdit* m_name;
    QSpinBox* m_queues;
    QComboBox* m_permission;
    QComboBox* m_brokers;
    QCheckBox* m_ordered;
};

} // namespace gantry::ui
