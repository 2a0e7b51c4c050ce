// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runtime/cluster_session.h"

#include <QObject>

#include <functional>
#include <memory>

class QThread;

namespace gantry::ui {

class EngineBridge;

using SessionFactory = std::function<Result<std::shared_ptr<ClusterSession>>()>;

/// Starts and ends sessions on a worker thread: both may take their time, and the GUI thread has
/// none.
class SessionHost final : public QObject
{
    Q_OBJECT
public:
    enum class State { Idle, Starting, Running, Failed, Stopping, Stopped };

    SessionHost(EngineBridge* bridge, SessionFactory factory, QObject* parent = nullptr);
    /// Waits for the worker; a session that is still running is shut down first.
    ~SessionHost() override;

    void start();
    /// stateChanged() tells when the session is down; may be called in any state.
    void stop();
    [[nodiscard]] State state() const { return m_state; }
    [[nodiscard]] const Error& error() const { return m_error; }

Q_SIGNALS:
    void stateChanged();

private:
    void setState(State state);
    void onStarted(Result<std::shared_ptr<ClusterSession>> result);
    void runInWorker(std::function<void()> work);

    EngineBridge* m_bridge;
    SessionFactory m_factory;
    std::unique_ptr<QThread> m_worker;
    State m_state = State::Idle;
    bool m_isStopWanted = false;
    Error m_error;
};

} // namespace gantry::ui
