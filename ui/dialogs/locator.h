// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runtime/snapshot.h"

#include <QDialog>

#include <vector>

class QLineEdit;
class QListWidget;

namespace gantry::ui {

/// One box that finds pages, topics, groups and brokers by any part of their name.
class Locator final : public QDialog
{
    Q_OBJECT
public:
    explicit Locator(const ClusterSnapshot& snapshot, QWidget* parent = nullptr);

Q_SIGNALS:
    void chosen(const QString& page, const QString& object);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    struct Target
    {
        QString icon;
        QString text;
        QString page;
        QString object;
    };
    void search(const QString& text);
    void takeCurrent();

    std::vector<Target> m_targets;
    QLineEdit* m_edit;
    QListWidget* m_list;
};

} // namespace gantry::ui
