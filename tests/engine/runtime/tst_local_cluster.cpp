// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/clock.h"
#include "runtime/local_cluster.h"

#include <QTemporaryDir>
#include <QTest>

#include <fstream>
#include <future>

using namespace gantry;

namespace {

/// A verb's answer, waited for.
template <typename T, typename Verb>
Result<T> answer(Verb verb)
{
    auto promise = std::make_shared<std::promise<Result<T>>>();
    auto future = promise->get_future();
    verb([promise](Result<T> result) { promise->set_value(std::move(result)); });
    if (future.wait_for(std::chrono::seconds(20)) != std::future_status::ready) {
        return fail(Errc::Timeout, "the verb did not answer in 20 s");
    }
    return future.get();
}

const GroupInfo* findGroup(const ClusterSnapshot& snapshot, const std::string& name)
{
    for (const auto& group : snapshot.groups) {
        if (group.name == name) {
            return &group;
        }
    }
    return nullptr;
}

} // namespace

class TstLocalCluster : public QObject
{
    Q_OBJECT

private:
    LocalClusterConfig config(const QTemporaryDir& directory) const
    {
        LocalClusterConfig result;
        result.dataDirectory = directory.path().toStdString();
        result.anyFreePorts = true;
        result.commitLogFileSize = 8 * kMiB;
        result.snapshotInterval = std::chrono::milliseconds(100);
        return result;
    }

private Q_SLOTS:
    void sendsFindsAndSurvivesARestart()
    {
        const QTemporaryDir directory;
        std::string offsetId;
        {
            auto cluster = startLocalCluster(config(directory));
            QVERIFY2(cluster.has_value(), cluster ? "" : cluster.error().message.c_str());
            auto& session = **cluster;
            const auto created = answer<void>([&](auto done) { session.createTopic({"letters", 2, 2, 6, false, {}}, done); });
            QVERIFY2(created.has_value(), created ? "" : created.error().message.c_str());
            for (int i = 0; i < 10; ++i) {
                SendSpec spec;
                spec.message.topic = "letters";
                spec.message.setKeys("key-" + std::to_string(i));
                spec.message.body = "body " + std::to_string(i);
                const auto sent = answer<SentMessage>([&](auto done) { session.sendMessage(spec, done); });
                QVERIFY2(sent.has_value(), sent ? "" : sent.error().message.c_str());
                offsetId = sent->offsetMessageId;
            }
            QTRY_VERIFY_WITH_TIMEOUT(session.latest() && session.latest()->brokers.size() == 2, 5000);
            const auto now = wallMs();
            QTRY_COMPARE_WITH_TIMEOUT(answer<MessagePage>([&](auto done) { session.browseTime("letters", 0, now + 60'000, 100, {}, done); })->messages.size(),
                                      10U, 5000);
            const auto some = answer<MessagePage>([&](auto done) { session.browseTime("letters", 0, now + 60'000, 3, {}, done); });
            QCOMPARE(some->messages.size(), 3U);
            QVERIFY(!some->isComplete);
            const auto byKey = answer<MessagePage>([&](auto done) { session.queryByKey("letters", "key-7", 10, done); });
            QCOMPARE(byKey->messages.size(), 1U);
            QCOMPARE(byKey->messages[0].body, std::string("body 7"));
            const auto byUnique = answer<MessagePage>([&](auto done) { session.queryById("letters", byKey->messages[0].messageId(), done); });
            QCOMPARE(byUnique->messages.size(), 1U);
        }
        auto again = startLocalCluster(config(directory));
        QVERIFY2(again.has_value(), again ? "" : again.error().message.c_str());
        const auto page = answer<MessagePage>([&](auto done) { (*again)->browseTime("letters", 0, wallMs() + 60'000, 100, {}, done); });
        QCOMPARE(page->messages.size(), 10U);
        QTRY_VERIFY_WITH_TIMEOUT((*again)->latest() && (*again)->latest()->nameServers[1].brokerCount == 2, 5000);
    }

    void theDemoShopShowsRetriesDeadLettersAndRefusedDuplicates()
    {
        const QTemporaryDir directory;
        auto cluster = startLocalCluster(config(directory));
        QVERIFY(cluster.has_value());
        auto& session = **cluster;
        DemoOptions options;
        options.ordersPerSecond = 100;
        options.failureShare = 0.2;
        options.duplicateShare = 0.2;
        const auto started = answer<void>([&](auto done) { session.startDemo(options, done); });
        QVERIFY2(started.has_value(), started ? "" : started.error().message.c_str());
        QTRY_VERIFY_WITH_TIMEOUT(session.latest() && !session.latest()->dedup.empty() && session.latest()->dedup[0].refused > 5, 20'000);
        QTRY_VERIFY_WITH_TIMEOUT(findGroup(*session.latest(), "shop-billing") != nullptr &&
                                     findGroup(*session.latest(), "shop-billing")->retryWaiting.value_or(0) > 0,
                                 20'000);
        const auto retries = answer<RetryPage>([&](auto done) { session.retriesOf("shop-billing", 50, {}, done); });
        QVERIFY(retries.has_value() && !retries->waiting.empty());
        QCOMPARE(retries->waiting[0].originTopic, std::string("shop-orders"));
        QCOMPARE(retries->waiting[0].attemptsMax, 3);
        QTRY_VERIFY_WITH_TIMEOUT(findGroup(*session.latest(), "shop-billing")->deadLetters.value_or(0) > 0, 45'000);
        const auto dead = answer<RetryPage>([&](auto done) { session.retriesOf("shop-billing", 50, {}, done); });
        QVERIFY(dead.has_value() && !dead->deadLetters.empty());
        const auto resent = answer<int>([&](auto done) { session.resend({dead->deadLetters[0].message}, done); });
        QCOMPARE(resent.value_or(-1), 1);
        const auto* billing = findGroup(*session.latest(), "shop-billing");
        QCOMPARE(billing->clientIds.size(), 2U);
        QVERIFY(billing->isOnline);
        const auto stopped = answer<void>([&](auto done) { session.stopDemo(done); });
        QVERIFY(stopped.has_value());
        QTRY_VERIFY_WITH_TIMEOUT(!session.latest()->demo.isRunning, 5000);
        // Every effect happened once: as many charges as distinct orders in the log.
        const auto page = answer<DedupPage>([&](auto done) { session.dedupEntries("shop-billing", "", 0, 10, done); });
        QCOMPARE(page->totalCount, session.latest()->dedup[0].effects);
    }

    void aSecondClusterOnTheSameDirectoryIsRefusedAndHarmsNothing()
    {
        const QTemporaryDir directory;
        auto first = startLocalCluster(config(directory));
        QVERIFY(first.has_value());
        const auto second = startLocalCluster(config(directory));
        QVERIFY(!second.has_value());
        QVERIFY(second.error().code == Errc::Locked);
        QVERIFY2(second.error().message.find("broker-a") != std::string::npos, second.error().message.c_str());
        QVERIFY(answer<void>([&](auto done) { (*first)->createTopic({"still-works", 1, 1, 6, false, {}}, done); }).has_value());
    }

    void aPortInUseIsNamed()
    {
        const QTemporaryDir one;
        const QTemporaryDir two;
        auto first = startLocalCluster(config(one));
        QVERIFY(first.has_value());
        QTRY_VERIFY_WITH_TIMEOUT((*first)->latest() != nullptr, 5000);
        const std::string address = (*first)->latest()->nameServers[0].address;
        auto clashing = config(two);
        clashing.anyFreePorts = false;
        clashing.nameServerPortBase = static_cast<std::uint16_t>(std::stoi(address.substr(address.find(':') + 1)));
        const auto second = startLocalCluster(clashing);
        QVERIFY(!second.has_value());
        QVERIFY(second.error().code == Errc::AddressInUse);
        QVERIFY2(second.error().message.find(address.substr(address.find(':') + 1)) != std::string::npos, second.error().message.c_str());
    }

    void foreignFilesAreRefusedAndLeftAlone()
    {
        const QTemporaryDir directory;
        const auto log = std::filesystem::path(directory.path().toStdString()) / "broker-a" / "commitlog";
        std::filesystem::create_directories(log);
        std::ofstream(log / "00000000000000000000") << "not a CommitLog file of eight MiB";
        const auto cluster = startLocalCluster(config(directory));
        QVERIFY(!cluster.has_value());
        QVERIFY2(cluster.error().message.find("commitlog") != std::string::npos, cluster.error().message.c_str());
        QCOMPARE(std::filesystem::file_size(log / "00000000000000000000"), 33U);
    }

    void illegalTopicNamesChangeNothing()
    {
        const QTemporaryDir directory;
        auto cluster = startLocalCluster(config(directory));
        QVERIFY(cluster.has_value());
        const auto created = answer<void>([&](auto done) { (*cluster)->createTopic({"no spaces please", 1, 1, 6, false, {}}, done); });
        QVERIFY(!created.has_value());
        QVERIFY(created.error().code == Errc::InvalidArgument);
    }

private:
    static std::int64_t wallMs() { return SystemClock::instance().wallMs(); }
};

QTEST_GUILESS_MAIN(TstLocalCluster)
#include "tst_local_cluster.moc"
