// SPDX-License-Identifier: GPL-3.0-or-later
#include "client/producer.h"
#include "client/push_consumer.h"
#include "fake_cluster.h"
#include "message/record_codec.h"
#include "protocol/bodies/consumer_running_info.h"
#include "protocol/bodies/reset_offset.h"
#include "protocol/header_codec.h"
#include "protocol/headers/admin_group.h"
#include "protocol/headers/client_manage.h"
#include "protocol/headers/consumer_send_back.h"
#include "protocol/headers/send_message.h"
#include "support/compare.h"

#include <future>

using namespace gantry;
using namespace gantry::test;

namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

Message orderMessage(const std::string& topic = "orders")
{
    Message message;
    message.topic = topic;
    message.body = "one coffee";
    return message;
}

Result<SendResult> sendAsyncAndWait(Producer& producer, Message message)
{
    auto promise = std::make_shared<std::promise<Result<SendResult>>>();
    auto result = promise->get_future();
    producer.sendAsync(std::move(message),
                       [promise](Result<SendResult> sent) { promise->set_value(std::move(sent)); });
    return result.get();
}

/// One client with a producer on a cluster of scripted brokers.
struct Shop
{
    explicit Shop(int brokerCount, Producer::Options options = {})
        : cluster(brokerCount)
        , instance(cluster.runtime(), cluster.config())
        , producer(instance, std::move(options))
    {
        cluster.addTopic("orders", 2);
        started = producer.start().has_value();
    }
    [[nodiscard]] int sends()
    {
        return cluster.broker(0).seen(RequestCode::SendMessageV2) +
               cluster.broker(1).seen(RequestCode::SendMessageV2);
    }
    FakeCluster cluster;
    ClientInstance instance;
    Producer producer;
    bool started = false;
};

PushConsumer::Options billing()
{
    PushConsumer::Options options;
    options.group = "billing";
    return options;
}

ConcurrentListener acceptAll()
{
    return [](const std::vector<MessageExt>&, ConsumeContext&) { return ConsumeResult::Success; };
}

} // namespace

class TstClientCalls : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void syncSendTriesAnotherBrokerAfterBusy();
    void syncSendDoesNotRepeatWhatIsRefusedForGood();
    void syncSendGivesUpAfterItsRetries();
    void sendKeepsWithinItsBudget();
    void deadBrokerIsAvoided();
    void asyncSendDoesNotRepeatRefusals();
    void asyncSendTriesAnotherBrokerAfterALostConnection();
    void asyncSendsAreLimited();
    void fixedQueueIsNotLeft();
    void selectorChoosesAmongSortedQueues();
    void unknownTopicGetsTheTemplatesRoute();
    void unknownTopicWithoutTemplateIsAnError();
    void secondNameServerAnswers();
    void producerAnnouncesItself();
    void consumerAnnouncesItsSubscriptions();
    void consumerAnswersAdministrators();
    void changedMembersRebalance();
    void orderlyConsumerLocksAndUnlocks();
    void consumersOfOneGroupNeedTheirOwnInstance();
    void consumerAnnouncesItselfAgainToABrokerThatForgotIt();
    void failedMessagesAreHandedBackAndTheOffsetMoves();
    void listenerMayStopItsConsumer();
    void shutdownIsBoundedWithoutAnyServer();
    void shutdownIsBoundedWithSilentBrokers();
};

void TstClientCalls::syncSendTriesAnotherBrokerAfterBusy()
{
    Shop shop(2);
    shop.cluster.broker(0).answerSends(ResponseCode::SystemBusy);
    for (int i = 0; i < 8; ++i) {
        const auto sent = shop.producer.send(orderMessage());
        QVERIFY2(sent.has_value(), sent ? "" : sent.error().message.c_str());
        QCOMPARE(sent->queue.brokerName, std::string("broker-b"));
    }
    QVERIFY(shop.cluster.broker(0).seen(RequestCode::SendMessageV2) > 0);
    QCOMPARE(shop.cluster.broker(1).seen(RequestCode::SendMessageV2), 8);
}

void TstClientCalls::syncSendDoesNotRepeatWhatIsRefusedForGood()
{
    Shop shop(2);
    shop.cluster.broker(0).answerSends(ResponseCode::MessageIllegal);
    shop.cluster.broker(1).answerSends(ResponseCode::MessageIllegal);
    QCOMPARE(shop.producer.send(orderMessage()).error().remoteCode, 13);
    QCOMPARE(shop.sends(), 1);
}

void TstClientCalls::syncSendGivesUpAfterItsRetries()
{
    Shop shop(2);
    shop.cluster.broker(0).answerSends(ResponseCode::SystemError);
    shop.cluster.broker(1).answerSends(ResponseCode::SystemError);
    const auto sent = shop.producer.send(orderMessage());
    QCOMPARE(sent.error().code, Errc::Remote);
    QCOMPARE(sent.error().remoteCode, 1);
    QCOMPARE(shop.sends(), 3);
}

void TstClientCalls::sendKeepsWithinItsBudget()
{
    Producer::Options options;
    options.sendTimeout = milliseconds{300};
    Shop shop(1, options);
    shop.cluster.broker(0).answerSends(std::nullopt);
    const auto begin = Clock::now();
    QCOMPARE(shop.producer.send(orderMessage()).error().code, Errc::Timeout);
    QCOMPARE(sendAsyncAndWait(shop.producer, orderMessage()).error().code, Errc::Timeout);
    const auto took = Clock::now() - begin;
    QVERIFY(took >= milliseconds{600});
    QVERIFY(took < milliseconds{5'000});
}

void TstClientCalls::deadBrokerIsAvoided()
{
    Shop shop(2);
    shop.cluster.broker(0).stop();
    for (int i = 0; i < 4; ++i) {
        QCOMPARE(shop.producer.send(orderMessage())->queue.brokerName, std::string("broker-b"));
        QCOMPARE(sendAsyncAndWait(shop.producer, orderMessage())->queue.brokerName,
                 std::string("broker-b"));
    }
}

void TstClientCalls::asyncSendDoesNotRepeatRefusals()
{
    Shop shop(2);
    shop.cluster.broker(0).answerSends(ResponseCode::SystemBusy);
    shop.cluster.broker(1).answerSends(ResponseCode::SystemBusy);
    QCOMPARE(sendAsyncAndWait(shop.producer, orderMessage()).error().remoteCode, 2);
    QCOMPARE(shop.sends(), 1);
}

void TstClientCalls::asyncSendTriesAnotherBrokerAfterALostConnection()
{
    Shop shop(2);
    shop.cluster.broker(0).hangUpOnSends(true);
    for (int i = 0; i < 4; ++i) {
        QCOMPARE(sendAsyncAndWait(shop.producer, orderMessage())->queue.brokerName,
                 std::string("broker-b"));
    }
    QVERIFY(shop.cluster.broker(0).seen(RequestCode::SendMessageV2) > 0);
}

void TstClientCalls::asyncSendsAreLimited()
{
    Producer::Options options;
    options.asyncInFlightMax = 2;
    options.sendTimeout = milliseconds{500};
    Shop shop(1, options);
    shop.cluster.broker(0).answerSends(std::nullopt);
    std::promise<Result<SendResult>> first;
    shop.producer.sendAsync(orderMessage(),
                            [&](Result<SendResult> sent) { first.set_value(std::move(sent)); });
    shop.producer.sendAsync(orderMessage(), [](const Result<SendResult>&) {});
    QCOMPARE(sendAsyncAndWait(shop.producer, orderMessage()).error().code, Errc::Busy);
    QCOMPARE(first.get_future().get().error().code, Errc::Timeout);
}

void TstClientCalls::fixedQueueIsNotLeft()
{
    Shop shop(2);
    shop.cluster.broker(0).answerSends(ResponseCode::SystemBusy);
    QCOMPARE(shop.producer.send(orderMessage(), MessageQueue{"orders", "broker-a", 1})
                 .error()
                 .remoteCode,
             2);
    QCOMPARE(shop.sends(), 1);
    QCOMPARE(
        shop.producer.send(orderMessage(), MessageQueue{"orders", "broker-b", 1})->queue.queueId,
        1);
    QCOMPARE(shop.producer.send(orderMessage(), MessageQueue{"other", "broker-b", 1}).error().code,
             Errc::InvalidArgument);
}

void TstClientCalls::selectorChoosesAmongSortedQueues()
{
    Shop shop(2);
    const auto pick = [&](std::size_t index) {
        return shop.producer.send(orderMessage(),
                                  [index](const std::vector<MessageQueue>&) { return index; });
    };
    QCOMPARE(pick(0)->queue, (MessageQueue{"orders", "broker-a", 0}));
    QCOMPARE(pick(3)->queue, (MessageQueue{"orders", "broker-b", 1}));
    QCOMPARE(pick(4).error().code, Errc::InvalidArgument);
}

void TstClientCalls::unknownTopicGetsTheTemplatesRoute()
{
    Shop shop(1);
    shop.cluster.addTopic("TBW102", 8);
    const auto sent = shop.producer.send(orderMessage("brand-new"));
    QVERIFY(sent.has_value());
    QCOMPARE(shop.producer.publishQueues("brand-new")->size(), 4U);
    const auto header = decodeHeader<SendMessageHeaderV2>(
        shop.cluster.broker(0).last(RequestCode::SendMessageV2).fields);
    QCOMPARE(header->topic, std::string("brand-new"));
    QCOMPARE(header->defaultTopicQueueNums, 4);
}

void TstClientCalls::unknownTopicWithoutTemplateIsAnError()
{
    Shop shop(1);
    QCOMPARE(shop.producer.send(orderMessage("nowhere")).error().code, Errc::NotFound);
    QCOMPARE(sendAsyncAndWait(shop.producer, orderMessage("nowhere")).error().code, Errc::NotFound);
    QCOMPARE(shop.producer.sendOneway(orderMessage("nowhere")).error().code, Errc::NotFound);
}

void TstClientCalls::secondNameServerAnswers()
{
    FakeCluster cluster(1);
    cluster.addTopic("orders", 2);
    auto config = cluster.config();
    config.nameServers.insert(config.nameServers.begin(), "127.0.0.1:1");
    ClientInstance instance(cluster.runtime(), config);
    Producer producer(instance, {});
    QVERIFY(producer.start());
    QVERIFY(producer.send(orderMessage()));
}

void TstClientCalls::producerAnnouncesItself()
{
    Producer::Options options;
    options.group = "checkout";
    Shop shop(1, options);
    QVERIFY(shop.started);
    QVERIFY(shop.producer.send(orderMessage()));
    QVERIFY(shop.cluster.broker(0).hasSeen(RequestCode::HeartBeat,
                                           1)); // at once, not after the interval
    const auto heartbeat = shop.cluster.broker(0).lastHeartbeat();
    QCOMPARE(heartbeat->clientId, shop.instance.clientId());
    QCOMPARE(heartbeat->producerGroups, std::vector<std::string>{"checkout"});
    QVERIFY(heartbeat->consumers.empty());
    shop.producer.shutdown();
    QCOMPARE(shop.cluster.broker(0).seen(RequestCode::UnregisterClient), 1);
    QCOMPARE(shop.producer.send(orderMessage()).error().code, Errc::Unavailable);

    Producer bad(shop.instance, Producer::Options{.group = "not a group"});
    QCOMPARE(bad.start().error().code, Errc::InvalidArgument);
}

void TstClientCalls::consumerAnnouncesItsSubscriptions()
{
    FakeCluster cluster(1);
    cluster.addTopic("orders", 2);
    cluster.addTopic("invoices", 1);
    ClientInstance instance(cluster.runtime(), cluster.config());
    PushConsumer consumer(instance, billing());
    QCOMPARE(consumer.start().error().code, Errc::InvalidArgument); // no listener
    consumer.setListener(acceptAll());
    QVERIFY(consumer.subscribe("orders", "TagA || TagB"));
    QVERIFY(consumer.start());
    auto& broker = cluster.broker(0);
    QVERIFY(broker.hasSeen(RequestCode::HeartBeat, 1));
    const auto data = broker.lastHeartbeat()->consumers.at(0);
    QCOMPARE(data.groupName, std::string("billing"));
    QCOMPARE(data.subscriptions.size(), 2U);
    QCOMPARE(data.subscriptions[0].topic, std::string("%RETRY%billing"));
    QCOMPARE(data.subscriptions[1].subString, std::string("TagA || TagB"));

    const int before = broker.seen(RequestCode::HeartBeat);
    QVERIFY(consumer.subscribe("invoices"));
    QVERIFY(broker.hasSeen(RequestCode::HeartBeat, before + 1));
    QCOMPARE(broker.lastHeartbeat()->consumers.at(0).subscriptions.size(), 3U);
    consumer.shutdown();
    QCOMPARE(broker.seen(RequestCode::UnregisterClient), 1);
}

void TstClientCalls::consumerAnswersAdministrators()
{
    FakeCluster cluster(1);
    cluster.addTopic("orders", 1);
    ClientInstance instance(cluster.runtime(), cluster.config());
    auto& broker = cluster.broker(0);
    broker.setMembers({instance.clientId()});
    PushConsumer consumer(instance, billing());
    consumer.setListener([](const std::vector<MessageExt>& messages, ConsumeContext&) {
        if (messages[0].body == "throw") {
            throw std::runtime_error("as told");
        }
        return messages[0].topic == "orders" ? ConsumeResult::Success : ConsumeResult::RetryLater;
    });
    QVERIFY(consumer.subscribe("orders"));
    QVERIFY(consumer.start());
    QVERIFY(broker.hasSeen(RequestCode::PullMessage, 1));

    auto request = RemotingCommand::request(RequestCode::GetConsumerRunningInfo);
    encodeHeader(GetConsumerRunningInfoHeader{"billing", instance.clientId(), false},
                 request.fields);
    const auto info = ConsumerRunningInfo::decode(broker.askClient(request)->body);
    QVERIFY(info.has_value());
    QCOMPARE(info->mqTable.size(), 1U);
    QCOMPARE(info->mqTable.begin()->first, (MessageQueue{"orders", "broker-a", 0}));
    QCOMPARE(info->properties.at("PROP_CONSUMEORDERLY"), std::string("false"));

    request = RemotingCommand::request(RequestCode::GetConsumerStatusFromClient);
    encodeHeader(GetConsumerStatusHeader{"orders", "billing", std::nullopt}, request.fields);
    const auto status = GetConsumerStatusBody::decode(broker.askClient(request)->body);
    QCOMPARE(status->messageQueueTable.at({"orders", "broker-a", 0}), 7);

    const auto consume = [&](std::string_view topic, std::string_view body) {
        auto direct = RemotingCommand::request(RequestCode::ConsumeMessageDirectly);
        ConsumeMessageDirectlyHeader header;
        header.consumerGroup = "billing";
        header.brokerName = "broker-a";
        encodeHeader(header, direct.fields);
        RecordFields record;
        PropertyList properties;
        properties.set(property::kRetryTopic, "orders");
        const std::string encoded = properties.encode();
        record.topic = topic;
        record.body = body;
        record.properties = encoded;
        encodeRecord(record, direct.body);
        return ConsumeMessageDirectlyResult::decode(broker.askClient(direct)->body).value();
    };
    QCOMPARE(consume("orders", "x").consumeResult, ConsumeResultCode::Success);
    QCOMPARE(consume("%RETRY%billing", "x").consumeResult,
             ConsumeResultCode::Success); // its own topic again
    QCOMPARE(consume("invoices", "x").consumeResult, ConsumeResultCode::Later);
    const auto thrown = consume("orders", "throw");
    QCOMPARE(thrown.consumeResult, ConsumeResultCode::ThrowException);
    QCOMPARE(thrown.remark, std::string("as told"));

    request = RemotingCommand::request(RequestCode::GetConsumerRunningInfo);
    encodeHeader(GetConsumerRunningInfoHeader{"nobody", "x", false}, request.fields);
    QCOMPARE(broker.askClient(request)->code, 1);

    request = RemotingCommand::request(RequestCode::ResetConsumerClientOffset);
    encodeHeader(ResetOffsetHeader{"orders", "billing", -1, std::nullopt, 0, true}, request.fields);
    request.body = ResetOffsetBody{{{MessageQueue{"orders", "broker-a", 0}, 3}}}.encode();
    broker.tellClients(request);
    QVERIFY(broker.hasSeen(RequestCode::UpdateConsumerOffset, 1));
    QCOMPARE(broker.last(RequestCode::UpdateConsumerOffset).fields.find("commitOffset").value(),
             std::string_view("3"));
    QVERIFY(broker.hasSeen(RequestCode::PullMessage, 2)); // consumption begins anew
}

void TstClientCalls::changedMembersRebalance()
{
    FakeCluster cluster(1);
    cluster.addTopic("orders", 4);
    auto config = cluster.config();
    config.instanceName = "first";
    ClientInstance instance(cluster.runtime(), config);
    auto& broker = cluster.broker(0);
    broker.setMembers({instance.clientId()});
    PushConsumer consumer(instance, billing());
    consumer.setListener(acceptAll());
    QVERIFY(consumer.subscribe("orders"));
    QVERIFY(consumer.start());
    QVERIFY(broker.hasSeen(RequestCode::PullMessage, 4));
    QCOMPARE(consumer.queues().size(), 4U);

    broker.setMembers({instance.clientId(), instance.clientId() + "-second"});
    auto notice = RemotingCommand::request(RequestCode::NotifyConsumerIdsChanged);
    encodeHeader(NotifyConsumerIdsChangedHeader{"billing"}, notice.fields);
    broker.tellClients(notice);
    QTRY_COMPARE_WITH_TIMEOUT(consumer.queues().size(), 2U, 5'000);
    QCOMPARE(consumer.queues()[1].queue.queueId, 1);
    QVERIFY(broker.hasSeen(RequestCode::UpdateConsumerOffset, 2)); // the given-up queues' offsets
}

void TstClientCalls::orderlyConsumerLocksAndUnlocks()
{
    FakeCluster cluster(1);
    cluster.addTopic("orders", 2);
    ClientInstance instance(cluster.runtime(), cluster.config());
    auto& broker = cluster.broker(0);
    broker.setMembers({instance.clientId()});
    PushConsumer consumer(instance, billing());
    consumer.setListener(
        [](const std::vector<MessageExt>&, ConsumeContext&) { return OrderlyResult::Success; });
    QVERIFY(consumer.subscribe("orders"));
    QVERIFY(consumer.start());
    QVERIFY(broker.hasSeen(RequestCode::PullMessage, 2));
    QVERIFY(broker.seen(RequestCode::LockBatchMq) >= 2);
    QVERIFY(consumer.queues()[0].isLocked && consumer.queues()[1].isLocked);
    consumer.shutdown();
    QCOMPARE(broker.seen(RequestCode::UnlockBatchMq), 1);
    QVERIFY(consumer.queues().empty());
    consumer.shutdown();
    QCOMPARE(broker.seen(RequestCode::UnregisterClient), 1);
}

void TstClientCalls::consumersOfOneGroupNeedTheirOwnInstance()
{
    FakeCluster cluster(1);
    cluster.addTopic("orders", 2);
    ClientInstance instance(cluster.runtime(), cluster.config());
    PushConsumer first(instance, billing());
    first.setListener(acceptAll());
    QVERIFY(first.start());
    PushConsumer second(instance, billing());
    second.setListener(acceptAll());
    QCOMPARE(second.start().error().code, Errc::AlreadyExists);
    first.shutdown();
    QVERIFY(second.start());
}

void TstClientCalls::consumerAnnouncesItselfAgainToABrokerThatForgotIt()
{
    FakeCluster cluster(1);
    cluster.addTopic("orders", 1);
    ClientInstance instance(cluster.runtime(), cluster.config());
    auto& broker = cluster.broker(0);
    broker.setMembers({"somebody else"});
    PushConsumer consumer(instance, billing());
    consumer.setListener(acceptAll());
    QVERIFY(consumer.subscribe("orders"));
    QVERIFY(consumer.start());
    QVERIFY(broker.hasSeen(RequestCode::GetConsumerListByGroup, 2));
    QVERIFY(broker.hasSeen(RequestCode::HeartBeat, 3)); // long before the interval of 30 s
    QVERIFY(consumer.queues().empty());
    broker.setMembers({"somebody else", instance.clientId()});
    QTRY_COMPARE_WITH_TIMEOUT(consumer.queues().size(), 1U, 10'000);
}

void TstClientCalls::failedMessagesAreHandedBackAndTheOffsetMoves()
{
    FakeCluster cluster(1);
    cluster.addTopic("orders", 1);
    ClientInstance instance(cluster.runtime(), cluster.config());
    auto& broker = cluster.broker(0);
    broker.setMembers({instance.clientId()});
    broker.deliver({"good", "bad", "good"});
    auto options = billing();
    options.maxReconsumeTimes = 5;
    PushConsumer consumer(instance, options);
    consumer.setListener([](const std::vector<MessageExt>& messages, ConsumeContext& context) {
        context.delayLevelWhenNextConsume = 4;
        return messages[0].body == "bad" ? ConsumeResult::RetryLater : ConsumeResult::Success;
    });
    QVERIFY(consumer.subscribe("orders"));
    QVERIFY(consumer.start());
    QVERIFY(broker.hasSeen(RequestCode::ConsumerSendMsgBack, 1));
    const auto header = decodeHeader<ConsumerSendMsgBackHeader>(
        broker.last(RequestCode::ConsumerSendMsgBack).fields);
    QCOMPARE(header->group, std::string("billing"));
    QCOMPARE(header->delayLevel, 4);
    QCOMPARE(*header->maxReconsumeTimes, 5);
    QCOMPARE(*header->originTopic, std::string("orders"));
    QTRY_COMPARE_WITH_TIMEOUT(consumer.queues().at(0).committableOffset, 10, 5'000); // began at 7
    const auto counters = consumer.counters();
    QCOMPARE(counters.consumedOk, 2U);
    QCOMPARE(counters.consumedFailed, 1U);
    QCOMPARE(counters.pulled, 3U);
    consumer.shutdown();
    QCOMPARE(broker.last(RequestCode::UpdateConsumerOffset).fields.find("commitOffset").value(),
             std::string_view("10"));
}

void TstClientCalls::listenerMayStopItsConsumer()
{
    FakeCluster cluster(1);
    cluster.addTopic("orders", 1);
    ClientInstance instance(cluster.runtime(), cluster.config());
    auto& broker = cluster.broker(0);
    broker.setMembers({instance.clientId()});
    broker.deliver({"stop"});
    std::promise<void> stopped;
    std::promise<void> mayReturn;
    auto returned = std::make_shared<std::promise<void>>();
    auto consumer = std::make_unique<PushConsumer>(instance, billing());
    consumer->setListener([&, returned](const std::vector<MessageExt>&, ConsumeContext&) {
        consumer->shutdown();
        stopped.set_value();
        mayReturn.get_future().wait();
        returned->set_value();
        return ConsumeResult::Success;
    });
    QVERIFY(consumer->subscribe("orders"));
    QVERIFY(consumer->start());
    stopped.get_future().wait();
    QCOMPARE(broker.seen(RequestCode::UnregisterClient), 1);
    consumer.reset(); // while its listener still runs
    mayReturn.set_value();
    returned->get_future().wait();
}

void TstClientCalls::shutdownIsBoundedWithoutAnyServer()
{
    IoRuntime runtime(IoRuntime::Options{});
    ClientConfig config;
    config.nameServers = {"127.0.0.1:1", "127.0.0.1:2"};
    config.requestTimeout = milliseconds{500};
    const auto begin = Clock::now();
    {
        ClientInstance instance(runtime, config);
        Producer producer(instance, {});
        QVERIFY(producer.start());
        QVERIFY(!producer.send(orderMessage()));
        PushConsumer consumer(instance, billing());
        consumer.setListener(acceptAll());
        QVERIFY(consumer.subscribe("orders"));
        QVERIFY(consumer.start()); // goes on trying in the background
        producer.sendAsync(orderMessage(), [](const Result<SendResult>&) {});
    }
    QVERIFY(Clock::now() - begin < milliseconds{8'000});
}

void TstClientCalls::shutdownIsBoundedWithSilentBrokers()
{
    FakeCluster cluster(1);
    cluster.addTopic("orders", 2);
    auto& broker = cluster.broker(0);
    broker.answerSends(std::nullopt);
    const auto begin = Clock::now();
    int called = 0;
    {
        ClientInstance instance(cluster.runtime(), cluster.config());
        broker.setMembers({instance.clientId()});
        PushConsumer consumer(instance, billing());
        consumer.setListener(acceptAll());
        QVERIFY(consumer.subscribe("orders"));
        QVERIFY(consumer.start());
        QVERIFY(broker.hasSeen(RequestCode::PullMessage, 2)); // held for 15 s
        Producer producer(instance, Producer::Options{.sendTimeout = milliseconds{300}});
        QVERIFY(producer.start());
        producer.sendAsync(orderMessage(),
                           [&called](const Result<SendResult>& sent) { called += sent ? 0 : 1; });
    }
    QCOMPARE(called, 1);
    QVERIFY(Clock::now() - begin < milliseconds{6'000});
}

QTEST_GUILESS_MAIN(TstClientCalls)
#include "tst_client_calls.moc"
