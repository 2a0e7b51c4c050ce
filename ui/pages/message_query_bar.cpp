// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/message_query_bar.h"

#include "ui/bridge/qt_convert.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/widgets/card.h"

#include <QComboBox>
#include <QDateTimeEdit>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpressionValidator>
#include <QStackedWidget>

namespace gantry::ui {

namespace {

constexpr auto kTimeFormat = "yyyy-MM-dd HH:mm:ss";

QWidget* rowOf(std::initializer_list<QWidget*> widgets, QWidget* parent)
{
    auto* box = new QWidget(parent);
    auto* layout = new QHBoxLayout(box);
    layout->setContentsMargins(0, 0, 0, 0);
    for (QWidget* widget : widgets) {
        layout->addWidget(widget);
    }
    layout->addStretch(1);
    return box;
}

} // namespace

MessageQueryBar::MessageQueryBar(QWidget* parent)
    : QWidget(parent)
    , m_topic(new QComboBox(this))
    , m_mode(new QComboBox(this))
    , m_arguments(new QStackedWidget(this))
    , m_queue(new QComboBox(this))
    , m_offset(new QLineEdit(QStringLiteral("0"), this))
    , m_begin(new QDateTimeEdit(QDateTime::currentDateTime().addSecs(-900), this))
    , m_end(new QDateTimeEdit(QDateTime::currentDateTime().addSecs(3600), this))
    , m_key(new QLineEdit(this))
    , m_id(new QLineEdit(this))
    , m_reason(new QLabel(this))
    , m_run(new QPushButton(icon(QStringLiteral("search")), tr("Search"), this))
    , m_cancel(new QPushButton(icon(QStringLiteral("stop")), tr("Cancel"), this))
{
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    m_topic->setMinimumWidth(220);
    m_topic->setAccessibleName(tr("Topic"));
    m_topic->setMaxVisibleItems(24);
    m_mode->addItems(
        {tr("Newest"), tr("Queue and offset"), tr("Time"), tr("Key"), tr("Message id")});
    m_mode->setAccessibleName(tr("How to search"));
    layout->addWidget(captionLabel(tr("Topic"), this));
    layout->addWidget(m_topic);
    layout->addWidget(captionLabel(tr("by"), this));
    layout->addWidget(m_mode);

    m_queue->setMinimumWidth(130);
    m_offset->setMaximumWidth(120);
    m_offset->setValidator(new QRegularExpressionValidator(
        QRegularExpression(QStringLiteral("[0-9]{0,18}")), m_offset));
    m_offset->setAccessibleName(tr("Offset to begin at"));
    m_key->setPlaceholderText(tr("A key, exactly as the producer set it"));
    m_key->setMinimumWidth(240);
    m_id->setPlaceholderText(tr("Message id or offset id, 32 hexadecimal digits"));
    m_id->setMinimumWidth(320);
    for (QDateTimeEdit* edit : {m_begin, m_end}) {
        edit->setDisplayFormat(QLatin1String(kTimeFormat));
        edit->setCalendarPopup(true);
    }
    m_arguments->addWidget(
        rowOf({captionLabel(tr("The newest messages of all queues"), this)}, this));
    m_arguments->addWidget(rowOf({m_queue, captionLabel(tr("from offset"), this), m_offset}, this));
    m_arguments->addWidget(rowOf(
        {captionLabel(tr("from"), this), m_begin, captionLabel(tr("to"), this), m_end}, this));
    m_arguments->addWidget(rowOf({m_key}, this));
    m_arguments->addWidget(rowOf({m_id}, this));
    m_arguments->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    layout->addWidget(m_arguments, 1);
    m_reason->setObjectName(QStringLiteral("queryProblem"));
    layout->addWidget(m_reason);
    layout->addWidget(m_cancel);
    layout->addWidget(m_run);
    m_run->setDefault(true);
    m_cancel->setEnabled(false);
    connect(m_mode, &QComboBox::currentIndexChanged, m_arguments, &QStackedWidget::setCurrentIndex);
    connect(m_mode, &QComboBox::currentIndexChanged, this, &MessageQueryBar::validate);
    connect(m_topic, &QComboBox::currentTextChanged, this, &MessageQueryBar::updateQueues);
    for (QLineEdit* edit : {m_offset, m_key, m_id}) {
        connect(edit, &QLineEdit::textChanged, this, &MessageQueryBar::validate);
        connect(edit, &QLineEdit::returnPressed, m_run, &QPushButton::click);
    }
    connect(m_begin, &QDateTimeEdit::dateTimeChanged, this, &MessageQueryBar::validate);
    connect(m_end, &QDateTimeEdit::dateTimeChanged, this, &MessageQueryBar::validate);
    connect(m_run, &QPushButton::clicked, this, &MessageQueryBar::runRequested);
    connect(m_cancel, &QPushButton::clicked, this, &MessageQueryBar::cancelRequested);
    validate();
}

void MessageQueryBar::apply(const ClusterSnapshot& snapshot)
{
    const auto isSame = [&] {
        return snapshot.topics.size() == m_topics.size() &&
               std::equal(snapshot.topics.begin(), snapshot.topics.end(), m_topics.begin(),
                          [](const TopicInfo& a, const auto& b) {
                              return a.name == b.first && a.queues.size() == b.second.size();
                          });
    };
    if (isSame()) {
        return;
    }
    const QString chosen = topic();
    m_topics.clear();
    QStringList names;
    for (const auto& topic : snapshot.topics) {
        std::vector<MessageQueue> queues;
        for (const auto& queue : topic.queues) {
            queues.push_back(queue.queue);
        }
        m_topics.emplace_back(topic.name, std::move(queues));
        names += toQt(topic.name);
    }
    const QSignalBlocker blocker(m_topic);
    m_topic->clear();
    m_topic->addItems(names);
    const int index = m_topic->findText(chosen);
    m_topic->setCurrentIndex(index >= 0 ? index : names.isEmpty() ? -1 : 0);
    updateQueues();
}

void MessageQueryBar::updateQueues()
{
    const QString chosen = m_queue->currentText();
    m_queue->clear();
    for (const auto& [name, queues] : m_topics) {
        if (name == fromQt(topic())) {
            for (const auto& queue : queues) {
                m_queue->addItem(
                    QStringLiteral("%1 / %2").arg(toQt(queue.brokerName)).arg(queue.queueId));
            }
        }
    }
    m_queue->setCurrentIndex(std::max(0, m_queue->findText(chosen)));
    validate();
}

void MessageQueryBar::setTopic(const QString& topic)
{
    const int index = m_topic->findText(topic);
    if (index >= 0) {
        m_topic->setCurrentIndex(index);
    }
}

QString MessageQueryBar::topic() const
{
    return m_topic->currentText();
}

void MessageQueryBar::setMode(MessageQuery::Mode mode)
{
    m_mode->setCurrentIndex(static_cast<int>(mode));
}

void MessageQueryBar::setText(const QString& text)
{
    m_key->setText(text);
    m_id->setText(text);
}

void MessageQueryBar::setOffset(std::int64_t offset)
{
    m_offset->setText(QString::number(offset));
}

QString MessageQueryBar::problem() const
{
    if (m_topic->currentIndex() < 0) {
        return tr("There is no topic to search");
    }
    switch (static_cast<MessageQuery::Mode>(m_mode->currentIndex())) {
    case MessageQuery::Mode::Queue:
        return m_queue->currentIndex() < 0  ? tr("The topic has no queue")
               : m_offset->text().isEmpty() ? tr("Type an offset")
                                            : QString();
    case MessageQuery::Mode::Time:
        return m_begin->dateTime() >= m_end->dateTime()
                   ? tr("The time range is empty: it ends before it begins")
                   : QString();
    case MessageQuery::Mode::Key:
        return m_key->text().trimmed().isEmpty() ? tr("Type a key") : QString();
    case MessageQuery::Mode::Id:
        return m_id->text().trimmed().isEmpty() ? tr("Type a message id") : QString();
    default:
        return {};
    }
}

void MessageQueryBar::validate()
{
    const QString reason = problem();
    m_run->setEnabled(reason.isEmpty());
    m_run->setToolTip(reason);
    // An empty field speaks for itself; a range that cannot be does not.
    m_reason->setText(m_mode->currentIndex() == static_cast<int>(MessageQuery::Mode::Time) ? reason
                                                                                           : QString());
    m_reason->setVisible(!m_reason->text().isEmpty());
}

MessageQuery MessageQueryBar::query() const
{
    MessageQuery query;
    query.mode = static_cast<MessageQuery::Mode>(m_mode->currentIndex());
    query.topic = fromQt(topic());
    for (const auto& [name, queues] : m_topics) {
        const auto index = static_cast<std::size_t>(std::max(0, m_queue->currentIndex()));
        if (name == query.topic && index < queues.size()) {
            query.queue = queues[index];
        }
    }
    query.offset = m_offset->text().toLongLong();
    query.beginMs = m_begin->dateTime().toMSecsSinceEpoch();
    query.endMs = m_end->dateTime().toMSecsSinceEpoch();
    query.text = fromQt((query.mode == MessageQuery::Mode::Id ? m_id : m_key)->text().trimmed());
    return query;
}

void MessageQueryBar::setRunning(bool isRunning)
{
    m_cancel->setEnabled(isRunning);
}

} // namespace gantry::ui
