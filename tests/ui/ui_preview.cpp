// SPDX-License-Identifier: GPL-3.0-or-later
// Writes pictures of all pages on canned data:
// ui_preview DIR [busy|idle|broken|large|strange|failed] [light|dark] [WxH]
#include "support/fake_session.h"
#include "support/snapshot_factory.h"
#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/session_host.h"
#include "ui/main_window.h"
#include "ui/tour/tour_runner.h"

#include <QApplication>
#include <QDateTime>
#include <QDir>
#include <QSettings>
#include <QTemporaryDir>
#include <QTimer>

#include <cstdio>

int main(int argc, char** argv)
{
    using namespace gantry;
    QApplication application(argc, argv);
    const QStringList arguments = QApplication::arguments();
    const QString scene = arguments.value(2, QStringLiteral("busy"));
    const QStringList size = arguments.value(4, QStringLiteral("1320x840")).split(QLatin1Char('x'));
    QTemporaryDir settingsDirectory;
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, settingsDirectory.path());
    const auto theme = ui::themeFromName(arguments.value(3, QStringLiteral("light")))
                           .value_or(ui::ThemeChoice::Light);
    ui::applyTheme(theme);
    auto session = std::make_shared<test::FakeSession>(
        scene == QLatin1String("idle")     ? test::idleCluster()
        : scene == QLatin1String("broken") ? test::brokenCluster()
        : scene == QLatin1String("large")
            ? test::largeCluster(10'000)
        : scene == QLatin1String("strange")
            ? test::strangeCluster(QDateTime::currentMSecsSinceEpoch())
            : test::busyCluster(0, QDateTime::currentMSecsSinceEpoch()));
    if (scene == QLatin1String("idle")) {
        session->queueLength = 0;
        session->dedupCount = 0;
    }
    if (scene == QLatin1String("strange")) {
        session->make = test::makeStrangeMessage;
        session->queueLength = 16;
    }
    ui::EngineBridge bridge;
    ui::SessionHost host(&bridge, []() -> Result<std::shared_ptr<ClusterSession>> {
        return fail(Errc::AddressInUse,
                    "NameServer 1 cannot listen on 127.0.0.1:9876: address already in use");
    });
    const bool isFailed = scene == QLatin1String("failed");
    if (!isFailed) {
        bridge.setSession(session);
    }
    ui::MainWindow window(&bridge, isFailed ? &host : nullptr, theme);
    window.resize(size.value(0).toInt(), size.value(1).toInt());
    window.show();
    if (isFailed) {
        const QString directory = arguments.value(1, QStringLiteral("."));
        QDir().mkpath(directory);
        const auto picture = [&](const QString& name) {
            window.grab().save(QDir(directory).filePath(name));
        };
        picture(QStringLiteral("01-starting.png"));
        host.start();
        QTimer::singleShot(300, &window, [&] {
            picture(QStringLiteral("02-failed.png"));
            QApplication::quit();
        });
        return QApplication::exec();
    }
    ui::TourRunner::Options options;
    options.directory = arguments.value(1, QStringLiteral("."));
    options.waitForTraffic = false;
    options.pageDeadline = std::chrono::milliseconds(1000);
    ui::TourRunner tour(&window, options);
    QObject::connect(&tour, &ui::TourRunner::finished, &application, [&] {
        for (const QString& failure : tour.failures()) {
            std::printf("%s\n", qPrintable(failure));
        }
        QApplication::quit();
    });
    tour.start();
    return QApplication::exec();
}
