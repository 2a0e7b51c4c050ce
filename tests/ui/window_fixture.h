// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "support/fake_session.h"
#include "support/snapshot_factory.h"
#include "ui/bridge/engine_bridge.h"
#include "ui/main_window.h"
#include "ui/pages/page.h"
#include "ui/style/theme.h"
#include "ui/widgets/table_view.h"

#include <QApplication>
#include <QDialog>
#include <QHeaderView>
#include <QTest>
#include <QTimer>

#include <memory>

namespace gantry::test {

/// A window on a fake session, shown and active.
struct WindowFixture
{
    explicit WindowFixture(SnapshotPtr snapshot = busyCluster())
        : session(std::make_shared<FakeSession>(std::move(snapshot)))
    {
        bridge.setSession(session);
        window = std::make_unique<ui::MainWindow>(&bridge, nullptr, ui::ThemeChoice::Light);
        window->resize(1320, 840);
        window->show();
        QApplication::setActiveWindow(window.get());
        isShown = QTest::qWaitForWindowExposed(window.get());
        // The first picture comes through the event loop, as from an engine.
        isReady = QTest::qWaitFor(
            [this] { return bridge.latest() != nullptr && !window->currentPageId().isEmpty(); });
    }

    template <typename T>
    T* page(const QString& id)
    {
        window->showPage(id);
        return qobject_cast<T*>(window->page(id));
    }

    void publish(std::shared_ptr<ClusterSnapshot> snapshot)
    {
        const auto revision = snapshot->revision;
        session->publish(std::move(snapshot));
        std::ignore = QTest::qWaitFor(
            [&] { return bridge.latest() && bridge.latest()->revision == revision; });
    }

    std::shared_ptr<FakeSession> session;
    ui::EngineBridge bridge;
    std::unique_ptr<ui::MainWindow> window;
    bool isShown = false;
    bool isReady = false;
};

/// Clicks the middle of a table's row.
inline void clickRow(ui::TableView* view, int row, Qt::KeyboardModifiers modifiers = {})
{
    const QRect cell =
        view->visualRect(view->model()->index(row, view->header()->logicalIndexAt(4)));
    QTest::mouseClick(view->viewport(), Qt::LeftButton, modifiers, cell.center());
}

/// Does something that opens a modal dialog and, while it is open, something with the dialog. False
/// when none came.
template <typename Dialog, typename Open, typename Use>
bool withDialog(Open&& open, Use&& use)
{
    bool wasUsed = false;
    QTimer timer;
    timer.setInterval(10);
    QObject::connect(&timer, &QTimer::timeout, [&] {
        if (auto* dialog = qobject_cast<Dialog*>(QApplication::activeModalWidget())) {
            timer.stop();
            wasUsed = true;
            use(dialog);
            if (dialog->isVisible()) {
                dialog->reject(); // a test that forgot to close it must not hang
            }
        }
    });
    timer.start();
    open();
    return wasUsed;
}

} // namespace gantry::test
