// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/main_window.h"

#include "ui/bridge/async_call.h"
#include "ui/bridge/qt_convert.h"
#include "ui/bridge/session_host.h"
#include "ui/dialogs/about_dialog.h"
#include "ui/dialogs/locator.h"
#include "ui/dialogs/shortcuts_dialog.h"
#include "ui/models/format.h"
#include "ui/pages/page.h"
#include "ui/pages/page_factory.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/settings.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/inline_message.h"
#include "ui/widgets/nav_list.h"
#include "ui/widgets/search_field.h"
#include "ui/widgets/status_strip.h"

#include <QActionGroup>
#include <QApplication>
#include <QClipboard>
#include <QCloseEvent>
#include <QHBoxLayout>
#include <QMenuBar>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QTimer>
#include <QToolButton>

namespace gantry::ui {

QStringList MainWindow::pageIds()
{
    QStringList ids;
    for (const PageEntry& entry : pageEntries()) {
        ids += entry.id;
    }
    return ids;
}

MainWindow::MainWindow(EngineBridge* bridge, SessionHost* host, ThemeChoice theme, QWidget* parent)
    : QMainWindow(parent)
    , m_bridge(bridge)
    , m_host(host)
    , m_theme(theme)
{
    setWindowTitle(tr("Gantry"));
    setWindowIcon(applicationIcon());
    resize(1320, 840);
    setMinimumSize(900, 560);
    buildLayout();
    buildMenus();
    connect(m_bridge, &EngineBridge::snapshotChanged, this, &MainWindow::onSnapshot);
    if (m_host) {
        connect(m_host, &SessionHost::stateChanged, this, &MainWindow::onHostStateChanged);
        onHostStateChanged();
    }
    const auto geometry = settings().value(QStringLiteral("window/geometry")).toByteArray();
    if (!geometry.isEmpty()) {
        restoreGeometry(geometry);
    }
    if (m_bridge->latest()) {
        onSnapshot(m_bridge->latest());
    }
}

MainWindow::~MainWindow() = default;

void MainWindow::buildLayout()
{
    auto* central = new QWidget(this);
    auto* rows = new QVBoxLayout(central);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->setSpacing(0);
    auto* columns = new QHBoxLayout;
    columns->setSpacing(0);
    rows->addLayout(columns, 1);

    auto* side = new QWidget(central);
    m_side = side;
    auto* sideLayout = new QVBoxLayout(side);
    sideLayout->setContentsMargins(0, metrics::kRelated, 0, metrics::kRelated);
    sideLayout->setSpacing(metrics::kRelated);
    m_nav = new NavList(side);
    int number = 1;
    for (const PageEntry& entry : pageEntries()) {
        m_nav->addPage(entry.id, entry.icon, entry.title, QStringLiteral("Ctrl+%1").arg(number++));
    }
    connect(m_nav, &NavList::pageChosen, this, [this](const QString& id) { showPage(id); });
    sideLayout->addWidget(m_nav, 1);
    buildSideFooter(side);
    columns->addWidget(side);
    auto* line = new QFrame(central);
    line->setFrameShape(QFrame::VLine);
    line->setFrameShadow(QFrame::Plain);
    line->setForegroundRole(QPalette::Mid);
    line->setFixedWidth(1);
    columns->addWidget(line);

    auto* right = new QWidget(central);
    auto* rightLayout = new QVBoxLayout(right);
    rightLayout->setContentsMargins(0, 0, 0, 0);
    rightLayout->setSpacing(0);
    auto* strip = new QWidget(right);
    auto* stripLayout = new QVBoxLayout(strip);
    stripLayout->setContentsMargins(metrics::kMargin, metrics::kRelated, metrics::kMargin, 0);
    m_problem = new InlineMessage(strip);
    m_problem->setClosable(false);
    stripLayout->addWidget(m_problem);
    strip->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
    strip->hide();
    rightLayout->addWidget(strip);
    m_outer = new QStackedWidget(right);
    auto* start = new QWidget(m_outer);
    auto* startLayout = new QVBoxLayout(start);
    m_startView = new EmptyState(start);
    m_progress = new QProgressBar(start);
    m_progress->setRange(0, 0);
    m_progress->setTextVisible(false);
    m_progress->setFixedSize(260, 6);
    startLayout->addStretch(2);
    startLayout->addWidget(m_startView);
    startLayout->addWidget(m_progress, 0, Qt::AlignHCenter);
    startLayout->addStretch(3);
    m_progress->hide();
    connect(m_startView, &EmptyState::actionTriggered, this, [this] {
        if (m_host) {
            m_host->start();
        }
    });
    m_startView->setContent(QStringLiteral("plug"), tr("No cluster"),
                            tr("There is no session to show."));
    m_stack = new QStackedWidget(m_outer);
    m_outer->addWidget(start);
    m_outer->addWidget(m_stack);
    rightLayout->addWidget(m_outer, 1);
    columns->addWidget(right, 1);

    m_status = new StatusStrip(central);
    m_status->showText(tr("No cluster"));
    rows->addWidget(m_status);
    setCentralWidget(central);
}

void MainWindow::buildSideFooter(QWidget* bar)
{
    auto* row = new QHBoxLayout;
    row->setContentsMargins(metrics::kGroups, 0, metrics::kGroups, 0);
    row->setSpacing(metrics::kInside);
    auto* find =
        new QPushButton(icon(QStringLiteral("search"), ColorRole::SecondaryText), tr("Find…"), bar);
    find->setToolTip(tr("Find a page, topic, group or broker (Ctrl+K)"));
    find->setObjectName(QStringLiteral("locatorButton"));
    connect(find, &QPushButton::clicked, this, &MainWindow::showLocator);
    row->addWidget(find, 1);
    m_themeButton = new QToolButton(bar);
    m_themeButton->setObjectName(QStringLiteral("themeButton"));
    m_themeButton->setAutoRaise(true);
    m_themeButton->setIcon(icon(QStringLiteral("contrast"), ColorRole::SecondaryText));
    m_themeButton->setToolTip(tr("Theme: system, light or dark"));
    m_themeButton->setAccessibleName(tr("Theme"));
    m_themeButton->setPopupMode(QToolButton::InstantPopup);
    row->addWidget(m_themeButton);
    static_cast<QVBoxLayout*>(bar->layout())->addLayout(row);
}

void MainWindow::buildMenus()
{
    QMenu* file = menuBar()->addMenu(tr("&File"));
    file->addAction(tr("&Quit"), QKeySequence::Quit, this, &QWidget::close);

    QMenu* view = menuBar()->addMenu(tr("&View"));
    int number = 1;
    for (const PageEntry& entry : pageEntries()) {
        const QString id = entry.id;
        view->addAction(icon(entry.icon),
                        QString(entry.title).replace(QLatin1Char('&'), QLatin1String("&&")),
                        QKeySequence(QStringLiteral("Ctrl+%1").arg(number++)), this,
                        [this, id] { showPage(id); });
    }
    view->addSeparator();
    m_backAction = view->addAction(icon(QStringLiteral("previous")), tr("&Back"),
                                   QKeySequence(QStringLiteral("Alt+Left")), this,
                                   [this] { goThroughHistory(-1); });
    m_forwardAction = view->addAction(icon(QStringLiteral("next")), tr("For&ward"),
                                      QKeySequence(QStringLiteral("Alt+Right")), this,
                                      [this] { goThroughHistory(1); });
    updateHistoryActions();
    view->addAction(icon(QStringLiteral("filter")), tr("Fi&lter this page"),
                    QKeySequence(QKeySequence::Find), this, &MainWindow::focusSearch);
    view->addAction(icon(QStringLiteral("refresh")), tr("&Refresh"),
                    QKeySequence(QStringLiteral("F5")), this, [this] {
                        if (Page* visible = m_pages.value(m_currentId)) {
                            visible->refresh();
                        }
                    });
    view->addSeparator();
    view->addAction(tr("Show or hide &navigation"), QKeySequence(QStringLiteral("Alt+0")), this,
                    [this] { m_side->setVisible(!m_side->isVisible()); });
    view->addAction(icon(QStringLiteral("search")), tr("&Find…"),
                    QKeySequence(QStringLiteral("Ctrl+K")), this, &MainWindow::showLocator);
    view->addSeparator();
    QMenu* themes = view->addMenu(icon(QStringLiteral("contrast")), tr("&Theme"));
    m_themeActions = new QActionGroup(this);
    for (const auto& [choice, name, iconName] :
         {std::tuple(ThemeChoice::System, tr("&System"), QStringLiteral("contrast")),
          std::tuple(ThemeChoice::Light, tr("&Light"), QStringLiteral("sun")),
          std::tuple(ThemeChoice::Dark, tr("&Dark"), QStringLiteral("moon"))}) {
        QAction* action = themes->addAction(icon(iconName), name);
        action->setCheckable(true);
        action->setChecked(choice == m_theme);
        action->setData(themeName(choice));
        m_themeActions->addAction(action);
        connect(action, &QAction::triggered, this, [this, choice = choice] {
            setTheme(choice);
            settings().setValue(QStringLiteral("window/theme"), themeName(choice));
        });
    }
    m_themeButton->setMenu(themes);

    QMenu* cluster = menuBar()->addMenu(tr("&Cluster"));
    m_demoAction = cluster->addAction(icon(QStringLiteral("shop")), tr("Start &demo shop"), this,
                                      &MainWindow::toggleDemo);
    cluster->addAction(icon(QStringLiteral("copy")), tr("&Copy NameServer address"), this, [this] {
        if (m_bridge->latest()) {
            QGuiApplication::clipboard()->setText(
                format::text(m_bridge->latest()->nameServerAddresses));
        }
    });

    QMenu* help = menuBar()->addMenu(tr("&Help"));
    help->addAction(tr("&Keyboard shortcuts…"), QKeySequence(QStringLiteral("Ctrl+/")), this,
                    &MainWindow::showShortcuts);
    help->addAction(tr("&About Gantry"), this, &MainWindow::showAbout);
    help->addAction(tr("About &Qt"), qApp, &QApplication::aboutQt);
}

Page* MainWindow::page(const QString& id)
{
    if (Page* existing = m_pages.value(id)) {
        return existing;
    }
    Page* made = makePage(id, m_bridge);
    if (!made) {
        return nullptr;
    }
    m_pages.insert(id, made);
    m_stack->addWidget(made);
    connect(made, &Page::navigationRequested, this, &MainWindow::showPage);
    connectPage(made, this, [this] { toggleDemo(); });
    return made;
}

void MainWindow::showPage(const QString& id, const QString& object)
{
    constexpr int visitsMax = 100;
    const QPair visit(id, object);
    if (m_visitedAt < 0 || m_visited[m_visitedAt] != visit) {
        m_visited.resize(m_visitedAt + 1); // what was ahead is ahead no more
        m_visited.append(visit);
        if (m_visited.size() > visitsMax) {
            m_visited.removeFirst();
        }
        m_visitedAt = static_cast<int>(m_visited.size()) - 1;
    }
    openPage(id, object);
}

void MainWindow::goThroughHistory(int step)
{
    const int to = m_visitedAt + step;
    if (to < 0 || to >= m_visited.size()) {
        return;
    }
    m_visitedAt = to;
    const auto [id, object] = m_visited[to];
    openPage(id, object);
}

void MainWindow::updateHistoryActions()
{
    m_backAction->setEnabled(m_visitedAt > 0);
    m_forwardAction->setEnabled(m_visitedAt + 1 < m_visited.size());
}

void MainWindow::openPage(const QString& id, const QString& object)
{
    updateHistoryActions();
    Page* wanted = page(id);
    if (!wanted) {
        return;
    }
    m_currentId = id;
    m_stack->setCurrentWidget(wanted);
    {
        const QSignalBlocker blocker(m_nav); // it follows here, it does not lead
        m_nav->choose(id);
    }
    if (!object.isEmpty()) {
        wanted->select(object);
    }
}

void MainWindow::onHostStateChanged()
{
    m_progress->hide();
    switch (m_host->state()) {
    case SessionHost::State::Idle:
    case SessionHost::State::Starting:
        m_startView->setContent(QStringLiteral("brokers"), tr("Starting the cluster"),
                                tr("NameServers and brokers start inside this process. Existing "
                                   "messages are recovered first."));
        m_progress->show();
        m_status->showText(tr("Starting the cluster"));
        break;
    case SessionHost::State::Running:
        m_status->showText(tr("Waiting for the first picture of the cluster"));
        return;
    case SessionHost::State::Failed: {
        ErrorText text = errorText(m_host->error());
        if (m_host->error().code == Errc::Unsupported) {
            text.remedy = tr("Nothing was changed. Start Gantry with --data and another directory, "
                             "or put right what is named above.");
        }
        m_startView->setContent(
            QStringLiteral("error"), tr("The cluster could not start"),
            text.remedy.isEmpty() ? text.what : text.what + QStringLiteral("\n\n") + text.remedy,
            tr("Retry"));
        m_status->showText(tr("The cluster could not start"));
        break;
    }
    case SessionHost::State::Stopping:
        m_startView->setContent(QStringLiteral("disk"), tr("Stopping the cluster"),
                                tr("Brokers flush what they have and close their files."));
        m_progress->show();
        m_status->showText(tr("Stopping the cluster"));
        break;
    case SessionHost::State::Stopped:
        m_startView->setContent(QStringLiteral("plug"), tr("The cluster is stopped"), {},
                                tr("Start"));
        m_status->showText(tr("The cluster is stopped"));
        if (m_isClosing) {
            close();
        }
        break;
    }
    setClusterVisible(false);
}

void MainWindow::setClusterVisible(bool isVisible)
{
    m_outer->setCurrentIndex(isVisible ? 1 : 0);
    if (!isVisible) {
        m_problem->parentWidget()->hide();
    } else if (m_currentId.isEmpty()) {
        showPage(pageIds().first());
    }
}

void MainWindow::onSnapshot(const SnapshotPtr& snapshot)
{
    setClusterVisible(true);
    m_status->apply(snapshot);
    updateBadges(*snapshot);
    m_demoAction->setText(snapshot->demo.isRunning ? tr("Stop &demo shop")
                                                   : tr("Start &demo shop"));
    m_demoAction->setEnabled(m_bridge->session() && m_bridge->session()->canRunDemo());
    if (!snapshot->title.empty()) {
        setWindowTitle(tr("%1 - Gantry").arg(format::text(snapshot->title)));
    }
    if (snapshot->problem.empty()) {
        m_problem->parentWidget()->hide();
    } else {
        if (m_problem->text() != format::text(snapshot->problem) || m_problem->isHidden()) {
            m_problem->showMessage(InlineMessage::Kind::Error, format::text(snapshot->problem));
        }
        m_problem->parentWidget()->show();
    }
    if (Page* visible = m_pages.value(m_currentId); visible && visible->isVisible()) {
        visible->apply(snapshot);
    }
}

void MainWindow::updateBadges(const ClusterSnapshot& snapshot)
{
    std::int64_t dead = 0;
    for (const auto& group : snapshot.groups) {
        dead += group.deadLetters.value_or(0);
    }
    m_nav->setBadge(QStringLiteral("retry"),
                    dead > 0 ? (dead > 999 ? QStringLiteral("999+") : QString::number(dead))
                             : QString(),
                    ColorRole::Error);
    int down = 0;
    for (const auto& broker : snapshot.brokers) {
        down += broker.isUp && broker.problem.empty() ? 0 : 1;
    }
    for (const auto& nameServer : snapshot.nameServers) {
        down += nameServer.isUp ? 0 : 1;
    }
    m_nav->setBadge(QStringLiteral("brokers"),
                    down > 0 ? QStringLiteral("! %1").arg(down) : QString(), ColorRole::Error);
}

void MainWindow::toggleDemo()
{
    ClusterSession* session = m_bridge->session();
    if (!session || !session->canRunDemo()) {
        return;
    }
    const bool isRunning = m_bridge->latest() && m_bridge->latest()->demo.isRunning;
    auto done = inGuiThread<void>(this, [this, isRunning](Result<void> result) {
        m_demoAction->setEnabled(true);
        if (!result) {
            const ErrorText text = errorText(result.error());
            m_problem->parentWidget()->show();
            m_problem->showMessage(InlineMessage::Kind::Error,
                                   isRunning ? tr("The demo shop could not be stopped")
                                             : tr("The demo shop could not start"),
                                   text.what + QLatin1Char(' ') + text.remedy);
        }
    });
    m_demoAction->setEnabled(false);
    if (isRunning) {
        session->stopDemo(std::move(done));
    } else {
        session->startDemo(DemoOptions{}, std::move(done));
    }
}

void MainWindow::showLocator()
{
    if (!m_bridge->latest()) {
        return;
    }
    Locator locator(*m_bridge->latest(), this);
    connect(&locator, &Locator::chosen, this, &MainWindow::showPage);
    locator.exec();
}

void MainWindow::focusSearch()
{
    if (Page* visible = m_pages.value(m_currentId)) {
        if (auto* field = visible->findChild<SearchField*>()) {
            field->setFocus(Qt::ShortcutFocusReason);
            field->selectAll();
        }
    }
}

void MainWindow::showShortcuts()
{
    ShortcutsDialog(this).exec();
}

void MainWindow::showAbout()
{
    AboutDialog(this).exec();
}

void MainWindow::setTheme(ThemeChoice theme)
{
    m_theme = theme;
    applyTheme(theme);
    for (QAction* action : m_themeActions->actions()) {
        action->setChecked(action->data().toString() == themeName(theme));
    }
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    if (!m_isClosing) {
        settings().setValue(QStringLiteral("window/geometry"), saveGeometry());
    }
    if (m_host && m_host->state() != SessionHost::State::Stopped &&
        m_host->state() != SessionHost::State::Failed &&
        m_host->state() != SessionHost::State::Idle) {
        // The cluster closes its files first; close() comes again when it has.
        m_isClosing = true;
        m_host->stop();
        event->ignore();
        return;
    }
    event->accept();
}

bool MainWindow::event(QEvent* event)
{
    const bool result = QMainWindow::event(event);
    if (event->type() == QEvent::Paint && !m_isPainted) {
        m_isPainted = true;
        // After this paint has reached the screen.
        QTimer::singleShot(0, this, &MainWindow::firstPainted);
    }
    return result;
}

} // namespace gantry::ui
