// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/create_topic_dialog.h"

#include "message/topic_name.h"
#include "ui/bridge/qt_convert.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QLineEdit>
#include <QSpinBox>

#include <algorithm>

namespace gantry::ui {

CreateTopicDialog::CreateTopicDialog(const ClusterSnapshot& snapshot, QWidget* parent)
    : FormDialog(tr("Create topic"), tr("Create topic"), false, parent)
    , m_name(new QLineEdit(this))
    , m_queues(new QSpinBox(this))
    , m_permission(new QComboBox(this))
    , m_brokers(new QComboBox(this))
    , m_ordered(new QCheckBox(tr("Ordered: producers keep one key in one queue"), this))
{
    for (const auto& topic : snapshot.topics) {
        m_taken.push_back(topic.name);
    }
    for (const auto& broker : snapshot.brokers) {
        if (broker.id == 0) {
            m_brokerNames.push_back(broker.name);
        }
    }
    m_name->setObjectName(QStringLiteral("topicName"));
    m_name->setPlaceholderText(tr("Letters, digits, - _ % |"));
    m_queues->setRange(1, 1024);
    m_queues->setValue(4);
    m_queues->setSuffix(tr(" per broker"));
    m_permission->addItem(tr("Read and write"), 6);
    m_permission->addItem(tr("Read only"), 4);
    m_permission->addItem(tr("Write only"), 2);
    m_brokers->addItem(tr("All masters (%1)").arg(m_brokerNames.size()));
    for (const auto& name : m_brokerNames) {
        m_brokers->addItem(toQt(name));
    }
    form()->addRow(tr("Name"), m_name);
    form()->addRow(tr("Queues"), m_queues);
    form()->addRow(tr("Access"), m_permission);
    form()->addRow(tr("Brokers"), m_brokers);
    form()->addRow({}, m_ordered);
    connect(m_name, &QLineEdit::textChanged, this, &CreateTopicDialog::validate);
    validate();
    m_name->setFocus();
}

void CreateTopicDialog::validate()
{
    const std::string name = fromQt(m_name->text());
    if (name.empty()) {
        setProblem(tr("A topic needs a name"), false);
        return;
    }
    if (const auto result = validateTopicName(name); !result) {
        setProblem(errorText(result.error()).what);
        return;
    }
    if (std::binary_search(m_taken.begin(), m_taken.end(), name)) {
        setProblem(tr("There is a topic '%1' already").arg(m_name->text()));
        return;
    }
    if (isSystemTopic(name) || isRetryTopic(name) || isDeadLetterTopic(name)) {
        setProblem(tr("'%1' is reserved: brokers make such topics themselves").arg(m_name->text()));
        return;
    }
    setProblem({});
}

TopicSpec CreateTopicDialog::spec() const
{
    TopicSpec spec;
    spec.name = fromQt(m_name->text());
    spec.readQueues = m_queues->value();
    spec.writeQueues = m_queues->value();
    spec.permission = m_permission->currentData().toInt();
    spec.isOrdered = m_ordered->isChecked();
    if (m_brokers->currentIndex() > 0) {
        spec.brokerNames = {m_brokerNames[static_cast<std::size_t>(m_brokers->currentIndex() - 1)]};
    }
    return spec;
}

} // namespace gantry::ui
