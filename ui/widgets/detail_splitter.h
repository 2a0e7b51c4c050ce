// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QSplitter>

namespace gantry::ui {

/// A list above, what is selected in it below. Remembers where it was split.
class DetailSplitter final : public QSplitter
{
    Q_OBJECT
public:
    DetailSplitter(const QString& stateKey, QWidget* list, QWidget* detail, int listShare = 50,
                   QWidget* parent = nullptr);
    ~DetailSplitter() override;

private:
    QString m_stateKey;
};

class Card;
class TableView;
/// A table in a card of its own, without margins.
[[nodiscard]] Card* tableCard(TableView* view, QWidget* parent);
/// The same without a frame around it, for tabs.
void makeFrameless(TableView* view);

} // namespace gantry::ui
