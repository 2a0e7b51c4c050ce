// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/session_host.h"

#include "ui/bridge/async_call.h"
#include "ui/bridge/engine_bridge.h"

#include <QThread>

namespace gantry::ui {

SessionHost::SessionHost(EngineBridge* bridge, SessionFactory factory, QObject* parent)
    : QObject(parent)
    , m_bridge(bridge)
    , m_factory(std::move(factory))
{}

SessionHost::~SessionHost()
{
    if (m_worker) {
        m_worker->wait();
    }
    if (auto session = m_bridge->setSession(nullptr)) {
        session->shutdown();
    }
}

void SessionHost::start()
{
    if (m_state == State::Starting || m_state == State::Running || m_state == State::Stopping) {
        return;
    }
    m_isStopWanted = false;
    setState(State::Starting);
    // A session whose window has gone before it arrived ends with its last reference, in the
    // worker.
    auto done = inGuiThread<std::shared_ptr<ClusterSession>>(
        this,
        [this](Result<std::shared_ptr<ClusterSession>> result) { onStarted(std::move(result)); });
    runInWorker([factory = m_factory, done = std::move(done)] { done(factory()); });
}

void SessionHost::onStarted(Result<std::shared_ptr<ClusterSession>> result)
{
    if (!result) {
        m_error = result.error();
        setState(m_isStopWanted ? State::Stopped : State::Failed);
        return;
    }
    m_bridge->setSession(std::move(*result));
    setState(State::Running);
    if (m_isStopWanted) {
        stop();
    }
}

void SessionHost::stop()
{
    m_isStopWanted = true;
    if (m_state == State::Starting || m_state == State::Stopping) {
        return; // onStarted() goes on
    }
    auto session = m_bridge->setSession(nullptr);
    if (!session) {
        setState(State::Stopped);
        return;
    }
    setState(State::Stopping);
    auto done = inGuiThread<void>(this, [this](Result<void>) { setState(State::Stopped); });
    runInWorker([session = std::move(session), done = std::move(done)]() mutable {
        session->shutdown();
        session.reset();
        done({});
    });
}

void SessionHost::setState(State state)
{
    if (state != m_state) {
        m_state = state;
        Q_EMIT stateChanged();
    }
}

void SessionHost::runInWorker(std::function<void()> work)
{
    if (m_worker) {
        m_worker->wait(); // it has posted its answer already, so this is short
    }
    m_worker.reset(QThread::create(std::move(work)));
    m_worker->setObjectName(QStringLiteral("gantry-session"));
    m_worker->start();
}

} // namespace gantry::ui
