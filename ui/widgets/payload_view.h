// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QWidget>

class QButtonGroup;
class QLabel;
class QPlainTextEdit;
class QStackedWidget;

namespace gantry::ui {

class HexView;

/// A message body as text, formatted JSON or hex. Chooses the view that fits, keeps the user's
/// choice otherwise.
class PayloadView final : public QWidget
{
    Q_OBJECT
public:
    enum class View { Text, Json, Hex };

    explicit PayloadView(QWidget* parent = nullptr);
    void setBody(const QByteArray& body);
    void setView(View view);
    [[nodiscard]] View view() const { return m_view; }
    /// What is shown now, for copying and tests.
    [[nodiscard]] QString shownText() const;

private:
    void chooseView();
    void updateViews();
    [[nodiscard]] QString summaryText() const;

    QByteArray m_body;
    QByteArray m_formattedJson; ///< empty when the body is not JSON
    bool m_isText = false;
    bool m_isChosenByUser = false;
    View m_view = View::Text;
    QButtonGroup* m_buttons;
    QLabel* m_summary;
    QPlainTextEdit* m_text;
    QPlainTextEdit* m_json;
    HexView* m_hex;
    QStackedWidget* m_stack;
};

} // namespace gantry::ui
