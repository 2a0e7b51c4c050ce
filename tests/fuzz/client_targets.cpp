// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz_input.h"
#include "fuzz_targets.h"

#include "base/assert.h"
#include "client/pull_message.h"
#include "message/record_codec.h"
#include "protocol/bodies/lock_batch.h"
#include "protocol/bodies/name_lists.h"
#include "protocol/header_codec.h"
#include "protocol/headers/client_manage.h"
#include "protocol/headers/namesrv.h"
#include "protocol/headers/offset.h"
#include "protocol/headers/pull_message.h"
#include "protocol/headers/query_message.h"
#include "protocol/headers/send_message.h"

#include <array>

namespace gantry::fuzz {

namespace {

template <typename Header>
void oneHeader(const HeaderFields& fields)
{
    const auto header = decodeHeader<Header>(fields);
    if (!header) {
        return;
    }
    HeaderFields once;
    encodeHeader(*header, once);
    const auto again = decodeHeader<Header>(once);
    GANTRY_ASSERT(again, "cannot read what was written: {}", again.error().message);
    HeaderFields twice;
    encodeHeader(*again, twice);
    GANTRY_ASSERT(fieldsText(once) == fieldsText(twice), "a header changed");
}

template <typename Body>
void oneBody(std::string_view text)
{
    if (text.find_first_of("\xFE\xFF") != std::string_view::npos) {
        return; // a writer's own marks for bare keys
    }
    if (const auto body = Body::decode(text)) {
        const auto again = Body::decode(body->encode());
        GANTRY_ASSERT(again && *again == *body, "a body changed");
    }
}

/// Headers and small bodies of answers.
void answers(std::string_view bytes)
{
    Input input(bytes);
    const HeaderFields fields = takeFields(input);
    oneHeader<SendMessageResponseHeader>(fields);
    oneHeader<PullMessageResponseHeader>(fields);
    oneHeader<QueryMessageResponseHeader>(fields);
    oneHeader<OffsetResponseHeader>(fields);
    oneHeader<TimestampResponseHeader>(fields);
    oneHeader<HeartbeatResponseHeader>(fields);
    oneHeader<NotifyConsumerIdsChangedHeader>(fields);
    oneHeader<RegisterBrokerResponseHeader>(fields);
    oneHeader<QueryDataVersionResponseHeader>(fields);
    oneHeader<GetKvConfigResponseHeader>(fields);
    const std::string_view body = input.rest();
    oneBody<LockBatchResponse>(body);
    oneBody<TopicList>(body);
    oneBody<ConsumerIdList>(body);
}

/// The first byte is the response code, then fields, then the records.
void pullAnswer(std::string_view bytes)
{
    Input input(bytes);
    RemotingCommand response;
    response.code = input.byte();
    const SubscriptionData subscription = makeSubscription("T", (input.byte() & 1) != 0 ? "a || b" : "*");
    response.fields = takeFields(input);
    response.body = input.rest();
    client::PullQuery query;
    query.group = "g";
    query.queue = {"T", "b", 0};
    query.subscription = &subscription;
    const auto answer = client::parsePullResponse(response, query);
    if (!answer) {
        GANTRY_ASSERT(!answer.error().message.empty(), "an error without words");
        return;
    }
    std::size_t stored = 0;
    for (const MessageExt& message : answer->result.messages) {
        GANTRY_ASSERT(message.brokerName == "b", "a message of another broker");
        stored += record_layout::kFixedSizeV1;
        GANTRY_ASSERT(subscription.tagsSet.empty() || message.tags() == "a" || message.tags() == "b", "a tag nobody asked for");
    }
    GANTRY_ASSERT(stored <= response.body.size(), "more messages than the answer has room for");
}

std::vector<std::string> answerSeeds()
{
    return {fieldsText(filledHeader<SendMessageResponseHeader>()) + R"({"lockOKMQSet":[{"topic":"T","brokerName":"b","queueId":0}]})",
            fieldsText(filledHeader<PullMessageResponseHeader>()) + R"({"topicList":["T"],"brokerAddr":"a"})",
            fieldsText(filledHeader<QueryMessageResponseHeader>()) + R"({"consumerIdList":["c"]})",
            fieldsText(filledHeader<OffsetResponseHeader>()),
            fieldsText(filledHeader<TimestampResponseHeader>()),
            fieldsText(filledHeader<HeartbeatResponseHeader>()),
            fieldsText(filledHeader<NotifyConsumerIdsChangedHeader>()),
            fieldsText(filledHeader<RegisterBrokerResponseHeader>()),
            fieldsText(filledHeader<QueryDataVersionResponseHeader>()),
            fieldsText(filledHeader<GetKvConfigResponseHeader>())};
}

std::vector<std::string> pullSeeds()
{
    std::string records;
    for (const std::string_view body : {"one", "x\x9c\x4b\xce\x48\xcd\xc9\xc9\x07\x00\x06\x2c\x02\x15"}) {
        RecordFields fields;
        fields.topic = "T";
        fields.body = body;
        fields.properties = "TAGS\x01" "a\x02UNIQ_KEY\x01" "7F000001\x02";
        fields.sysFlag = body == "one" ? 0 : 1; // compressed
        encodeRecord(fields, records);
    }
    const std::string fields = fieldsText(filledHeader<PullMessageResponseHeader>());
    std::vector<std::string> list;
    for (const char code : {'\x00', '\x01', '\x13', '\x14', '\x15', '\x11'}) {
        list.push_back(std::string(1, code) + '\0' + fields + records);
        list.push_back(std::string(1, code) + '\1' + fields + records);
    }
    return list;
}

constexpr std::array<Target, 2> kTargets{{{"client_answers", answers, answerSeeds}, {"client_pull", pullAnswer, pullSeeds}}};

} // namespace

std::span<const Target> clientTargets()
{
    return kTargets;
}

} // namespace gantry::fuzz
