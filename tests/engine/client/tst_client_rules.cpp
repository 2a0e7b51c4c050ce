// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/compress.h"
#include "client/allocate_strategy.h"
#include "client/pull_message.h"
#include "client/queue_selection.h"
#include "client/route_cache.h"
#include "client/send_message.h"
#include "message/batch_codec.h"
#include "message/record_codec.h"
#include "message/sys_flag.h"
#include "message/topic_name.h"
#include "protocol/bodies/topic_config.h"
#include "protocol/header_codec.h"
#include "protocol/headers/pull_message.h"
#include "protocol/headers/send_message.h"
#include "support/compare.h"

using namespace gantry;
using namespace gantry::client;

namespace {

std::vector<MessageQueue> queuesOf(int count)
{
    std::vector<MessageQueue> queues;
    for (int i = 0; i < count; ++i) {
        queues.push_back({"orders", "broker-a", i});
    }
    return queues;
}

/// The ids each member gets, members separated by blanks: "012 345 67".
std::string shares(AllocateStrategy strategy, int queueCount, int memberCount)
{
    std::vector<std::string> members;
    for (int i = 0; i < memberCount; ++i) {
        members.push_back("10.0.0.1@" + std::to_string(i));
    }
    std::string text;
    for (const auto& member : members) {
        text += text.empty() ? "" : " ";
        for (const auto& queue : allocateQueues(strategy, member, queuesOf(queueCount), members)) {
            text += std::to_string(queue.queueId);
        }
    }
    return text;
}

Message message(const std::string& topic, std::string body)
{
    Message made;
    made.topic = topic;
    made.body = std::move(body);
    return made;
}

TopicRouteData twoBrokers()
{
    TopicRouteData route;
    route.queueDatas = {{"broker-b", 4, 2, perm::kReadWrite, 0},
                        {"broker-a", 3, 3, perm::kReadWrite, 0}};
    route.brokerDatas = {{"East", "broker-b", {{0, "127.0.0.1:2"}}, false},
                         {"East", "broker-a", {{0, "127.0.0.1:1"}}, false}};
    return route;
}

Error remote(ResponseCode code)
{
    return {Errc::Remote, "refused", static_cast<int>(code)};
}

} // namespace

class TstClientRules : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void averageGivesConsecutiveQueuesAndTheFirstOnesMore();
    void circleDealsOut();
    void strangersGetNothing();
    void selectionGoesRoundAndAvoidsTheFailedBroker();
    void routeGivesSortedWritableAndReadableQueues();
    void brokersWithoutMasterAreNotWritten();
    void orderConfigurationNamesTheQueues();
    void templateRouteIsCapped();
    void prepareChecksTheMessage();
    void prepareCompressesLargeBodies();
    void retryTopicTakesTimesIntoTheHeader();
    void batchHasItsRules();
    void sendRequestCarriesTheHeader();
    void sendStatusesAreResultsAndRefusalsErrors();
    void retriesAreThoseOfApache();
    void pullRequestSetsItsFlags();
    void pullOutcomesAreNoErrors();
    void pullDropsMessagesWithOtherTags();
};

void TstClientRules::averageGivesConsecutiveQueuesAndTheFirstOnesMore()
{
    QCOMPARE(shares(AllocateStrategy::Average, 8, 3), std::string("012 345 67"));
    QCOMPARE(shares(AllocateStrategy::Average, 10, 4), std::string("012 345 67 89"));
    QCOMPARE(shares(AllocateStrategy::Average, 8, 2), std::string("0123 4567"));
    QCOMPARE(shares(AllocateStrategy::Average, 4, 4), std::string("0 1 2 3"));
    QCOMPARE(shares(AllocateStrategy::Average, 2, 4), std::string("0 1  "));
    QCOMPARE(shares(AllocateStrategy::Average, 1, 1), std::string("0"));
    QCOMPARE(shares(AllocateStrategy::Average, 7, 5), std::string("01 23 4 5 6"));
}

void TstClientRules::circleDealsOut()
{
    QCOMPARE(shares(AllocateStrategy::AverageByCircle, 8, 3), std::string("036 147 25"));
    QCOMPARE(shares(AllocateStrategy::AverageByCircle, 2, 3), std::string("0 1 "));
    QCOMPARE(toString(AllocateStrategy::AverageByCircle), std::string_view("AVG_BY_CIRCLE"));
}

void TstClientRules::strangersGetNothing()
{
    QVERIFY(allocateQueues(AllocateStrategy::Average, "me", queuesOf(4), {"you"}).empty());
    QVERIFY(allocateQueues(AllocateStrategy::Average, "me", {}, {"me"}).empty());
    QVERIFY(allocateQueues(AllocateStrategy::AverageByCircle, "me", queuesOf(4), {}).empty());
}

void TstClientRules::selectionGoesRoundAndAvoidsTheFailedBroker()
{
    const std::vector<MessageQueue> queues = {{"t", "a", 0}, {"t", "a", 1}, {"t", "b", 0}};
    QueueSelection selection(0);
    for (const int expected : {0, 1, 2, 0, 1}) {
        QCOMPARE(selection.select(queues, {}), &queues[static_cast<std::size_t>(expected)]);
    }
    for (int i = 0; i < 5; ++i) {
        QCOMPARE(selection.select(queues, "a")->brokerName, std::string("b"));
    }
    QVERIFY(selection.select({queues[0], queues[1]}, "a") != nullptr); // better than nothing
    QVERIFY(selection.select({}, {}) == nullptr);
    QueueSelection wrapping(std::numeric_limits<std::size_t>::max());
    QVERIFY(wrapping.select(queues, {}) != nullptr);
    QVERIFY(wrapping.select(queues, "b") != nullptr);
}

void TstClientRules::routeGivesSortedWritableAndReadableQueues()
{
    const auto route = twoBrokers();
    const auto publish = publishQueuesOf("orders", route);
    QCOMPARE(publish.size(), 5U);
    QCOMPARE(publish.front(), (MessageQueue{"orders", "broker-a", 0}));
    QCOMPARE(publish.back(), (MessageQueue{"orders", "broker-b", 1}));
    const auto subscribe = subscribeQueuesOf("orders", route);
    QCOMPARE(subscribe.size(), 7U);
    QCOMPARE(subscribe.back(), (MessageQueue{"orders", "broker-b", 3}));

    auto readOnly = route;
    readOnly.queueDatas[0].perm = perm::kRead;
    readOnly.queueDatas[1].perm = perm::kWrite;
    QCOMPARE(publishQueuesOf("orders", readOnly).size(), 3U);
    QCOMPARE(subscribeQueuesOf("orders", readOnly).size(), 4U);
}

void TstClientRules::brokersWithoutMasterAreNotWritten()
{
    auto route = twoBrokers();
    route.brokerDatas[0].brokerAddrs = {{1, "127.0.0.1:3"}};
    const auto publish = publishQueuesOf("orders", route);
    QCOMPARE(publish.size(), 3U);
    QCOMPARE(publish.back().brokerName, std::string("broker-a"));
    QCOMPARE(subscribeQueuesOf("orders", route).size(), 7U);
}

void TstClientRules::orderConfigurationNamesTheQueues()
{
    auto route = twoBrokers();
    route.orderTopicConf = "broker-b:1;broker-a:2";
    const auto queues = publishQueuesOf("orders", route);
    QCOMPARE(queues.size(), 3U);
    QCOMPARE(queues[0], (MessageQueue{"orders", "broker-b", 0}));
    QCOMPARE(queues[2], (MessageQueue{"orders", "broker-a", 1}));
}

void TstClientRules::templateRouteIsCapped()
{
    auto route = templateRoute(twoBrokers(), 4);
    QCOMPARE(route.queueDatas[0].writeQueueNums, 4);
    QCOMPARE(route.queueDatas[1].writeQueueNums, 3);
    route = templateRoute(twoBrokers(), 2);
    QCOMPARE(route.queueDatas[0].readQueueNums, 2);
    QCOMPARE(route.queueDatas[1].writeQueueNums, 2);
}

void TstClientRules::prepareChecksTheMessage()
{
    const Producer::Options options;
    const auto code = [&](const Message& bad) {
        return prepareMessage(bad, options, 1).error().code;
    };
    QCOMPARE(code(message("bad topic!", "x")), Errc::InvalidArgument);
    QCOMPARE(code(message("", "x")), Errc::InvalidArgument);
    QCOMPARE(code(message("orders", "")), Errc::InvalidArgument);
    QCOMPARE(code(message(std::string(kScheduleTopic), "x")), Errc::InvalidArgument);
    QCOMPARE(code(message("orders", std::string(options.messageBytesMax + 1, 'x'))),
             Errc::InvalidArgument);

    const auto fine = prepareMessage(message("orders", "x"), options, 77);
    QVERIFY(fine.has_value());
    QCOMPARE(fine->messageId.size(), 32U);
    QCOMPARE(std::string(PropertyList::decode(fine->properties).value(property::kUniqueKey)),
             fine->messageId);
    QCOMPARE(fine->bornTimestampMs, 77);
    QCOMPARE(fine->sysFlag, 0);

    Message keyed = message("orders", "x");
    keyed.properties.set(property::kUniqueKey, "MINE");
    QCOMPARE(prepareMessage(keyed, options, 1)->messageId, std::string("MINE"));
}

void TstClientRules::prepareCompressesLargeBodies()
{
    const Producer::Options options;
    const std::string small(4095, 'x');
    QCOMPARE(prepareMessage(message("orders", small), options, 1)->body, small);
    const std::string large(4096, 'x');
    const auto prepared = prepareMessage(message("orders", large), options, 1);
    QCOMPARE(prepared->sysFlag, sysflag::kCompressed);
    QVERIFY(prepared->body.size() < large.size());
    QCOMPARE(*decompress(prepared->body, CompressionType::Zlib, 8192), large);
}

void TstClientRules::retryTopicTakesTimesIntoTheHeader()
{
    Message retried = message("%RETRY%billing", "x");
    retried.properties.set(property::kReconsumeTime, "3");
    retried.properties.set(property::kMaxReconsumeTimes, "16");
    const auto prepared = prepareMessage(retried, {}, 1);
    QCOMPARE(prepared->reconsumeTimes, 3);
    QCOMPARE(*prepared->maxReconsumeTimes, 16);
    const auto properties = PropertyList::decode(prepared->properties);
    QVERIFY(!properties.find(property::kReconsumeTime));
    QVERIFY(!properties.find(property::kMaxReconsumeTimes));

    retried.topic = "orders";
    QCOMPARE(prepareMessage(retried, {}, 1)->reconsumeTimes, 0);
}

void TstClientRules::batchHasItsRules()
{
    const Producer::Options options;
    const auto code = [&](std::vector<Message> bad) {
        return prepareBatch(std::move(bad), options, 1).error().code;
    };
    QCOMPARE(code({}), Errc::InvalidArgument);
    QCOMPARE(code({message("orders", "a"), message("other", "b")}), Errc::InvalidArgument);
    QCOMPARE(code({message("%RETRY%billing", "a")}), Errc::InvalidArgument);
    Message delayed = message("orders", "a");
    delayed.setDelayLevel(3);
    QCOMPARE(code({delayed}), Errc::InvalidArgument);
    Message unwaited = message("orders", "a");
    unwaited.properties.set(property::kWaitStoreOk, "false");
    QCOMPARE(code({message("orders", "a"), unwaited}), Errc::InvalidArgument);
    QCOMPARE(code({message("orders", std::string(3'000'000, 'a')),
                   message("orders", std::string(3'000'000, 'b'))}),
             Errc::InvalidArgument);

    const auto batch = prepareBatch(
        {message("orders", std::string(5000, 'a')), message("orders", "b")}, options, 1);
    QVERIFY(batch.has_value());
    QVERIFY(batch->isBatch);
    QCOMPARE(batch->sysFlag, 0); // never compressed as a whole
    QCOMPARE(batch->messageId.size(), 65U);
    const auto items = decodeBatch(batch->body);
    QCOMPARE(items->size(), 2U);
    QCOMPARE(items->at(1).body, std::string_view("b"));
    QCOMPARE(std::string(*findEncodedProperty(items->at(0).properties, property::kUniqueKey)),
             batch->messageId.substr(0, 32));
}

void TstClientRules::sendRequestCarriesTheHeader()
{
    Producer::Options options;
    options.group = "checkout";
    const auto prepared = prepareMessage(message("orders", "x"), options, 5);
    const auto request = sendRequest(*prepared, options, {"orders", "broker-a", 3});
    QCOMPARE(request.code, 310);
    QCOMPARE(request.body, std::string("x"));
    const auto header = decodeHeader<SendMessageHeaderV2>(request.fields);
    QVERIFY(header.has_value());
    QCOMPARE(header->producerGroup, std::string("checkout"));
    QCOMPARE(header->topic, std::string("orders"));
    QCOMPARE(header->defaultTopic, std::string("TBW102"));
    QCOMPARE(header->defaultTopicQueueNums, 4);
    QCOMPARE(header->queueId, 3);
    QCOMPARE(header->bornTimestamp, 5);
    QCOMPARE(*header->batch, false);

    const auto batch = prepareBatch({message("orders", "x")}, options, 5);
    const auto batchRequest = sendRequest(*batch, options, {"orders", "broker-a", 3});
    QCOMPARE(batchRequest.code, 320);
    QCOMPARE(*decodeHeader<SendMessageHeaderV2>(batchRequest.fields)->batch, true);
}

void TstClientRules::sendStatusesAreResultsAndRefusalsErrors()
{
    PreparedMessage prepared;
    prepared.topic = "orders";
    prepared.messageId = "UNIQUE";
    const MessageQueue queue{"orders", "broker-a", 3};
    const auto answer = [&](ResponseCode code) {
        auto response = RemotingCommand::response(code, "why");
        SendMessageResponseHeader header;
        header.msgId = "OFFSET";
        header.queueId = 2;
        header.queueOffset = 9;
        encodeHeader(header, response.fields);
        return parseSendResponse(response, prepared, queue);
    };
    QCOMPARE(answer(ResponseCode::Success)->status, SendStatus::SendOk);
    QCOMPARE(answer(ResponseCode::FlushDiskTimeout)->status, SendStatus::FlushDiskTimeout);
    QCOMPARE(answer(ResponseCode::FlushSlaveTimeout)->status, SendStatus::FlushSlaveTimeout);
    QCOMPARE(answer(ResponseCode::SlaveNotAvailable)->status, SendStatus::SlaveNotAvailable);
    const auto sent = answer(ResponseCode::Success);
    QCOMPARE(sent->messageId, std::string("UNIQUE"));
    QCOMPARE(sent->offsetMessageId, std::string("OFFSET"));
    QCOMPARE(sent->queue, (MessageQueue{"orders", "broker-a", 2}));
    QCOMPARE(sent->queueOffset, 9);

    const auto refused = answer(ResponseCode::MessageIllegal);
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, Errc::Remote);
    QCOMPARE(refused.error().remoteCode, 13);
    QVERIFY(!parseSendResponse(RemotingCommand::response(ResponseCode::Success), prepared, queue));
}

void TstClientRules::retriesAreThoseOfApache()
{
    using enum ResponseCode;
    for (const auto code : {TopicNotExist, ServiceNotAvailable, SystemError, SystemBusy,
                            NoPermission, NoBuyerId, NotInCurrentUnit, GoAway}) {
        QVERIFY(isSendRetryable(remote(code), SendMode::Sync));
        QVERIFY(!isSendRetryable(remote(code), SendMode::Async));
    }
    for (const auto code :
         {MessageIllegal, InvalidParameter, SubscriptionGroupNotExist, VersionNotSupported}) {
        QVERIFY(!isSendRetryable(remote(code), SendMode::Sync));
    }
    for (const auto code :
         {Errc::ConnectFailed, Errc::ConnectionClosed, Errc::Timeout, Errc::Unavailable}) {
        QVERIFY(isSendRetryable({code, "", -1}, SendMode::Sync));
        QVERIFY(isSendRetryable({code, "", -1}, SendMode::Async));
    }
    for (const auto code : {Errc::Cancelled, Errc::InvalidArgument, Errc::Busy, Errc::Protocol}) {
        QVERIFY(!isSendRetryable({code, "", -1}, SendMode::Sync));
        QVERIFY(!isSendRetryable({code, "", -1}, SendMode::Async));
    }
}

void TstClientRules::pullRequestSetsItsFlags()
{
    auto subscription = makeSubscription("orders", "TagA || TagB");
    subscription.subVersion = 1234;
    PullQuery query;
    query.group = "billing";
    query.queue = {"orders", "broker-a", 1};
    query.offset = 7;
    query.subscription = &subscription;
    auto header = decodeHeader<PullMessageHeader>(pullRequest(query).fields);
    QCOMPARE(header->sysFlag, 0);
    QCOMPARE(header->subVersion, 1234);
    QVERIFY(!header->subscription);

    query.suspendMs = 15'000;
    query.commitOffset = 6;
    header = decodeHeader<PullMessageHeader>(pullRequest(query).fields);
    QCOMPARE(header->sysFlag, pullflag::kCommitOffset | pullflag::kSuspend);
    QCOMPARE(header->commitOffset, 6);
    QCOMPARE(header->suspendTimeoutMillis, 15'000);

    query.postExpression = true;
    header = decodeHeader<PullMessageHeader>(pullRequest(query).fields);
    QCOMPARE(header->sysFlag,
             pullflag::kCommitOffset | pullflag::kSuspend | pullflag::kSubscription);
    QCOMPARE(*header->subscription, std::string("TagA || TagB"));
}

void TstClientRules::pullOutcomesAreNoErrors()
{
    const auto answer = [](ResponseCode code) {
        auto response = RemotingCommand::response(code);
        encodeHeader(PullMessageResponseHeader{1, 5, 2, 9, {}, {}, {}, {}}, response.fields);
        return parsePullResponse(response, PullQuery{});
    };
    QCOMPARE(static_cast<int>(answer(ResponseCode::PullNotFound)->result.status),
             static_cast<int>(PullStatus::NoNewMessage));
    QCOMPARE(static_cast<int>(answer(ResponseCode::PullRetryImmediately)->result.status),
             static_cast<int>(PullStatus::NoMatchedMessage));
    const auto moved = answer(ResponseCode::PullOffsetMoved);
    QCOMPARE(static_cast<int>(moved->result.status), static_cast<int>(PullStatus::OffsetIllegal));
    QCOMPARE(moved->result.nextBeginOffset, 5);
    QCOMPARE(moved->result.minOffset, 2);
    QCOMPARE(moved->result.maxOffset, 9);
    QCOMPARE(moved->suggestedBrokerId, 1);
    QCOMPARE(answer(ResponseCode::SubscriptionNotExist).error().remoteCode, 24);
}

void TstClientRules::pullDropsMessagesWithOtherTags()
{
    auto response = RemotingCommand::response(ResponseCode::Success);
    encodeHeader(PullMessageResponseHeader{0, 3, 0, 3, {}, {}, {}, {}}, response.fields);
    int offset = 0;
    for (const char* tag : {"Aa", "BB", "Aa"}) { // the same Java hash
        RecordFields fields;
        PropertyList properties;
        properties.set(property::kTags, tag);
        const std::string encoded = properties.encode();
        fields.topic = "orders";
        fields.body = "x";
        fields.properties = encoded;
        fields.queueOffset = offset++;
        encodeRecord(fields, response.body);
    }
    const auto subscription = makeSubscription("orders", "Aa");
    PullQuery query;
    query.queue = {"orders", "broker-a", 0};
    query.subscription = &subscription;
    const auto answer = parsePullResponse(response, query);
    QVERIFY(answer.has_value());
    QCOMPARE(answer->result.messages.size(), 2U);
    QCOMPARE(answer->result.messages[1].queueOffset, 2);
    QCOMPARE(answer->result.messages[1].brokerName, std::string("broker-a"));
    QCOMPARE(answer->result.messages[1].properties.value(property::kMaxOffset),
             std::string_view("3"));
}

QTEST_APPLESS_MAIN(TstClientRules)
#include "tst_client_rules.moc"
