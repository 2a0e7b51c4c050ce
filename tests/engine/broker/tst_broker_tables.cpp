// SPDX-License-Identifier: GPL-3.0-or-later
#include "fake_connection.h"

#include "base/posix_file_system.h"
#include "broker/broker_config.h"
#include "broker/config_file.h"
#include "broker/consumer_registry.h"
#include "broker/producer_registry.h"
#include "broker/consumer_offset_manager.h"
#include "broker/message_building.h"
#include "broker/rebalance_lock_manager.h"
#include "broker/subscription_group_manager.h"
#include "broker/topic_config_manager.h"
#include "message/message_property.h"
#include "message/topic_name.h"
#include "support/compare.h"
#include "support/manual_clock.h"

#include <QTemporaryDir>
#include <QtTest>

#include <set>

using namespace gantry;

namespace {

/// What Apache 5.3.3 writes, as the format reference shows it.
constexpr const char* kApacheTopics = R"({
	"dataVersion":{"counter":2,"stateVersion":0,"timestamp":1700000000000},
	"topicConfigTable":{
		"orders":{"attributes":{"message.type":"NORMAL"},"order":false,"perm":6,"readQueueNums":4,"topicFilterType":"SINGLE_TAG","topicName":"orders","topicSysFlag":0,"writeQueueNums":3},
		"TBW102":{"attributes":{},"order":false,"perm":7,"readQueueNums":5,"topicFilterType":"SINGLE_TAG","topicName":"TBW102","topicSysFlag":0,"writeQueueNums":5}
	}
})";
constexpr const char* kApacheOffsets = R"({
	"dataVersion":{"counter":7,"stateVersion":0,"timestamp":1700000000000},
	"groupTopicMap":{"g1":["orders","%RETRY%g1"]},
	"offsetTable":{
		"orders@g1":{0:42,1:40
		},
		"%RETRY%g1@g1":{0:3
		}
	}
})";
constexpr const char* kApacheGroups = R"({"dataVersion":{"counter":1,"stateVersion":0,"timestamp":1700000000000},
 "forbiddenTable":{"g1":{"secret":4}},
 "subscriptionGroupTable":{"g1":{"attributes":{},"brokerId":0,"consumeBroadcastEnable":false,"consumeEnable":true,
   "consumeFromMinEnable":true,"consumeMessageOrderly":false,"consumeTimeoutMinute":15,"groupName":"g1",
   "groupRetryPolicy":{"type":"CUSTOMIZED"},"groupSysFlag":0,"notifyConsumerIdsChangedEnable":true,
   "retryMaxTimes":5,"retryQueueNums":2,"whichBrokerWhenConsumeSlowly":1}}})";

ClientInfo client(std::uint64_t number)
{
    return {std::make_shared<FakeConnection>(number), "c" + std::to_string(number), Language::Java, 479, 0};
}

ConsumerRegistration registration(const std::string& group, const std::string& topic, const std::string& expression = "*", std::int64_t version = 1)
{
    ConsumerRegistration result;
    result.group = group;
    result.subscriptions.push_back(makeSubscription(topic, expression));
    result.subscriptions.back().subVersion = version;
    return result;
}

} // namespace

class TstBrokerTables : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_directory = std::make_unique<QTemporaryDir>();
        QVERIFY(m_directory->isValid());
    }
    void cleanup() { m_directory.reset(); }

    void configFileFallsBackToBackup();
    void configFileRefusesWhenNothingIsUsable();
    void readsApacheTopicsAndAddsBuiltIns();
    void keepsTopicsOverARestart();
    void createsTopicsAfterTheTemplate();
    void refusesToCreateWithoutTemplate();
    void stepsNoVersionForTheSameTopic();
    void readsAndWritesApacheOffsets();
    void resetGoesBeforeCommits();
    void offsetsFollowGroupsAndTopics();
    void readsApacheGroups();
    void createsGroupsOnDemand();
    void locksExpireAndAreExclusive();
    void consumersComeAndGo();
    void silentClientsExpire();
    void picksProducersInTurn();
    void readsBrokerProperties();
    void refusesBadProperties_data();
    void refusesBadProperties();
    void completesProperties();
    void parksDelayedMessages();

private:
    [[nodiscard]] std::filesystem::path path(const char* name) const { return std::filesystem::path(m_directory->path().toStdString()) / name; }
    void write(const char* name, std::string_view text) { QVERIFY(replaceFile(m_files, path(name), text).has_value()); }
    [[nodiscard]] std::string read(const char* name) { return readWholeFile(m_files, path(name), 1 << 20).value_or("unreadable"); }
    [[nodiscard]] std::unique_ptr<TopicConfigManager> topics(bool autoCreate = true)
    {
        TopicConfigManager::Options options;
        options.clusterName = "C1";
        options.brokerName = "bk-1";
        options.autoCreate = autoCreate;
        return std::make_unique<TopicConfigManager>(m_files, path("topics.json"), m_clock, options);
    }

    PosixFileSystem m_files;
    ManualClock m_clock;
    std::unique_ptr<QTemporaryDir> m_directory;
};

void TstBrokerTables::configFileFallsBackToBackup()
{
    ConfigFile file(m_files, path("t.json"));
    std::string seen;
    const auto parse = [&](std::string_view text) -> Result<> {
        if (text.starts_with("bad")) {
            return fail(Errc::Corruption, "bad");
        }
        seen = text;
        return {};
    };
    QCOMPARE(file.load(parse).value(), false);
    QVERIFY(file.save("one").has_value());
    QVERIFY(!m_files.exists(path("t.json.bak")));
    QVERIFY(file.save("two").has_value());
    QCOMPARE(read("t.json.bak"), std::string("one"));
    QCOMPARE(file.load(parse).value(), true);
    QCOMPARE(seen, std::string("two"));
    for (const char* damaged : {"bad", "", "  \n"}) {
        write("t.json", damaged);
        seen.clear();
        QCOMPARE(file.load(parse).value(), true);
        QCOMPARE(seen, std::string("one"));
    }
    QVERIFY(m_files.remove(path("t.json")).has_value());
    QCOMPARE(file.load(parse).value(), true);
    QCOMPARE(seen, std::string("one"));
}

void TstBrokerTables::configFileRefusesWhenNothingIsUsable()
{
    write("t.json", "bad");
    ConfigFile file(m_files, path("t.json"));
    const auto loaded = file.load([](std::string_view) -> Result<> { return fail(Errc::Corruption, "line 1 is odd"); });
    QVERIFY(!loaded);
    QVERIFY(loaded.error().message.find("t.json") != std::string::npos);
    QVERIFY(loaded.error().message.find("line 1 is odd") != std::string::npos);
}

void TstBrokerTables::readsApacheTopicsAndAddsBuiltIns()
{
    write("topics.json", kApacheTopics);
    const auto table = topics();
    QVERIFY(table->load().has_value());
    const auto orders = table->find("orders");
    QVERIFY(orders);
    QCOMPARE(orders->readQueueNums, 4);
    QCOMPARE(orders->writeQueueNums, 3);
    QCOMPARE(orders->attributes.at("message.type"), std::string("NORMAL"));
    QCOMPARE(table->find("TBW102")->writeQueueNums, 5); // what the file says stays
    QCOMPARE(table->find(kScheduleTopic)->writeQueueNums, 18);
    QCOMPARE(table->find(kBenchmarkTopic)->writeQueueNums, 1024);
    QCOMPARE(table->find("C1")->writeQueueNums, 16);
    QCOMPARE(table->find("C1")->perm, 7);
    QCOMPARE(table->find("bk-1")->writeQueueNums, 1);
    QVERIFY(table->find("C1_REPLY_TOPIC"));
    QVERIFY(table->find(kTransactionHalfTopic));
    QVERIFY(!table->find(kTraceTopic));
    QVERIFY(!table->find("nobody"));
    QVERIFY(table->isBuiltIn("C1") && !table->isBuiltIn("orders"));
    QVERIFY(table->dataVersion().counter > 2);
}

void TstBrokerTables::keepsTopicsOverARestart()
{
    {
        const auto table = topics();
        QVERIFY(table->load().has_value());
        int changes = 0;
        table->setChangeListener([&](const auto&) { ++changes; });
        TopicConfig topic;
        topic.topicName = "payments";
        topic.readQueueNums = topic.writeQueueNums = 7;
        topic.attributes["message.type"] = "FIFO";
        QVERIFY(table->update(topic).has_value());
        QVERIFY(table->findOrCreate("%RETRY%g1", 1, perm::kReadWrite).has_value());
        topic.topicName = "gone";
        QVERIFY(table->update(topic).has_value());
        QCOMPARE(table->remove("gone").value(), true);
        QCOMPARE(table->remove("gone").value(), false);
        QCOMPARE(changes, 4);
    }
    const auto again = topics();
    QVERIFY(again->load().has_value());
    QCOMPARE(again->find("payments")->writeQueueNums, 7);
    QCOMPARE(again->find("payments")->attributes.at("message.type"), std::string("FIFO"));
    QVERIFY(again->find("%RETRY%g1"));
    QVERIFY(!again->find("gone"));
    QCOMPARE(again->dataVersion().counter, 5); // built-ins and four changes; loading a complete table is no change
}

void TstBrokerTables::createsTopicsAfterTheTemplate()
{
    const auto table = topics();
    QVERIFY(table->load().has_value());
    const auto small = table->createForSend("small", kAutoCreateTopic, 4, 0);
    QVERIFY(small.has_value());
    QCOMPARE((*small)->writeQueueNums, 4);
    QCOMPARE((*small)->perm, perm::kReadWrite);
    const auto large = table->createForSend("large", kAutoCreateTopic, 400, 1);
    QCOMPARE((*large)->writeQueueNums, 8); // never more than the template has
    QCOMPARE((*large)->topicSysFlag, 1);
    QCOMPARE(table->createForSend("small", kAutoCreateTopic, 1, 0).value()->writeQueueNums, 4); // exists already
}

void TstBrokerTables::refusesToCreateWithoutTemplate()
{
    const auto table = topics();
    QVERIFY(table->load().has_value());
    QCOMPARE(table->createForSend("a", "no-such-topic", 4, 0).error().code, Errc::NotFound);
    QCOMPARE(table->createForSend("a", kSelfTestTopic, 4, 0).error().code, Errc::NotFound); // lets nobody inherit
    const auto closed = topics(false);
    QVERIFY(closed->load().has_value());
    QCOMPARE(closed->createForSend("a", kAutoCreateTopic, 4, 0).error().code, Errc::NotFound);
    QVERIFY(!closed->find("a"));
}

void TstBrokerTables::stepsNoVersionForTheSameTopic()
{
    const auto table = topics();
    QVERIFY(table->load().has_value());
    TopicConfig topic;
    topic.topicName = "same";
    QVERIFY(table->update(topic).has_value());
    const auto version = table->dataVersion();
    m_clock.advance(std::chrono::seconds(1));
    QVERIFY(table->update(topic).has_value());
    QVERIFY(table->dataVersion() == version);
    topic.perm = perm::kRead;
    QVERIFY(table->update(topic).has_value());
    QCOMPARE(table->dataVersion().counter, version.counter + 1);
    QVERIFY(table->dataVersion().timestamp > version.timestamp);
}

void TstBrokerTables::readsAndWritesApacheOffsets()
{
    write("consumerOffset.json", kApacheOffsets);
    {
        ConsumerOffsetManager offsets(m_files, path("consumerOffset.json"), m_clock);
        QVERIFY(offsets.load().has_value());
        QCOMPARE(offsets.find("g1", "orders", 0), std::optional<std::int64_t>(42));
        QCOMPARE(offsets.find("g1", "orders", 1), std::optional<std::int64_t>(40));
        QCOMPARE(offsets.find("g1", "%RETRY%g1", 0), std::optional<std::int64_t>(3));
        QVERIFY(!offsets.find("g1", "orders", 2));
        QVERIFY(!offsets.find("g2", "orders", 0));
        QCOMPARE(offsets.dataVersion().counter, 7);
        QVERIFY(offsets.persist().has_value());
        QVERIFY(!m_files.exists(path("consumerOffset.json.bak"))); // nothing changed, nothing written
        offsets.commit("g1", "orders", 1, 39); // backwards, too
        offsets.commit("g2", "orders", 5, 1);
        QVERIFY(offsets.persist().has_value());
    }
    QVERIFY(read("consumerOffset.json").find("0:42") != std::string::npos); // keys as Apache writes them, bare
    ConsumerOffsetManager again(m_files, path("consumerOffset.json"), m_clock);
    QVERIFY(again.load().has_value());
    QCOMPARE(again.find("g1", "orders", 0), std::optional<std::int64_t>(42));
    QCOMPARE(again.find("g1", "orders", 1), std::optional<std::int64_t>(39));
    QCOMPARE(again.find("g2", "orders", 5), std::optional<std::int64_t>(1));
}

void TstBrokerTables::resetGoesBeforeCommits()
{
    ConsumerOffsetManager offsets(m_files, path("consumerOffset.json"), m_clock);
    offsets.commit("g", "t", 0, 10);
    offsets.assignReset("g", "t", 0, 3);
    offsets.commit("g", "t", 0, 11); // of a consumer that does not know yet
    QCOMPARE(offsets.find("g", "t", 0), std::optional<std::int64_t>(3));
    QCOMPARE(offsets.takeReset("g", "t", 0), std::optional<std::int64_t>(3));
    QVERIFY(!offsets.takeReset("g", "t", 0));
    QCOMPARE(offsets.find("g", "t", 0), std::optional<std::int64_t>(3));
    offsets.commit("g", "t", 0, 4);
    QCOMPARE(offsets.find("g", "t", 0), std::optional<std::int64_t>(4));
}

void TstBrokerTables::offsetsFollowGroupsAndTopics()
{
    ConsumerOffsetManager offsets(m_files, path("consumerOffset.json"), m_clock);
    offsets.commit("g1", "a", 0, 1);
    offsets.commit("g1", "b", 0, 2);
    offsets.commit("g2", "a", 1, 3);
    offsets.notePull("g3", "a", 0, {77, 1000, 5});
    QCOMPARE(offsets.topicsOf("g1"), (std::vector<std::string>{"a", "b"}));
    QCOMPARE(offsets.groupsOf("a"), (std::vector<std::string>{"g1", "g2"})); // g3 only pulled
    QCOMPARE(offsets.pullOffset("g3", "a", 0), std::optional<std::int64_t>(5));
    offsets.cloneGroup("g1", "copy", {});
    QCOMPARE(offsets.find("copy", "b", 0), std::optional<std::int64_t>(2));
    offsets.cloneGroup("g1", "half", "a");
    QVERIFY(!offsets.find("half", "b", 0));
    offsets.removeGroup("g1");
    QVERIFY(!offsets.find("g1", "a", 0));
    offsets.removeTopic("a");
    QVERIFY(!offsets.find("g2", "a", 1));
    QCOMPARE(offsets.find("copy", "b", 0), std::optional<std::int64_t>(2));
}

void TstBrokerTables::readsApacheGroups()
{
    write("subscriptionGroup.json", kApacheGroups);
    {
        SubscriptionGroupManager groups(m_files, path("subscriptionGroup.json"), m_clock, true);
        QVERIFY(groups.load().has_value());
        const auto group = groups.find("g1");
        QVERIFY(group);
        QCOMPARE(group->retryMaxTimes, 5);
        QCOMPARE(group->retryQueueNums, 2);
        QVERIFY(!group->consumeBroadcastEnable);
        QVERIFY(groups.isReadForbidden("g1", "secret"));
        QVERIFY(!groups.isReadForbidden("g1", "orders"));
        QVERIFY(groups.find("TOOLS_CONSUMER"));
        QVERIFY(groups.setReadForbidden("g1", "orders", true).has_value());
        QVERIFY(groups.setReadForbidden("g1", "secret", false).has_value());
        SubscriptionGroupConfig changed = *group;
        changed.retryMaxTimes = 9;
        QVERIFY(groups.update(changed).has_value());
    }
    SubscriptionGroupManager again(m_files, path("subscriptionGroup.json"), m_clock, true);
    QVERIFY(again.load().has_value());
    QCOMPARE(again.find("g1")->retryMaxTimes, 9);
    QVERIFY(again.isReadForbidden("g1", "orders"));
    QVERIFY(!again.isReadForbidden("g1", "secret"));
    QCOMPARE(again.remove("g1").value(), true);
    QVERIFY(!again.isReadForbidden("g1", "orders"));
}

void TstBrokerTables::createsGroupsOnDemand()
{
    {
        SubscriptionGroupManager groups(m_files, path("g.json"), m_clock, true);
        QVERIFY(groups.load().has_value());
        QVERIFY(!groups.find("new"));
        QCOMPARE(groups.findOrCreate("new")->retryMaxTimes, 16);
        QVERIFY(!groups.findOrCreate("bad name"));
        QVERIFY(!m_files.exists(path("g.json"))); // nobody waited for the disk
        QVERIFY(groups.persist().has_value());
    }
    SubscriptionGroupManager closed(m_files, path("g.json"), m_clock, false);
    QVERIFY(closed.load().has_value());
    QVERIFY(closed.findOrCreate("new"));
    QVERIFY(!closed.findOrCreate("newer"));
    QVERIFY(closed.findOrCreate("CID_RMQ_SYS_something"));
}

void TstBrokerTables::locksExpireAndAreExclusive()
{
    RebalanceLockManager locks(m_clock);
    const std::vector<MessageQueue> queues{{"t", "b", 0}, {"t", "b", 1}};
    const std::vector<MessageQueue> first{{"t", "b", 0}};
    QCOMPARE(locks.lock("g", first, "c1").size(), std::size_t{1});
    QVERIFY(locks.lock("g", queues, "c2") == (std::vector<MessageQueue>{{"t", "b", 1}}));
    QCOMPARE(locks.lock("other", queues, "c3").size(), std::size_t{2});
    QVERIFY(locks.isAnyHeld("g"));
    m_clock.advance(std::chrono::seconds(50));
    QCOMPARE(locks.lock("g", first, "c1").size(), std::size_t{1}); // refreshed
    m_clock.advance(std::chrono::seconds(20));
    QVERIFY(locks.isHeldBy("g", queues[0], "c1"));
    QVERIFY(!locks.isHeldBy("g", queues[1], "c2")); // 70 s old
    QCOMPARE(locks.lock("g", queues, "c1").size(), std::size_t{2});
    locks.unlock("g", queues, "c2"); // not its locks
    QVERIFY(locks.isHeldBy("g", queues[0], "c1"));
    locks.unlock("g", queues, "c1");
    QVERIFY(!locks.isAnyHeld("g"));
    QCOMPARE(locks.lock("g", first, "c2").size(), std::size_t{1});
    m_clock.advance(std::chrono::seconds(61));
    QVERIFY(!locks.isAnyHeld("g"));
}

void TstBrokerTables::consumersComeAndGo()
{
    ConsumerRegistry registry(m_clock);
    std::vector<std::pair<std::string, std::size_t>> changes;
    registry.setChangeListener([&](const std::string& group, const auto& members) { changes.emplace_back(group, members.size()); });
    const auto first = client(1);
    const auto second = client(2);
    QVERIFY(registry.registerConsumer(registration("g", "t", "a"), first));
    QVERIFY(registry.registerConsumer(registration("g", "t", "a"), first)); // the same again is no change
    QVERIFY(registry.registerConsumer(registration("g", "t", "a || b", 2), second));
    QCOMPARE(registry.pullInfo("g", "t")->subscription->subString, std::string("a || b")); // the newer one counts
    QVERIFY(registry.registerConsumer(registration("g", "t", "a", 1), first));
    QCOMPARE(registry.pullInfo("g", "t")->subscription->subString, std::string("a || b"));
    QVERIFY(!registry.pullInfo("g", "other")->subscription);
    QVERIFY(!registry.pullInfo("nobody", "t"));
    QCOMPARE(registry.groupsOfTopic("t"), std::vector<std::string>{"g"});
    QCOMPARE(registry.clientIdOf(2), std::string("c2"));
    QVERIFY(registry.registerConsumer(registration("g", "elsewhere", "*", 3), first)); // drops t, adds elsewhere
    QVERIFY(!registry.pullInfo("g", "t")->subscription);
    registry.unregisterConsumer("g", *first.connection);
    registry.unregisterConsumer("g", *first.connection); // is gone already
    registry.onConnectionClosed(*second.connection);
    QVERIFY(!registry.isOnline("g"));
    QCOMPARE(changes, (std::vector<std::pair<std::string, std::size_t>>{{"g", 1}, {"g", 2}, {"g", 2}, {"g", 1}, {"g", 0}}));
    second.connection->close();
    QVERIFY(!registry.registerConsumer(registration("g", "t"), second)); // its heartbeat came late
    QVERIFY(!registry.isOnline("g"));
}

void TstBrokerTables::silentClientsExpire()
{
    ConsumerRegistry consumers(m_clock);
    ProducerRegistry producers(m_clock);
    const auto silent = client(1);
    const auto alive = client(2);
    for (const auto& each : {silent, alive}) {
        QVERIFY(consumers.registerConsumer(registration("g", "t"), each));
        producers.registerProducer("p", each);
    }
    m_clock.advance(std::chrono::seconds(100));
    QVERIFY(consumers.registerConsumer(registration("g", "t"), alive));
    producers.registerProducer("p", alive);
    m_clock.advance(std::chrono::seconds(30));
    consumers.removeExpired(std::chrono::seconds(120));
    QCOMPARE(consumers.clientIds("g"), std::vector<std::string>{"c2"});
    QVERIFY(!silent.connection->isOpen());
    QVERIFY(alive.connection->isOpen());
    producers.removeExpired(std::chrono::seconds(120));
    QCOMPARE(producers.clients("p").size(), std::size_t{1});
}

void TstBrokerTables::picksProducersInTurn()
{
    ProducerRegistry producers(m_clock);
    QVERIFY(!producers.pickConnection("p"));
    const std::vector<ClientInfo> clients{client(1), client(2), client(3)};
    for (const auto& each : clients) {
        producers.registerProducer("p", each);
    }
    clients[1].connection->close(); // not noticed by the registry yet
    std::set<std::uint64_t> picked;
    for (int i = 0; i < 6; ++i) {
        picked.insert(producers.pickConnection("p")->id());
    }
    QCOMPARE(picked, (std::set<std::uint64_t>{1, 3}));
    QCOMPARE(producers.findClient("c3"), clients[2].connection);
    QVERIFY(!producers.findClient("c2"));
    producers.onConnectionClosed(*clients[0].connection);
    producers.unregisterProducer("p", *clients[2].connection);
    producers.onConnectionClosed(*clients[1].connection);
    QVERIFY(producers.all().empty());
}

void TstBrokerTables::readsBrokerProperties()
{
    const PropertyTable table{{"brokerName", "bk-7"},          {"listenPort", " 10921 "},  {"namesrvAddr", "127.0.0.1:9876; 127.0.0.1:9877"},
                              {"flushDiskType", "SYNC_FLUSH"}, {"deleteWhen", "04;16"},    {"storePathRootDir", "/data/store"},
                              {"fileReservedTime", "48"},      {"maxMessageSize", "1024"}, {"autoCreateTopicEnable", "FALSE"},
                              {"rocketmqHome", "/opt"},        {"messageDelayLevel", "1s 2m 1h"}};
    std::vector<std::string> unknown;
    const auto config = BrokerConfig::fromProperties(table, &unknown);
    QVERIFY(config.has_value());
    QCOMPARE(config->brokerName, std::string("bk-7"));
    QCOMPARE(config->port, std::uint16_t{10921});
    QCOMPARE(config->nameServers, (std::vector<std::string>{"127.0.0.1:9876", "127.0.0.1:9877"}));
    QVERIFY(config->store.flushMode == FlushMode::Sync);
    QCOMPARE(config->store.deleteAtHours, (std::vector<int>{4, 16}));
    QCOMPARE(config->store.rootDirectory.string(), std::string("/data/store"));
    QVERIFY(config->store.reservedTime == std::chrono::hours(48));
    QCOMPARE(config->store.messageBytesMax, std::int64_t{1024});
    QVERIFY(!config->autoCreateTopic);
    QCOMPARE(unknown, std::vector<std::string>{"rocketmqHome"});
    const auto again = BrokerConfig::fromProperties(config->toProperties());
    QVERIFY(again.has_value());
    QVERIFY(again->toProperties() == config->toProperties());
    QCOMPARE(parseDelayLevels(BrokerConfig{}.messageDelayLevel).value(), defaultDelayLevels());
    QCOMPARE(parseDelayLevels(config->messageDelayLevel).value().at(1), std::chrono::milliseconds(120'000));
    for (const std::int64_t limit : {std::int64_t{0}, kMiB, 1024 * kGiB}) {
        const auto limited = BrokerConfig::fromProperties({{"globalColdReadThreshold", std::to_string(limit)}});
        QVERIFY(limited && limited->coldReadBytesPerSecondMax == limit);
    }
}

void TstBrokerTables::refusesBadProperties_data()
{
    QTest::addColumn<QString>("key");
    QTest::addColumn<QString>("value");
    QTest::newRow("port") << "listenPort" << "70000";
    QTest::newRow("text for a number") << "registerNameServerPeriod" << "30s";
    QTest::newRow("flush mode") << "flushDiskType" << "SYNC";
    QTest::newRow("NameServer without port") << "namesrvAddr" << "127.0.0.1";
    QTest::newRow("delay unit") << "messageDelayLevel" << "1s 5x";
    QTest::newRow("hour") << "deleteWhen" << "25";
    QTest::newRow("boolean") << "longPollingEnable" << "yes";
    QTest::newRow("slave") << "brokerRole" << "SLAVE";
    QTest::newRow("name") << "brokerName" << "a b";
    QTest::newRow("limit of less than a message") << "globalColdReadThreshold" << "1048575";
    QTest::newRow("negative limit") << "globalColdReadThreshold" << "-1";
}

void TstBrokerTables::refusesBadProperties()
{
    QFETCH(QString, key);
    QFETCH(QString, value);
    const auto config = BrokerConfig::fromProperties({{key.toStdString(), value.toStdString()}});
    QVERIFY(!config);
    QVERIFY(config.error().message.find(key.toStdString()) != std::string::npos);
    QVERIFY(config.error().message.find(value.toStdString()) != std::string::npos);
}

void TstBrokerTables::completesProperties()
{
    std::string key;
    const auto sent = std::string("TAGS\x01") + "a\x02" + "POP_CK\x01" + "1 2 3\x02" + "UNIQ_KEY\x01" + "7F00000100\x02" + "CLUSTER\x01" + "else\x02";
    const auto properties = PropertyList::decode(completeProperties(sent, "C1", key));
    QCOMPARE(key, std::string("7F00000100"));
    QCOMPARE(properties.value("CLUSTER"), std::string_view("C1"));
    QCOMPARE(properties.value("TAGS"), std::string_view("a"));
    QVERIFY(!properties.find("POP_CK"));
    QCOMPARE(properties.value("TRACE_ON"), std::string_view("true"));
    const auto fresh = PropertyList::decode(completeProperties("TAGS\x01" "a", "C1", key)); // no separator at the end
    QCOMPARE(key.size(), std::size_t{32});
    QCOMPARE(fresh.value("UNIQ_KEY"), std::string_view(key));
    QCOMPARE(fresh.value("TAGS"), std::string_view("a"));
    QVERIFY(PropertyList::decode(completeProperties({}, "C1", key)).find("CLUSTER"));
}

void TstBrokerTables::parksDelayedMessages()
{
    PutRequest request;
    request.topic = "orders";
    request.queueId = 3;
    PropertyList properties;
    properties.set(property::kDelayLevel, "99");
    properties.set(property::kTimerDelayMs, "5");
    request.properties = properties.encode();
    moveToScheduleTopic(request, 18);
    QCOMPARE(request.topic, std::string(kScheduleTopic));
    QCOMPARE(request.queueId, 17);
    const auto parked = PropertyList::decode(request.properties);
    QCOMPARE(parked.value(property::kRealTopic), std::string_view("orders"));
    QCOMPARE(parked.value(property::kRealQueueId), std::string_view("3"));
    QCOMPARE(parked.value(property::kDelayLevel), std::string_view("18"));
    QVERIFY(!parked.find(property::kTimerDelayMs));

    for (const char* level : {"0", "-1", ""}) {
        PutRequest plain;
        plain.topic = "orders";
        PropertyList none;
        none.set(property::kDelayLevel, level);
        plain.properties = none.encode();
        moveToScheduleTopic(plain, 18);
        QCOMPARE(plain.topic, std::string("orders"));
    }
    PutRequest half = request;
    half.topic = "orders";
    half.sysFlag = 0x4; // prepared: not yet
    moveToScheduleTopic(half, 18);
    QCOMPARE(half.topic, std::string("orders"));
}

QTEST_GUILESS_MAIN(TstBrokerTables)
#include "tst_broker_tables.moc"
