// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runtime/snapshot.h"
#include "ui/dialogs/form_dialog.h"

class QComboBox;
class QDateTimeEdit;
class QLabel;
class QRadioButton;

namespace gantry::ui {

/// Where to move a group in one topic, and what that means for its messages.
class ResetOffsetsDialog final : public FormDialog
{
    Q_OBJECT
public:
    ResetOffsetsDialog(const GroupInfo& group, const ClusterSnapshot& snapshot,
                       QWidget* parent = nullptr);
    [[nodiscard]] std::string topic() const;
    /// -1 = skip everything.
    [[nodiscard]] std::int64_t timestampMs() const;
    [[nodiscard]] QRadioButton* skipButton() const { return m_skip; }

private:
    void updateImpact();

    GroupInfo m_group;
    std::int64_t m_nowMs;
    QComboBox* m_topic;
    QRadioButton* m_begin;
    QRadioButton* m_time;
    QRadioButton* m_skip;
    QDateTimeEdit* m_when;
    QLabel* m_impact;
};

} // namespace gantry::ui
