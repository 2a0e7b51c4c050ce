// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/bridge/engine_bridge.h"
#include "ui/style/theme.h"

#include <QHash>
#include <QMainWindow>

class QAction;
class QActionGroup;
class QProgressBar;
class QStackedWidget;
class QToolButton;

namespace gantry::ui {

class EmptyState;
class InlineMessage;
class NavList;
class Page;
class SessionHost;
class StatusStrip;

/// The workbench: navigation at the left, one page, the state of the cluster at the bottom. Pages
/// are made when they are first shown. While there is no cluster it says so, and why.
class MainWindow final : public QMainWindow
{
    Q_OBJECT
public:
    /// Without a host the bridge's session is somebody else's to start and end.
    MainWindow(EngineBridge* bridge, SessionHost* host, ThemeChoice theme,
               QWidget* parent = nullptr);
    ~MainWindow() override;

    [[nodiscard]] static QStringList pageIds();
    void showPage(const QString& id, const QString& object = {});
    [[nodiscard]] QString currentPageId() const { return m_currentId; }
    /// Makes it if need be.
    [[nodiscard]] Page* page(const QString& id);
    [[nodiscard]] EngineBridge* bridge() const { return m_bridge; }
    void setTheme(ThemeChoice theme);
    /// What stands in place of the pages; hidden while there is a cluster.
    [[nodiscard]] EmptyState* startView() const { return m_startView; }

Q_SIGNALS:
    void firstPainted();

protected:
    void closeEvent(QCloseEvent* event) override;
    bool event(QEvent* event) override;

private:
    void buildLayout();
    void buildMenus();
    void buildSideFooter(QWidget* bar);
    void onHostStateChanged();
    void onSnapshot(const SnapshotPtr& snapshot);
    void updateBadges(const ClusterSnapshot& snapshot);
    void toggleDemo();
    void showLocator();
    void showAbout();
    void showShortcuts();
    /// To the field that filters or searches the page.
    void focusSearch();
    /// Through the pages that were shown, -1 = back.
    void goThroughHistory(int step);
    void openPage(const QString& id, const QString& object);
    void updateHistoryActions();
    void setClusterVisible(bool isVisible);

    EngineBridge* m_bridge;
    SessionHost* m_host;
    ThemeChoice m_theme;
    NavList* m_nav = nullptr;
    QWidget* m_side = nullptr;
    QStackedWidget* m_outer = nullptr; ///< start view or pages
    QStackedWidget* m_stack = nullptr;
    EmptyState* m_startView = nullptr;
    QProgressBar* m_progress = nullptr;
    InlineMessage* m_problem = nullptr;
    StatusStrip* m_status = nullptr;
    QActionGroup* m_themeActions = nullptr;
    QAction* m_demoAction = nullptr;
    QToolButton* m_themeButton = nullptr;
    QHash<QString, Page*> m_pages;
    QString m_currentId;
    QList<QPair<QString, QString>> m_visited; ///< page and object, oldest first
    int m_visitedAt = -1;
    QAction* m_backAction = nullptr;
    QAction* m_forwardAction = nullptr;
    bool m_isPainted = false;
    bool m_isClosing = false;
};

} // namespace gantry::ui
