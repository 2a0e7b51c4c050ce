// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/reset_offsets_dialog.h"

#include "ui/bridge/qt_convert.h"
#include "ui/models/format.h"

#include <QComboBox>
#include <QDateTimeEdit>
#include <QFormLayout>
#include <QLabel>
#include <QRadioButton>
#include <QVBoxLayout>

namespace gantry::ui {

ResetOffsetsDialog::ResetOffsetsDialog(const GroupInfo& group, const ClusterSnapshot& snapshot,
                                       QWidget* parent)
    : FormDialog(tr("Reset offsets"), tr("Reset offsets"), true, parent)
    , m_group(group)
    , m_nowMs(snapshot.takenAtMs)
    , m_topic(new QComboBox(this))
    , m_begin(new QRadioButton(tr("To the beginning: consume everything again"), this))
    , m_time(new QRadioButton(tr("To a time: consume again from there"), this))
    , m_skip(new QRadioButton(tr("To the end: skip what waits"), this))
    , m_when(new QDateTimeEdit(QDateTime::fromMSecsSinceEpoch(snapshot.takenAtMs).addSecs(-3600),
                               this))
    , m_impact(new QLabel(this))
{
    setIntroduction(tr("Moves where group '%1' goes on in a topic. Messages may be consumed a "
                       "second time or never.")
                        .arg(toQt(group.name)));
    for (const auto& topic : group.topics) {
        m_topic->addItem(toQt(topic));
    }
    m_when->setDisplayFormat(QStringLiteral("yyyy-MM-dd HH:mm:ss"));
    m_when->setCalendarPopup(true);
    form()->addRow(tr("Topic"), m_topic);
    auto* choices = new QVBoxLayout;
    choices->addWidget(m_begin);
    choices->addWidget(m_time);
    choices->addWidget(m_when);
    choices->addWidget(m_skip);
    form()->addRow(tr("Where to"), choices);
    m_impact->setWordWrap(true);
    form()->addRow(tr("Impact"), m_impact);
    m_time->setChecked(true);
    for (QRadioButton* button : {m_begin, m_time, m_skip}) {
        connect(button, &QRadioButton::toggled, this, &ResetOffsetsDialog::updateImpact);
    }
    connect(m_topic, &QComboBox::currentTextChanged, this, &ResetOffsetsDialog::updateImpact);
    connect(m_when, &QDateTimeEdit::dateTimeChanged, this, &ResetOffsetsDialog::updateImpact);
    updateImpact();
}

void ResetOffsetsDialog::updateImpact()
{
    m_when->setEnabled(m_time->isChecked());
    const std::string topic = this->topic();
    if (topic.empty()) {
        setProblem(tr("The group has no topic with offsets"));
        return;
    }
    std::int64_t waiting = 0;
    bool isKnown = true;
    for (const auto& queue : m_group.queues) {
        if (queue.queue.topic == topic) {
            isKnown = isKnown && queue.lag;
            waiting += queue.lag.value_or(0);
        }
    }
    const QString lag = isKnown ? format::count(waiting) : tr("an unknown number of");
    QString text =
        m_skip->isChecked()
            ? tr("%1 waiting messages are skipped and never consumed by this group.").arg(lag)
        : m_begin->isChecked()
            ? tr("Everything that is still stored is consumed again, then the %1 waiting messages.")
                  .arg(lag)
            : tr("What was stored since %1 is consumed again.")
                  .arg(m_when->dateTime().toString(QStringLiteral("yyyy-MM-dd HH:mm:ss")));
    if (m_group.isOnline) {
        text += QLatin1Char(' ') +
                tr("Online now: %1, going on from there.")
                    .arg(format::counted(static_cast<std::int64_t>(m_group.clientIds.size()),
                                         tr("client"), tr("clients")));
    }
    m_impact->setText(text);
    if (m_time->isChecked() && m_when->dateTime().toMSecsSinceEpoch() > m_nowMs) {
        setProblem(tr("The time lies in the future. To skip what waits choose 'To the end'."));
    } else {
        setProblem({});
    }
}

std::string ResetOffsetsDialog::topic() const
{
    return fromQt(m_topic->currentText());
}

std::int64_t ResetOffsetsDialog::timestampMs() const
{
    return m_skip->isChecked()    ? -1
           : m_begin->isChecked() ? 0
                                  : m_when->dateTime().toMSecsSinceEpoch();
}

} // namespace gantry::ui
