// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/bus_error.h"
#include "base/log.h"
#include "quit_on_signal.h"
#include "runtime/local_cluster.h"
#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/session_host.h"
#include "ui/main_window.h"
#include "ui/style/settings.h"
#include "ui/tour/tour_runner.h"
#include "workbench_options.h"

#include <QApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTimer>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string_view>
#include <unistd.h>

namespace {

using namespace gantry;

LocalClusterConfig clusterConfig(const WorkbenchOptions& options, const QTemporaryDir* temporary)
{
    LocalClusterConfig config;
    QString directory = options.dataDirectory;
    if (directory.isEmpty()) {
        directory = temporary
                        ? temporary->path()
                        : QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation) +
                              QStringLiteral("/gantry");
    }
    config.dataDirectory = QDir(directory).absolutePath().toStdString();
    config.anyFreePorts = options.anyPorts || !options.tourDirectory.isEmpty();
    return config;
}

ui::ThemeChoice themeOf(const WorkbenchOptions& options)
{
    if (options.theme) {
        return *options.theme;
    }
    const QString saved = ui::settings().value(QStringLiteral("window/theme")).toString();
    return ui::themeFromName(saved).value_or(ui::ThemeChoice::System);
}

double residentMiB()
{
    QFile file(QStringLiteral("/proc/self/statm"));
    if (!file.open(QIODevice::ReadOnly)) {
        return 0;
    }
    const auto pages = file.readAll().split(' ').value(1).toLongLong();
    return static_cast<double>(pages) * static_cast<double>(::sysconf(_SC_PAGESIZE)) /
           (1024.0 * 1024.0);
}

bool isUp(const ClusterSnapshot& snapshot)
{
    return !snapshot.brokers.empty() &&
           std::all_of(snapshot.brokers.begin(), snapshot.brokers.end(),
                       [](const BrokerInfo& b) { return b.isUp; });
}

void reportStartup(ui::MainWindow& window, const QElapsedTimer& sinceMain)
{
    auto* bridge = window.bridge();
    auto* once = new QObject(&window);
    QObject::connect(bridge, &ui::EngineBridge::snapshotChanged, once,
                     [&window, &sinceMain, once](const SnapshotPtr& snapshot) {
                         if (!isUp(*snapshot)) {
                             return;
                         }
                         once->deleteLater();
                         // The window has this picture already, for it was connected first; paint
                         // it before the clock is read.
                         QTimer::singleShot(0, &window, [&window, &sinceMain] {
                             window.repaint();
                             std::printf("startup %lld ms, resident %.0f MiB\n",
                                         static_cast<long long>(sinceMain.elapsed()),
                                         residentMiB());
                             std::fflush(stdout);
                             window.close();
                         });
                     });
}

/// Asks for the demo as soon as there is a session.
void startDemoWithCluster(ui::EngineBridge& bridge)
{
    QObject::connect(&bridge, &ui::EngineBridge::sessionChanged, &bridge, [&bridge] {
        if (bridge.session() && bridge.session()->canRunDemo()) {
            bridge.session()->startDemo(DemoOptions{}, [](Result<void> result) {
                if (!result) {
                    std::fprintf(stderr, "gantry: the demo shop could not start: %s\n",
                                 result.error().message.c_str());
                }
            });
        }
    });
}

/// Prints how the tour went when it is over and closes the window; `exitCode` gets the outcome.
std::unique_ptr<ui::TourRunner> makeTour(ui::MainWindow& window, ui::SessionHost& host,
                                         const QString& directory, int& exitCode)
{
    auto tour = std::make_unique<ui::TourRunner>(&window, ui::TourRunner::Options{directory});
    const auto finish = [&window, &exitCode, tour = tour.get()] {
        if (const auto snapshot = window.bridge()->latest()) {
            std::fputs(qPrintable(ui::clusterSummary(*snapshot)), stdout);
        }
        for (const QString& picture : tour->pictures()) {
            std::printf("Picture     %s\n", qPrintable(picture));
        }
        for (const QString& failure : tour->failures()) {
            std::fprintf(stderr, "gantry: tour failed: %s\n", qPrintable(failure));
        }
        std::fflush(stdout);
        exitCode = tour->failures().isEmpty() ? 0 : 1;
        window.close();
    };
    QObject::connect(tour.get(), &ui::TourRunner::finished, &window, finish);
    QObject::connect(&host, &ui::SessionHost::stateChanged, &window, [&host, &window, &exitCode] {
        if (host.state() == ui::SessionHost::State::Failed) {
            std::fprintf(stderr, "gantry: the cluster could not start: %s\n",
                         host.error().message.c_str());
            exitCode = 1;
            window.close();
        }
    });
    return tour;
}

/// --help and --version are for terminals too, where there may be no display to connect to.
bool asksForText(int argc, char** argv)
{
    return std::any_of(argv + 1, argv + argc, [](std::string_view argument) {
        return argument == "--help" || argument == "-h" || argument == "--help-all" || argument == "--version" ||
               argument == "-v";
    });
}

} // namespace

int main(int argc, char** argv)
{
    QElapsedTimer sinceMain;
    sinceMain.start();
    explainBusErrors(); // the broker in this process maps its files
    QCoreApplication::setApplicationName(QStringLiteral("gantry"));
    QCoreApplication::setApplicationVersion(QStringLiteral(GANTRY_VERSION));
    if (asksForText(argc, argv)) {
        const QCoreApplication application(argc, argv);
        return parseWorkbenchOptions(application) ? 0 : 2;
    }
    QApplication application(argc, argv);
    const auto options = parseWorkbenchOptions(application);
    if (!options) {
        return 2;
    }
    std::unique_ptr<QTemporaryDir> temporary;
    const bool isTour = !options->tourDirectory.isEmpty();
    if (isTour) {
        temporary = std::make_unique<QTemporaryDir>();
        if (!temporary->isValid()) {
            std::fprintf(stderr, "gantry: no temporary directory: %s\n",
                         qPrintable(temporary->errorString()));
            return 1;
        }
        // A tour looks the same for everybody: it does not read what the user arranged.
        QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, temporary->path());
    }
    log::setLevel(log::Level::Warning); // the window tells the rest
    const ui::ThemeChoice theme = themeOf(*options);
    ui::applyTheme(theme);

    ui::EngineBridge bridge;
    ui::SessionHost host(&bridge,
                         [config = clusterConfig(*options, temporary.get())]()
                             -> Result<std::shared_ptr<ClusterSession>> {
                             auto cluster = startLocalCluster(config);
                             if (!cluster) {
                                 return tl::unexpected<Error>(std::move(cluster.error()));
                             }
                             return std::shared_ptr<ClusterSession>(std::move(*cluster));
                         });
    ui::MainWindow window(&bridge, &host, theme);
    if (options->size) {
        window.setMinimumSize(QSize(640, 400));
        window.resize(*options->size);
    }
    QuitOnSignal quit;
    QObject::connect(&quit, &QuitOnSignal::signalled, &window, &QWidget::close);
    if (options->startDemo || isTour) {
        startDemoWithCluster(bridge);
    }
    if (options->reportStartup) {
        reportStartup(window, sinceMain);
    }
    int exitCode = 0;
    std::unique_ptr<ui::TourRunner> tour;
    if (isTour) {
        tour = makeTour(window, host, options->tourDirectory, exitCode);
        tour->start();
    }
    window.show();
    host.start();
    const int loopCode = QApplication::exec();
    return exitCode != 0 ? exitCode : loopCode;
}
