// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/fake_session.h"
#include "support/snapshot_factory.h"
#include "ui/bridge/async_call.h"
#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/qt_convert.h"
#include "ui/bridge/session_host.h"
#include "ui/main_window.h"
#include "ui/widgets/empty_state.h"

#include <QApplication>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QThread>

#include <semaphore>
#include <thread>

using namespace gantry;
using namespace gantry::ui;

class TstUiBridge : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void coalescesWhatItCannotShow();
    void ignoresASnapshotItHasSeen();
    void hearsNothingOfASessionItLetGo();
    void answersArriveInTheGuiThread();
    void answersForDeadWidgetsAreDropped();
    void errorsNameTheRemedy();
    void hostStartsAndStopsOnAnotherThread();
    void failedStartIsShownAndCanBeRetried();
    void closingTheWindowStopsTheClusterFirst();

private:
    QTemporaryDir m_settings;
};

void TstUiBridge::initTestCase()
{
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_settings.path());
}

void TstUiBridge::coalescesWhatItCannotShow()
{
    constexpr int published = 20'000;
    auto session = std::make_shared<test::FakeSession>();
    EngineBridge bridge;
    bridge.setSession(session);
    QSignalSpy deliveries(&bridge, &EngineBridge::snapshotChanged);
    std::thread engine([&] {
        for (int i = 1; i <= published; ++i) {
            auto snapshot = std::make_shared<ClusterSnapshot>();
            snapshot->revision = static_cast<std::uint64_t>(i);
            session->publish(std::move(snapshot));
        }
    });
    QTRY_VERIFY_WITH_TIMEOUT(bridge.latest() && bridge.latest()->revision == published, 20'000);
    engine.join();
    QCoreApplication::processEvents();
    QCOMPARE(bridge.latest()->revision, static_cast<std::uint64_t>(published));
    QVERIFY2(deliveries.count() < published, "every single snapshot was delivered");
    QVERIFY(deliveries.count() >= 1);
}

void TstUiBridge::ignoresASnapshotItHasSeen()
{
    auto session = std::make_shared<test::FakeSession>(test::busyCluster());
    EngineBridge bridge;
    QSignalSpy deliveries(&bridge, &EngineBridge::snapshotChanged);
    bridge.setSession(session);
    QTRY_COMPARE(deliveries.count(), 1);
    session->publish(test::busyCluster());
    QCoreApplication::processEvents();
    QCOMPARE(deliveries.count(), 1);
    session->publish(test::busyCluster(1));
    QTRY_COMPARE(deliveries.count(), 2);
}

void TstUiBridge::hearsNothingOfASessionItLetGo()
{
    auto session = std::make_shared<test::FakeSession>(test::busyCluster());
    EngineBridge bridge;
    bridge.setSession(session);
    QTRY_VERIFY(bridge.latest());
    QCOMPARE(bridge.setSession(nullptr), session);
    QSignalSpy deliveries(&bridge, &EngineBridge::snapshotChanged);
    session->publish(test::busyCluster(1));
    QCoreApplication::processEvents();
    QCOMPARE(deliveries.count(), 0);
    QVERIFY(!bridge.latest());
}

void TstUiBridge::answersArriveInTheGuiThread()
{
    QObject context;
    QThread* handledIn = nullptr;
    int value = 0;
    auto done = inGuiThread<int>(&context, [&](Result<int> result) {
        handledIn = QThread::currentThread();
        value = *result;
    });
    std::thread engine([done = std::move(done)] { done(42); });
    engine.join();
    QVERIFY2(!handledIn, "handled on the engine's thread");
    QTRY_COMPARE(value, 42);
    QCOMPARE(handledIn, qApp->thread());
}

void TstUiBridge::answersForDeadWidgetsAreDropped()
{
    auto context = std::make_unique<QObject>();
    bool wasCalled = false;
    auto done = inGuiThread<int>(context.get(), [&](const Result<int>&) { wasCalled = true; });
    done(1);
    context.reset();
    done(2);
    QCoreApplication::processEvents();
    QVERIFY(!wasCalled);
}

void TstUiBridge::errorsNameTheRemedy()
{
    const auto text = errorText({Errc::AddressInUse, "port 9876 of NameServer 1 is in use", -1});
    QCOMPARE(text.what, QString("Port 9876 of NameServer 1 is in use"));
    QVERIFY(text.remedy.contains("--any-ports"));
    QVERIFY(!errorText({Errc::Internal, "", -1}).what.isEmpty());
}

void TstUiBridge::hostStartsAndStopsOnAnotherThread()
{
    auto session = std::make_shared<test::FakeSession>(test::busyCluster());
    std::thread::id startedOn;
    EngineBridge bridge;
    SessionHost host(&bridge, [&]() -> Result<std::shared_ptr<ClusterSession>> {
        startedOn = std::this_thread::get_id();
        return session;
    });
    host.start();
    QCOMPARE(host.state(), SessionHost::State::Starting);
    QTRY_COMPARE(host.state(), SessionHost::State::Running);
    QVERIFY(startedOn != std::this_thread::get_id());
    QCOMPARE(bridge.session(), session.get());
    host.stop();
    QTRY_COMPARE(host.state(), SessionHost::State::Stopped);
    QCOMPARE(session->lastCall(), std::string("shutdown"));
    QVERIFY(!bridge.session());
}

void TstUiBridge::failedStartIsShownAndCanBeRetried()
{
    int attempts = 0;
    EngineBridge bridge;
    SessionHost host(&bridge, [&]() -> Result<std::shared_ptr<ClusterSession>> {
        if (++attempts == 1) {
            return fail(Errc::AddressInUse, "port 9876 is in use");
        }
        return std::make_shared<test::FakeSession>(test::busyCluster());
    });
    MainWindow window(&bridge, &host, ThemeChoice::Light);
    window.show();
    QVERIFY(QTest::qWaitForWindowExposed(&window));
    host.start();
    QTRY_COMPARE(host.state(), SessionHost::State::Failed);
    EmptyState* start = window.startView();
    QVERIFY(start->isVisible());
    QVERIFY(start->sentence().contains("could not start"));
    QVERIFY(start->button()->isVisible());
    QTest::mouseClick(start->button(), Qt::LeftButton);
    QTRY_COMPARE(host.state(), SessionHost::State::Running);
    QTRY_VERIFY(!start->isVisible());
    QCOMPARE(attempts, 2);
}

void TstUiBridge::closingTheWindowStopsTheClusterFirst()
{
    auto session = std::make_shared<test::FakeSession>(test::busyCluster());
    EngineBridge bridge;
    SessionHost host(&bridge, [&]() -> Result<std::shared_ptr<ClusterSession>> { return session; });
    MainWindow window(&bridge, &host, ThemeChoice::Light);
    window.show();
    host.start();
    QTRY_COMPARE(host.state(), SessionHost::State::Running);
    window.close();
    QVERIFY2(window.isVisible(), "the window went before the cluster was down");
    QTRY_COMPARE(host.state(), SessionHost::State::Stopped);
    QTRY_VERIFY(!window.isVisible());
    QCOMPARE(session->lastCall(), std::string("shutdown"));
}

QTEST_MAIN(TstUiBridge)
#include "tst_ui_bridge.moc"
