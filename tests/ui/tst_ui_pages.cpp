// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/create_topic_dialog.h"
#include "ui/dialogs/delete_topic_dialog.h"
#include "ui/dialogs/reset_offsets_dialog.h"
#include "ui/dialogs/send_message_dialog.h"
#include "ui/models/field_model.h"
#include "ui/models/group_model.h"
#include "ui/models/row_proxy.h"
#include "ui/models/topic_model.h"
#include "ui/pages/brokers_page.h"
#include "ui/pages/connections_page.h"
#include "ui/pages/dedup_page.h"
#include "ui/pages/groups_page.h"
#include "ui/pages/messages_page.h"
#include "ui/pages/overview_page.h"
#include "ui/pages/retry_page.h"
#include "ui/pages/topics_page.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/filter_chips.h"
#include "ui/widgets/inline_message.h"
#include "ui/widgets/kpi_tile.h"
#include "ui/widgets/message_detail.h"
#include "ui/widgets/payload_view.h"
#include "ui/widgets/table_view.h"
#include "window_fixture.h"

#include <QClipboard>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QSettings>
#include <QTabBar>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QToolButton>

using namespace gantry;
using namespace gantry::ui;
using test::clickRow;
using test::WindowFixture;
using test::withDialog;

namespace {

QString stripText(Page* page)
{
    const auto* strip = page->findChild<InlineMessage*>();
    return strip && strip->isVisible() ? strip->text() : QString();
}

template <typename T>
T* named(QWidget* in, const char* name)
{
    return in->findChild<T*>(QLatin1String(name));
}

} // namespace

class TstUiPages : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void topicsFilterByKindAndText();
    void topicsSortByClickingTheHeader();
    void selectedTopicShowsItsQueues();
    void selectionSurvivesARefresh();
    void createTopicRefusesIllegalNames_data();
    void createTopicRefusesIllegalNames();
    void createTopicAsksTheSession();
    void failedCreationIsShownNearItsCause();
    void deleteTopicWantsTheName();
    void sendMessageChecksItsInput();
    void groupsResetOffsetsShowsTheImpact();
    void messagesBrowseAQueuePageByPage();
    void messagesDropLateAnswers();
    void messagesByKeyThatIsNotThere();
    void messageDetailShowsJsonTextAndHex();
    void retryShowsDeadLettersAndResends();
    void dedupChangesTheMode();
    void brokersAndConnectionsShowDetails();
    void brokersShowRetentionAndTheLastStart();
    void overviewNavigatesAndCopies();
    void copiesRowsAsTabSeparatedText();
    void everyPageHasAnEmptyState();

private:
    QTemporaryDir m_settings;
};

void TstUiPages::initTestCase()
{
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_settings.path());
    applyTheme(ThemeChoice::Light);
}

void TstUiPages::topicsFilterByKindAndText()
{
    WindowFixture f;
    auto* page = f.page<TopicsPage>("topics");
    QCOMPARE(page->list()->model()->rowCount(), 6);
    auto* chips = page->findChild<FilterChips*>();
    QTest::mouseClick(chips->button(2), Qt::LeftButton);
    QCOMPARE(page->list()->model()->rowCount(), 2);
    QTest::mouseClick(chips->button(4), Qt::LeftButton);
    QCOMPARE(page->list()->model()->rowCount(), 2);
    QCOMPARE(page->list()->model()->index(0, 0).data().toString(), QString("SCHEDULE_TOPIC_XXXX"));
    QTest::mouseClick(chips->button(0), Qt::LeftButton);
    QCOMPARE(page->list()->model()->rowCount(), 6);
    auto* search = page->findChild<QLineEdit*>();
    QTest::keyClicks(search, "order");
    QTRY_COMPARE(page->list()->model()->rowCount(), 2);
    QTest::keyClicks(search, "zzz");
    QTRY_COMPARE(page->list()->model()->rowCount(), 0);
    QVERIFY(page->list()->emptyState()->isVisible());
    QVERIFY(page->list()->emptyState()->sentence().contains("filter"));
    QVERIFY2(page->list()->emptyState()->why().contains("6 rows"), "system topics are counted");
    QTest::keyClick(search, Qt::Key_Escape);
    QTRY_COMPARE(page->list()->model()->rowCount(), 6);
    QVERIFY(!page->list()->emptyState()->isVisible());
}

void TstUiPages::topicsSortByClickingTheHeader()
{
    WindowFixture f;
    auto* list = f.page<TopicsPage>("topics")->list();
    auto* header = list->header();
    const auto click = [&](int column) {
        const QPoint at(header->sectionViewportPosition(column) + 12, header->height() / 2);
        QTest::mouseClick(header->viewport(), Qt::LeftButton, {}, at);
    };
    QCOMPARE(list->model()->index(0, 0).data().toString(), QString("%DLQ%billing"));
    click(TopicModel::Messages);
    click(TopicModel::Messages);
    const auto first = list->model()->index(0, TopicModel::Messages).data(SortRole).toLongLong();
    const auto last = list->model()->index(5, TopicModel::Messages).data(SortRole).toLongLong();
    QVERIFY(first != last);
    QCOMPARE(first > last, header->sortIndicatorOrder() == Qt::DescendingOrder);
}

void TstUiPages::selectedTopicShowsItsQueues()
{
    WindowFixture f;
    auto* page = f.page<TopicsPage>("topics");
    auto* tabs = page->findChild<QTabWidget*>();
    clickRow(page->list(), 5); // %DLQ, %RETRY x2, order-reminders, orders, payments
    QCOMPARE(page->list()->currentKey(), QString("payments"));
    page->select("orders");
    QCOMPARE(page->list()->currentKey(), QString("orders"));
    QVERIFY(tabs->tabText(0).contains("8"));
    QVERIFY(tabs->tabText(1).contains("3"));
    QVERIFY(named<QPushButton>(page, "sendMessage")->isEnabled());
    page->select("TBW102");
    QCOMPARE(page->list()->currentKey(), QString("TBW102"));
    QVERIFY2(!named<QPushButton>(page, "deleteTopic")->isEnabled(),
             "a system topic can be deleted");
}

void TstUiPages::selectionSurvivesARefresh()
{
    WindowFixture f;
    auto* page = f.page<TopicsPage>("topics");
    page->select("payments");
    auto next = test::busyCluster(1);
    TopicInfo extra = next->topics.back();
    extra.name = "a-new-topic";
    next->topics.insert(next->topics.begin(), extra);
    f.publish(next);
    QCOMPARE(page->list()->model()->rowCount(), 7);
    QCOMPARE(page->list()->currentKey(), QString("payments"));
    f.publish(test::largeCluster(2'000, 2)); // so different that the model is filled anew
    f.publish(test::busyCluster(3));
    QCOMPARE(page->list()->model()->rowCount(), 6);
}

void TstUiPages::createTopicRefusesIllegalNames_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<bool>("isFine");
    QTest::newRow("fine") << "orders-eu" << true;
    QTest::newRow("empty") << "" << false;
    QTest::newRow("blank") << "two words" << false;
    QTest::newRow("umlaut") << QString::fromUtf8("gr\xC3\xB6\xC3\x9F"
                                                 "e")
                            << false;
    QTest::newRow("too long") << QString(128, 'x') << false;
    QTest::newRow("taken") << "orders" << false;
    QTest::newRow("reserved") << "%RETRY%mine" << false;
    QTest::newRow("system") << "TBW102" << false;
}

void TstUiPages::createTopicRefusesIllegalNames()
{
    QFETCH(QString, name);
    QFETCH(bool, isFine);
    CreateTopicDialog dialog(*test::busyCluster());
    if (name == QString::fromLatin1(name.toLatin1()) && name.toLatin1() == name.toUtf8()) {
        QTest::keyClicks(dialog.nameEdit(), name);
    } else {
        dialog.nameEdit()->insert(name); // pasted: simulated keys know only ASCII
    }
    QCOMPARE(dialog.acceptButton()->isEnabled(), isFine);
    QCOMPARE(dialog.problem().isEmpty(), isFine || name.isEmpty());
}

void TstUiPages::createTopicAsksTheSession()
{
    WindowFixture f;
    auto* page = f.page<TopicsPage>("topics");
    auto* button = named<QPushButton>(page, "createTopic");
    const auto open = [&] { QTest::mouseClick(button, Qt::LeftButton); };
    QVERIFY(withDialog<CreateTopicDialog>(open, [](CreateTopicDialog* dialog) {
        QTest::keyClicks(dialog->nameEdit(), "orders-eu");
        QTest::keyClick(dialog, Qt::Key_Escape);
    }));
    QVERIFY(f.session->lastCall().rfind("createTopic", 0) != 0);
    QVERIFY(withDialog<CreateTopicDialog>(open, [](CreateTopicDialog* dialog) {
        QTest::keyClicks(dialog->nameEdit(), "orders-eu");
        QTest::mouseClick(dialog->acceptButton(), Qt::LeftButton);
    }));
    QCOMPARE(f.session->lastCall(), std::string("createTopic orders-eu 4"));
    QTRY_VERIFY(stripText(page).contains("orders-eu"));
}

void TstUiPages::failedCreationIsShownNearItsCause()
{
    WindowFixture f;
    auto* page = f.page<TopicsPage>("topics");
    f.session->failNext({Errc::Timeout, "broker-a did not answer within 3 s", -1});
    QVERIFY(withDialog<CreateTopicDialog>(
        [&] { QTest::mouseClick(named<QPushButton>(page, "createTopic"), Qt::LeftButton); },
        [](CreateTopicDialog* dialog) {
            QTest::keyClicks(dialog->nameEdit(), "x");
            QTest::keyClick(dialog->nameEdit(), Qt::Key_Return);
        }));
    QTRY_VERIFY(stripText(page).contains("was not created"));
    QCOMPARE(page->findChild<InlineMessage*>()->kind(), InlineMessage::Kind::Error);
}

void TstUiPages::deleteTopicWantsTheName()
{
    WindowFixture f;
    auto* page = f.page<TopicsPage>("topics");
    page->select("orders");
    QVERIFY(withDialog<DeleteTopicDialog>(
        [&] { QTest::mouseClick(named<QPushButton>(page, "deleteTopic"), Qt::LeftButton); },
        [](DeleteTopicDialog* dialog) {
            QVERIFY(!dialog->acceptButton()->isEnabled());
            QTest::keyClicks(dialog->nameEdit(), "orderz");
            QVERIFY(!dialog->acceptButton()->isEnabled());
            QVERIFY(!dialog->problem().isEmpty());
            dialog->nameEdit()->clear();
            QTest::keyClicks(dialog->nameEdit(), "orders");
            QVERIFY(dialog->acceptButton()->isEnabled());
            QTest::mouseClick(dialog->acceptButton(), Qt::LeftButton);
        }));
    QCOMPARE(f.session->lastCall(), std::string("deleteTopic orders"));
}

void TstUiPages::sendMessageChecksItsInput()
{
    WindowFixture f;
    auto* page = f.page<TopicsPage>("topics");
    page->select("orders");
    QVERIFY(withDialog<SendMessageDialog>(
        [&] { QTest::mouseClick(named<QPushButton>(page, "sendMessage"), Qt::LeftButton); },
        [](SendMessageDialog* dialog) {
            dialog->bodyEdit()->clear();
            QVERIFY(!dialog->acceptButton()->isEnabled());
            QTest::keyClicks(dialog->bodyEdit(), "hello");
            QVERIFY(dialog->acceptButton()->isEnabled());
            QTest::mouseClick(dialog->acceptButton(), Qt::LeftButton);
        }));
    QCOMPARE(f.session->lastCall(), std::string("sendMessage orders hello"));
    QTRY_VERIFY(stripText(page).contains("SEND_OK"));
}

void TstUiPages::groupsResetOffsetsShowsTheImpact()
{
    WindowFixture f;
    auto* page = f.page<GroupsPage>("groups");
    page->select("legacy-export");
    QPushButton* reset = nullptr;
    for (auto* button : page->findChildren<QPushButton*>()) {
        reset = button->text().startsWith("Reset") ? button : reset;
    }
    QVERIFY(reset && reset->isEnabled());
    QVERIFY(withDialog<ResetOffsetsDialog>([&] { QTest::mouseClick(reset, Qt::LeftButton); },
                                           [](ResetOffsetsDialog* dialog) {
                                               dialog->skipButton()->click();
                                               bool saysHowMuch = false;
                                               for (auto* label : dialog->findChildren<QLabel*>()) {
                                                   saysHowMuch =
                                                       saysHowMuch || label->text().contains("750");
                                               }
                                               QVERIFY(saysHowMuch);
                                               QTest::mouseClick(dialog->acceptButton(),
                                                                 Qt::LeftButton);
                                           }));
    QCOMPARE(f.session->lastCall(), std::string("resetOffsets legacy-export order-reminders -1"));
}

void TstUiPages::messagesBrowseAQueuePageByPage()
{
    WindowFixture f;
    auto* page = f.page<MessagesPage>("messages");
    QTRY_COMPARE(page->list()->model()->rowCount(), 200);
    QCOMPARE(f.session->lastCall(), std::string("browseTime orders"));
    page->queryBar()->setMode(MessageQuery::Mode::Queue);
    page->queryBar()->setOffset(0);
    QTest::mouseClick(page->queryBar()->runButton(), Qt::LeftButton);
    QTRY_COMPARE(f.session->lastCall(), std::string("browseQueue orders broker-a 0 0"));
    QTRY_COMPARE(page->list()->model()->rowCount(), 200);
    QToolButton* next = nullptr;
    for (auto* button : page->findChildren<QToolButton*>()) {
        next = button->accessibleName() == "Page after" ? button : next;
    }
    QVERIFY(next);
    QTRY_VERIFY(next->isVisible() && next->isEnabled());
    QTest::mouseClick(next, Qt::LeftButton);
    QTRY_COMPARE(f.session->lastCall(), std::string("browseQueue orders broker-a 0 200"));
    page->queryBar()->setOffset(900);
    QTest::mouseClick(page->queryBar()->runButton(), Qt::LeftButton);
    QTRY_COMPARE(page->list()->model()->rowCount(), 100);
    QTRY_VERIFY(!next->isEnabled());
}

void TstUiPages::messagesDropLateAnswers()
{
    WindowFixture f;
    auto* page = f.page<MessagesPage>("messages");
    QTRY_COMPARE(page->list()->model()->rowCount(), 200);
    f.session->holdAnswers(true);
    QTest::mouseClick(page->queryBar()->runButton(), Qt::LeftButton); // 200 messages, later
    QVERIFY(page->queryBar()->cancelButton()->isEnabled());
    page->queryBar()->setMode(MessageQuery::Mode::Key);
    QTest::keyClicks(page->queryBar()->keyEdit(), "order-1");
    QTest::keyClick(page->queryBar()->keyEdit(), Qt::Key_Return); // 2 messages, later, too
    f.session->release();
    QTRY_COMPARE(page->list()->model()->rowCount(), 2);
    QCoreApplication::processEvents();
    QCOMPARE(page->list()->model()->rowCount(), 2);
    QVERIFY(!page->queryBar()->cancelButton()->isEnabled());
}

void TstUiPages::messagesByKeyThatIsNotThere()
{
    WindowFixture f;
    auto* page = f.page<MessagesPage>("messages");
    page->queryBar()->setMode(MessageQuery::Mode::Key);
    QVERIFY2(!page->queryBar()->runButton()->isEnabled(), "an empty key can be searched");
    QTest::keyClicks(page->queryBar()->keyEdit(), "nothing");
    QTest::mouseClick(page->queryBar()->runButton(), Qt::LeftButton);
    QTRY_COMPARE(page->list()->model()->rowCount(), 0);
    QTRY_VERIFY(page->list()->emptyState()->isVisible());
    QTRY_COMPARE(page->list()->emptyState()->sentence(), QString("No message was found"));
    page->queryBar()->setMode(MessageQuery::Mode::Id);
    QTest::keyClicks(page->queryBar()->idEdit(), "7F00000100002A9F0000000000000000");
    QTest::keyClick(page->queryBar()->idEdit(), Qt::Key_Return);
    QTRY_COMPARE(page->list()->model()->rowCount(), 1);
}

void TstUiPages::messageDetailShowsJsonTextAndHex()
{
    WindowFixture f;
    auto* page = f.page<MessagesPage>("messages");
    page->queryBar()->setMode(MessageQuery::Mode::Queue);
    QTest::mouseClick(page->queryBar()->runButton(), Qt::LeftButton);
    QTRY_COMPARE(page->list()->model()->rowCount(), 200);
    PayloadView* payload = page->detail()->payload();
    const auto select = [&](int offset) {
        page->list()->selectKey(QStringLiteral("orders broker-a 0 %1").arg(offset));
    };
    select(0);
    QTRY_COMPARE(payload->view(), PayloadView::View::Json);
    QVERIFY2(payload->shownText().indexOf("orderId") < payload->shownText().indexOf("customer"),
             "members were reordered");
    QVERIFY2(payload->shownText().contains("1299.50"), "digits were lost");
    select(7);
    QCOMPARE(payload->view(), PayloadView::View::Text);
    QVERIFY(payload->shownText().startsWith("Order "));
    select(5);
    QCOMPARE(payload->view(), PayloadView::View::Hex);
    QVERIFY(payload->shownText().startsWith("00 01 02 ca fe"));
    QTest::mouseClick(page->detail()->payload()->findChild<QPushButton*>("payloadText"),
                      Qt::LeftButton);
    QCOMPARE(payload->view(), PayloadView::View::Text);
    QVERIFY(page->detail()->tabText(1).contains("6"));
}

void TstUiPages::retryShowsDeadLettersAndResends()
{
    WindowFixture f;
    auto* page = f.page<ui::RetryPage>("retry");
    page->select("billing");
    QTRY_COMPARE(page->waitingList()->model()->rowCount(), 6);
    QCOMPARE(page->deadList()->model()->rowCount(), 12);
    auto* resend = named<QPushButton>(page, "resend");
    QVERIFY(!resend->isEnabled());
    page->tabs()->setCurrentIndex(1);
    clickRow(page->deadList(), 1);
    clickRow(page->deadList(), 3, Qt::ShiftModifier);
    QCOMPARE(page->deadList()->selectedKeys().size(), 3);
    QVERIFY(resend->isEnabled());
    const auto open = [&] { QTest::mouseClick(resend, Qt::LeftButton); };
    QVERIFY(withDialog<QMessageBox>(
        open, [](QMessageBox* box) { QTest::keyClick(box, Qt::Key_Escape); }));
    QVERIFY(f.session->lastCall() != "resend 3");
    QVERIFY(withDialog<QMessageBox>(open, [](QMessageBox* box) {
        for (QAbstractButton* button : box->buttons()) {
            if (box->buttonRole(button) == QMessageBox::AcceptRole) {
                QVERIFY(button->text().contains("3"));
                QTest::mouseClick(button, Qt::LeftButton);
            }
        }
    }));
    QCOMPARE(f.session->lastCall(), std::string("resend 3"));
    QTRY_VERIFY(stripText(page).contains("3"));
}

void TstUiPages::dedupChangesTheMode()
{
    WindowFixture f;
    auto* page = f.page<ui::DedupPage>("dedup");
    QTRY_COMPARE(page->list()->model()->rowCount(), 200);
    QCOMPARE(page->modes()->chosen(), 2);
    QTest::mouseClick(page->modes()->button(1), Qt::LeftButton);
    QCOMPARE(f.session->lastCall(), std::string("setDedupMode 1"));
    bool explains = false;
    for (auto* label : page->findChildren<QLabel*>()) {
        explains = explains || label->text().contains("the effect is lost");
    }
    QVERIFY(explains);
    auto* search = page->findChild<QLineEdit*>();
    QTest::keyClicks(search, "order-19");
    QTRY_VERIFY(f.session->lastCall().find("order-19") != std::string::npos);
}

void TstUiPages::brokersAndConnectionsShowDetails()
{
    WindowFixture f;
    auto* brokers = f.page<BrokersPage>("brokers");
    brokers->select("broker-b:0");
    QCOMPARE(brokers->list()->currentKey(), QString("broker-b:0"));
    QVERIFY(brokers->missingForTour().isEmpty());
    auto* connections = f.page<ConnectionsPage>("connections");
    QCOMPARE(connections->list()->model()->rowCount(), 13);
    QTest::mouseClick(connections->findChild<FilterChips*>()->button(3), Qt::LeftButton);
    QCOMPARE(connections->list()->model()->rowCount(), 2);
}

void TstUiPages::brokersShowRetentionAndTheLastStart()
{
    WindowFixture f;
    auto* brokers = f.page<BrokersPage>("brokers");
    auto* tabs = brokers->findChild<QTabWidget*>();
    const auto valueOf = [&](const QString& tab, const QString& name) {
        for (int i = 0; i < tabs->count(); ++i) {
            if (tabs->tabText(i) == tab) {
                QTest::mouseClick(tabs->tabBar(), Qt::LeftButton, {}, tabs->tabBar()->tabRect(i).center());
            }
        }
        const auto* model = tabs->currentWidget()->findChild<TableView*>()->model();
        for (int row = 0; row < model->rowCount(); ++row) {
            if (model->index(row, FieldModel::Name).data().toString().trimmed() == name) {
                return model->index(row, FieldModel::Value).data().toString();
            }
        }
        return QString("no such line");
    };
    brokers->select("broker-a:0");
    QCOMPARE(valueOf("Retention", "Kept for"), QString("72 h"));
    QCOMPARE(valueOf("Retention", "Expired files go at"), QString("04:00"));
    QCOMPARE(valueOf("Retention", "CommitLog files"), QString("3"));
    QCOMPARE(valueOf("Retention", "Deleted since start"), QString("2 CommitLog, 31 others"));
    QCOMPARE(valueOf("Last start", "Last stop"), QString("Clean"));
    QCOMPARE(valueOf("Last start", "Damaged messages"), QString("None"));

    WindowFixture broken(test::brokenCluster());
    brokers = broken.page<BrokersPage>("brokers");
    tabs = brokers->findChild<QTabWidget*>();
    brokers->select("broker-a:0");
    QCOMPARE(valueOf("Last start", "Last stop"), QString("Not clean"));
    QCOMPARE(valueOf("Last start", "Damaged messages"), QString("4"));
    QVERIFY(valueOf("Last start", "at CommitLog offset").startsWith(QChar('1')));
    brokers->select("broker-b:0"); // it is down: nobody knows
    QCOMPARE(valueOf("Retention", "Kept for"), QString::fromUtf8("\xE2\x80\x93"));
    QCOMPARE(valueOf("Last start", "Last stop"), QString::fromUtf8("\xE2\x80\x93"));
}

void TstUiPages::overviewNavigatesAndCopies()
{
    WindowFixture f;
    auto* page = f.page<OverviewPage>("overview");
    QTest::mouseClick(named<QPushButton>(page, "copyAddress"), Qt::LeftButton);
    QCOMPARE(QGuiApplication::clipboard()->text(), QString("127.0.0.1:9876;127.0.0.1:9877"));
    const auto tiles = page->findChildren<KpiTile*>();
    QCOMPARE(tiles.size(), 6);
    QTest::mouseClick(tiles[3], Qt::LeftButton);
    QCOMPARE(f.window->currentPageId(), QString("retry"));
    f.window->showPage("overview");
    auto* findings = page->findChild<QListView*>();
    QTest::mouseClick(findings->viewport(), Qt::LeftButton, {},
                      findings->visualRect(findings->model()->index(1, 0)).center());
    QCOMPARE(f.window->currentPageId(), QString("groups"));
    QCOMPARE(qobject_cast<GroupsPage*>(f.window->page("groups"))->list()->currentKey(),
             QString("legacy-export"));
    f.window->showPage("overview");
    QTest::mouseClick(named<QPushButton>(page, "demoButton"), Qt::LeftButton);
    QCOMPARE(f.session->lastCall(), std::string("stopDemo"));
}

void TstUiPages::copiesRowsAsTabSeparatedText()
{
    WindowFixture f;
    auto* list = f.page<GroupsPage>("groups")->list();
    clickRow(list, 0);
    clickRow(list, 1, Qt::ControlModifier);
    QTest::keyClick(list, Qt::Key_C, Qt::ControlModifier);
    const QStringList lines = QGuiApplication::clipboard()->text().split('\n');
    QCOMPARE(lines.size(), 2);
    QCOMPARE(lines[0].split('\t').value(GroupModel::Name), QString("analytics"));
    QCOMPARE(lines[0].split('\t').value(GroupModel::Lag), QString("1710")); // raw: no separators
    QTest::keyClick(list, Qt::Key_C, Qt::ControlModifier | Qt::ShiftModifier);
    QCOMPARE(QGuiApplication::clipboard()->text().split('\n').size(), 3);
    QVERIFY(QGuiApplication::clipboard()->text().startsWith("Group\t"));
}

void TstUiPages::everyPageHasAnEmptyState()
{
    WindowFixture f(test::idleCluster());
    f.session->queueLength = 0;
    f.session->dedupCount = 0;
    for (const QString& id : MainWindow::pageIds()) {
        f.window->showPage(id);
        QCoreApplication::processEvents();
        if (id == "brokers") {
            continue; // a fresh cluster has members
        }
        bool isExplained = false;
        for (auto* empty : f.window->page(id)->findChildren<EmptyState*>()) {
            isExplained = isExplained || (empty->isVisible() && !empty->sentence().isEmpty());
        }
        QVERIFY2(isExplained, qPrintable(id));
    }
}

QTEST_MAIN(TstUiPages)
#include "tst_ui_pages.moc"
