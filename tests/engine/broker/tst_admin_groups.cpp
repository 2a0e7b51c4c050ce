// SPDX-License-Identifier: GPL-3.0-or-later
#include "broker_harness.h"
#include "command_words.h"

#include "message/message_id.h"
#include "protocol/bodies/client_connection.h"
#include "protocol/bodies/consume_stats.h"
#include "protocol/bodies/consumer_running_info.h"
#include "protocol/bodies/name_lists.h"
#include "protocol/bodies/offset_table.h"
#include "protocol/bodies/query_consume_queue.h"
#include "protocol/bodies/reset_offset.h"
#include "protocol/bodies/subscription_group.h"
#include "protocol/headers/admin_broker.h"
#include "protocol/headers/admin_group.h"
#include "protocol/headers/admin_topic.h"
#include "protocol/headers/offset.h"
#include "support/compare.h"

#include <QtTest>

#include <future>
#include <mutex>

using namespace gantry;

namespace {

/// A consumer on a connection of its own that answers what brokers ask of it.
class AnsweringConsumer
{
public:
    AnsweringConsumer(IoRuntime& runtime, std::string clientId)
        : m_clientId(std::move(clientId))
        , m_seen(std::make_shared<std::vector<RemotingCommand>>())
    {
        auto requests = std::make_shared<Dispatcher>();
        const auto note = [seen = m_seen](const RemotingCommand& request) {
            static std::mutex mutex;
            const std::scoped_lock guard(mutex);
            seen->push_back(request);
        };
        requests->add(
            RequestCode::GetConsumerRunningInfo,
            [note](const ConnectionPtr&, const RemotingCommand& request, Responder responder) {
                note(request);
                ConsumerRunningInfo info;
                info.properties["PROP_CONSUME_TYPE"] = "CONSUME_PASSIVELY";
                auto response = RemotingCommand::response(ResponseCode::Success);
                response.body = info.encode();
                responder.reply(std::move(response));
            });
        requests->add(
            RequestCode::ConsumeMessageDirectly,
            [note](const ConnectionPtr&, const RemotingCommand& request, Responder responder) {
                note(request);
                ConsumeMessageDirectlyResult result;
                result.spentTimeMillis = 7;
                auto response = RemotingCommand::response(ResponseCode::Success);
                response.body = result.encode();
                responder.reply(std::move(response));
            });
        requests->add(
            RequestCode::GetConsumerStatusFromClient,
            [note](const ConnectionPtr&, const RemotingCommand& request, Responder responder) {
                note(request);
                GetConsumerStatusBody status;
                status.messageQueueTable[{"orders", "bk-1", 0}] = 33;
                auto response = RemotingCommand::response(ResponseCode::Success);
                response.body = status.encode();
                responder.reply(std::move(response));
            });
        m_client = std::make_unique<RemotingClient>(runtime, RemotingClient::Options{}, requests);
    }
    RemotingClient* client() { return m_client.get(); }
    /// What came, after the answer to it has come back.
    const RemotingCommand& last() const { return m_seen->back(); }
    RemotingCommand heartbeat(std::int32_t version = kProtocolVersion) const
    {
        auto request = BrokerHarness::heartbeat(m_clientId, "billing", "orders");
        request.version = version;
        return request;
    }

private:
    std::string m_clientId;
    std::shared_ptr<std::vector<RemotingCommand>> m_seen;
    std::unique_ptr<RemotingClient> m_client;
};

} // namespace

/// What administrators do to groups, their offsets and their clients, over a real socket.
class TstAdminGroups : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_harness = std::make_unique<BrokerHarness>();
        const auto started = m_harness->start();
        QVERIFY2(started.has_value(), started ? "" : started.error().message.c_str());
    }
    void cleanup() { m_harness.reset(); }

    void createsAndChangesGroups();
    void createsListsOfGroups();
    void deletesGroups();
    void forbidsReading();
    void showsConnections();
    void showsProgress();
    void showsProgressOfTheWholeBroker();
    void resetsOffsets();
    void refusesResets();
    void wakesHeldPullsOnReset();
    void measuresTimeSpans();
    void correctsOffsets();
    void clonesOffsets();
    void handsOutOffsetTables();
    void relaysToClients();
    void explainsRelaysThatCannotBe();
    void asksAllClientsForTheirStatus();
    void listsTopicsAndSubscriptionsOfGroups();

private:
    BrokerHarness& harness() { return *m_harness; }
    template <typename Header>
    RemotingCommand ask(RequestCode code, const Header& header)
    {
        return harness().call(BrokerHarness::make(code, header));
    }
    RemotingCommand send(RequestCode code, const std::string& body = {})
    {
        auto request = RemotingCommand::request(code);
        request.body = body;
        return harness().call(std::move(request));
    }
    /// Stores messages in a queue and waits until they can be consumed.
    void fill(const std::string& topic, std::int32_t queueId, int count)
    {
        for (int i = 0; i < count; ++i) {
            COMPARE_CODE(harness().send(topic, queueId, "message " + std::to_string(i)),
                         ResponseCode::Success);
        }
        QCOMPARE(harness().pullMessages(topic, queueId, 0, static_cast<std::size_t>(count)).size(),
                 static_cast<std::size_t>(count));
    }
    void createGroup(const std::string& group)
    {
        COMPARE_CODE(send(RequestCode::UpdateAndCreateSubscriptiongroup,
                          fmt::format("{{\"groupName\":\"{}\"}}", group)),
                     ResponseCode::Success);
    }
    void commit(const std::string& group, const std::string& topic, std::int32_t queueId,
                std::int64_t offset)
    {
        COMPARE_CODE(ask(RequestCode::UpdateConsumerOffset,
                         UpdateConsumerOffsetHeader{group, topic, queueId, offset}),
                     ResponseCode::Success);
    }
    std::int64_t offset(const std::string& group, const std::string& topic, std::int32_t queueId)
    {
        const auto answer = ask(RequestCode::QueryConsumerOffset,
                                QueryConsumerOffsetHeader{group, topic, queueId, false});
        return answer.code == 0
                   ? std::stoll(std::string(answer.fields.find("offset").value_or("-2")))
                   : -1;
    }
    Result<ConsumeStats> progress(const std::string& group, const std::string& topic = {},
                                  const std::string& list = {})
    {
        GetConsumeStatsHeader header;
        header.consumerGroup = group;
        header.topic = topic;
        header.topicList = list;
        return ConsumeStats::decode(ask(RequestCode::GetConsumeStats, header).body);
    }
    Result<ResetOffsetBody> reset(std::int64_t timestamp, std::optional<std::int32_t> queueId = {},
                                  std::optional<std::int64_t> to = {})
    {
        const auto answer =
            ask(RequestCode::InvokeBrokerToResetOffset,
                ResetOffsetHeader{"orders", "billing", queueId, to, timestamp, true});
        if (answer.code != 0) {
            return fail(Errc::Remote, "{}: {}", answer.code, answer.remark);
        }
        return ResetOffsetBody::decode(answer.body);
    }

    std::unique_ptr<BrokerHarness> m_harness;
};

void TstAdminGroups::createsAndChangesGroups()
{
    COMPARE_CODE(send(RequestCode::UpdateAndCreateSubscriptiongroup,
                      R"({"groupName":"billing","retryMaxTimes":3,"retryQueueNums":2})"),
                 ResponseCode::Success);
    const auto group = [&] {
        return SubscriptionGroupConfig::decode(ask(RequestCode::GetSubscriptiongroupConfig,
                                                   GetSubscriptionGroupConfigHeader{"billing"})
                                                   .body);
    };
    QCOMPARE(group()->retryMaxTimes, 3);
    QCOMPARE(group()->retryQueueNums, 2);
    QVERIFY(group()->consumeEnable);
    COMPARE_CODE(send(RequestCode::UpdateAndCreateSubscriptiongroup,
                      R"({"groupName":"billing","consumeEnable":false})"),
                 ResponseCode::Success);
    QVERIFY(!group()->consumeEnable);
    const auto all =
        SubscriptionGroupTable::decode(send(RequestCode::GetAllSubscriptiongroupConfig).body);
    QVERIFY(all && all->groups.contains("billing"));
    QVERIFY(harness().restart());
    QVERIFY(!group()->consumeEnable);
    for (const char* body : {R"({"groupName":"a b"})", R"({"groupName":""})",
                             R"({"groupName":"g","retryQueueNums":-1})", "{}"}) {
        COMPARE_CODE(send(RequestCode::UpdateAndCreateSubscriptiongroup, body),
                     ResponseCode::InvalidParameter);
    }
    COMPARE_CODE(send(RequestCode::UpdateAndCreateSubscriptiongroup, "{broken"),
                 ResponseCode::SystemError);
    COMPARE_CODE(
        ask(RequestCode::GetSubscriptiongroupConfig, GetSubscriptionGroupConfigHeader{"nothing"}),
        ResponseCode::SubscriptionGroupNotExist);
}

void TstAdminGroups::createsListsOfGroups()
{
    COMPARE_CODE(send(RequestCode::UpdateAndCreateSubscriptiongroupList,
                      R"({"groupConfigList":[{"groupName":"a"},{"groupName":"b"}]})"),
                 ResponseCode::Success);
    auto all =
        SubscriptionGroupTable::decode(send(RequestCode::GetAllSubscriptiongroupConfig).body);
    QVERIFY(all && all->groups.contains("a") && all->groups.contains("b"));
    COMPARE_CODE(send(RequestCode::UpdateAndCreateSubscriptiongroupList,
                      R"({"groupConfigList":[{"groupName":"c"},{"groupName":"d d"}]})"),
                 ResponseCode::InvalidParameter);
    all = SubscriptionGroupTable::decode(send(RequestCode::GetAllSubscriptiongroupConfig).body);
    QVERIFY(all && !all->groups.contains("c"));
}

void TstAdminGroups::deletesGroups()
{
    fill("orders", 0, 1);
    for (const bool cleanOffset : {false, true}) {
        createGroup("billing");
        commit("billing", "orders", 0, 1);
        COMPARE_CODE(ask(RequestCode::DeleteSubscriptiongroup,
                         DeleteSubscriptionGroupHeader{"billing", cleanOffset}),
                     ResponseCode::Success);
        COMPARE_CODE(ask(RequestCode::GetSubscriptiongroupConfig,
                         GetSubscriptionGroupConfigHeader{"billing"}),
                     ResponseCode::SubscriptionGroupNotExist);
        QCOMPARE(offset("billing", "orders", 0), cleanOffset ? -1 : 1);
    }
    COMPARE_CODE(
        ask(RequestCode::DeleteSubscriptiongroup, DeleteSubscriptionGroupHeader{"billing", {}}),
        ResponseCode::Success);
}

void TstAdminGroups::forbidsReading()
{
    fill("orders", 0, 1);
    createGroup("billing");
    const auto set = [&](std::optional<bool> readable) {
        return ask(RequestCode::UpdateAndGetGroupForbidden,
                   UpdateGroupForbiddenHeader{"billing", "orders", readable})
            .body;
    };
    QCOMPARE(set({}), std::string(R"({"group":"billing","readable":true,"topic":"orders"})"));
    QCOMPARE(set(false), std::string(R"({"group":"billing","readable":false,"topic":"orders"})"));
    QCOMPARE(set({}), std::string(R"({"group":"billing","readable":false,"topic":"orders"})"));
    QCOMPARE(set(true), std::string(R"({"group":"billing","readable":true,"topic":"orders"})"));
}

void TstAdminGroups::showsConnections()
{
    COMPARE_CODE(
        ask(RequestCode::GetConsumerConnectionList, GetConsumerConnectionListHeader{"billing"}),
        ResponseCode::ConsumerNotOnline);
    AnsweringConsumer consumer(harness().runtime(), "10.1.2.3@77");
    COMPARE_CODE(harness().call(consumer.heartbeat(), consumer.client()), ResponseCode::Success);
    const auto body = ConsumerConnection::decode(
        ask(RequestCode::GetConsumerConnectionList, GetConsumerConnectionListHeader{"billing"})
            .body);
    QVERIFY(body.has_value());
    QCOMPARE(body->connections.size(), std::size_t{1});
    QCOMPARE(body->connections.front().clientId, std::string("10.1.2.3@77"));
    QCOMPARE(body->connections.front().version, kProtocolVersion);
    QVERIFY(body->connections.front().clientAddr.starts_with("127.0.0.1:"));
    QVERIFY(body->subscriptions.contains("orders"));
    QCOMPARE(body->messageModel, MessageModel::Clustering);

    COMPARE_CODE(ask(RequestCode::GetProducerConnectionList, GetProducerConnectionListHeader{"pg"}),
                 ResponseCode::SystemError);
    HeartbeatData data;
    data.clientId = "producer@1";
    data.producerGroups = {"pg"};
    COMPARE_CODE(send(RequestCode::HeartBeat, data.encode()), ResponseCode::Success);
    const auto producers = ProducerConnection::decode(
        ask(RequestCode::GetProducerConnectionList, GetProducerConnectionListHeader{"pg"}).body);
    QVERIFY(producers && producers->connections.size() == 1);
    QCOMPARE(producers->connections.front().clientId, std::string("producer@1"));
    const auto table = ProducerTable::decode(send(RequestCode::GetAllProducerInfo).body);
    QVERIFY(table && table->producers.contains("pg"));
    QCOMPARE(table->producers.at("pg").front().clientId, std::string("producer@1"));
    QVERIFY(table->producers.at("pg").front().lastUpdateTimestamp > 0);
}

void TstAdminGroups::showsProgress()
{
    fill("orders", 0, 5);
    fill("payments", 0, 1);
    createGroup("billing");
    commit("billing", "orders", 0, 2);
    commit("billing", "payments", 0, 1);
    auto stats = progress("billing");
    QVERIFY(stats.has_value());
    const auto& queue = stats->offsetTable.at({"orders", "bk-1", 0});
    QCOMPARE(queue.brokerOffset, 5);
    QCOMPARE(queue.consumerOffset, 2);
    QVERIFY(queue.pullOffset >= 2);
    QVERIFY(queue.lastTimestamp > 0);
    QCOMPARE(stats->offsetTable.at({"orders", "bk-1", 1}).consumerOffset, 0); // never consumed
    QVERIFY(stats->offsetTable.contains({"payments", "bk-1", 0}));
    QVERIFY(!progress("billing", "payments")->offsetTable.contains({"orders", "bk-1", 0}));
    // Online: only what it subscribes to, unless topics are listed.
    AnsweringConsumer consumer(harness().runtime(), "c1");
    COMPARE_CODE(harness().call(consumer.heartbeat(), consumer.client()), ResponseCode::Success);
    QVERIFY(!progress("billing")->offsetTable.contains({"payments", "bk-1", 0}));
    QVERIFY(progress("billing")->offsetTable.contains({"orders", "bk-1", 0}));
    stats = progress("billing", {}, "payments;nothing;");
    QVERIFY(stats->offsetTable.contains({"payments", "bk-1", 0}));
    QVERIFY(!stats->offsetTable.contains({"orders", "bk-1", 0}));
}

void TstAdminGroups::showsProgressOfTheWholeBroker()
{
    fill("orders", 0, 5);
    createGroup("billing");
    commit("billing", "orders", 0, 2);
    const auto all = [&](bool isOrder) {
        return ConsumeStatsList::decode(
            ask(RequestCode::GetBrokerConsumeStats, GetBrokerConsumeStatsHeader{isOrder}).body);
    };
    const auto list = all(false);
    QVERIFY(list.has_value());
    QCOMPARE(list->brokerAddr, harness().broker().address());
    QCOMPARE(list->consumeStats.at("billing").size(), std::size_t{1});
    QCOMPARE(list->consumeStats.at("billing")
                 .front()
                 .offsetTable.at({"orders", "bk-1", 0})
                 .consumerOffset,
             2);
    QVERIFY(list->totalDiff >= 3);
    QVERIFY(all(true)->consumeStats.at("billing").empty());
}

void TstAdminGroups::resetsOffsets()
{
    fill("orders", 0, 3);
    const auto middle = SystemClock::instance().wallMs() + 2;
    QTRY_VERIFY(SystemClock::instance().wallMs() > middle + 2);
    for (int i = 0; i < 2; ++i) {
        COMPARE_CODE(harness().send("orders", 0, "late"), ResponseCode::Success);
    }
    QCOMPARE(harness().pullMessages("orders", 0, 3, 2).size(), std::size_t{2});
    createGroup("billing");
    commit("billing", "orders", 0, 1);

    auto body = reset(-1);
    QVERIFY2(body.has_value(), body ? "" : body.error().message.c_str());
    QCOMPARE(body->offsets.size(), std::size_t{4}); // every read queue
    QCOMPARE(body->offsets.at({"orders", "bk-1", 0}), 5);
    QCOMPARE(offset("billing", "orders", 0), 5);
    commit("billing", "orders", 0, 2); // what the consumer still had in hand does not undo it
    QCOMPARE(offset("billing", "orders", 0), 5);
    const auto pull = harness().pull(BrokerHarness::pullHeader("billing", "orders", 0, 2));
    COMPARE_CODE(pull, ResponseCode::PullOffsetMoved);
    QCOMPARE(std::string(pull.fields.find("nextBeginOffset").value_or("")), std::string("5"));
    commit("billing", "orders", 0, 4); // it has taken the reset
    QCOMPARE(offset("billing", "orders", 0), 4);

    QCOMPARE(reset(middle)->offsets.at({"orders", "bk-1", 0}), 3);
    QCOMPARE(reset(0)->offsets.at({"orders", "bk-1", 0}), 0);
    const auto one = reset(0, 0, 2);
    QCOMPARE(one->offsets.size(), std::size_t{1});
    QCOMPARE(one->offsets.at({"orders", "bk-1", 0}), 2);
    QCOMPARE(offset("billing", "orders", 0), 2);
}

void TstAdminGroups::refusesResets()
{
    COMPARE_CODE(ask(RequestCode::InvokeBrokerToResetOffset,
                     ResetOffsetHeader{"orders", "billing", {}, {}, -1, true}),
                 ResponseCode::TopicNotExist);
    fill("orders", 0, 2);
    COMPARE_CODE(ask(RequestCode::InvokeBrokerToResetOffset,
                     ResetOffsetHeader{"orders", "billing", {}, {}, -1, true}),
                 ResponseCode::SubscriptionGroupNotExist);
    createGroup("billing");
    COMPARE_CODE(ask(RequestCode::InvokeBrokerToResetOffset,
                     ResetOffsetHeader{"orders", "billing", 0, 9, -1, true}),
                 ResponseCode::SystemError);
    COMPARE_CODE(ask(RequestCode::InvokeBrokerToResetOffset,
                     ResetOffsetHeader{"orders", "billing", 99, 0, -1, true}),
                 ResponseCode::InvalidParameter);
    QCOMPARE(offset("billing", "orders", 0), -1);
}

void TstAdminGroups::wakesHeldPullsOnReset()
{
    fill("orders", 0, 3);
    createGroup("billing");
    auto header = BrokerHarness::pullHeader("billing", "orders", 0, 3);
    header.sysFlag |= pullflag::kSuspend;
    header.suspendTimeoutMillis = 15'000;
    std::promise<RemotingCommand> answered;
    harness().client().invokeAsync(harness().broker().address(),
                                   BrokerHarness::make(RequestCode::PullMessage, header),
                                   std::chrono::seconds(20), [&](Result<RemotingCommand> response) {
                                       answered.set_value(response ? *response : RemotingCommand{});
                                   });
    QTRY_COMPARE(harness().broker().view().counters.heldPulls, std::size_t{1});
    QVERIFY(reset(0).has_value());
    auto future = answered.get_future();
    QCOMPARE(future.wait_for(std::chrono::seconds(3)), std::future_status::ready);
    const auto pull = future.get();
    COMPARE_CODE(pull, ResponseCode::PullOffsetMoved);
    QCOMPARE(std::string(pull.fields.find("nextBeginOffset").value_or("")), std::string("0"));
}

void TstAdminGroups::measuresTimeSpans()
{
    COMPARE_CODE(
        ask(RequestCode::QueryConsumeTimeSpan, QueryConsumeTimeSpanHeader{"orders", "billing"}),
        ResponseCode::TopicNotExist);
    fill("orders", 0, 3);
    createGroup("billing");
    commit("billing", "orders", 0, 2);
    const auto body = QueryConsumeTimeSpanBody::decode(
        ask(RequestCode::QueryConsumeTimeSpan, QueryConsumeTimeSpanHeader{"orders", "billing"})
            .body);
    QVERIFY(body.has_value());
    QCOMPARE(body->spans.size(), std::size_t{4});
    const auto& span = body->spans.front();
    QCOMPARE(span.queue.queueId, 0);
    QVERIFY(span.minTimestamp > 0 && span.minTimestamp <= span.consumeTimestamp &&
            span.consumeTimestamp <= span.maxTimestamp);
    QVERIFY(span.delayTime >= 0 && span.delayTime < 60'000);
    QCOMPARE(body->spans.back().delayTime, 0); // an empty queue
}

void TstAdminGroups::correctsOffsets()
{
    fill("orders", 0, 5);
    for (const auto& [group, at] :
         {std::pair{"fast", 5}, std::pair{"slow", 2}, std::pair{"filtered", 1}}) {
        createGroup(group);
        commit(group, "orders", 0, at);
    }
    const auto ask308 = [&](const std::string& compare) {
        return ask(RequestCode::QueryCorrectionOffset,
                   QueryCorrectionOffsetHeader{"orders", compare, "filtered,other"})
            .body;
    };
    QCOMPARE(ask308("fast"), std::string(R"({"correctionOffsets":{0:2}})"));
    QCOMPARE(
        ask308("filtered"),
        std::string(R"({"correctionOffsets":{0:9223372036854775807}})")); // it is behind all others
}

void TstAdminGroups::clonesOffsets()
{
    fill("orders", 0, 3);
    fill("payments", 0, 3);
    createGroup("billing");
    createGroup("audit");
    commit("billing", "orders", 0, 2);
    commit("billing", "payments", 0, 3);
    COMPARE_CODE(ask(RequestCode::CloneGroupOffset,
                     CloneGroupOffsetHeader{"billing", "audit", "orders", true}),
                 ResponseCode::Success);
    QCOMPARE(offset("audit", "orders", 0), 2);
    QCOMPARE(offset("audit", "payments", 0), -1);
    COMPARE_CODE(
        ask(RequestCode::CloneGroupOffset, CloneGroupOffsetHeader{"billing", "audit", {}, true}),
        ResponseCode::Success);
    QCOMPARE(offset("audit", "payments", 0), 3);
}

void TstAdminGroups::handsOutOffsetTables()
{
    fill("orders", 0, 2);
    createGroup("billing");
    commit("billing", "orders", 0, 2);
    const auto offsets = ConsumerOffsetTable::decode(send(RequestCode::GetAllConsumerOffset).body);
    QVERIFY(offsets.has_value());
    QCOMPARE(offsets->offsets.at("orders@billing").at(0), 2);
    const auto delays = send(RequestCode::GetAllDelayOffset);
    COMPARE_CODE(delays, ResponseCode::Success);
    QVERIFY(DelayOffsetTable::decode(delays.body).has_value());
}

void TstAdminGroups::relaysToClients()
{
    fill("orders", 0, 1);
    createGroup("billing");
    AnsweringConsumer consumer(harness().runtime(), "c1");
    COMPARE_CODE(harness().call(consumer.heartbeat(), consumer.client()), ResponseCode::Success);
    const auto info = ask(RequestCode::GetConsumerRunningInfo,
                          GetConsumerRunningInfoHeader{"billing", "c1", true});
    COMPARE_CODE(info, ResponseCode::Success);
    const auto decoded = ConsumerRunningInfo::decode(info.body);
    QVERIFY(decoded && decoded->properties.at("PROP_CONSUME_TYPE") == "CONSUME_PASSIVELY");
    QCOMPARE(std::string(consumer.last().fields.find("jstackEnable").value_or("")),
             std::string("true"));

    const auto message = harness().pullMessages("orders", 0, 0, 1).front();
    ConsumeMessageDirectlyHeader header;
    header.consumerGroup = "billing";
    header.clientId = "c1";
    header.topic = "orders";
    header.msgId = message.offsetMessageId();
    const auto result =
        ConsumeMessageDirectlyResult::decode(ask(RequestCode::ConsumeMessageDirectly, header).body);
    QVERIFY(result && result->spentTimeMillis == 7);
    const auto records = decodeMessages(consumer.last().body);
    QVERIFY(records && records->size() == 1);
    QCOMPARE(records->front().body, std::string("message 0"));
    QCOMPARE(std::string(consumer.last().fields.find("brokerName").value_or("")),
             std::string("bk-1"));
    QCOMPARE(std::string(consumer.last().fields.find("topicSysFlag").value_or("")),
             std::string("0"));
}

void TstAdminGroups::explainsRelaysThatCannotBe()
{
    const auto missing =
        ask(RequestCode::GetConsumerRunningInfo, GetConsumerRunningInfoHeader{"billing", "c1", {}});
    COMPARE_CODE(missing, ResponseCode::SystemError);
    QVERIFY(missing.remark.find("<billing> <c1> not online") != std::string::npos);
    AnsweringConsumer old(harness().runtime(), "old");
    COMPARE_CODE(harness().call(old.heartbeat(61), old.client()), ResponseCode::Success);
    const auto tooOld = ask(RequestCode::GetConsumerRunningInfo,
                            GetConsumerRunningInfoHeader{"billing", "old", {}});
    COMPARE_CODE(tooOld, ResponseCode::SystemError);
    QVERIFY(tooOld.remark.find("61") != std::string::npos);
    ConsumeMessageDirectlyHeader header;
    header.consumerGroup = "billing";
    header.clientId = "old";
    header.msgId = "zz";
    COMPARE_CODE(ask(RequestCode::ConsumeMessageDirectly, header), ResponseCode::SystemError);
    header.msgId = formatOffsetMessageId(HostAddress::parse("127.0.0.1:1").value(), 999'999);
    COMPARE_CODE(ask(RequestCode::ConsumeMessageDirectly, header), ResponseCode::SystemError);
    // A client that goes away while it is asked.
    auto silentRequests = std::make_shared<Dispatcher>();
    RemotingClient* leaving = nullptr;
    silentRequests->add(
        RequestCode::GetConsumerRunningInfo,
        [&](const ConnectionPtr& connection, const RemotingCommand&, Responder responder) {
            responder.drop();
            connection->close();
        });
    RemotingClient silent(harness().runtime(), {}, silentRequests);
    leaving = &silent;
    COMPARE_CODE(harness().call(BrokerHarness::heartbeat("silent", "billing", "orders"), leaving),
                 ResponseCode::Success);
    const auto gone = ask(RequestCode::GetConsumerRunningInfo,
                          GetConsumerRunningInfoHeader{"billing", "silent", {}});
    COMPARE_CODE(gone, ResponseCode::SystemError);
    QVERIFY(gone.remark.find("invoke consumer <billing> <silent> failed") != std::string::npos);
}

void TstAdminGroups::asksAllClientsForTheirStatus()
{
    const GetConsumerStatusHeader header{"orders", "billing", {}};
    COMPARE_CODE(ask(RequestCode::InvokeBrokerToGetConsumerStatus, header),
                 ResponseCode::SystemError);
    AnsweringConsumer first(harness().runtime(), "c1");
    AnsweringConsumer second(harness().runtime(), "c2");
    COMPARE_CODE(harness().call(first.heartbeat(), first.client()), ResponseCode::Success);
    COMPARE_CODE(harness().call(second.heartbeat(), second.client()), ResponseCode::Success);
    const auto all = GetConsumerStatusBody::decode(
        ask(RequestCode::InvokeBrokerToGetConsumerStatus, header).body);
    QVERIFY(all.has_value());
    QCOMPARE(all->consumerTable.size(), std::size_t{2});
    QCOMPARE(all->consumerTable.at("c2").at({"orders", "bk-1", 0}), 33);
    const auto one =
        GetConsumerStatusBody::decode(ask(RequestCode::InvokeBrokerToGetConsumerStatus,
                                          GetConsumerStatusHeader{"orders", "billing", "c1"})
                                          .body);
    QVERIFY(one && one->consumerTable.size() == 1 && one->consumerTable.contains("c1"));
}

void TstAdminGroups::listsTopicsAndSubscriptionsOfGroups()
{
    fill("orders", 0, 1);
    createGroup("billing");
    commit("billing", "orders", 0, 1);
    const auto topics = TopicList::decode(
        ask(RequestCode::QueryTopicsByConsumer, QueryTopicsByConsumerHeader{"billing"}).body);
    QVERIFY(topics.has_value());
    QCOMPARE(topics->topics, std::vector<std::string>{"orders"});
    QCOMPARE(topics->brokerAddr, harness().broker().address());
    const auto subscription = [&] {
        return QuerySubscriptionResponse::decode(
            ask(RequestCode::QuerySubscriptionByConsumer,
                QuerySubscriptionByConsumerHeader{"billing", "orders"})
                .body);
    };
    QVERIFY(!subscription()->subscription);
    AnsweringConsumer consumer(harness().runtime(), "c1");
    COMPARE_CODE(harness().call(consumer.heartbeat(), consumer.client()), ResponseCode::Success);
    QVERIFY(subscription()->subscription && subscription()->subscription->topic == "orders");
}

QTEST_GUILESS_MAIN(TstAdminGroups)
#include "tst_admin_groups.moc"
