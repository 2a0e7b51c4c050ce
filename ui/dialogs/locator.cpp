// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/locator.h"

#include "ui/models/format.h"
#include "ui/pages/page_factory.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"

#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QVBoxLayout>

namespace gantry::ui {

namespace {

constexpr int kResultsMax = 50;

} // namespace

Locator::Locator(const ClusterSnapshot& snapshot, QWidget* parent)
    : QDialog(parent, Qt::Dialog | Qt::FramelessWindowHint)
    , m_edit(new QLineEdit(this))
    , m_list(new QListWidget(this))
{
    setWindowTitle(tr("Find"));
    for (const PageEntry& entry : pageEntries()) {
        m_targets.push_back({entry.icon, entry.title, entry.id, {}});
    }
    for (const auto& topic : snapshot.topics) {
        m_targets.push_back({QStringLiteral("topics"), format::text(topic.name),
                             QStringLiteral("topics"), format::text(topic.name)});
    }
    for (const auto& group : snapshot.groups) {
        m_targets.push_back({QStringLiteral("groups"), format::text(group.name),
                             QStringLiteral("groups"), format::text(group.name)});
    }
    for (const auto& broker : snapshot.brokers) {
        const QString key = QStringLiteral("%1:%2").arg(format::text(broker.name)).arg(broker.id);
        m_targets.push_back(
            {QStringLiteral("brokers"),
             format::text(broker.name) + QStringLiteral("  ") + format::text(broker.address),
             QStringLiteral("brokers"), key});
    }
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(metrics::kRelated, metrics::kRelated, metrics::kRelated,
                               metrics::kRelated);
    m_edit->setPlaceholderText(tr("Page, topic, group or broker"));
    m_edit->setAccessibleName(m_edit->placeholderText());
    m_edit->installEventFilter(this);
    m_list->setFocusPolicy(Qt::NoFocus);
    m_list->setUniformItemSizes(true);
    m_list->setFrameShape(QFrame::NoFrame);
    layout->addWidget(m_edit);
    layout->addWidget(m_list);
    resize(520, 380);
    connect(m_edit, &QLineEdit::textChanged, this, &Locator::search);
    connect(m_list, &QListWidget::itemClicked, this, &Locator::takeCurrent);
    search({});
}

void Locator::search(const QString& text)
{
    m_list->clear();
    const QStringList words = text.simplified().split(QLatin1Char(' '), Qt::SkipEmptyParts);
    for (std::size_t i = 0; i < m_targets.size() && m_list->count() < kResultsMax; ++i) {
        const Target& target = m_targets[i];
        const bool fits = std::all_of(words.begin(), words.end(), [&](const QString& word) {
            return target.text.contains(word, Qt::CaseInsensitive);
        });
        if (fits) {
            auto* item = new QListWidgetItem(icon(target.icon, ColorRole::SecondaryText),
                                             target.text, m_list);
            item->setData(Qt::UserRole, static_cast<qulonglong>(i));
        }
    }
    m_list->setCurrentRow(0);
}

bool Locator::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        if (key == Qt::Key_Down || key == Qt::Key_Up) {
            const int step = key == Qt::Key_Down ? 1 : -1;
            m_list->setCurrentRow(
                std::clamp(m_list->currentRow() + step, 0, std::max(0, m_list->count() - 1)));
            return true;
        }
        if (key == Qt::Key_Return || key == Qt::Key_Enter) {
            takeCurrent();
            return true;
        }
    }
    return QDialog::eventFilter(watched, event);
}

void Locator::takeCurrent()
{
    if (const QListWidgetItem* item = m_list->currentItem()) {
        const Target& target = m_targets[item->data(Qt::UserRole).toULongLong()];
        accept();
        Q_EMIT chosen(target.page, target.object);
    }
}

} // namespace gantry::ui
