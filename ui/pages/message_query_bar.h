// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "message/message_queue.h"
#include "runtime/snapshot.h"

#include <QWidget>

class QComboBox;
class QDateTimeEdit;
class QLabel;
class QLineEdit;
class QPushButton;
class QStackedWidget;

namespace gantry::ui {

/// What messages to look for.
struct MessageQuery
{
    enum class Mode { Newest, Queue, Time, Key, Id };
    Mode mode = Mode::Newest;
    std::string topic;
    MessageQueue queue;
    std::int64_t offset = 0;
    std::int64_t beginMs = 0;
    std::int64_t endMs = 0;
    std::string text; ///< key or id
};

/// The line over the message grid: topic, how to search, and what for.
class MessageQueryBar final : public QWidget
{
    Q_OBJECT
public:
    explicit MessageQueryBar(QWidget* parent = nullptr);

    /// Keeps topic and queue lists up to date without disturbing what is typed.
    void apply(const ClusterSnapshot& snapshot);
    void setTopic(const QString& topic);
    [[nodiscard]] QString topic() const;
    void setMode(MessageQuery::Mode mode);
    void setText(const QString& text);
    void setOffset(std::int64_t offset);
    [[nodiscard]] MessageQuery query() const;
    void setRunning(bool isRunning);
    /// Why the query cannot be run; empty = it can.
    [[nodiscard]] QString problem() const;
    [[nodiscard]] QComboBox* modeBox() const { return m_mode; }
    [[nodiscard]] QComboBox* topicBox() const { return m_topic; }
    [[nodiscard]] QLineEdit* keyEdit() const { return m_key; }
    [[nodiscard]] QLineEdit* idEdit() const { return m_id; }
    [[nodiscard]] QPushButton* runButton() const { return m_run; }
    [[nodiscard]] QPushButton* cancelButton() const { return m_cancel; }

Q_SIGNALS:
    void runRequested();
    void cancelRequested();

private:
    void updateQueues();
    void validate();

    QComboBox* m_topic;
    QComboBox* m_mode;
    QStackedWidget* m_arguments;
    QComboBox* m_queue;
    QLineEdit* m_offset;
    QDateTimeEdit* m_begin;
    QDateTimeEdit* m_end;
    QLineEdit* m_key;
    QLineEdit* m_id;
    QLabel* m_reason; ///< why there is nothing to search, where that is not plain to see
    QPushButton* m_run;
    QPushButton* m_cancel;
    std::vector<std::pair<std::string, std::vector<MessageQueue>>> m_topics;
};

} // namespace gantry::ui
