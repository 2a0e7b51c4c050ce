// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runtime/cluster_session.h"

#include <QObject>

#include <atomic>
#include <memory>

namespace gantry::ui {

/// The window's end of a session. Lives in the GUI thread; engine threads only wake it, and however
/// often they do, the GUI thread sees at most one delivery at a time, of the newest picture.
class EngineBridge final : public QObject
{
    Q_OBJECT
public:
    explicit EngineBridge(QObject* parent = nullptr);
    ~EngineBridge() override;

    /// Takes over a session or, with null, lets go of it. The session it had is returned, no longer
    /// listened to.
    std::shared_ptr<ClusterSession> setSession(std::shared_ptr<ClusterSession> session);
    [[nodiscard]] ClusterSession* session() const { return m_session.get(); }
    /// The newest picture delivered, null before the first.
    [[nodiscard]] const SnapshotPtr& latest() const { return m_latest; }

Q_SIGNALS:
    void snapshotChanged(const gantry::SnapshotPtr& snapshot);
    void sessionChanged();

private:
    void wake();
    void deliver();

    std::shared_ptr<ClusterSession> m_session;
    SnapshotPtr m_latest;
    std::atomic<bool> m_isWakePending{false};
};

} // namespace gantry::ui
