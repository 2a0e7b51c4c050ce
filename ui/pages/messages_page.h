// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runtime/cluster_session.h"
#include "ui/pages/message_query_bar.h"
#include "ui/pages/page.h"

#include <optional>

class QLabel;
class QToolButton;

namespace gantry::ui {

class EmptyState;
class MessageDetail;
class MessageModel;
class SearchField;
class TableView;

/// Finds messages by queue and offset, time, key or id and shows all of them: properties, body,
/// stored fields.
class MessagesPage final : public Page
{
    Q_OBJECT
public:
    explicit MessagesPage(EngineBridge* bridge, QWidget* parent = nullptr);

    void apply(const SnapshotPtr& snapshot) override;
    /// A topic's name: its newest messages.
    void select(const QString& object) override;
    void refresh() override;
    void prepareForTour() override;
    [[nodiscard]] QString missingForTour() const override;
    [[nodiscard]] TableView* list() const { return m_list; }
    [[nodiscard]] MessageQueryBar* queryBar() const { return m_bar; }
    [[nodiscard]] MessageDetail* detail() const { return m_detail; }

private:
    void buildPager(QWidget* parent);
    void run();
    void runFrom(std::int64_t offset);
    void start(const MessageQuery& query);
    void accept(std::uint64_t token, Result<MessagePage> result);
    void cancel();
    void showCurrent();
    void updatePager();
    void chooseBusiestTopic();

    MessageModel* m_messages;
    TableView* m_list;
    MessageQueryBar* m_bar;
    MessageDetail* m_detail;
    SearchField* m_search;
    EmptyState* m_nothing = nullptr;
    QLabel* m_note;
    QWidget* m_pager = nullptr;
    QLabel* m_range = nullptr;
    QToolButton* m_first = nullptr;
    QToolButton* m_previous = nullptr;
    QToolButton* m_next = nullptr;
    QToolButton* m_last = nullptr;
    std::uint64_t m_token = 0; ///< answers to older questions are dropped
    CancelToken m_cancel;
    std::optional<MessageQuery> m_asked;
    MessagePage m_page;    ///< of the newest answer, without its messages
    QString m_wantedTopic; ///< to be shown as soon as the topic is known
    bool m_isRunning = false;
    bool m_hasRun = false;
};

} // namespace gantry::ui
