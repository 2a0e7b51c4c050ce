// SPDX-License-Identifier: GPL-3.0-or-later
// The window in states it is not built for every day: very much, very long, very odd, nothing but
// a keyboard.
#include "ui/dialogs/create_topic_dialog.h"
#include "ui/dialogs/shortcuts_dialog.h"
#include "ui/models/connection_model.h"
#include "ui/models/group_model.h"
#include "ui/models/row_proxy.h"
#include "ui/models/topic_model.h"
#include "ui/pages/brokers_page.h"
#include "ui/pages/connections_page.h"
#include "ui/pages/dedup_page.h"
#include "ui/pages/groups_page.h"
#include "ui/pages/messages_page.h"
#include "ui/pages/retry_page.h"
#include "ui/pages/topics_page.h"
#include "ui/widgets/column_fit.h"
#include "ui/widgets/detail_splitter.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/filter_chips.h"
#include "ui/widgets/inline_message.h"
#include "ui/widgets/message_detail.h"
#include "ui/widgets/nav_list.h"
#include "ui/widgets/payload_view.h"
#include "ui/widgets/search_field.h"
#include "window_fixture.h"

#include <QAbstractButton>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QDateTimeEdit>
#include <QElapsedTimer>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QScrollBar>
#include <QSet>
#include <QSettings>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTextDocument>

#include <numeric>

using namespace gantry;
using namespace gantry::ui;
using test::WindowFixture;
using test::withDialog;

namespace {

int sumOf(const std::vector<int>& widths)
{
    return std::accumulate(widths.begin(), widths.end(), 0);
}

/// What the tables of a page need horizontally beyond what they have.
int overflowOf(QWidget* page)
{
    int most = 0;
    for (auto* view : page->findChildren<TableView*>()) {
        if (view->isVisible()) {
            most = std::max(most, view->horizontalScrollBar()->maximum());
        }
    }
    return most;
}

SnapshotPtr manyOfEverything()
{
    auto s = test::largeCluster(10'000);
    const ConnectionInfo pattern = s->connections.front();
    for (int i = 0; i < 10'000; ++i) {
        ConnectionInfo c = pattern;
        c.clientId = "client-" + std::to_string(i);
        c.remoteAddress = "127.0.0.1:" + std::to_string(20'000 + i);
        c.bytesIn = (i * 7919) % 10'007;
        s->connections.push_back(std::move(c));
    }
    TopicInfo wide = s->topics.front();
    wide.name = "a-topic-of-many-queues";
    wide.queues.clear();
    GroupInfo reader = s->groups.front();
    reader.name = "a-group-of-many-queues";
    reader.queues.clear();
    for (int i = 0; i < 10'000; ++i) {
        const MessageQueue queue{wide.name, "broker-a", i};
        wide.queues.push_back({queue, 0, (i * 31) % 977, s->takenAtMs});
        GroupQueueInfo progress;
        progress.queue = queue;
        progress.brokerOffset = (i * 31) % 977;
        progress.consumerOffset = 0;
        progress.lag = (i * 31) % 977;
        reader.queues.push_back(progress);
    }
    s->topics.insert(s->topics.begin(), std::move(wide));
    s->groups.insert(s->groups.begin(), std::move(reader));
    return s;
}

/// Clicks the title of a column.
void clickHeader(TableView* view, int column)
{
    auto* header = view->header();
    const QPoint at(header->sectionViewportPosition(column) + 12, header->height() / 2);
    QTest::mouseClick(header->viewport(), Qt::LeftButton, {}, at);
}

} // namespace

class TstUiStates : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void columnsShareTheRoom();
    void tablesFitTheirWindow_data();
    void tablesFitTheirWindow();
    void shortListsLeaveRoomForTheDetail();
    void tenThousandRowsFilterAndSort_data();
    void tenThousandRowsFilterAndSort();
    void tenThousandRowsInEveryDetailTable();
    void longNamesDoNotPushAnythingOut();
    void strangeBodiesAreShownAtOnce();
    void textFromOutsideIsNeverMarkup();
    void refreshKeepsPlaceInTheBody();
    void brokenClusterNeverShowsZero();
    void everythingIsReachableByTab();
    void keyboardAloneCreatesATopic();
    void backAndForwardThroughPages();
    void findFocusesTheFilter();
    void refreshKeyReadsAgain();
    void shortcutsAreListedAndUnique();
    void contextMenuCopiesAndActs();
    void emptyTimeRangeSaysSo();
    void failuresOfVerbsAreShown();

private:
    QTemporaryDir m_settings;
};

void TstUiStates::initTestCase()
{
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_settings.path());
    applyTheme(ThemeChoice::Light);
}

void TstUiStates::columnsShareTheRoom()
{
    const std::vector<ColumnRoom> columns{{40, 100, 80, false}, {50, 60, 90, false}, {40, 300, 120, false}};
    // Wide: everything in full, what is over goes to all.
    auto widths = fitColumnWidths(columns, 1000);
    QCOMPARE(sumOf(widths), 1000);
    QVERIFY(widths[0] >= 100 && widths[1] >= 60 && widths[2] >= 300);
    // Some room: long texts get what is there.
    widths = fitColumnWidths(columns, 300);
    QCOMPARE(sumOf(widths), 300);
    QVERIFY(widths[0] >= 80 && widths[1] >= 60 && widths[2] > 120 && widths[2] < 300);
    // Little: none below its least; what is short stays whole.
    widths = fitColumnWidths(columns, 180);
    QCOMPARE(sumOf(widths), 180);
    QVERIFY(widths[0] >= 40 && widths[1] >= 50 && widths[2] >= 40);
    // Too little: the leasts, and the table scrolls.
    QCOMPARE(fitColumnWidths(columns, 50), (std::vector<int>{40, 50, 40}));
    // One that stretches takes all that is over.
    auto stretching = columns;
    stretching[1].isStretching = true;
    widths = fitColumnWidths(stretching, 1000);
    QCOMPARE(widths, (std::vector<int>{100, 600, 300}));
    QVERIFY(fitColumnWidths({}, 100).empty());
}

void TstUiStates::tablesFitTheirWindow_data()
{
    QTest::addColumn<QSize>("size");
    QTest::newRow("1280") << QSize(1280, 800);
    QTest::newRow("1440") << QSize(1440, 900);
    QTest::newRow("1920") << QSize(1920, 1080);
}

void TstUiStates::tablesFitTheirWindow()
{
    QFETCH(QSize, size);
    WindowFixture f;
    f.window->resize(size);
    for (const QString& id : MainWindow::pageIds()) {
        f.window->showPage(id);
        QTest::qWait(20);
        auto* page = f.window->page(id);
        QTRY_VERIFY2(overflowOf(page) == 0,
                     qPrintable(QStringLiteral("%1 scrolls by %2").arg(id).arg(overflowOf(page))));
        for (auto* view : page->findChildren<TableView*>()) {
            if (!view->isVisible() || view->model()->rowCount() == 0) {
                continue;
            }
            // No title is cut, the last column ends at the edge.
            int end = 0;
            for (int column = 0; column < view->header()->count(); ++column) {
                if (view->isColumnHidden(column)) {
                    continue;
                }
                const QString title = view->model()->headerData(column, Qt::Horizontal).toString();
                QVERIFY2(view->columnWidth(column) >= view->fontMetrics().horizontalAdvance(title) + 16,
                         qPrintable(id + ": " + title));
                end += view->columnWidth(column);
            }
            QVERIFY2(end == view->viewport()->width(),
                     qPrintable(QStringLiteral("%1: %2 of %3").arg(id).arg(end).arg(view->viewport()->width())));
        }
    }
}

void TstUiStates::shortListsLeaveRoomForTheDetail()
{
    WindowFixture f;
    auto* groups = f.page<GroupsPage>("groups");
    auto* splitter = groups->findChild<DetailSplitter*>();
    QTRY_VERIFY(splitter->sizes().value(0) < splitter->sizes().value(1));
    const int forFew = splitter->sizes().value(0);
    QVERIFY(groups->list()->verticalScrollBar()->maximum() == 0);
    f.publish(test::largeCluster(100, 3));
    QTRY_VERIFY(splitter->sizes().value(0) > forFew);
    const int forMany = splitter->sizes().value(0);
    f.publish(test::busyCluster(9));
    QTest::qWait(20);
    QCOMPARE(splitter->sizes().value(0), forMany); // it does not jump back
}

void TstUiStates::tenThousandRowsFilterAndSort_data()
{
    QTest::addColumn<QString>("page");
    QTest::addColumn<int>("column");
    QTest::addColumn<QString>("text");
    QTest::newRow("topics") << "topics" << int(TopicModel::Lag) << "topic-0099";
    QTest::newRow("groups") << "groups" << int(GroupModel::Lag) << "group-0099";
    QTest::newRow("connections") << "connections" << int(ConnectionModel::BytesIn) << "client-99";
}

void TstUiStates::tenThousandRowsFilterAndSort()
{
    QFETCH(QString, page);
    QFETCH(int, column);
    QFETCH(QString, text);
    static const SnapshotPtr snapshot = manyOfEverything();
    WindowFixture f(snapshot);
    QElapsedTimer timer;
    timer.start();
    f.window->showPage(page);
    auto* shown = f.window->page(page);
    TableView* view = nullptr; // the page's list has the most rows
    QTRY_VERIFY(QTest::qWaitFor([&] {
        for (auto* candidate : shown->findChildren<TableView*>()) {
            view = candidate->model()->rowCount() >= 10'000 ? candidate : view;
        }
        return view != nullptr;
    }));
    shown->grab();
    const auto opened = timer.restart();
    clickHeader(view, column);
    clickHeader(view, column);
    shown->grab();
    const auto sorted = timer.restart();
    const auto valueAt = [&](int row) { return view->model()->index(row, column).data(SortRole).toLongLong(); };
    const bool isDescending = view->header()->sortIndicatorOrder() == Qt::DescendingOrder;
    for (int row = 1; row < 200; ++row) {
        QVERIFY(isDescending ? valueAt(row - 1) >= valueAt(row) : valueAt(row - 1) <= valueAt(row));
    }
    auto* search = shown->findChild<SearchField*>();
    QTest::mouseClick(search, Qt::LeftButton);
    QTest::keyClicks(search, text);
    QTest::keyClick(search, Qt::Key_Return);
    QTRY_VERIFY(view->model()->rowCount() < 1'000);
    QVERIFY(view->model()->rowCount() > 50);
    shown->grab();
    const auto filtered = timer.restart();
    QTest::keyClick(view, Qt::Key_End);
    QTest::keyClick(view, Qt::Key_Home);
    QCOMPARE(view->currentIndex().row(), 0);
    qInfo("%s: opened in %lld ms, sorted twice in %lld ms, filtered in %lld ms", qPrintable(page),
          static_cast<long long>(opened), static_cast<long long>(sorted), static_cast<long long>(filtered));
}

void TstUiStates::tenThousandRowsInEveryDetailTable()
{
    WindowFixture f(manyOfEverything());
    f.session->queueLength = 10'000;
    f.session->dedupCount = 10'000;
    QElapsedTimer timer;
    const auto measured = [&](const char* what, auto&& act) {
        timer.restart();
        act();
        qInfo("%s: %lld ms", what, static_cast<long long>(timer.elapsed()));
    };
    auto* topics = f.page<TopicsPage>("topics");
    measured("10,000 queues of a topic", [&] {
        topics->select("a-topic-of-many-queues");
        topics->grab();
    });
    QVERIFY(topics->findChild<QTabWidget*>()->tabText(0).contains(QStringLiteral("10%1000").arg(QChar(0x202F))));
    auto* groups = f.page<GroupsPage>("groups");
    measured("10,000 queues of a group", [&] {
        groups->select("a-group-of-many-queues");
        groups->grab();
    });
    auto* messages = f.page<MessagesPage>("messages");
    messages->queryBar()->setMode(MessageQuery::Mode::Time);
    measured("messages by time", [&] {
        QTest::mouseClick(messages->queryBar()->runButton(), Qt::LeftButton);
        (void)QTest::qWaitFor([&] { return messages->list()->model()->rowCount() == 2'000; });
        messages->grab();
    });
    QCOMPARE(messages->list()->model()->rowCount(), 2'000);
    auto* dedup = f.page<ui::DedupPage>("dedup");
    QPushButton* more = nullptr;
    for (auto* button : dedup->findChildren<QPushButton*>()) {
        more = button->text() == "Show more" ? button : more;
    }
    QTRY_VERIFY(more && more->isVisible());
    measured("10,000 rows of the dedup log", [&] {
        for (int i = 0; i < 10 && more->isVisible(); ++i) {
            const int before = dedup->list()->model()->rowCount();
            QTest::mouseClick(more, Qt::LeftButton);
            (void)QTest::qWaitFor([&] { return dedup->list()->model()->rowCount() > before; });
        }
    });
    QTRY_COMPARE(dedup->list()->model()->rowCount(), 10'000);
    QVERIFY(!more->isVisible());
}

void TstUiStates::longNamesDoNotPushAnythingOut()
{
    WindowFixture f(test::strangeCluster());
    f.window->resize(1280, 800);
    for (const QString& id : MainWindow::pageIds()) {
        f.window->showPage(id);
        QTest::qWait(20);
        auto* page = f.window->page(id);
        // The window was not forced wider, and no control hangs out of it.
        QCOMPARE(f.window->width(), 1280);
        for (auto* button : page->findChildren<QAbstractButton*>()) {
            if (button->isVisible()) {
                const QRect place(button->mapTo(f.window.get(), QPoint()), button->size());
                QVERIFY2(f.window->rect().contains(place), qPrintable(id + ": " + button->text()));
            }
        }
    }
    auto* topics = f.page<TopicsPage>("topics");
    const QString name = topics->list()->model()->index(topics->list()->model()->rowCount() - 1, 0).data().toString();
    topics->select(name);
    QCOMPARE(name.size(), 127);
    bool isWhole = false;
    for (auto* label : topics->findChildren<ElidedLabel*>()) {
        label->grab(); // paints, and so decides about the tool tip
        isWhole = isWhole || label->toolTip() == name;
    }
    QVERIFY2(isWhole, "the whole name is nowhere to be seen");
}

void TstUiStates::strangeBodiesAreShownAtOnce()
{
    WindowFixture f;
    f.session->make = test::makeStrangeMessage;
    f.session->queueLength = 16;
    auto* page = f.page<MessagesPage>("messages");
    page->queryBar()->setMode(MessageQuery::Mode::Queue);
    QTest::mouseClick(page->queryBar()->runButton(), Qt::LeftButton);
    QTRY_COMPARE(page->list()->model()->rowCount(), 16);
    PayloadView* payload = page->detail()->payload();
    const auto summary = [&] {
        QStringList all;
        for (auto* label : payload->findChildren<QLabel*>()) {
            all += label->text();
        }
        return all.join(' ');
    };
    QElapsedTimer timer;
    qint64 slowest = 0;
    for (int offset = 0; offset < 8; ++offset) {
        timer.start();
        page->list()->selectKey(QStringLiteral("orders broker-a 0 %1").arg(offset));
        page->grab();
        slowest = std::max(slowest, timer.elapsed());
        switch (offset) {
        case 1: // 4 MiB in one line
            QCOMPARE(payload->view(), PayloadView::View::Text);
            QVERIFY2(summary().contains("the first"), qPrintable(summary()));
            break;
        case 2:
            QVERIFY2(summary().contains("empty"), qPrintable(summary()));
            break;
        case 3: // Latin-1: bytes, not guesses
            QCOMPARE(payload->view(), PayloadView::View::Hex);
            QVERIFY2(summary().contains("not UTF-8"), qPrintable(summary()));
            QVERIFY(payload->shownText().startsWith("47 72 fc df"));
            break;
        case 4:
            QCOMPARE(payload->view(), PayloadView::View::Text);
            QVERIFY(payload->shownText().startsWith(QString::fromUtf8("\xE8\xAE\xA2\xE5\x8D\x95 4711")));
            break;
        case 5: // JSON that is cut off is text
            QCOMPARE(payload->view(), PayloadView::View::Text);
            QVERIFY(!payload->findChild<QPushButton*>("payloadJSON")->isEnabled());
            break;
        case 7:
            QCOMPARE(payload->view(), PayloadView::View::Hex);
            break;
        default:
            break;
        }
    }
    qInfo("slowest body: %lld ms", static_cast<long long>(slowest));
    QVERIFY2(slowest < 2'000, "a body blocks the window");
    // Copy takes all of it, also where only the beginning is shown.
    page->list()->selectKey("orders broker-a 0 1");
    for (auto* button : payload->findChildren<QPushButton*>()) {
        if (button->text() == "Copy body") {
            QTest::mouseClick(button, Qt::LeftButton);
        }
    }
    QCOMPARE(QGuiApplication::clipboard()->text().size(), 4 << 20);
}

void TstUiStates::textFromOutsideIsNeverMarkup()
{
    WindowFixture f(test::strangeCluster());
    auto* page = f.page<ConnectionsPage>("connections");
    bool wasFound = false;
    for (int row = 0; row < page->list()->model()->rowCount(); ++row) {
        const QString tip = page->list()->model()->index(row, ConnectionModel::Client).data(Qt::ToolTipRole).toString();
        wasFound = wasFound || tip.contains("&lt;b&gt;");
        QVERIFY2(!tip.contains("<b>") || !Qt::mightBeRichText(tip), "a client id is taken for HTML");
    }
    QVERIFY(wasFound);
    auto broken = test::busyCluster(3);
    broken->problem = "<img src=x> is down";
    f.publish(broken);
    for (auto* label : f.window->findChildren<QLabel*>()) {
        QVERIFY2(label->textFormat() == Qt::PlainText || !label->text().contains("<img"), qPrintable(label->text()));
    }
}

void TstUiStates::refreshKeepsPlaceInTheBody()
{
    PayloadView payload;
    payload.resize(400, 120);
    payload.show();
    QByteArray body;
    for (int i = 0; i < 500; ++i) {
        body += "line " + QByteArray::number(i) + '\n';
    }
    payload.setBody(body);
    QVERIFY(QTest::qWaitForWindowExposed(&payload));
    QScrollBar* bar = nullptr;
    for (auto* candidate : payload.findChildren<QScrollBar*>()) {
        bar = candidate->isVisible() && candidate->maximum() > 100 ? candidate : bar;
    }
    QVERIFY(bar);
    bar->setValue(77);
    payload.setBody(QByteArray(body.constData(), body.size())); // read again
    QCOMPARE(bar->value(), 77);
    payload.setBody(body + "more");
    QCOMPARE(bar->value(), 0);
}

void TstUiStates::brokenClusterNeverShowsZero()
{
    WindowFixture f(test::brokenCluster());
    auto* topics = f.page<TopicsPage>("topics");
    for (int row = 0; row < topics->list()->model()->rowCount(); ++row) {
        for (const int column : {TopicModel::Messages, TopicModel::PutRate, TopicModel::Lag}) {
            QCOMPARE(topics->list()->model()->index(row, column).data().toString(), QString::fromUtf8("\xE2\x80\x93"));
        }
    }
    auto* brokers = f.page<BrokersPage>("brokers");
    brokers->select("broker-b:0");
    bool saysWhy = false;
    for (auto* view : brokers->findChildren<TableView*>()) {
        for (int row = 0; row < view->model()->rowCount(); ++row) {
            saysWhy = saysWhy || view->model()->index(row, 1).data().toString().contains("Connection refused");
        }
    }
    QVERIFY(saysWhy);
}

void TstUiStates::everythingIsReachableByTab()
{
    WindowFixture f;
    for (const QString& id : MainWindow::pageIds()) {
        f.window->showPage(id);
        QTest::qWait(10);
        auto* page = f.window->page(id);
        QSet<QWidget*> visited;
        f.window->findChild<NavList*>()->setFocus();
        for (int i = 0; i < 120; ++i) {
            QTest::keyClick(QApplication::focusWidget() ? QApplication::focusWidget() : f.window.get(), Qt::Key_Tab);
            if (QWidget* focused = QApplication::focusWidget()) {
                visited += focused;
                QVERIFY2(focused->isVisible(), qPrintable(id));
                QVERIFY2(!focused->accessibleName().isEmpty() || qobject_cast<QAbstractButton*>(focused) ||
                             qobject_cast<TableView*>(focused) || !focused->metaObject()->className()[0] ||
                             QLatin1String(focused->metaObject()->className()).startsWith(QLatin1String("Q")) ||
                             !focused->toolTip().isEmpty(),
                         focused->metaObject()->className());
            }
        }
        for (auto* button : page->findChildren<QPushButton*>()) {
            const bool isInGroup = button->autoExclusive() || button->group(); // arrows go inside
            if (button->isVisible() && button->isEnabled() && !isInGroup) {
                QVERIFY2(visited.contains(button), qPrintable(id + ": " + button->text()));
            }
        }
        for (auto* view : page->findChildren<TableView*>()) {
            if (view->isVisible()) {
                QVERIFY2(visited.contains(view), qPrintable(id + ": a table"));
            }
        }
    }
}

void TstUiStates::keyboardAloneCreatesATopic()
{
    WindowFixture f;
    QTest::keyClick(f.window.get(), Qt::Key_2, Qt::ControlModifier);
    QCOMPARE(f.window->currentPageId(), QString("topics"));
    auto* create = f.window->page("topics")->findChild<QPushButton*>("createTopic");
    for (int i = 0; i < 60 && !create->hasFocus(); ++i) {
        QTest::keyClick(QApplication::focusWidget() ? QApplication::focusWidget() : f.window.get(), Qt::Key_Tab);
    }
    QVERIFY(create->hasFocus());
    QVERIFY(withDialog<CreateTopicDialog>([&] { QTest::keyClick(create, Qt::Key_Space); },
                                          [](CreateTopicDialog* dialog) {
                                              QCOMPARE(dialog->focusWidget(), dialog->nameEdit());
                                              QTest::keyClicks(dialog->nameEdit(), "by key");
                                              QVERIFY2(!dialog->problem().isEmpty(), "no word about the blank");
                                              QTest::keyClick(dialog->nameEdit(), Qt::Key_Return);
                                              QVERIFY(dialog->isVisible()); // Return does not get past a mistake
                                              dialog->nameEdit()->selectAll();
                                              QTest::keyClicks(dialog->nameEdit(), "by-key");
                                              QTest::keyClick(dialog->nameEdit(), Qt::Key_Return);
                                          }));
    QCOMPARE(f.session->lastCall(), std::string("createTopic by-key 4"));
}

void TstUiStates::backAndForwardThroughPages()
{
    WindowFixture f;
    f.window->showPage("topics", "orders");
    f.window->showPage("messages");
    f.window->showPage("groups", "billing");
    const auto press = [&](Qt::Key key) { QTest::keyClick(f.window.get(), key, Qt::AltModifier); };
    press(Qt::Key_Left);
    QCOMPARE(f.window->currentPageId(), QString("messages"));
    QCOMPARE(f.window->findChild<NavList*>()->chosen(), QString("messages"));
    press(Qt::Key_Left);
    QCOMPARE(f.window->currentPageId(), QString("topics"));
    QCOMPARE(qobject_cast<TopicsPage*>(f.window->page("topics"))->list()->currentKey(), QString("orders"));
    press(Qt::Key_Right);
    press(Qt::Key_Right);
    QCOMPARE(f.window->currentPageId(), QString("groups"));
    press(Qt::Key_Right); // nothing ahead
    QCOMPARE(f.window->currentPageId(), QString("groups"));
    press(Qt::Key_Left);
    f.window->showPage("dedup"); // a new way: the old one ahead is gone
    press(Qt::Key_Right);
    QCOMPARE(f.window->currentPageId(), QString("dedup"));
}

void TstUiStates::findFocusesTheFilter()
{
    WindowFixture f;
    for (const QString& id : {QStringLiteral("topics"), QStringLiteral("groups"), QStringLiteral("messages"),
                              QStringLiteral("dedup"), QStringLiteral("connections")}) {
        f.window->showPage(id);
        QTest::keyClick(f.window.get(), Qt::Key_F, Qt::ControlModifier);
        QVERIFY2(qobject_cast<SearchField*>(QApplication::focusWidget()), qPrintable(id));
    }
}

void TstUiStates::refreshKeyReadsAgain()
{
    WindowFixture f;
    auto* page = f.page<MessagesPage>("messages");
    QTRY_COMPARE(page->list()->model()->rowCount(), 200);
    const auto before = f.session->calls().size();
    QTest::keyClick(f.window.get(), Qt::Key_F5);
    QCOMPARE(f.session->calls().size(), before + 1);
    f.window->showPage("retry");
    QTRY_COMPARE(f.session->lastCall().substr(0, 9), std::string("retriesOf"));
    const auto beforeRetry = f.session->calls().size();
    QTest::keyClick(f.window.get(), Qt::Key_F5);
    QVERIFY(f.session->calls().size() > beforeRetry);
}

void TstUiStates::shortcutsAreListedAndUnique()
{
    WindowFixture f;
    QMap<QString, QString> seen;
    for (auto* action : f.window->findChildren<QAction*>()) {
        const QString keys = action->shortcut().toString();
        if (!keys.isEmpty()) {
            QVERIFY2(!seen.contains(keys),
                     qPrintable(keys + " is used twice: " + seen.value(keys) + ", " + action->text()));
            seen.insert(keys, action->text());
        }
    }
    QVERIFY(withDialog<ShortcutsDialog>([&] { QTest::keyClick(f.window.get(), Qt::Key_Slash, Qt::ControlModifier); },
                                        [&](ShortcutsDialog* dialog) {
                                            const QString all = dialog->lines().join('\n');
                                            for (auto it = seen.begin(); it != seen.end(); ++it) {
                                                QVERIFY2(all.contains(it.key()), qPrintable(it.key()));
                                            }
                                            QVERIFY(all.contains("Brokers & NameServers"));
                                            QTest::keyClick(dialog, Qt::Key_Escape);
                                        }));
}

void TstUiStates::contextMenuCopiesAndActs()
{
    WindowFixture f;
    auto* list = f.page<TopicsPage>("topics")->list();
    list->selectKey("orders");
    const auto choose = [&](const QString& text) {
        bool wasThere = false;
        QTimer timer;
        timer.setInterval(10);
        connect(&timer, &QTimer::timeout, [&] {
            if (auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget())) {
                timer.stop();
                for (auto* action : menu->actions()) {
                    if (action->text().startsWith(text) && action->isEnabled()) {
                        wasThere = true;
                        menu->setActiveAction(action);
                    }
                }
                QTest::keyClick(menu, wasThere ? Qt::Key_Return : Qt::Key_Escape);
            }
        });
        timer.start();
        const QRect cell = list->visualRect(list->currentIndex().siblingAtColumn(TopicModel::Messages));
        QContextMenuEvent event(QContextMenuEvent::Mouse, cell.center(), list->viewport()->mapToGlobal(cell.center()));
        QApplication::sendEvent(list->viewport(), &event);
        return wasThere;
    };
    QVERIFY(choose("Copy value"));
    QCOMPARE(QGuiApplication::clipboard()->text(), QString("20210")); // raw, without separators
    QVERIFY(choose("Copy with headers"));
    QCOMPARE(QGuiApplication::clipboard()->text().split('\n').size(), 2);
    QVERIFY(choose("Browse messages"));
    QCOMPARE(f.window->currentPageId(), QString("messages"));
}

void TstUiStates::emptyTimeRangeSaysSo()
{
    WindowFixture f;
    auto* bar = f.page<MessagesPage>("messages")->queryBar();
    bar->setMode(MessageQuery::Mode::Time);
    auto* reason = bar->findChild<QLabel*>("queryProblem");
    QVERIFY(!reason->isVisible());
    const auto edits = bar->findChildren<QDateTimeEdit*>();
    QCOMPARE(edits.size(), 2);
    edits[1]->setDateTime(edits[0]->dateTime().addSecs(-60));
    QVERIFY(reason->isVisible() && reason->text().contains("ends before it begins"));
    QVERIFY(!bar->runButton()->isEnabled());
    bar->setMode(MessageQuery::Mode::Newest);
    QVERIFY(!reason->isVisible() && bar->runButton()->isEnabled());
}

void TstUiStates::failuresOfVerbsAreShown()
{
    WindowFixture f;
    const auto stripOf = [](QWidget* page) {
        auto* strip = page->findChild<InlineMessage*>();
        return strip->isVisible() && strip->kind() == InlineMessage::Kind::Error ? strip->text() : QString();
    };
    auto* messages = f.page<MessagesPage>("messages");
    QTRY_COMPARE(messages->list()->model()->rowCount(), 200);
    f.session->failNext({Errc::Timeout, "broker-a did not answer within 3 s", -1});
    QTest::mouseClick(messages->queryBar()->runButton(), Qt::LeftButton);
    QTRY_VERIFY(stripOf(messages).contains("failed"));
    QCOMPARE(messages->list()->model()->rowCount(), 0);
    QVERIFY(messages->list()->emptyState()->why().contains("broker-a did not answer", Qt::CaseInsensitive));
    auto* retry = f.page<ui::RetryPage>("retry");
    QTRY_VERIFY(retry->groupList()->model()->rowCount() > 0);
    f.session->failNext({Errc::ConnectFailed, "nobody listens on 127.0.0.1:10911", -1});
    QTest::keyClick(f.window.get(), Qt::Key_F5);
    QTRY_VERIFY(stripOf(retry).contains("could not be read"));
    auto* dedup = f.page<ui::DedupPage>("dedup");
    QTRY_VERIFY(dedup->list()->model()->rowCount() > 0);
    f.session->failNext({Errc::Internal, "database disk image is malformed", -1});
    QTest::keyClick(f.window.get(), Qt::Key_F5);
    QTRY_VERIFY(stripOf(dedup).contains("could not be read"));
    QTRY_VERIFY2(dedup->list()->emptyState()->why().contains("malformed"),
                 qPrintable(dedup->list()->emptyState()->why()));
}

QTEST_MAIN(TstUiStates)
#include "tst_ui_states.moc"
