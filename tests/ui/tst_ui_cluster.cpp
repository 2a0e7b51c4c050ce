// SPDX-License-Identifier: GPL-3.0-or-later
// The window on a real cluster in this process: real files, real sockets, real mouse and key
// events.
#include "runtime/local_cluster.h"
#include "ui/bridge/session_host.h"
#include "ui/dialogs/create_topic_dialog.h"
#include "ui/dialogs/delete_topic_dialog.h"
#include "ui/dialogs/reset_offsets_dialog.h"
#include "ui/dialogs/send_message_dialog.h"
#include "ui/models/connection_model.h"
#include "ui/pages/connections_page.h"
#include "ui/pages/dedup_page.h"
#include "ui/pages/groups_page.h"
#include "ui/pages/messages_page.h"
#include "ui/pages/overview_page.h"
#include "ui/pages/retry_page.h"
#include "ui/pages/topics_page.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/inline_message.h"
#include "ui/widgets/message_detail.h"
#include "ui/widgets/nav_list.h"
#include "ui/widgets/payload_view.h"
#include "window_fixture.h"

#include <QElapsedTimer>
#include <QLineEdit>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QSettings>
#include <QTabWidget>
#include <QTemporaryDir>

#include <algorithm>
#include <fstream>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace gantry;
using namespace gantry::ui;
using test::withDialog;

namespace {

LocalClusterConfig configFor(const QString& directory)
{
    LocalClusterConfig config;
    config.dataDirectory = directory.toStdString();
    config.anyFreePorts = true;
    config.commitLogFileSize = 8 * kMiB;
    config.snapshotInterval = std::chrono::milliseconds(200);
    return config;
}

Result<std::shared_ptr<ClusterSession>> startShared(const LocalClusterConfig& config)
{
    auto cluster = startLocalCluster(config);
    if (!cluster) {
        return tl::unexpected<Error>(std::move(cluster.error()));
    }
    return std::shared_ptr<ClusterSession>(std::move(*cluster));
}

/// Listens on a port of its own choice, so that nobody else can.
class Squatter
{
public:
    Squatter()
        : m_socket(::socket(AF_INET, SOCK_STREAM, 0))
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* plain = reinterpret_cast<sockaddr*>(&address);
        if (::bind(m_socket, plain, size) == 0 && ::listen(m_socket, 1) == 0 &&
            ::getsockname(m_socket, plain, &size) == 0) {
            m_port = ntohs(address.sin_port);
        }
    }
    ~Squatter() { ::close(m_socket); }
    Squatter(const Squatter&) = delete;
    Squatter& operator=(const Squatter&) = delete;
    [[nodiscard]] std::uint16_t port() const { return m_port; }

private:
    int m_socket;
    std::uint16_t m_port = 0;
};

/// Finds out how long the event loop was kept from turning.
class LoopWatch
{
public:
    LoopWatch()
    {
        m_timer.setInterval(5);
        QObject::connect(&m_timer, &QTimer::timeout,
                         [this] { m_worst = std::max(m_worst, m_since.restart()); });
        m_since.start();
        m_timer.start();
    }
    [[nodiscard]] qint64 worstMs() const { return m_worst; }

private:
    QTimer m_timer;
    QElapsedTimer m_since;
    qint64 m_worst = 0;
};

} // namespace

class TstUiCluster : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();
    void freshClusterExplainsItself();
    void topicIsCreatedSentToReadAndDeleted();
    void demoIsStartedByAClick();
    void everyPageShowsLiveData();
    void deadLetterIsResent();
    void offsetsAreReset();
    void clicksAndResizesNeverBlockTheWindow();
    void startFailuresNameCauseAndRemedy_data();
    void startFailuresNameCauseAndRemedy();

private:
    template <typename T>
    T* page(const QString& id)
    {
        auto* nav = m_window->findChild<NavList*>();
        const auto row = static_cast<int>(MainWindow::pageIds().indexOf(id));
        QTest::mouseClick(nav->viewport(), Qt::LeftButton, {}, nav->visualItemRect(nav->item(row)).center());
        return m_window->currentPageId() == id ? qobject_cast<T*>(m_window->page(id)) : nullptr;
    }
    [[nodiscard]] static QString stripText(QWidget* page)
    {
        const auto* strip = page->findChild<InlineMessage*>();
        return strip && strip->isVisible() ? strip->text() : QString();
    }
    [[nodiscard]] static QString errorText(QWidget* page)
    {
        const auto* strip = page->findChild<InlineMessage*>();
        return strip && strip->isVisible() && strip->kind() == InlineMessage::Kind::Error ? strip->text() : QString();
    }
    [[nodiscard]] const ClusterSnapshot& now() const { return *m_bridge->latest(); }
    [[nodiscard]] std::int64_t deadLetters() const
    {
        std::int64_t sum = 0;
        for (const auto& group : now().groups) {
            sum += group.deadLetters.value_or(0);
        }
        return sum;
    }

    QTemporaryDir m_settings;
    QTemporaryDir m_data;
    std::unique_ptr<EngineBridge> m_bridge;
    std::unique_ptr<SessionHost> m_host;
    std::unique_ptr<MainWindow> m_window;
};

void TstUiCluster::initTestCase()
{
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_settings.path());
    applyTheme(ThemeChoice::Light);
    m_bridge = std::make_unique<EngineBridge>();
    m_host = std::make_unique<SessionHost>(
        m_bridge.get(), [config = configFor(m_data.path())] { return startShared(config); });
    m_window = std::make_unique<MainWindow>(m_bridge.get(), m_host.get(), ThemeChoice::Light);
    m_window->resize(1320, 840);
    m_window->show();
    QApplication::setActiveWindow(m_window.get());
    QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
    QVERIFY(m_window->startView()->isVisible());
    m_host->start();
    QTRY_COMPARE_WITH_TIMEOUT(m_host->state(), SessionHost::State::Running, 20'000);
    QTRY_VERIFY_WITH_TIMEOUT(m_bridge->latest() && now().brokers.size() == 2 &&
                                 now().brokers[0].isUp && now().brokers[1].isUp,
                             10'000);
    QTRY_VERIFY(!m_window->startView()->isVisible());
}

void TstUiCluster::cleanupTestCase()
{
    m_window->close();
    QTRY_COMPARE_WITH_TIMEOUT(m_host->state(), SessionHost::State::Stopped, 30'000);
    QVERIFY(!m_window->isVisible());
    m_window.reset();
    m_host.reset();
    m_bridge.reset();
}

void TstUiCluster::freshClusterExplainsItself()
{
    auto* topics = page<TopicsPage>("topics");
    QVERIFY(topics);
    QCOMPARE(topics->list()->model()->rowCount(), 0); // the brokers' own topics are not shown
    QVERIFY(topics->list()->emptyState()->isVisible());
    QVERIFY(topics->list()->emptyState()->sentence().contains("No topics"));
    auto* groups = page<GroupsPage>("groups");
    QVERIFY(groups);
    QCOMPARE(groups->list()->model()->rowCount(), 0);
    QVERIFY(groups->list()->emptyState()->isVisible());
    auto* overview = page<OverviewPage>("overview");
    QTRY_VERIFY_WITH_TIMEOUT(now().history && !now().history->empty(), 5'000);
    QTRY_COMPARE(overview->lagText(), QString("0")); // nobody is behind: 0, not unknown
}

void TstUiCluster::topicIsCreatedSentToReadAndDeleted()
{
    auto* topics = page<TopicsPage>("topics");
    QVERIFY(topics);
    QVERIFY(withDialog<CreateTopicDialog>(
        [&] { QTest::mouseClick(topics->list()->emptyState()->button(), Qt::LeftButton); },
        [](CreateTopicDialog* dialog) {
            QTest::keyClicks(dialog->nameEdit(), "letters");
            QTest::keyClick(dialog->nameEdit(), Qt::Key_Return);
        }));
    QTRY_VERIFY_WITH_TIMEOUT(stripText(topics).contains("letters"), 10'000);
    QTRY_COMPARE_WITH_TIMEOUT(topics->list()->model()->rowCount(), 1, 10'000);
    topics->select("letters");
    const QByteArray body = QByteArray("Gr\xC3\xBC\xC3\x9F") + "e, {\"n\": 1}";
    QTRY_VERIFY(topics->findChild<QPushButton*>("sendMessage")->isEnabled());
    QVERIFY(withDialog<SendMessageDialog>(
        [&] { QTest::mouseClick(topics->findChild<QPushButton*>("sendMessage"), Qt::LeftButton); },
        [&](SendMessageDialog* dialog) {
            dialog->bodyEdit()->setPlainText(QString::fromUtf8(body));
            QTest::mouseClick(dialog->acceptButton(), Qt::LeftButton);
        }));
    QTRY_VERIFY_WITH_TIMEOUT(stripText(topics).contains("SEND_OK"), 10'000);
    auto* messages = page<MessagesPage>("messages");
    messages->select("letters");
    QTRY_COMPARE_WITH_TIMEOUT(messages->list()->model()->rowCount(), 1, 10'000);
    QTRY_COMPARE(messages->detail()->payload()->shownText(), QString::fromUtf8(body));
    topics = page<TopicsPage>("topics");
    topics->select("letters");
    QVERIFY(withDialog<DeleteTopicDialog>(
        [&] { QTest::mouseClick(topics->findChild<QPushButton*>("deleteTopic"), Qt::LeftButton); },
        [](DeleteTopicDialog* dialog) {
            QTest::keyClicks(dialog->nameEdit(), "letters");
            QTest::mouseClick(dialog->acceptButton(), Qt::LeftButton);
        }));
    QTRY_COMPARE_WITH_TIMEOUT(topics->list()->model()->rowCount(), 0, 10'000);
}

void TstUiCluster::demoIsStartedByAClick()
{
    auto* overview = page<OverviewPage>("overview");
    auto* button = overview->findChild<QPushButton*>("demoButton");
    QVERIFY(button->isVisible() && button->text().contains("Start"));
    QTest::mouseClick(button, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(now().demo.isRunning && now().demo.ordersConsumed > 20, 20'000);
    QTRY_VERIFY(button->text().contains("Stop"));
    // What the other pages shall show takes a while: retries, then dead letters.
    QTRY_VERIFY_WITH_TIMEOUT(deadLetters() > 0, 45'000);
}

void TstUiCluster::everyPageShowsLiveData()
{
    for (const QString& id : MainWindow::pageIds()) {
        auto* shown = page<Page>(id);
        QVERIFY2(shown, qPrintable(id));
        shown->prepareForTour();
        QTRY_VERIFY2_WITH_TIMEOUT(shown->missingForTour().isEmpty(),
                                  qPrintable(id + ": " + shown->missingForTour()), 10'000);
        QVERIFY2(errorText(shown).isEmpty(), qPrintable(errorText(shown)));
    }
    auto* connections = page<ConnectionsPage>("connections");
    const auto* model = connections->list()->model();
    for (int row = 0; row < model->rowCount(); ++row) {
        QVERIFY(model->index(row, ConnectionModel::Library).data().toString().startsWith("Gantry"));
    }
}

void TstUiCluster::deadLetterIsResent()
{
    auto* retry = page<ui::RetryPage>("retry");
    QTRY_VERIFY_WITH_TIMEOUT(retry->deadList()->model()->rowCount() > 0, 10'000);
    retry->tabs()->setCurrentIndex(1);
    test::clickRow(retry->deadList(), 0);
    auto* button = retry->findChild<QPushButton*>("resend");
    QTRY_VERIFY(button->isVisible() && button->isEnabled());
    QVERIFY(withDialog<QMessageBox>([&] { QTest::mouseClick(button, Qt::LeftButton); },
                                    [](QMessageBox* box) {
                                        for (QAbstractButton* choice : box->buttons()) {
                                            if (box->buttonRole(choice) == QMessageBox::AcceptRole) {
                                                QTest::mouseClick(choice, Qt::LeftButton);
                                            }
                                        }
                                    }));
    QTRY_VERIFY_WITH_TIMEOUT(stripText(retry).contains("1 message was resent"), 10'000);
}

void TstUiCluster::offsetsAreReset()
{
    auto* groups = page<GroupsPage>("groups");
    groups->select("shop-analytics"); // slow on purpose: it lags
    QTRY_COMPARE(groups->list()->currentKey(), QString("shop-analytics"));
    QPushButton* reset = nullptr;
    for (auto* button : groups->findChildren<QPushButton*>()) {
        reset = button->text().startsWith("Reset") ? button : reset;
    }
    QVERIFY(reset && reset->isEnabled());
    QVERIFY(withDialog<ResetOffsetsDialog>([&] { QTest::mouseClick(reset, Qt::LeftButton); },
                                           [](ResetOffsetsDialog* dialog) {
                                               dialog->skipButton()->click();
                                               QTest::mouseClick(dialog->acceptButton(), Qt::LeftButton);
                                           }));
    QTRY_VERIFY_WITH_TIMEOUT(stripText(groups).contains("reset"), 15'000);
}

void TstUiCluster::clicksAndResizesNeverBlockTheWindow()
{
    LoopWatch watch;
    const QStringList ids = MainWindow::pageIds();
    QElapsedTimer timer;
    timer.start();
    for (int i = 0; timer.elapsed() < 4'000; ++i) {
        QVERIFY(page<Page>(ids[i % ids.size()]));
        if (i % 5 == 0) {
            m_window->setTheme(i % 2 == 0 ? ThemeChoice::Dark : ThemeChoice::Light);
            m_window->resize(i % 2 == 0 ? QSize(1000, 620) : QSize(1600, 950));
        }
        QTest::qWait(60);
    }
    m_window->setTheme(ThemeChoice::Light);
    qInfo("longest time the event loop stood still: %lld ms", static_cast<long long>(watch.worstMs()));
    // Generous, for machines that are busy with something else; waiting for the engine takes longer.
    QVERIFY2(watch.worstMs() < 1'500, "something blocks the GUI thread");
}

void TstUiCluster::startFailuresNameCauseAndRemedy_data()
{
    QTest::addColumn<QString>("kind");
    QTest::addColumn<QString>("cause");
    QTest::addColumn<QString>("remedy");
    QTest::newRow("port in use") << "port" << "in use" << "--any-ports";
    QTest::newRow("locked by another") << "lock" << "lock" << "--data";
    QTest::newRow("foreign file in the CommitLog") << "foreign" << "commitlog" << "--data";
}

void TstUiCluster::startFailuresNameCauseAndRemedy()
{
    QFETCH(QString, kind);
    QFETCH(QString, cause);
    QFETCH(QString, remedy);
    QTemporaryDir directory;
    LocalClusterConfig config = configFor(directory.path());
    const Squatter squatter;
    QVERIFY(squatter.port() != 0);
    if (kind == "port") {
        config.anyFreePorts = false;
        config.nameServerPortBase = squatter.port();
    } else if (kind == "lock") {
        config.dataDirectory = m_data.path().toStdString(); // this very window's cluster has it
    } else {
        const auto log = config.dataDirectory / "broker-a" / "commitlog";
        std::filesystem::create_directories(log);
        std::ofstream(log / "holiday.jpg") << "not a CommitLog";
    }
    EngineBridge bridge;
    SessionHost host(&bridge, [config] { return startShared(config); });
    MainWindow window(&bridge, &host, ThemeChoice::Light);
    window.show();
    host.start();
    QTRY_COMPARE_WITH_TIMEOUT(host.state(), SessionHost::State::Failed, 20'000);
    EmptyState* view = window.startView();
    QVERIFY(view->isVisible());
    QVERIFY2(view->why().contains(cause, Qt::CaseInsensitive), qPrintable(view->why()));
    QVERIFY2(view->why().contains(remedy), qPrintable(view->why()));
    QVERIFY(view->button()->isVisible());
}

QTEST_MAIN(TstUiCluster)
#include "tst_ui_cluster.moc"
