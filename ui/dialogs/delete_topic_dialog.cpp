// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/delete_topic_dialog.h"

#include "ui/bridge/qt_convert.h"
#include "ui/models/format.h"

#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>

namespace gantry::ui {

DeleteTopicDialog::DeleteTopicDialog(const TopicInfo& topic, const ClusterSnapshot& snapshot,
                                     QWidget* parent)
    : FormDialog(tr("Delete topic"), tr("Delete '%1'").arg(toQt(topic.name)), true, parent)
    , m_typed(new QLineEdit(this))
{
    const QString name = toQt(topic.name);
    setIntroduction(tr("Deleting a topic cannot be undone. It takes with it:"));
    QStringList online;
    QStringList offline;
    for (const auto& groupName : topic.groups) {
        const auto at = std::find_if(snapshot.groups.begin(), snapshot.groups.end(),
                                     [&](const GroupInfo& g) { return g.name == groupName; });
        (at != snapshot.groups.end() && at->isOnline ? online : offline) += toQt(groupName);
    }
    const auto addFact = [this](const QString& title, const QString& text) {
        auto* label = new QLabel(text, this);
        label->setWordWrap(true);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
        form()->addRow(title, label);
    };
    addFact(tr("Messages"),
            topic.messages
                ? tr("%1 in %2 queues").arg(format::count(*topic.messages)).arg(topic.queues.size())
                : tr("how many is not known"));
    addFact(tr("Largest lag"),
            topic.lagMax ? tr("%1 messages were not consumed yet").arg(format::count(*topic.lagMax))
                         : tr("not known"));
    addFact(tr("Consuming now"),
            online.isEmpty() ? tr("no group") : online.join(QStringLiteral(", ")));
    if (!offline.isEmpty()) {
        addFact(tr("Offsets of"), offline.join(QStringLiteral(", ")));
    }
    addFact(tr("Written now"),
            topic.putRate && *topic.putRate > 0.05
                ? tr("%1; a producer may create it again").arg(format::rateWithUnit(*topic.putRate))
                : tr("nobody writes to it"));
    m_typed->setObjectName(QStringLiteral("typedName"));
    m_typed->setPlaceholderText(name);
    form()->addRow(tr("Type its name"), m_typed);
    const auto validate = [this, name] {
        setProblem(m_typed->text() == name ? QString() : tr("The name is not the same"),
                   !m_typed->text().isEmpty() && !name.startsWith(m_typed->text()));
    };
    connect(m_typed, &QLineEdit::textChanged, this, validate);
    validate();
    m_typed->setFocus();
}

} // namespace gantry::ui
