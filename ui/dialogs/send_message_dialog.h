// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runtime/cluster_session.h"
#include "ui/dialogs/form_dialog.h"

class QComboBox;
class QLineEdit;
class QPlainTextEdit;

namespace gantry::ui {

/// Composes one message for a topic.
class SendMessageDialog final : public FormDialog
{
    Q_OBJECT
public:
    explicit SendMessageDialog(const TopicInfo& topic, QWidget* parent = nullptr);
    [[nodiscard]] SendSpec spec() const;
    [[nodiscard]] QPlainTextEdit* bodyEdit() const { return m_body; }

private:
    void validate();

    std::string m_topic;
    std::vector<MessageQueue> m_queueList;
    QLineEdit* m_tag;
    QLineEdit* m_keys;
    QComboBox* m_delay;
    QComboBox* m_queue;
    QPlainTextEdit* m_properties;
    QPlainTextEdit* m_body;
};

} // namespace gantry::ui
