// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runtime/snapshot.h"

#include <QElapsedTimer>
#include <QObject>
#include <QStringList>

#include <chrono>

class QTimer;

namespace gantry::ui {

class MainWindow;

/// Walks through every page with live data and writes a picture of each. Waits for conditions, each
/// with a deadline; a page that stays without data, or about which Qt complains, fails the tour and
/// is named.
class TourRunner final : public QObject
{
    Q_OBJECT
public:
    struct Options
    {
        QString directory;
        bool waitForTraffic =
            true; ///< until retries, dead letters, refused duplicates and latencies are there
        std::chrono::milliseconds trafficDeadline{120'000};
        std::chrono::milliseconds pageDeadline{20'000};
    };

    TourRunner(MainWindow* window, Options options, QObject* parent = nullptr);
    ~TourRunner() override;

    void start();
    [[nodiscard]] const QStringList& failures() const { return m_failures; }
    [[nodiscard]] const QStringList& pictures() const { return m_pictures; }

Q_SIGNALS:
    /// Everything is done; failures() says how it went.
    void finished();

private:
    void step();
    void beginPage();
    void finishPage(const QString& missing);
    [[nodiscard]] QStringList trafficMissing() const;

    MainWindow* m_window;
    Options m_options;
    QTimer* m_timer;
    QElapsedTimer m_since;
    QStringList m_failures;
    QStringList m_pictures;
    QString m_lastMissing;
    int m_page = -1; ///< -1 while waiting for traffic
    bool m_isPrepared = false;
};

/// What is in the cluster, in a few lines for a terminal.
[[nodiscard]] QString clusterSummary(const ClusterSnapshot& snapshot);

} // namespace gantry::ui
