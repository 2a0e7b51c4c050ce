// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/engine_bridge.h"

#include <QMetaObject>

namespace gantry::ui {

EngineBridge::EngineBridge(QObject* parent)
    : QObject(parent)
{}

EngineBridge::~EngineBridge()
{
    if (m_session) {
        m_session->setSnapshotListener({});
    }
}

std::shared_ptr<ClusterSession> EngineBridge::setSession(std::shared_ptr<ClusterSession> session)
{
    if (m_session) {
        m_session->setSnapshotListener({});
    }
    std::swap(m_session, session);
    m_latest.reset();
    if (m_session) {
        m_session->setSnapshotListener([this] { wake(); });
        wake();
    }
    Q_EMIT sessionChanged();
    return session;
}

void EngineBridge::wake()
{
    if (!m_isWakePending.exchange(true)) {
        QMetaObject::invokeMethod(this, &EngineBridge::deliver, Qt::QueuedConnection);
    }
}

void EngineBridge::deliver()
{
    m_isWakePending.store(
        false); // before reading, so that a picture published in between wakes us again
    if (!m_session) {
        return;
    }
    SnapshotPtr snapshot = m_session->latest();
    if (!snapshot || (m_latest && snapshot->revision == m_latest->revision)) {
        return;
    }
    m_latest = std::move(snapshot);
    Q_EMIT snapshotChanged(m_latest);
}

} // namespace gantry::ui
