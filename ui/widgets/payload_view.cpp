// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/payload_view.h"

#include "ui/models/format.h"
#include "ui/models/message_model.h"
#include "ui/style/metrics.h"
#include "ui/widgets/card.h"
#include "ui/widgets/hex_view.h"
#include "ui/widgets/json_format.h"
#include "ui/widgets/json_highlighter.h"

#include <QButtonGroup>
#include <QClipboard>
#include <QEvent>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QStackedWidget>

#include <algorithm>

namespace gantry::ui {

namespace {

/// More than this is cut in the text views; hex shows all of it.
constexpr qsizetype kTextBytesMax = 256 * 1024;
/// Laying a longer line out would keep the window from answering.
constexpr qsizetype kLineBytesMax = 16 * 1024;

/// How much of the text can be shown: up to the first line that is too long, and some of that.
qsizetype shownBytes(const QByteArray& text)
{
    const qsizetype end = std::min(text.size(), kTextBytesMax);
    qsizetype lineStart = 0;
    while (lineStart < end) {
        const qsizetype newline = text.indexOf('\n', lineStart);
        const qsizetype lineEnd = newline < 0 ? text.size() : newline;
        if (lineEnd - lineStart > kLineBytesMax) {
            return std::min(end, lineStart + kLineBytesMax);
        }
        lineStart = lineEnd + 1;
    }
    return end;
}

QPlainTextEdit* makeTextView(QWidget* parent)
{
    auto* edit = new QPlainTextEdit(parent);
    edit->setReadOnly(true);
    edit->setFont(metrics::mono(parent->font()));
    edit->setLineWrapMode(QPlainTextEdit::WidgetWidth);
    edit->setFrameShape(QFrame::NoFrame);
    edit->document()->setDocumentMargin(metrics::kRelated);
    return edit;
}

} // namespace

PayloadView::PayloadView(QWidget* parent)
    : QWidget(parent)
    , m_buttons(new QButtonGroup(this))
    , m_summary(captionLabel({}, this))
    , m_text(makeTextView(this))
    , m_json(makeTextView(this))
    , m_hex(new HexView(this))
    , m_stack(new QStackedWidget(this))
{
    new JsonHighlighter(m_json->document());
    m_hex->setFrameShape(QFrame::NoFrame);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, metrics::kInside, 0, 0);
    layout->setSpacing(metrics::kInside);
    auto* row = new QHBoxLayout;
    row->setContentsMargins(metrics::kRelated, 0, metrics::kRelated, 0);
    row->setSpacing(metrics::kInside);
    int id = 0;
    for (const QString& name : {tr("Text"), tr("JSON"), tr("Hex")}) {
        auto* button = new QPushButton(name, this);
        button->setCheckable(true);
        button->setObjectName(QStringLiteral("payload%1").arg(name));
        m_buttons->addButton(button, id++);
        row->addWidget(button);
    }
    row->addSpacing(metrics::kRelated);
    row->addWidget(m_summary, 1);
    auto* copy = new QPushButton(tr("Copy body"), this);
    row->addWidget(copy);
    layout->addLayout(row);
    for (QWidget* view : {static_cast<QWidget*>(m_text), static_cast<QWidget*>(m_json),
                          static_cast<QWidget*>(m_hex)}) {
        m_stack->addWidget(view);
    }
    layout->addWidget(m_stack, 1);
    connect(m_buttons, &QButtonGroup::idClicked, this, [this](int chosen) {
        m_isChosenByUser = true;
        setView(static_cast<View>(chosen));
    });
    connect(copy, &QPushButton::clicked, this,
            [this] {
                // All of it, also what is too long to be shown.
                QGuiApplication::clipboard()->setText(m_view == View::Text ? QString::fromUtf8(m_body)
                                                                           : shownText());
            });
    setView(View::Text);
}

void PayloadView::setBody(const QByteArray& body)
{
    if (m_body == body && !m_summary->text().isEmpty()) {
        return; // the same message again, refreshed: what is scrolled and selected stays
    }
    m_body = body;
    m_isText = isText(body.toStdString());
    m_formattedJson.clear();
    const QByteArray start = body.left(64).trimmed();
    if (m_isText && (start.startsWith('{') || start.startsWith('[')) &&
        body.size() <= kTextBytesMax) {
        m_formattedJson = formatJson(body).value_or(QByteArray());
    }
    m_buttons->button(static_cast<int>(View::Json))->setEnabled(!m_formattedJson.isEmpty());
    chooseView();
}

QString PayloadView::summaryText() const
{
    const QString kind = !m_formattedJson.isEmpty() ? tr("JSON")
                         : m_body.isEmpty()         ? tr("empty")
                         : m_isText                 ? tr("UTF-8 text")
                                                    : tr("binary, or text that is not UTF-8");
    QString text = format::bytes(m_body.size()) + QStringLiteral(" · ") + kind;
    const qsizetype shown = shownBytes(m_body);
    if (m_view == View::Text && shown < m_body.size()) {
        text += tr(" · the first %1 are shown, Hex shows all").arg(format::bytes(shown));
    } else if (m_view == View::Text && !m_isText) {
        text += tr(" · unreadable bytes are shown as %1").arg(QChar(0xFFFD));
    }
    return text;
}

void PayloadView::chooseView()
{
    if (m_view == View::Json && m_formattedJson.isEmpty()) {
        setView(m_isText ? View::Text : View::Hex);
    } else if (!m_isChosenByUser) {
        setView(!m_formattedJson.isEmpty() ? View::Json : m_isText ? View::Text : View::Hex);
    } else {
        setView(m_view);
    }
}

void PayloadView::setView(View view)
{
    m_view = view;
    m_buttons->button(static_cast<int>(view))->setChecked(true);
    m_stack->setCurrentIndex(static_cast<int>(view));
    m_summary->setText(summaryText());
    updateViews();
}

void PayloadView::updateViews()
{
    switch (m_view) {
    case View::Text:
        m_text->setPlainText(QString::fromUtf8(m_body.left(shownBytes(m_body))));
        break;
    case View::Json:
        m_json->setPlainText(QString::fromUtf8(m_formattedJson));
        break;
    case View::Hex:
        m_hex->setBytes(m_body);
        break;
    }
}

QString PayloadView::shownText() const
{
    switch (m_view) {
    case View::Text:
        return m_text->toPlainText();
    case View::Json:
        return m_json->toPlainText();
    case View::Hex:
        return QString::fromLatin1(m_body.toHex(' '));
    }
    return {};
}

} // namespace gantry::ui
