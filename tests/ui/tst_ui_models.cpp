// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/snapshot_factory.h"
#include "ui/models/broker_model.h"
#include "ui/models/connection_model.h"
#include "ui/models/dedup_model.h"
#include "ui/models/diff_by_key.h"
#include "ui/models/field_model.h"
#include "ui/models/finding_model.h"
#include "ui/models/format.h"
#include "ui/models/group_model.h"
#include "ui/models/group_queue_model.h"
#include "ui/models/message_model.h"
#include "ui/models/queue_model.h"
#include "ui/models/retry_model.h"
#include "ui/models/route_model.h"
#include "ui/models/row_proxy.h"
#include "ui/models/topic_model.h"

#include <QAbstractItemModelTester>
#include <QElapsedTimer>
#include <QRandomGenerator>
#include <QSignalSpy>
#include <QTest>

#include <map>

using namespace gantry;
using namespace gantry::ui;

namespace {

QString spaced(QString text)
{
    return text.replace(QChar(0x202F), QLatin1Char(' '));
}

QString cell(const QAbstractItemModel& model, int row, int column)
{
    return spaced(model.index(row, column).data().toString());
}

SnapshotPtr withTopics(const std::vector<std::string>& names)
{
    auto snapshot = std::make_shared<ClusterSnapshot>();
    for (const auto& name : names) {
        TopicInfo topic;
        topic.name = name;
        snapshot->topics.push_back(topic);
    }
    return snapshot;
}

QStringList names(const QAbstractItemModel& model)
{
    QStringList out;
    for (int row = 0; row < model.rowCount(); ++row) {
        out += model.index(row, 0).data().toString();
    }
    return out;
}

} // namespace

class TstUiModels : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void formatsNumbers_data();
    void formatsNumbers();
    void unknownIsNeverZero();
    void diffTurnsAnyListIntoAnyOther();
    void keepsPersistentIndexesThroughRefresh();
    void changesOnlyWhatChanged();
    void sortsAndDropsDuplicatesOfUnsortedRows();
    void everyModelPassesTheTester();
    void topicModelShowsKindsAndUnknown();
    void groupModelMarksDeadLetters();
    void queueStripHasAMarkerPerGroup();
    void groupQueuesShowOwnersAndLag();
    void brokersComeAfterNameServers();
    void messagePreviewCutsAtCharacters();
    void retryCountdownMovesWithTheClock();
    void retriesAreOrderedByDueTime();
    void proxySortsNumbersAndKeepsUnknownLast();
    void proxyFiltersByEveryWord();
    void timesAreAsShortAsTheyCanBe();
    void nobodyKnowsTheOwnerBehindADeadBroker();
    void tenThousandRowsRefreshQuickly();
    void scatteredChangesOfTenThousandRows();
};

void TstUiModels::formatsNumbers_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("expected");
    QTest::newRow("small count") << format::count(std::int64_t{7}) << "7";
    QTest::newRow("thousands") << format::count(std::int64_t{1'204'331}) << "1 204 331";
    QTest::newRow("negative") << format::count(std::int64_t{-1'234}) << "-1 234";
    QTest::newRow("negative short") << format::count(std::int64_t{-123}) << "-123";
    QTest::newRow("rate 0") << format::rate(0.0) << "0";
    QTest::newRow("rate small") << format::rate(0.42) << "0.4";
    QTest::newRow("rate big") << format::rateWithUnit(8412.4) << "8 412/s";
    QTest::newRow("bytes") << format::bytes(std::int64_t{1023}) << "1023 B";
    QTest::newRow("KiB") << format::bytes(std::int64_t{1536}) << "1.5 KiB";
    QTest::newRow("GiB") << format::bytes(std::int64_t{187} << 30) << "187 GiB";
    QTest::newRow("ns") << format::latency(999) << "999 ns";
    QTest::newRow("µs") << format::latency(820'000) << "820 µs";
    QTest::newRow("ms") << format::latency(1'240'000) << "1.24 ms";
    QTest::newRow("s") << format::latency(12'300'000'000) << "12.3 s";
    QTest::newRow("duration ms") << format::duration(std::int64_t{999}) << "999 ms";
    QTest::newRow("duration s") << format::duration(std::int64_t{1'250}) << "1.2 s";
    QTest::newRow("duration min") << format::duration(std::int64_t{192'000}) << "3 min 12 s";
    QTest::newRow("duration h") << format::duration(std::int64_t{7'200'000}) << "2 h";
    QTest::newRow("duration d") << format::duration(std::int64_t{187'200'000}) << "2 d 4 h";
    QTest::newRow("age now") << format::age(1'000, 1'400) << "just now";
    QTest::newRow("age") << format::age(1'000, 13'900) << "12 s ago";
    QTest::newRow("percent") << format::percent(0.613) << "61 %";
    QTest::newRow("permission") << format::permission(6) << "RW";
    QTest::newRow("read only") << format::permission(4) << "R-";
    QTest::newRow("delay level") << format::delayOfLevel(18) << "2 h";
    QTest::newRow("no delay level") << format::delayOfLevel(19) << "";
    QTest::newRow("one") << format::counted(1, "queue", "queues") << "1 queue";
    QTest::newRow("many") << format::counted(1'000, "queue", "queues") << "1 000 queues";
}

void TstUiModels::formatsNumbers()
{
    QFETCH(QString, text);
    QFETCH(QString, expected);
    QCOMPARE(spaced(text), expected);
}

void TstUiModels::unknownIsNeverZero()
{
    QCOMPARE(format::count(std::optional<std::int64_t>()), format::unknown());
    QCOMPARE(format::rate(std::optional<double>()), format::unknown());
    QCOMPARE(format::bytes(std::optional<std::int64_t>()), format::unknown());
    QCOMPARE(format::percent(std::optional<double>()), format::unknown());
    GroupModel groups;
    groups.apply(test::brokenCluster());
    const QModelIndex lag = groups.index(0, GroupModel::Lag);
    QCOMPARE(lag.data().toString(), format::unknown());
    QVERIFY(!lag.data(SortRole).isValid());
    QVERIFY(lag.data(CellRole).value<CellStyle>().isUnknown);
    QVERIFY2(!lag.data(Qt::ToolTipRole).toString().isEmpty(), "an unknown value says why");
}

void TstUiModels::diffTurnsAnyListIntoAnyOther()
{
    QRandomGenerator random(42);
    for (int round = 0; round < 500; ++round) {
        std::map<int, int> before;
        std::map<int, int> after;
        for (int i = 0; i < 30; ++i) {
            before[random.bounded(40)] = random.bounded(3);
            after[random.bounded(40)] = random.bounded(3);
        }
        const std::vector<std::pair<int, int>> from(before.begin(), before.end());
        const std::vector<std::pair<int, int>> to(after.begin(), after.end());
        const auto diff = diffByKey(
            from, to, [](const auto& a, const auto& b) { return a.first < b.first; },
            [](const auto& a, const auto& b) { return a.second == b.second; });
        auto rows = from;
        for (auto range = diff.removed.rbegin(); range != diff.removed.rend(); ++range) {
            rows.erase(rows.begin() + range->first, rows.begin() + range->last + 1);
        }
        for (const auto& range : diff.inserted) {
            rows.insert(rows.begin() + range.first, to.begin() + range.first,
                        to.begin() + range.last + 1);
        }
        for (const auto& range : diff.changed) {
            for (int i = range.first; i <= range.last; ++i) {
                QCOMPARE(rows[static_cast<std::size_t>(i)].first,
                         to[static_cast<std::size_t>(i)].first);
                QVERIFY(rows[static_cast<std::size_t>(i)].second !=
                        to[static_cast<std::size_t>(i)].second);
                rows[static_cast<std::size_t>(i)] = to[static_cast<std::size_t>(i)];
            }
        }
        QVERIFY(rows == to);
    }
}

void TstUiModels::keepsPersistentIndexesThroughRefresh()
{
    TopicModel model;
    model.apply(withTopics({"b", "d", "f"}));
    const QPersistentModelIndex onD = model.index(1, 0);
    const QPersistentModelIndex onF = model.index(2, 0);
    QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
    model.apply(withTopics({"a", "b", "c", "d", "e"}));
    QCOMPARE(resets.count(), 0);
    QCOMPARE(names(model), QStringList({"a", "b", "c", "d", "e"}));
    QCOMPARE(onD.row(), 3);
    QVERIFY(!onF.isValid());
    QCOMPARE(model.rowOfKey("d"), 3);
    QCOMPARE(model.rowOfKey("f"), -1);
}

void TstUiModels::changesOnlyWhatChanged()
{
    TopicModel model;
    auto first = test::busyCluster();
    model.apply(first);
    QSignalSpy changes(&model, &QAbstractItemModel::dataChanged);
    auto second = std::make_shared<ClusterSnapshot>(*first);
    model.apply(second);
    QCOMPARE(changes.count(), 0);
    auto third = std::make_shared<ClusterSnapshot>(*first);
    third->topics[2].putRate = 99;
    model.apply(third);
    QCOMPARE(changes.count(), 1);
    QCOMPARE(changes.first().at(0).toModelIndex().row(), 2);
    QCOMPARE(changes.first().at(1).toModelIndex().row(), 2);
    QCOMPARE(cell(model, 2, TopicModel::PutRate), QString("99"));
}

void TstUiModels::sortsAndDropsDuplicatesOfUnsortedRows()
{
    TopicModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.apply(withTopics({"d", "a", "d", "c"}));
    QCOMPARE(names(model), QStringList({"a", "c", "d"}));
}

void TstUiModels::everyModelPassesTheTester()
{
    TopicModel topics;
    GroupModel groups;
    BrokerModel brokers;
    ConnectionModel connections;
    FindingModel findings;
    QueueModel queues;
    GroupQueueModel groupQueues;
    RouteModel routes;
    MessageModel messages;
    RetryModel retries(RetryModel::Mode::Waiting);
    DedupModel dedup;
    FieldModel fields;
    std::vector<std::unique_ptr<QAbstractItemModelTester>> testers;
    const std::vector<QAbstractItemModel*> all{&topics,   &groups,  &brokers,     &connections,
                                               &findings, &queues,  &groupQueues, &routes,
                                               &messages, &retries, &dedup,       &fields};
    for (QAbstractItemModel* model : all) {
        testers.push_back(std::make_unique<QAbstractItemModelTester>(
            model, QAbstractItemModelTester::FailureReportingMode::QtTest));
    }
    int step = 0;
    for (const SnapshotPtr& snapshot : std::vector<SnapshotPtr>{
             test::busyCluster(), test::busyCluster(7), test::idleCluster(), test::brokenCluster(),
             test::largeCluster(300), test::busyCluster(9)}) {
        topics.apply(snapshot);
        groups.apply(snapshot);
        brokers.apply(snapshot);
        connections.apply(snapshot);
        findings.apply(snapshot);
        queues.apply(snapshot, "orders");
        groupQueues.applyTopic(snapshot, "orders");
        routes.apply(snapshot, "orders");
        std::vector<MessageExt> page;
        std::vector<RetryEntry> waiting;
        std::vector<DedupEntry> entries;
        for (int i = 0; i < 20; ++i) {
            page.push_back(test::makeMessage("orders", "broker-a", i % 4, step * 5 + i));
            waiting.push_back(
                test::makeRetry("billing", step * 3 + i, RetryEntry::State::WaitingForDelay));
            entries.push_back(test::makeDedup("billing", step * 3 + i));
        }
        messages.setMessages(std::move(page));
        retries.setEntries(std::move(waiting));
        retries.setNow(test::kNow + step);
        dedup.setEntries(std::move(entries));
        fields.setFields(
            {{0, "a", QString::number(step), {}, false, false}, {0, "b", "2", {}, true, false}});
        ++step;
        for (QAbstractItemModel* model : all) { // every role of every cell can be asked for
            for (int row = 0; row < model->rowCount(); ++row) {
                for (int column = 0; column < model->columnCount(); ++column) {
                    for (int role = SortRole; role < ItemRoleEnd; ++role) {
                        std::ignore = model->index(row, column).data(role);
                    }
                    QVERIFY(!model->index(row, column).data(KeyRole).toString().isEmpty());
                }
            }
        }
    }
    QCOMPARE(queues.rowCount(), 8);
    QCOMPARE(routes.rowCount(), 2);
}

void TstUiModels::topicModelShowsKindsAndUnknown()
{
    TopicModel model;
    model.apply(test::busyCluster());
    QCOMPARE(cell(model, 0, TopicModel::Kind), QString("Dead letter"));
    const int orders = model.rowOfKey("orders");
    QCOMPARE(cell(model, orders, TopicModel::Groups), QString("3"));
    QCOMPARE(cell(model, orders, TopicModel::Queues), QString("8"));
    QCOMPARE(cell(model, 0, TopicModel::Lag), format::unknown());
    const auto bar = model.index(orders, TopicModel::Lag).data(CellRole).value<CellStyle>();
    QCOMPARE(bar.kind, CellStyle::Kind::Bar);
    QVERIFY(bar.fraction > 0.99);
}

void TstUiModels::groupModelMarksDeadLetters()
{
    GroupModel model;
    model.apply(test::busyCluster());
    const int billing = model.rowOfKey("billing");
    QCOMPARE(cell(model, billing, GroupModel::DeadLetters), QString("12"));
    QCOMPARE(model.index(billing, GroupModel::DeadLetters).data(CellRole).value<CellStyle>().color,
             ColorRole::Error);
    QCOMPARE(cell(model, model.rowOfKey("legacy-export"), GroupModel::State), QString("Offline"));
}

void TstUiModels::queueStripHasAMarkerPerGroup()
{
    QueueModel model;
    model.apply(test::busyCluster(), "orders");
    const auto strip = model.index(0, QueueModel::Strip).data(StripRole).value<QueueStrip>();
    QVERIFY(strip.isKnown);
    QCOMPARE(strip.markers.size(), std::size_t{3});
    QVERIFY(strip.markers.front().offset < strip.markers.back().offset);
    QCOMPARE(strip.markers.front().group, QString("analytics"));
    QVERIFY(model.index(0, QueueModel::Strip).data(Qt::ToolTipRole).toString().contains("billing"));
    model.apply(test::busyCluster(), "no-such-topic");
    QCOMPARE(model.rowCount(), 0);
}

void TstUiModels::groupQueuesShowOwnersAndLag()
{
    GroupQueueModel model;
    const auto snapshot = test::busyCluster();
    model.applyGroup(snapshot, "legacy-export");
    QCOMPARE(model.rowCount(), 8);
    QCOMPARE(cell(model, 0, GroupQueueModel::Owner), QString("nobody"));
    model.applyGroup(snapshot, "shipping");
    QCOMPARE(cell(model, 0, GroupQueueModel::Lag), QString("0"));
    QCOMPARE(cell(model, 0, GroupQueueModel::Owner), QString("127.0.0.1@shipping-1"));
    model.applyTopic(snapshot, "orders");
    QCOMPARE(model.rowCount(), 24);
}

void TstUiModels::brokersComeAfterNameServers()
{
    BrokerModel model;
    model.apply(test::brokenCluster());
    QCOMPARE(model.rowCount(), 4);
    QCOMPARE(cell(model, 1, BrokerModel::State), QString("Down"));
    QCOMPARE(cell(model, 2, BrokerModel::State), QString("Disk full"));
    QCOMPARE(cell(model, 3, BrokerModel::PutRate), format::unknown());
    QCOMPARE(model.index(3, 0).data(KeyRole).toString(), QString("broker-b:0"));
}

void TstUiModels::messagePreviewCutsAtCharacters()
{
    QCOMPARE(bodyPreview("{\"a\":\n  1}"), QString("{\"a\": 1}"));
    QCOMPARE(bodyPreview(""), QString("(empty)"));
    QCOMPARE(bodyPreview(std::string("\x01\x02\xff", 3)), QString("01 02 ff"));
    std::string long_;
    for (int i = 0; i < 400; ++i) {
        long_ += "\xE2\x82\xAC"; // the euro sign: three bytes, so that every cut but a careful one
                                 // splits it
    }
    QVERIFY(bodyPreview(long_).startsWith(QString::fromUtf8("\xE2\x82\xAC\xE2\x82\xAC")));
    QVERIFY(!bodyPreview(long_).contains(QChar::ReplacementCharacter));
}

void TstUiModels::retryCountdownMovesWithTheClock()
{
    RetryModel model(RetryModel::Mode::Waiting);
    auto entry = test::makeRetry("billing", 1, RetryEntry::State::WaitingForDelay);
    entry.dueMs = test::kNow + 65'000;
    model.setEntries({entry});
    model.setNow(test::kNow);
    QCOMPARE(cell(model, 0, RetryModel::Due), QString("in 1 min 5 s"));
    QCOMPARE(cell(model, 0, RetryModel::Attempt), QString("2 of 16"));
    entry.state = RetryEntry::State::DeadLetter;
    entry.attempt = 17; // the first delivery and sixteen retries
    QCOMPARE(retryNumber(entry), 16);
    QSignalSpy changes(&model, &QAbstractItemModel::dataChanged);
    model.setNow(test::kNow + 60'000);
    QCOMPARE(changes.count(), 1);
    QCOMPARE(cell(model, 0, RetryModel::Due), QString("in 5 s"));
    model.setNow(test::kNow + 66'000);
    QCOMPARE(cell(model, 0, RetryModel::Due), QString("now"));
}

void TstUiModels::retriesAreOrderedByDueTime()
{
    RetryModel model(RetryModel::Mode::Waiting);
    model.setEntries({test::makeRetry("g", 9, RetryEntry::State::WaitingForDelay),
                      test::makeRetry("g", 3, RetryEntry::State::WaitingForDelay),
                      test::makeRetry("g", 5, RetryEntry::State::Ready)});
    QCOMPARE(cell(model, 0, RetryModel::State), QString("Ready"));
    QVERIFY(*model.at(1).dueMs < *model.at(2).dueMs);
}

void TstUiModels::proxySortsNumbersAndKeepsUnknownLast()
{
    GroupModel model;
    auto snapshot = test::busyCluster();
    snapshot->groups[3].lag.reset();
    model.apply(snapshot);
    RowProxy proxy;
    proxy.setSourceModel(&model);
    proxy.sort(GroupModel::Lag, Qt::DescendingOrder);
    QCOMPARE(names(proxy), QStringList({"analytics", "legacy-export", "billing", "shipping"}));
    proxy.sort(GroupModel::Lag, Qt::AscendingOrder);
    QCOMPARE(names(proxy), QStringList({"billing", "legacy-export", "analytics", "shipping"}));
}

void TstUiModels::proxyFiltersByEveryWord()
{
    TopicModel model;
    model.apply(test::busyCluster());
    RowProxy proxy;
    proxy.setSourceModel(&model);
    proxy.sort(0);
    proxy.setFilterText("  ORDER rem ");
    QCOMPARE(names(proxy), QStringList({"order-reminders"}));
    proxy.setFilterText({});
    proxy.setPredicate([&](int row) { return model.at(row).kind == TopicKind::Retry; });
    QCOMPARE(names(proxy), QStringList({"%RETRY%billing", "%RETRY%shipping"}));
    QVERIFY(proxy.isFiltering());
}

void TstUiModels::timesAreAsShortAsTheyCanBe()
{
    const QDateTime now = QDateTime::currentDateTime();
    const QDateTime today(now.date(), QTime(12, 0, 5));
    QCOMPARE(format::when(today.toMSecsSinceEpoch()), QString("12:00:05"));
    QCOMPARE(format::when(today.addYears(-2).toMSecsSinceEpoch()),
             today.addYears(-2).toString("yyyy-MM-dd"));
    const QDateTime earlier = today.addDays(now.date().dayOfYear() > 1 ? -1 : 1);
    QCOMPARE(format::when(earlier.toMSecsSinceEpoch()), earlier.toString("MM-dd HH:mm"));
}

void TstUiModels::nobodyKnowsTheOwnerBehindADeadBroker()
{
    GroupQueueModel model;
    model.applyGroup(test::brokenCluster(), "analytics");
    int unknown = 0;
    for (int row = 0; row < model.rowCount(); ++row) {
        if (cell(model, row, GroupQueueModel::Broker) == "broker-b") {
            QCOMPARE(cell(model, row, GroupQueueModel::Owner), format::unknown());
            ++unknown;
        }
    }
    QVERIFY(unknown > 0);
    model.applyGroup(test::busyCluster(), "legacy-export"); // offline, but its brokers answer
    QCOMPARE(cell(model, 0, GroupQueueModel::Owner), QString("nobody"));
    QCOMPARE(cell(model, 0, GroupQueueModel::LagTime).contains("s"), true);
}

void TstUiModels::tenThousandRowsRefreshQuickly()
{
    TopicModel model;
    RowProxy proxy;
    proxy.setSourceModel(&model);
    proxy.sort(TopicModel::Name);
    const auto first = test::largeCluster(10'000);
    const auto second = test::largeCluster(10'000, 1);
    QElapsedTimer timer;
    timer.start();
    model.apply(first);
    const auto filled = timer.restart();
    model.apply(second);
    const auto refreshed = timer.elapsed();
    QCOMPARE(proxy.rowCount(), 10'000);
    qInfo("10,000 topics: filled in %lld ms, refreshed in %lld ms", static_cast<long long>(filled),
          static_cast<long long>(refreshed));
}

void TstUiModels::scatteredChangesOfTenThousandRows()
{
    TopicModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    const auto all = test::largeCluster(10'000);
    auto half = std::make_shared<ClusterSnapshot>(*all);
    std::vector<TopicInfo> kept;
    for (std::size_t i = 0; i < half->topics.size(); i += 2) {
        kept.push_back(half->topics[i]);
    }
    half->topics = kept;
    model.apply(all);
    QElapsedTimer timer;
    timer.start();
    model.apply(half);
    QCOMPARE(model.rowCount(), 5'000);
    model.apply(all);
    QCOMPARE(model.rowCount(), 10'000);
    qInfo("half of 10,000 rows gone and back: %lld ms", static_cast<long long>(timer.elapsed()));
}

QTEST_GUILESS_MAIN(TstUiModels)
#include "tst_ui_models.moc"
