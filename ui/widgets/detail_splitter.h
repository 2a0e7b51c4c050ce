// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QSplitter>

namespace gantry::ui {

class Card;
class TableView;

/// A list above, what is selected in it below. Until somebody moves the handle, a short list takes no
/// more than its rows need, a long one its share. Remembers where it was split.
class DetailSplitter final : public QSplitter
{
    Q_OBJECT
public:
    DetailSplitter(const QString& stateKey, QWidget* list, QWidget* detail, int listShare = 50,
                   QWidget* parent = nullptr);
    ~DetailSplitter() override;

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void fitList();

    QString m_stateKey;
    TableView* m_list;
    int m_listShare;
    int m_rowsSeen = 0; ///< the most so far: a filter must not make the table jump
    bool m_isFitting = true;
};

/// A table in a card of its own, without margins.
[[nodiscard]] Card* tableCard(TableView* view, QWidget* parent);
/// The same without a frame around it, for tabs.
void makeFrameless(TableView* view);

} // namespace gantry::ui
