// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/shortcuts_dialog.h"

#include "ui/style/metrics.h"
#include "ui/widgets/card.h"

#include <QAction>
#include <QDialogButtonBox>
#include <QGridLayout>
#include <QLabel>
#include <QVBoxLayout>

namespace gantry::ui {

namespace {

using Entry = std::pair<QString, QString>;

QList<Entry> entriesOf(const QWidget* window)
{
    QList<Entry> entries;
    for (const QAction* action : window->findChildren<QAction*>()) {
        if (!action->shortcut().isEmpty() && !action->text().isEmpty()) {
            QString name = action->text();
            // "&&" is an ampersand, a single one marks a letter.
            name.replace(QLatin1String("&&"), QLatin1String("\1"))
                .remove(QLatin1Char('&'))
                .replace(QLatin1Char('\1'), QLatin1Char('&'));
            entries += {action->shortcut().toString(QKeySequence::NativeText), name};
        }
    }
    return entries;
}

} // namespace

ShortcutsDialog::ShortcutsDialog(QWidget* window)
    : QDialog(window)
{
    setWindowTitle(tr("Keyboard shortcuts"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(metrics::kMargin, metrics::kMargin, metrics::kMargin,
                               metrics::kMargin);
    layout->setSpacing(metrics::kGroups);
    auto* columns = new QHBoxLayout;
    columns->setSpacing(metrics::kSections);
    const auto addColumn = [&](const QString& title, const QList<Entry>& entries) {
        auto* grid = new QGridLayout;
        grid->setHorizontalSpacing(metrics::kMargin);
        grid->setVerticalSpacing(metrics::kInside);
        grid->addWidget(titleLabel(title, this), 0, 0, 1, 2);
        int row = 1;
        for (const auto& [keys, name] : entries) {
            auto* label = new QLabel(keys, this);
            label->setFont(metrics::mono(font()));
            label->setForegroundRole(QPalette::PlaceholderText);
            grid->addWidget(label, row, 0);
            grid->addWidget(new QLabel(name, this), row++, 1);
            m_lines += keys + QStringLiteral("  ") + name;
        }
        grid->setRowStretch(row, 1);
        grid->setColumnStretch(1, 1);
        columns->addLayout(grid);
    };
    addColumn(tr("Window"), entriesOf(window));
    addColumn(tr("Tables and fields"),
              {{QStringLiteral("↑ ↓ Home End"), tr("Choose a row")},
               {QStringLiteral("Return"), tr("Open what the row names")},
               {QStringLiteral("Ctrl+A"), tr("Select all rows")},
               {QStringLiteral("Ctrl+C"), tr("Copy rows, tab-separated")},
               {QStringLiteral("Ctrl+Shift+C"), tr("Copy with headers")},
               {QStringLiteral("Menu"), tr("What can be done with the row")},
               {QStringLiteral("Tab"), tr("Next control")},
               {QStringLiteral("Esc"), tr("Clear the filter, close a dialog")}});
    layout->addLayout(columns, 1);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    layout->addWidget(buttons);
}

} // namespace gantry::ui
