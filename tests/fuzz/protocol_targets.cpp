// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz_targets.h"

#include "base/assert.h"
#include "base/byte_cursor.h"
#include "base/limits.h"
#include "message/batch_codec.h"
#include "message/message_id.h"
#include "message/record_codec.h"
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
#include "protocol/bodies/topic_route.h"
#include "protocol/bodies/topic_stats.h"
#include "protocol/command_codec.h"
#include "protocol/fastjson_dialect.h"
#include "protocol/header_codec.h"
#include "protocol/headers/pull_message.h"
#include "protocol/headers/send_message.h"

#include <nlohmann/json.hpp>

#include <array>
#include <cstring>
#include <vector>

namespace gantry::fuzz {

namespace {

std::vector<std::string> framesOf(std::string_view stream, std::size_t chunk)
{
    std::vector<std::string> frames;
    FrameDecoder decoder(1 << 16);
    while (!stream.empty()) {
        const std::string_view part = stream.substr(0, chunk);
        const MutableByteView room = decoder.prepare(part.size());
        std::memcpy(room.data(), part.data(), part.size());
        decoder.commit(part.size());
        stream.remove_prefix(part.size());
        for (;;) {
            const auto frame = decoder.next();
            if (!frame) {
                return frames;
            }
            if (!*frame) {
                break;
            }
            frames.emplace_back(asText(**frame));
        }
    }
    return frames;
}

void frameDecoder(std::string_view input)
{
    if (input.empty()) {
        return;
    }
    const std::size_t chunk = 1 + static_cast<unsigned char>(input.front());
    input.remove_prefix(1);
    GANTRY_ASSERT(framesOf(input, chunk) == framesOf(input, input.size()), "chunks of {} change the frames", chunk);
}

void sameFields(const RemotingCommand& a, const RemotingCommand& b)
{
    GANTRY_ASSERT(a.code == b.code && a.opaque == b.opaque && a.flag == b.flag && a.version == b.version, "numbers changed");
    GANTRY_ASSERT(a.remark == b.remark && a.body == b.body && a.language == b.language, "texts changed");
    GANTRY_ASSERT(a.fields.size() == b.fields.size(), "{} fields became {}", a.fields.size(), b.fields.size());
    for (std::size_t i = 0; i < a.fields.size(); ++i) {
        GANTRY_ASSERT(a.fields.nameAt(i) == b.fields.nameAt(i) && a.fields.valueAt(i) == b.fields.valueAt(i), "field {} changed", i);
    }
}

void command(std::string_view input)
{
    const auto decoded = decodeCommand(asBytes(input));
    if (!decoded) {
        return;
    }
    (void)decodeHeader<SendMessageHeader>(decoded->command.fields);
    (void)decodeHeader<SendMessageHeaderV2>(decoded->command.fields);
    (void)decodeHeader<PullMessageHeader>(decoded->command.fields);
    const std::string frame = encodeFrame(decoded->command);
    const auto again = decodeCommand(asBytes(frame).subspan(4));
    if (!again) { // escapes made it longer than a header may be
        GANTRY_ASSERT(frame.size() > limits::kHeaderBytesMax, "cannot read what was written: {}", again.error().message);
        return;
    }
    sameFields(decoded->command, again->command);
}

/// Lets the fuzzer reach the header parsers without guessing lengths: the first byte names the form.
void header(std::string_view input)
{
    if (input.empty()) {
        return;
    }
    std::string frame;
    ByteWriter writer(frame);
    writer.write(static_cast<std::uint32_t>(input.front() & 1) << 24 | static_cast<std::uint32_t>(input.size() - 1));
    writer.writeText(input.substr(1));
    command(frame);
}

void recordParse(std::string_view input)
{
    (void)decodeMessages(input);
    (void)parseOffsetMessageId(input);
    const RecordParse parse = parseRecord(asBytes(input), true);
    if (parse.status != RecordStatus::Ok) {
        return;
    }
    const RecordView& view = parse.record;
    RecordFields fields{view.topic,           view.body,     view.properties,       view.queueId,   view.flag,
                        view.queueOffset,     view.physicalOffset, view.sysFlag,    view.bornTimestampMs, view.bornHost,
                        view.storeTimestampMs, view.storeHost, view.reconsumeTimes, view.preparedTransactionOffset};
    std::string again;
    encodeRecord(fields, again);
    const bool sameMagic = (view.magic == kRecordMagicV2) == (view.topic.size() > 127);
    GANTRY_ASSERT(!sameMagic || again == input.substr(0, again.size()), "a record changed by decoding and encoding");
}

void properties(std::string_view input)
{
    const PropertyList list = PropertyList::decode(input);
    const std::string encoded = list.encode();
    GANTRY_ASSERT(PropertyList::decode(encoded) == list, "properties changed");
    for (const auto& [key, value] : list) {
        GANTRY_ASSERT(findEncodedProperty(input, key) == value, "a property is found with another value");
        GANTRY_ASSERT(!findEncodedProperty(withoutEncodedProperty(input, key), key), "a removed property is still there");
    }
}

void batch(std::string_view input)
{
    const auto items = decodeBatch(input);
    if (!items) {
        return;
    }
    std::size_t bytes = 0;
    for (const BatchItem& item : *items) {
        bytes += 22 + item.body.size() + item.properties.size();
    }
    GANTRY_ASSERT(bytes == input.size(), "the items cover {} of {} bytes", bytes, input.size());
}

/// Names with these bytes are how a writer marks bare keys, so they do not come back as they were.
bool holdsMarks(std::string_view text)
{
    return text.find_first_of("\xFE\xFF") != std::string_view::npos;
}

void fastjson(std::string_view input)
{
    const auto value = parseFastjson(input, "input");
    if (!value || holdsMarks(input)) {
        return;
    }
    const auto compact = parseFastjson(dumpFastjson(*value), "output");
    const auto pretty = parseFastjson(dumpFastjsonPretty(*value), "output");
    GANTRY_ASSERT(compact && pretty, "cannot read what was written");
    GANTRY_ASSERT(*compact == *value && *pretty == *value, "a document changed");
}

template <typename Body>
void oneBody(std::string_view input)
{
    const auto decoded = Body::decode(input);
    if (!decoded || holdsMarks(input)) {
        return;
    }
    const std::string once = decoded->encode();
    const auto again = Body::decode(once);
    GANTRY_ASSERT(again, "cannot read what was written: {}", again.error().message);
    GANTRY_ASSERT(again->encode() == once, "a body changed: {}", once);
}

void bodies(std::string_view input)
{
    constexpr std::array<void (*)(std::string_view), 28> kBodies{
        oneBody<DataVersion>,          oneBody<TopicConfig>,        oneBody<TopicConfigTable>,
        oneBody<RegisterBrokerBody>,   oneBody<TopicRouteData>,     oneBody<ClusterInfo>,
        oneBody<BrokerMemberGroup>,    oneBody<TopicStatsTable>,    oneBody<ConsumeStats>,
        oneBody<ConsumeStatsList>,     oneBody<ConsumerOffsetTable>, oneBody<DelayOffsetTable>,
        oneBody<SubscriptionGroupConfig>, oneBody<SubscriptionGroupTable>, oneBody<HeartbeatData>,
        oneBody<CheckClientConfigRequest>, oneBody<ConsumerConnection>, oneBody<ProducerConnection>,
        oneBody<ProducerTable>,        oneBody<ConsumerRunningInfo>, oneBody<ConsumeMessageDirectlyResult>,
        oneBody<GetConsumerStatusBody>, oneBody<ResetOffsetBody>,   oneBody<LockBatchRequest>,
        oneBody<KvTable>,              oneBody<QuerySubscriptionResponse>, oneBody<QueryConsumeQueueResponse>,
        oneBody<QueryConsumeTimeSpanBody>};
    if (!input.empty()) {
        kBodies[static_cast<unsigned char>(input.front()) % kBodies.size()](input.substr(1));
    }
}

/// Well-formed inputs of every kind; mutations of these reach deeper than noise does.
std::vector<std::string> seeds()
{
    RemotingCommand command = RemotingCommand::request(RequestCode::SendMessageV2);
    command.remark = "why \"so\"";
    command.fields.add("a", "pg");
    command.fields.add("e", std::int64_t{3});
    command.fields.add("i", "KEYS\x01k\x02");
    command.body = "hello";
    const std::string json = encodeFrame(command, HeaderEncoding::Json);
    const std::string binary = encodeFrame(command, HeaderEncoding::Binary);
    std::string record;
    RecordFields fields;
    fields.topic = "Orders";
    fields.body = "hello";
    fields.properties = "KEYS\x01k\x02TAGS\x01t\x02";
    encodeRecord(fields, record);
    Message message;
    message.body = "one";
    message.setTags("t");
    return {"\x03" + json + binary, json.substr(4), binary.substr(4), "0" + json.substr(8), "1" + binary.substr(8), record + record,
            std::string(fields.properties), encodeBatch({message, message}),
            R"({"offsetTable":{{"brokerName":"b","queueId":0,"topic":"T"}:{"brokerOffset":4}},"x":{"$ref":"$.offsetTable"}})",
            R"({0:"a",'k':[1,-2.5e3,true,null,"\u0041\ud83d\ude00"],b:{}})"};
}

std::vector<std::string> bodySeeds()
{
    const std::string body = R"({"dataVersion":{"counter":1},"topicConfigTable":{"T":{"perm":6,"attributes":{"a":"b"}}},)"
                             R"("consumerDataSet":[{"groupName":"g","consumeType":1,"subscriptionDataSet":[{"topic":"T",)"
                             R"("tagsSet":["a"]}]}],"offsetTable":{"T@g":{0:5}},"brokerDatas":[{"brokerAddrs":{0:"h:1"}}],)"
                             R"("mqSet":[{"topic":"T"}],"table":{"k":"v"},"queueData":[{"tagsCode":1}],"subscriptionGroupTable":{"g":{}}})";
    std::vector<std::string> list;
    for (char which = 0; which < 28; ++which) {
        list.push_back(std::string(1, which) + body);
    }
    return list;
}

constexpr std::array<Target, 8> kTargets{{{"frame_decoder", frameDecoder, seeds},
                                          {"command", command, seeds},
                                          {"header", header, seeds},
                                          {"record_parse", recordParse, seeds},
                                          {"properties", properties, seeds},
                                          {"batch", batch, seeds},
                                          {"fastjson_dialect", fastjson, seeds},
                                          {"bodies", bodies, bodySeeds}}};

} // namespace

std::span<const Target> protocolTargets()
{
    return kTargets;
}

} // namespace gantry::fuzz
