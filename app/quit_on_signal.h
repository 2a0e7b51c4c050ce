// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

class QSocketNotifier;

/// Turns SIGINT and SIGTERM into a Qt signal, so that the cluster is closed in order. One per
/// process.
class QuitOnSignal final : public QObject
{
    Q_OBJECT
public:
    explicit QuitOnSignal(QObject* parent = nullptr);

Q_SIGNALS:
    void signalled();

private:
    QSocketNotifier* m_notifier = nullptr;
};
