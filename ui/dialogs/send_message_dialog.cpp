// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/send_message_dialog.h"

#include "base/limits.h"
#include "ui/bridge/qt_convert.h"
#include "ui/models/format.h"
#include "ui/style/metrics.h"

#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>

namespace gantry::ui {

SendMessageDialog::SendMessageDialog(const TopicInfo& topic, QWidget* parent)
    : FormDialog(tr("Send a message"), tr("Send message"), false, parent)
    , m_topic(topic.name)
    , m_tag(new QLineEdit(this))
    , m_keys(new QLineEdit(this))
    , m_delay(new QComboBox(this))
    , m_queue(new QComboBox(this))
    , m_properties(new QPlainTextEdit(this))
    , m_body(new QPlainTextEdit(this))
{
    setMinimumSize(560, 520);
    auto* name = new QLabel(toQt(topic.name), this);
    name->setTextInteractionFlags(Qt::TextSelectableByMouse);
    form()->addRow(tr("Topic"), name);
    m_tag->setPlaceholderText(tr("Optional; consumers filter by it"));
    m_keys->setPlaceholderText(tr("Optional, blank-separated; the message can be found by them"));
    form()->addRow(tr("Tag"), m_tag);
    form()->addRow(tr("Keys"), m_keys);
    m_delay->addItem(tr("At once"));
    for (int level = 1; level <= 18; ++level) {
        m_delay->addItem(tr("After %1 (level %2)").arg(format::delayOfLevel(level)).arg(level));
    }
    form()->addRow(tr("Delivery"), m_delay);
    m_queue->addItem(tr("Any"));
    for (const auto& queue : topic.queues) {
        m_queueList.push_back(queue.queue);
        m_queue->addItem(
            tr("%1, queue %2").arg(toQt(queue.queue.brokerName)).arg(queue.queue.queueId));
    }
    form()->addRow(tr("Queue"), m_queue);
    for (QPlainTextEdit* edit : {m_properties, m_body}) {
        edit->setFont(metrics::mono(font()));
        edit->setTabChangesFocus(true);
    }
    m_properties->setPlaceholderText(tr("name=value, one per line"));
    m_properties->setMaximumHeight(QFontMetrics(m_properties->font()).height() * 4);
    m_body->setPlainText(QStringLiteral("{\n  \"hello\": \"from the workbench\"\n}"));
    m_body->setObjectName(QStringLiteral("body"));
    form()->addRow(tr("Properties"), m_properties);
    form()->addRow(tr("Body"), m_body);
    connect(m_body, &QPlainTextEdit::textChanged, this, &SendMessageDialog::validate);
    connect(m_properties, &QPlainTextEdit::textChanged, this, &SendMessageDialog::validate);
    validate();
}

void SendMessageDialog::validate()
{
    const auto bytes = m_body->toPlainText().toUtf8().size();
    if (bytes == 0) {
        setProblem(tr("The body is empty; brokers refuse empty messages"));
        return;
    }
    if (bytes > static_cast<qsizetype>(limits::kMessageBodyBytesMax)) {
        setProblem(tr("The body has %1; at most %2 are allowed")
                       .arg(format::bytes(bytes), format::bytes(static_cast<std::int64_t>(
                                                      limits::kMessageBodyBytesMax))));
        return;
    }
    for (const QString& line :
         m_properties->toPlainText().split(QLatin1Char('\n'), Qt::SkipEmptyParts)) {
        if (line.indexOf(QLatin1Char('=')) < 1) {
            setProblem(tr("'%1' is not of the form name=value").arg(line));
            return;
        }
        const QString name = line.section(QLatin1Char('='), 0, 0).trimmed();
        if (name.contains(QChar(1)) || name.contains(QChar(2)) || line.contains(QChar(1)) ||
            line.contains(QChar(2))) {
            setProblem(tr("Properties must not contain the separator characters 1 and 2"));
            return;
        }
    }
    setProblem({});
}

SendSpec SendMessageDialog::spec() const
{
    SendSpec spec;
    spec.message.topic = m_topic;
    for (const QString& line :
         m_properties->toPlainText().split(QLatin1Char('\n'), Qt::SkipEmptyParts)) {
        spec.message.properties.set(fromQt(line.section(QLatin1Char('='), 0, 0).trimmed()),
                                    fromQt(line.section(QLatin1Char('='), 1)));
    }
    if (!m_tag->text().trimmed().isEmpty()) {
        spec.message.setTags(fromQt(m_tag->text().trimmed()));
    }
    if (!m_keys->text().simplified().isEmpty()) {
        spec.message.setKeys(fromQt(m_keys->text().simplified()));
    }
    if (m_delay->currentIndex() > 0) {
        spec.message.setDelayLevel(m_delay->currentIndex());
    }
    if (m_queue->currentIndex() > 0) {
        const auto& queue = m_queueList[static_cast<std::size_t>(m_queue->currentIndex() - 1)];
        spec.brokerName = queue.brokerName;
        spec.queueId = queue.queueId;
    }
    spec.message.body = fromQt(m_body->toPlainText());
    return spec;
}

} // namespace gantry::ui
