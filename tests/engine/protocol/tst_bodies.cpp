// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/byte_cursor.h"
#include "base/compress.h"
#include "protocol/bodies/broker_stats.h"
#include "protocol/bodies/client_connection.h"
#include "protocol/bodies/cluster_info.h"
#include "protocol/bodies/consume_stats.h"
#include "protocol/bodies/consumer_running_info.h"
#include "protocol/bodies/heartbeat_data.h"
#include "protocol/bodies/lock_batch.h"
#include "protocol/bodies/name_lists.h"
#include "protocol/bodies/offset_table.h"
#include "protocol/bodies/query_consume_queue.h"
#include "protocol/bodies/register_broker_body.h"
#include "protocol/bodies/reset_offset.h"
#include "protocol/bodies/subscription_group.h"
#include "protocol/bodies/topic_config.h"
#include "protocol/bodies/topic_route.h"
#include "protocol/bodies/topic_stats.h"
#include "support/compare.h"

#include <functional>

using namespace gantry;

namespace {

/// Decodes and encodes again; the error's text if decoding fails.
template <typename Body>
std::string again(std::string_view text)
{
    const auto decoded = Body::decode(text);
    return decoded ? decoded->encode() : decoded.error().message;
}

std::string againPlainRoute(std::string_view text)
{
    const auto decoded = TopicRouteData::decode(text);
    return decoded ? decoded->encodePlain() : decoded.error().message;
}

using Again = std::function<std::string(std::string_view)>;

#define MQ R"({"brokerName":"bk-1","queueId":0,"topic":"Orders"})"
#define DV R"({"counter":3,"stateVersion":0,"timestamp":1719000000000})"
#define TOPIC \
    R"({"attributes":{"message.type":"NORMAL"},"order":false,"perm":6,"readQueueNums":8,"topicFilterType":"SINGLE_TAG",)" \
    R"("topicName":"Orders","topicSysFlag":0,"writeQueueNums":8})"
#define WRAPPER \
    R"({"dataVersion":)" DV R"(,"mappingDataVersion":{"counter":0,"stateVersion":0,"timestamp":0},)" \
    R"("topicConfigTable":{"Orders":)" TOPIC R"(},"topicQueueMappingDetailMap":{},"topicQueueMappingInfoMap":{}})"
#define SUBSCRIPTION \
    R"({"classFilterMode":false,"codeSet":[2571410],"expressionType":"TAG","subString":"TEST","subVersion":1719000000000,)" \
    R"("tagsSet":["TEST"],"topic":"Orders"})"
#define QUEUE_DATA R"({"brokerName":"bk-1","perm":6,"readQueueNums":8,"topicSysFlag":0,"writeQueueNums":8})"
#define BROKER_DATA(zero, one) \
    R"({"brokerAddrs":{)" zero R"(:"10.1.1.7:10911",)" one R"(:"10.1.1.8:10911"},"brokerName":"bk-1","cluster":"East",)" \
    R"("enableActingMaster":false})"
#define GROUP \
    R"({"attributes":{},"brokerId":0,"consumeBroadcastEnable":true,"consumeEnable":true,"consumeFromMinEnable":true,)" \
    R"("consumeMessageOrderly":false,"consumeTimeoutMinute":15,"groupName":"billing",)" \
    R"("groupRetryPolicy":{"type":"CUSTOMIZED"},"groupSysFlag":0,"notifyConsumerIdsChangedEnable":true,"retryMaxTimes":16,)" \
    R"("retryQueueNums":1,"whichBrokerWhenConsumeSlowly":1})"
#define CONSUME_STATS \
    R"({"consumeTps":2.5,"offsetTable":{)" MQ \
    R"(:{"brokerOffset":40,"consumerOffset":33,"lastTimestamp":1719000000000,"pullOffset":36}}})"

} // namespace

Q_DECLARE_METATYPE(Again)

class TestBodies : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void samplesComeBackUnchanged_data();
    void samplesComeBackUnchanged();
    void readsBothRouteForms();
    void readsStringKeysThatHoldQueues();
    void readsCppHeartbeats();
    void readsHeartbeatsWithoutSets();
    void readsPackedRegistrations();
    void refusesEveryCutPackedRegistration();
    void readsBareWrapperAndEmptyRegistrations();
    void followsReferencesInJavaTables();
    void missingMembersGetBeanDefaults();
    void keepsRetryPolicies();
    void writesConfigFilesAsApacheDoes();
    void readsOffsetFiles();
    void readsBothResetForms();
    void readsGoVariants();
    void refusesWhatIsNoObject();
};

void TestBodies::samplesComeBackUnchanged_data()
{
    QTest::addColumn<Again>("again");
    QTest::addColumn<std::string>("sample");
    const auto row = [](const char* name, Again function, std::string sample) {
        QTest::newRow(name) << std::move(function) << std::move(sample);
    };
    row("data version", again<DataVersion>, DV);
    row("topic", again<TopicConfig>, TOPIC);
    row("topic table", again<TopicConfigTable>, WRAPPER);
    row("registration", again<RegisterBrokerBody>, R"({"filterServerList":[],"topicConfigSerializeWrapper":)" WRAPPER "}");
    row("route, standard", again<TopicRouteData>,
        R"({"brokerDatas":[)" BROKER_DATA("\"0\"", "\"1\"") R"(],"filterServerTable":{},"queueDatas":[)" QUEUE_DATA "]}");
    row("route, plain", againPlainRoute,
        R"({"brokerDatas":[)" BROKER_DATA("0", "1") R"(],"filterServerTable":{},"orderTopicConf":"bk-1:8","queueDatas":[)" QUEUE_DATA "]}");
    row("cluster", again<ClusterInfo>,
        R"({"brokerAddrTable":{"bk-1":)" BROKER_DATA("0", "1") R"(},"clusterAddrTable":{"East":["bk-1"]}})");
    row("member group", again<BrokerMemberGroup>,
        R"({"brokerMemberGroup":{"brokerAddrs":{0:"10.1.1.7:10911"},"brokerName":"bk-1","cluster":"East"}})");
    row("topic stats", again<TopicStatsTable>,
        R"({"offsetTable":{)" MQ R"(:{"lastUpdateTimestamp":1719000000000,"maxOffset":40,"minOffset":5}},"topicPutTps":1.25})");
    row("consume stats", again<ConsumeStats>, CONSUME_STATS);
    row("consume stats list", again<ConsumeStatsList>,
        R"({"brokerAddr":"10.1.1.7:10911","consumeStatsList":[{"billing":[)" CONSUME_STATS R"(]}],"totalDiff":7,"totalInflightDiff":3})");
    row("offsets", again<ConsumerOffsetTable>, R"({"dataVersion":)" DV R"(,"offsetTable":{"Orders@billing":{0:33,1:30}}})");
    row("delay offsets", again<DelayOffsetTable>, R"({"dataVersion":)" DV R"(,"offsetTable":{3:120,4:7}})");
    row("group", again<SubscriptionGroupConfig>, GROUP);
    row("group table", again<SubscriptionGroupTable>,
        R"({"dataVersion":)" DV R"(,"forbiddenTable":{"billing":{"Orders":1}},"subscriptionGroupTable":{"billing":)" GROUP "}}");
    row("heartbeat", again<HeartbeatData>,
        R"({"clientID":"10.1.2.3@77#9","consumerDataSet":[{"consumeFromWhere":"CONSUME_FROM_LAST_OFFSET",)"
        R"("consumeType":"CONSUME_PASSIVELY","groupName":"billing","messageModel":"CLUSTERING","subscriptionDataSet":[)" SUBSCRIPTION
        R"(],"unitMode":false}],"heartbeatFingerprint":0,"producerDataSet":[{"groupName":"pg1"}],"withoutSub":false})");
    row("check client", again<CheckClientConfigRequest>, R"({"clientId":"c","group":"billing","subscriptionData":)" SUBSCRIPTION "}");
    row("consumer connections", again<ConsumerConnection>,
        R"({"connectionSet":[{"clientAddr":"10.1.2.3:51000","clientId":"10.1.2.3@77#9","language":"JAVA","version":479}],)"
        R"("consumeFromWhere":"CONSUME_FROM_FIRST_OFFSET","consumeType":"CONSUME_ACTIVELY","messageModel":"BROADCASTING",)"
        R"("subscriptionTable":{"Orders":)" SUBSCRIPTION "}}");
    row("producer connections", again<ProducerConnection>,
        R"({"connectionSet":[{"clientAddr":"10.1.2.3:51000","clientId":"x","language":"GO","version":317}]})");
    row("producers", again<ProducerTable>,
        R"({"data":{"pg1":[{"clientId":"x","language":"JAVA","lastUpdateTimestamp":1719000000000,"remoteIP":"10.1.2.3:51000","version":479}]}})");
    row("running info", again<ConsumerRunningInfo>,
        R"({"jstack":"main\n","mqPopTable":{},"mqTable":{)" MQ
        R"(:{"cachedMsgCount":1,"cachedMsgMaxOffset":34,"cachedMsgMinOffset":34,"cachedMsgSizeInMiB":0,"commitOffset":33,)"
        R"("droped":false,"lastConsumeTimestamp":1,"lastLockTimestamp":1,"lastPullTimestamp":1,"locked":false,)"
        R"("transactionMsgCount":0,"transactionMsgMaxOffset":0,"transactionMsgMinOffset":0,"tryUnlockTimes":0}},)"
        R"("properties":{"PROP_CONSUME_TYPE":"CONSUME_PASSIVELY"},"statusTable":{"Orders":{"consumeFailedMsgs":0,)"
        R"("consumeFailedTPS":0.0,"consumeOKTPS":0.5,"consumeRT":0.0,"pullRT":0.0,"pullTPS":0.0}},"subscriptionSet":[)" SUBSCRIPTION
        R"(],"userConsumerInfo":{}})");
    row("direct result", again<ConsumeMessageDirectlyResult>,
        R"({"autoCommit":true,"consumeResult":"CR_LATER","order":false,"remark":"no","spentTimeMills":4})");
    row("status from client", again<GetConsumerStatusBody>, R"({"consumerTable":{},"messageQueueTable":{)" MQ ":33}}");
    row("status from broker", again<GetConsumerStatusBody>, R"({"consumerTable":{"client":{)" MQ R"(:33}},"messageQueueTable":{}})");
    row("reset", again<ResetOffsetBody>, R"({"offsetTable":{)" MQ ":12}}");
    row("lock", again<LockBatchRequest>, R"({"clientId":"c","consumerGroup":"billing","mqSet":[)" MQ R"(],"onlyThisBroker":false})");
    row("locked", again<LockBatchResponse>, R"({"lockOKMQSet":[)" MQ "]}");
    row("texts", again<KvTable>, R"({"table":{"k":"v"}})");
    row("topics", again<TopicList>, R"({"brokerAddr":"10.1.1.7:10911","topicList":["Orders"]})");
    row("groups", again<GroupList>, R"({"groupList":["billing"]})");
    row("consumers", again<ConsumerIdList>, R"({"consumerIdList":["c1","c2"]})");
    row("subscription", again<QuerySubscriptionResponse>, R"({"group":"billing","subscriptionData":)" SUBSCRIPTION R"(,"topic":"Orders"})");
    row("broker stats", again<BrokerStatsData>,
        R"({"statsDay":{"avgpt":0.0,"sum":9,"tps":0.1},"statsHour":{"avgpt":1.5,"sum":2,"tps":3.0},"statsMinute":{"avgpt":0.0,"sum":0,"tps":0.0}})");
    row("consume queue", again<QueryConsumeQueueResponse>,
        R"({"filterData":"f","maxQueueIndex":40,"minQueueIndex":5,"queueData":[{"eval":false,"physicOffset":900,"physicSize":210,)"
        R"("tagsCode":2571410}],"subscriptionData":)" SUBSCRIPTION "}");
    row("time spans", again<QueryConsumeTimeSpanBody>,
        R"({"consumeTimeSpanSet":[{"consumeTimeStamp":3,"delayTime":4,"maxTimeStamp":2,"messageQueue":)" MQ R"(,"minTimeStamp":1}]})");
}

void TestBodies::samplesComeBackUnchanged()
{
    QFETCH(Again, again);
    QFETCH(std::string, sample);
    QCOMPARE(again(sample), sample);
}

void TestBodies::readsBothRouteForms()
{
    const auto plain = TopicRouteData::decode(R"({"brokerDatas":[)" BROKER_DATA("0", "1") R"(],"queueDatas":[)" QUEUE_DATA "]}");
    const auto quoted = TopicRouteData::decode(R"({"queueDatas":[)" QUEUE_DATA R"(],"brokerDatas":[)" BROKER_DATA("\"0\"", "'1'") "]}");
    QVERIFY(plain && quoted);
    QVERIFY(*plain == *quoted);
    QCOMPARE(plain->brokerDatas.at(0).address(), std::string("10.1.1.7:10911"));
    QCOMPARE(plain->queueDatas.at(0).writeQueueNums, 8);
}

void TestBodies::readsStringKeysThatHoldQueues()
{
    const auto stats = ConsumeStats::decode(
        R"({"offsetTable":{"{\"topic\":\"Orders\",\"brokerName\":\"bk-1\",\"queueId\":5}":{"consumerOffset":"12"}}})");
    QVERIFY(stats);
    QCOMPARE(stats->offsetTable.size(), std::size_t{1});
    QVERIFY(stats->offsetTable.begin()->first == (MessageQueue{"Orders", "bk-1", 5}));
    QCOMPARE(stats->offsetTable.begin()->second.consumerOffset, std::int64_t{12});
}

void TestBodies::readsCppHeartbeats()
{
    const auto data = HeartbeatData::decode(
        R"({"clientID":"c","consumerDataSet":[{"groupName":"g","consumeType":0,"messageModel":0,"consumeFromWhere":4,)"
        R"("subscriptionDataSet":[{"topic":"T","subString":"a||b","subVersion":"1719000000001","tagsSet":["a","b"]}]}]})");
    QVERIFY(data);
    QCOMPARE(data->consumers.size(), std::size_t{1});
    const ConsumerData& consumer = data->consumers[0];
    QVERIFY(consumer.consumeType == ConsumeType::Actively);
    QVERIFY(consumer.messageModel == MessageModel::Broadcasting);
    QVERIFY(consumer.consumeFromWhere == ConsumeFromWhere::FirstOffset);
    QCOMPARE(consumer.subscriptions.at(0).subVersion, std::int64_t{1719000000001});
    QCOMPARE(consumer.subscriptions.at(0).codeSet, (std::vector<std::int32_t>{97, 98}));
    QVERIFY(data->producerGroups.empty());
    QCOMPARE(data->fingerprint, 0);
}

void TestBodies::readsHeartbeatsWithoutSets()
{
    const auto data = HeartbeatData::decode(
        R"({"clientID":"c","consumerDataSet":[{"groupName":"g","messageModel":"UNKNOWN","consumeFromWhere":"CONSUME_FROM_MIN_OFFSET"}],)"
        R"("producerDataSet":null,"isWithoutSub":true,"heartbeatFingerprint":-7})");
    QVERIFY(data);
    QVERIFY(data->consumers.at(0).messageModel == MessageModel::Clustering);
    QVERIFY(data->consumers.at(0).consumeFromWhere == ConsumeFromWhere::LastOffset);
    QVERIFY(data->withoutSub);
    QCOMPARE(data->fingerprint, -7);
}

namespace {

std::string packedRegistration()
{
    std::string plain;
    ByteWriter writer(plain);
    const auto sized = [&](std::string_view text) {
        writer.write(static_cast<std::int32_t>(text.size()));
        writer.writeText(text);
    };
    sized(DV);
    writer.write<std::int32_t>(2);
    sized(R"(Orders 8 4 6 SINGLE_TAG {"message.type":"FIFO"})");
    sized("TBW102 8 8 7 MULTI_TAG {}");
    sized(R"(["10.0.0.9:1"])");
    writer.write<std::int32_t>(0);
    return plain;
}

} // namespace

void TestBodies::readsPackedRegistrations()
{
    const auto packed = compress(packedRegistration(), CompressionType::Zlib, 9);
    QVERIFY(packed);
    const auto decoded = RegisterBrokerBody::decode(*packed);
    QVERIFY2(decoded, decoded ? "" : decoded.error().message.c_str());
    QCOMPARE(decoded->topicTable.dataVersion.counter, std::int64_t{3});
    QCOMPARE(decoded->topicTable.topics.size(), std::size_t{2});
    const TopicConfig& orders = decoded->topicTable.topics.at("Orders");
    QCOMPARE(orders.readQueueNums, 8);
    QCOMPARE(orders.writeQueueNums, 4);
    QCOMPARE(orders.attributes.at("message.type"), std::string("FIFO"));
    QCOMPARE(decoded->topicTable.topics.at("TBW102").topicFilterType, std::string("MULTI_TAG"));
    QCOMPARE(decoded->topicTable.topics.at("TBW102").perm, 7);
    QCOMPARE(decoded->filterServers, std::vector<std::string>{"10.0.0.9:1"});
}

void TestBodies::refusesEveryCutPackedRegistration()
{
    const std::string plain = packedRegistration();
    const std::size_t topicsEnd = plain.find("{}") + 2;
    for (std::size_t size = 0; size < topicsEnd; ++size) {
        const auto packed = compress(plain.substr(0, size), CompressionType::Zlib, 1);
        QVERIFY(packed);
        QVERIFY2(!RegisterBrokerBody::decode(*packed), std::to_string(size).c_str());
    }
    const auto packed = compress(plain, CompressionType::Zlib, 9);
    for (std::size_t size = 1; size < packed->size(); ++size) {
        QVERIFY2(!RegisterBrokerBody::decode(packed->substr(0, size)), std::to_string(size).c_str());
    }
}

void TestBodies::readsBareWrapperAndEmptyRegistrations()
{
    const auto bare = RegisterBrokerBody::decode(R"({"dataVersion":)" DV R"(,"topicConfigTable":{"Orders":)" TOPIC "}}");
    QVERIFY(bare);
    QCOMPARE(bare->topicTable.topics.at("Orders").writeQueueNums, 8);
    const auto empty = RegisterBrokerBody::decode("");
    QVERIFY(empty);
    QVERIFY(empty->topicTable.topics.empty());
    QVERIFY(empty->topicTable.dataVersion == DataVersion{});
}

void TestBodies::followsReferencesInJavaTables()
{
    const auto table = TopicConfigTable::decode(
        R"({"dataVersion":{"$ref":"$.mappingDataVersion"},"mappingDataVersion":)" DV
        R"(,"topicConfigTable":{"a.b":)" TOPIC R"(,"c":{"$ref":"$.topicConfigTable.a\\.b"}}})");
    QVERIFY2(table, table ? "" : table.error().message.c_str());
    QCOMPARE(table->dataVersion.counter, std::int64_t{3});
    QCOMPARE(table->topics.at("c").readQueueNums, 8);
    QCOMPARE(table->topics.at("c").topicName, std::string("c"));
}

void TestBodies::missingMembersGetBeanDefaults()
{
    const auto topic = TopicConfig::decode(R"({"topicName":"T","unknown":[1]})");
    QVERIFY(topic);
    QVERIFY(*topic == [] { TopicConfig config; config.topicName = "T"; return config; }());
    QCOMPARE(topic->readQueueNums, 16);
    const auto group = SubscriptionGroupConfig::decode(R"({groupName:'g'})");
    QVERIFY(group);
    QCOMPARE(group->retryMaxTimes, 16);
    QVERIFY(group->consumeEnable);
}

void TestBodies::keepsRetryPolicies()
{
    const std::string text = R"({"exponentialRetryPolicy":{"initial":5000,"max":7200000,"multiplier":2},"type":"EXPONENTIAL"})";
    const auto group = SubscriptionGroupConfig::decode(R"({"groupName":"g","groupRetryPolicy":)" + text +
                                                       R"(,"subscriptionDataSet":[{"topic":"T"}]})");
    QVERIFY(group);
    QCOMPARE(group->groupRetryPolicy, text);
    QVERIFY(group->encode().find(R"("groupRetryPolicy":)" + text) != std::string::npos);
    QVERIFY(group->encode().find(R"("subscriptionDataSet":[{"topic":"T"}])") != std::string::npos);
}

void TestBodies::writesConfigFilesAsApacheDoes()
{
    ConsumerOffsetTable offsets;
    offsets.dataVersion = {0, 1700000000000, 7};
    offsets.offsets[ConsumerOffsetTable::key("orders", "g1")] = {{0, 42}, {1, 40}};
    QCOMPARE(offsets.encodeFile(), std::string("{\n\t\"dataVersion\":{\n\t\t\"counter\":7,\n\t\t\"stateVersion\":0,\n\t\t\"timestamp\":"
                                               "1700000000000\n\t},\n\t\"offsetTable\":{\n\t\t\"orders@g1\":{0:42,1:40\n\t\t}\n\t}\n}"));
    const auto read = ConsumerOffsetTable::decode(offsets.encodeFile());
    QVERIFY(read);
    QVERIFY(*read == offsets);

    TopicConfigTable topics;
    topics.topics["orders"].topicName = "orders";
    const auto readTopics = TopicConfigTable::decode(topics.encodeFile());
    QVERIFY(readTopics);
    QVERIFY(*readTopics == topics);
    QVERIFY(topics.encodeFile().find("mapping") == std::string::npos);

    SubscriptionGroupTable groups;
    groups.groups["g1"].groupName = "g1";
    groups.forbidden["g1"]["orders"] = 4;
    const auto readGroups = SubscriptionGroupTable::decode(groups.encodeFile());
    QVERIFY(readGroups);
    QVERIFY(*readGroups == groups);

    DelayOffsetTable delays;
    delays.offsets = {{1, 5}, {3, 12}, {18, 1}};
    const auto readDelays = DelayOffsetTable::decode(delays.encodeFile());
    QVERIFY(readDelays);
    QVERIFY(*readDelays == delays);
}

void TestBodies::readsOffsetFiles()
{
    const auto table = ConsumerOffsetTable::decode(
        "{\n\t\"dataVersion\":{\"counter\":7,\"stateVersion\":0,\"timestamp\":1700000000000},\n"
        "\t\"groupTopicMap\":{\"g1\":[\"orders\",\"%RETRY%g1\"]},\n\t\"offsetTable\":{\n"
        "\t\t\"orders@g1\":{0:42,1:40\n\t\t},\"x@g2\":{\"3\":9}\n\t}\n}\n");
    QVERIFY2(table, table ? "" : table.error().message.c_str());
    QCOMPARE(table->offsets.at("orders@g1").at(1), std::int64_t{40});
    QCOMPARE(table->offsets.at("x@g2").at(3), std::int64_t{9});
    QCOMPARE(table->dataVersion.counter, std::int64_t{7});
}

void TestBodies::readsBothResetForms()
{
    ResetOffsetBody reset;
    reset.offsets[{"Orders", "bk-1", 0}] = 12;
    QCOMPARE(reset.encodeForCpp(), std::string(R"({"offsetTable":[{"brokerName":"bk-1","offset":12,"queueId":0,"topic":"Orders"}]})"));
    const auto fromList = ResetOffsetBody::decode(reset.encodeForCpp());
    const auto fromMap = ResetOffsetBody::decode(reset.encode());
    QVERIFY(fromList && fromMap);
    QVERIFY(*fromList == reset);
    QVERIFY(*fromMap == reset);
}

void TestBodies::readsGoVariants()
{
    const auto direct = ConsumeMessageDirectlyResult::decode(R"({"consumeResult":4,"order":true})");
    QVERIFY(direct);
    QCOMPARE(direct->consumeResult, ConsumeResultCode::ThrowException);
    const auto info = ConsumerRunningInfo::decode(
        R"({"mqTable":{"{\"brokerName\":\"b\",\"queueId\":1,\"topic\":\"T\"}":{"dropped":true,"commitOffset":5}},"properties":{"n":3}})");
    QVERIFY(info);
    QVERIFY(info->mqTable.at({"T", "b", 1}).dropped);
    QCOMPARE(info->properties.at("n"), std::string("3"));
}

void TestBodies::refusesWhatIsNoObject()
{
    for (const std::string_view text : {"[]", "7", "null", "{", "{\"a\":}", "\"x\"", "{\"a\":1}}"}) {
        const auto decoded = HeartbeatData::decode(text);
        QVERIFY2(!decoded, text.data());
        QCOMPARE(decoded.error().code, Errc::Corruption);
    }
}

QTEST_APPLESS_MAIN(TestBodies)
#include "tst_bodies.moc"
