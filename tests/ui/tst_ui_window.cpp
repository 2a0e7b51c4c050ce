// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/about_dialog.h"
#include "ui/dialogs/locator.h"
#include "ui/pages/overview_charts.h"
#include "ui/pages/overview_page.h"
#include "ui/pages/topics_page.h"
#include "ui/style/color_roles.h"
#include "ui/tour/tour_runner.h"
#include "ui/widgets/hex_view.h"
#include "ui/widgets/inline_message.h"
#include "ui/widgets/json_format.h"
#include "ui/widgets/nav_list.h"
#include "ui/widgets/status_strip.h"
#include "ui/widgets/time_chart.h"
#include "window_fixture.h"

#include <QAction>
#include <QClipboard>
#include <QDir>
#include <QElapsedTimer>
#include <QGraphicsView>
#include <QImage>
#include <QLabel>
#include <QLineEdit>
#include <QMenuBar>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>

#include <cmath>

using namespace gantry;
using namespace gantry::ui;
using test::WindowFixture;
using test::withDialog;

class TstUiWindow : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void everyNavigationItemOpensItsPage();
    void shortcutsOpenPages();
    void navigationCanBeHidden();
    void pagesAreMadeWhenFirstShown();
    void hiddenPagesGetNoSnapshots();
    void themeSwitchesLive();
    void textIsReadableInBothThemes();
    void clusterProblemsAreShownAboveEveryPage();
    void statusStripSaysWhatIsDown();
    void locatorFindsTopics();
    void aboutNamesTheLicences();
    void tenThousandTopicsAreShown();
    void chartLinesBreakAtMissingSamples();
    void chartLegendsShowEveryValueInANarrowWindow();
    void chartsTakeASnapshot();
    void hexViewSelectsAndCopies();
    void jsonIsLaidOutWithoutChangingIt_data();
    void jsonIsLaidOutWithoutChangingIt();
    void tourTakesAPictureOfEveryPage();
    void tourNamesPagesWithoutData();

private:
    QTemporaryDir m_settings;
};

void TstUiWindow::initTestCase()
{
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_settings.path());
    applyTheme(ThemeChoice::Light);
}

void TstUiWindow::everyNavigationItemOpensItsPage()
{
    WindowFixture f;
    QVERIFY(f.isShown && f.isReady);
    auto* nav = f.window->findChild<NavList*>();
    QCOMPARE(nav->count(), MainWindow::pageIds().size());
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < nav->count(); ++i) {
            QTest::mouseClick(nav->viewport(), Qt::LeftButton, {},
                              nav->visualItemRect(nav->item(i)).center());
            QCOMPARE(f.window->currentPageId(), MainWindow::pageIds().at(i));
            QVERIFY(f.window->page(MainWindow::pageIds().at(i))->isVisible());
            f.publish(test::busyCluster(round * 20 + i + 1));
        }
    }
}

void TstUiWindow::shortcutsOpenPages()
{
    WindowFixture f;
    const QStringList ids = MainWindow::pageIds();
    for (int i = static_cast<int>(ids.size()) - 1; i >= 0; --i) {
        QTest::keyClick(f.window.get(), static_cast<Qt::Key>(Qt::Key_1 + i), Qt::ControlModifier);
        QCOMPARE(f.window->currentPageId(), ids[i]);
    }
}

void TstUiWindow::navigationCanBeHidden()
{
    WindowFixture f;
    auto* nav = f.window->findChild<NavList*>();
    QVERIFY(nav->isVisible());
    QTest::keyClick(f.window.get(), Qt::Key_0, Qt::AltModifier);
    QVERIFY(!nav->isVisible());
    QTest::keyClick(f.window.get(), Qt::Key_0, Qt::AltModifier);
    QVERIFY(nav->isVisible());
}

void TstUiWindow::pagesAreMadeWhenFirstShown()
{
    WindowFixture f;
    QCOMPARE(f.window->findChildren<Page*>().size(), 1);
    f.window->showPage("topics");
    QCOMPARE(f.window->findChildren<Page*>().size(), 2);
}

void TstUiWindow::hiddenPagesGetNoSnapshots()
{
    WindowFixture f;
    auto* topics = f.page<TopicsPage>("topics");
    f.window->showPage("overview");
    QSignalSpy inserted(topics->list()->model(), &QAbstractItemModel::rowsInserted);
    f.publish(test::largeCluster(50, 4));
    QCOMPARE(inserted.count(), 0);
    f.window->showPage("topics");
    QCOMPARE(topics->list()->model()->rowCount(), 50);
}

void TstUiWindow::themeSwitchesLive()
{
    WindowFixture f;
    const auto corner = [&] {
        return f.window->grab().toImage().pixelColor(f.window->width() - 4, f.window->height() / 2);
    };
    const QColor light = corner();
    f.window->setTheme(ThemeChoice::Dark);
    QCoreApplication::processEvents();
    const QColor dark = corner();
    QVERIFY(light.lightness() > 200);
    QVERIFY(dark.lightness() < 80);
    for (const QString& id : MainWindow::pageIds()) {
        f.window->showPage(id);
        QVERIFY(corner().lightness() < 80);
    }
    f.window->setTheme(ThemeChoice::Light);
    QCoreApplication::processEvents();
    QCOMPARE(corner(), light);
}

void TstUiWindow::textIsReadableInBothThemes()
{
    const auto luminance = [](const QColor& c) {
        const auto linear = [](double v) {
            return v <= 0.03928 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
        };
        return 0.2126 * linear(c.redF()) + 0.7152 * linear(c.greenF()) + 0.0722 * linear(c.blueF());
    };
    const auto contrast = [&](const QColor& a, const QColor& b) {
        const double x = luminance(a);
        const double y = luminance(b);
        return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
    };
    for (const QPalette& palette : {lightPalette(), darkPalette()}) {
        for (int role = 0; role <= static_cast<int>(ColorRole::Unknown); ++role) {
            const double least = static_cast<ColorRole>(role) == ColorRole::Expired ? 3.0 : 4.5;
            for (const ColorRole ground : {ColorRole::Surface, ColorRole::Raised}) {
                const double found = contrast(roleColor(palette, static_cast<ColorRole>(role)),
                                              roleColor(palette, ground));
                QVERIFY2(found >= least,
                         qPrintable(QStringLiteral("role %1: %2").arg(role).arg(found)));
            }
        }
        QVERIFY(contrast(palette.color(QPalette::Highlight),
                         palette.color(QPalette::HighlightedText)) >= 4.5);
    }
}

void TstUiWindow::clusterProblemsAreShownAboveEveryPage()
{
    WindowFixture f;
    auto broken = test::brokenCluster();
    broken->revision = 77;
    f.publish(broken);
    for (const QString& id : MainWindow::pageIds()) {
        f.window->showPage(id);
        bool isShown = false;
        for (auto* message : f.window->findChildren<InlineMessage*>()) {
            isShown =
                isShown || (message->isVisible() && message->text().contains("connection refused"));
        }
        QVERIFY2(isShown, qPrintable(id));
    }
    f.publish(test::busyCluster(80));
    for (auto* message : f.window->findChildren<InlineMessage*>()) {
        QVERIFY(!message->isVisible());
    }
}

void TstUiWindow::statusStripSaysWhatIsDown()
{
    StatusStrip strip;
    strip.apply(test::busyCluster());
    QVERIFY(strip.text().contains("2 NS"));
    QVERIFY(strip.text().contains("ok"));
    strip.apply(test::brokenCluster());
    QVERIFY(strip.text().contains("1 of 2"));
    QVERIFY2(strip.text().contains(QString::fromUtf8("put \xE2\x80\x93")),
             "an unknown rate is shown as a number");
}

void TstUiWindow::locatorFindsTopics()
{
    WindowFixture f;
    QVERIFY(withDialog<Locator>(
        [&] { QTest::keyClick(f.window.get(), Qt::Key_K, Qt::ControlModifier); },
        [](Locator* locator) {
            auto* edit = locator->findChild<QLineEdit*>();
            QTest::keyClicks(edit, "paym");
            QTest::keyClick(edit, Qt::Key_Return);
        }));
    QCOMPARE(f.window->currentPageId(), QString("topics"));
    QCOMPARE(qobject_cast<TopicsPage*>(f.window->page("topics"))->list()->currentKey(),
             QString("payments"));
}

void TstUiWindow::aboutNamesTheLicences()
{
    AboutDialog dialog;
    QString text;
    for (auto* label : dialog.findChildren<QLabel*>()) {
        text += label->text();
    }
    QVERIFY(text.contains("General Public License"));
    QVERIFY(text.contains("Apache License 2.0"));
}

void TstUiWindow::tenThousandTopicsAreShown()
{
    WindowFixture f(test::largeCluster(10'000));
    QElapsedTimer timer;
    timer.start();
    f.window->showPage("topics");
    f.window->grab();
    const auto shown = timer.restart();
    f.publish(test::largeCluster(10'000, 1));
    f.window->grab();
    const auto refreshed = timer.restart();
    f.window->showPage("groups");
    f.window->grab();
    const auto groups = timer.elapsed();
    qInfo("10,000 topics: shown in %lld ms, refreshed in %lld ms; groups shown in %lld ms",
          static_cast<long long>(shown), static_cast<long long>(refreshed),
          static_cast<long long>(groups));
    QCOMPARE(f.page<TopicsPage>("topics")->list()->model()->rowCount(), 10'000);
}

void TstUiWindow::chartLinesBreakAtMissingSamples()
{
    TimeChart chart(TimeChart::Scale::Rate);
    chart.resize(400, 240);
    const auto make = [](std::vector<std::optional<double>> values) {
        std::vector<TimeChart::Series> series{
            {QStringLiteral("put"), 0, Qt::SolidLine, std::move(values)}};
        return series;
    };
    chart.setSamples({1000, 2000, 3000, 4000, 5000, 6000},
                     make({1, 2, std::nullopt, std::nullopt, 3, 4}));
    QCOMPARE(chart.pieceCount(0), 2);
    QVERIFY(chart.textAt(2100).contains("put 2"));
    QVERIFY2(chart.textAt(3000).contains(QString::fromUtf8("put \xE2\x80\x93")),
             "a missing sample is shown as a number");
    chart.setSamples({1000, 2000, 3000, 4000, 5000, 6000}, make({1, 2, 2, 2, 3, 4}));
    QCOMPARE(chart.pieceCount(0), 1);
    chart.setSamples({1000}, make({std::nullopt}));
    QCOMPARE(chart.pieceCount(0), 0);
    chart.grab();
}

void TstUiWindow::chartLegendsShowEveryValueInANarrowWindow()
{
    WindowFixture f;
    auto* charts = f.page<OverviewPage>("overview")->findChild<OverviewCharts*>();
    f.window->resize(1700, 840);
    QTest::qWait(20);
    const int wide = charts->putLatency()->legendRowsNeeded();
    QCOMPARE(wide, 1);
    const auto canvasTop = [](TimeChart* chart) { return chart->findChild<QGraphicsView*>()->y(); };
    const int oneRow = canvasTop(charts->putLatency());
    f.window->resize(1200, 840);
    QTRY_COMPARE(charts->putLatency()->legendRowsNeeded(), 2);
    QTRY_VERIFY(canvasTop(charts->putLatency()) > oneRow);
    QTRY_COMPARE(canvasTop(charts->rates()), canvasTop(charts->putLatency())); // side by side, plots begin alike
}

void TstUiWindow::chartsTakeASnapshot()
{
    WindowFixture f;
    auto* page = f.page<OverviewPage>("overview");
    page->grab();
    QBENCHMARK_ONCE
    {
        page->apply(test::busyCluster(1));
    }
    QCOMPARE(page->findChild<OverviewCharts*>()->rates()->pieceCount(0), 2); // the canned history has one gap
}

void TstUiWindow::hexViewSelectsAndCopies()
{
    HexView view;
    view.resize(700, 200);
    view.setBytes(QByteArray::fromHex("00010203cafebabe"));
    view.show();
    QVERIFY(QTest::qWaitForWindowExposed(&view));
    view.setFocus();
    QTest::keyClick(&view, Qt::Key_Right);
    QTest::keyClick(&view, Qt::Key_Right, Qt::ShiftModifier);
    QTest::keyClick(&view, Qt::Key_Right, Qt::ShiftModifier);
    QCOMPARE(view.selectedBytes().toHex(), QByteArray("000102"));
    QTest::keyClick(&view, Qt::Key_C, Qt::ControlModifier);
    QCOMPARE(QGuiApplication::clipboard()->text(), QString("00 01 02"));
    view.setBytes(QByteArray(20'000'000, 'x')); // paints only what is visible
    view.grab();
}

void TstUiWindow::jsonIsLaidOutWithoutChangingIt_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("expected");
    QTest::newRow("order and digits kept")
        << QByteArray(R"({"b":1.50,"a":12345678901234567890})")
        << QByteArray("{\n  \"b\": 1.50,\n  \"a\": 12345678901234567890\n}");
    QTest::newRow("empty") << QByteArray("{ }") << QByteArray("{}");
    QTest::newRow("nested") << QByteArray("[1,[ ],{\"x\" : [2]}]")
                            << QByteArray(
                                   "[\n  1,\n  [],\n  {\n    \"x\": [\n      2\n    ]\n  }\n]");
    QTest::newRow("signs in strings")
        << QByteArray(R"({"a":"{,:\"}"})") << QByteArray("{\n  \"a\": \"{,:\\\"}\"\n}");
    QTest::newRow("not JSON") << QByteArray("{oops}") << QByteArray();
    QTest::newRow("cut off") << QByteArray("{\"a\":1") << QByteArray();
}

void TstUiWindow::jsonIsLaidOutWithoutChangingIt()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, expected);
    QCOMPARE(formatJson(text).value_or(QByteArray()), expected);
}

void TstUiWindow::tourTakesAPictureOfEveryPage()
{
    WindowFixture f;
    QTemporaryDir directory;
    TourRunner::Options options;
    options.directory = directory.path() + "/pictures";
    TourRunner tour(f.window.get(), options);
    QSignalSpy finished(&tour, &TourRunner::finished);
    tour.start();
    QVERIFY(finished.wait(30'000));
    QCOMPARE(tour.failures(), QStringList());
    QCOMPARE(tour.pictures().size(), 8);
    for (const QString& path : tour.pictures()) {
        const QImage image(path);
        QVERIFY2(image.width() >= 1000, qPrintable(path));
    }
    QVERIFY(QDir(options.directory).exists("05-retry.png"));
    const QString summary = clusterSummary(*f.bridge.latest());
    for (const char* word :
         {"NameServer", "broker-b", "orders", "legacy-export", "refused", "put p50"}) {
        QVERIFY2(summary.contains(word), word);
    }
}

void TstUiWindow::tourNamesPagesWithoutData()
{
    WindowFixture f(test::idleCluster());
    f.session->queueLength = 0;
    f.session->dedupCount = 0;
    QTemporaryDir directory;
    TourRunner::Options options;
    options.directory = directory.path();
    options.trafficDeadline = std::chrono::milliseconds(150);
    options.pageDeadline = std::chrono::milliseconds(150);
    TourRunner tour(f.window.get(), options);
    QSignalSpy finished(&tour, &TourRunner::finished);
    tour.start();
    QVERIFY(finished.wait(30'000));
    const QString all = tour.failures().join('\n');
    for (const char* name :
         {"cluster:", "overview:", "groups:", "messages:", "retry:", "dedup:", "connections:"}) {
        QVERIFY2(all.contains(name), qPrintable(all));
    }
    QCOMPARE(tour.pictures().size(), 8); // what there is can be looked at
}

QTEST_MAIN(TstUiWindow)
#include "tst_ui_window.moc"
