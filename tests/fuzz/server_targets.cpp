// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz_input.h"
#include "fuzz_targets.h"

#include "base/assert.h"
#include "broker/broker.h"
#include "namesrv/name_server.h"
#include "protocol/bodies/heartbeat_data.h"
#include "protocol/bodies/register_broker_body.h"
#include "protocol/header_codec.h"
#include "protocol/headers/admin_broker.h"
#include "protocol/headers/admin_group.h"
#include "protocol/headers/admin_topic.h"
#include "protocol/headers/client_manage.h"
#include "protocol/headers/consumer_send_back.h"
#include "protocol/headers/namesrv.h"
#include "protocol/headers/offset.h"
#include "protocol/headers/pull_message.h"
#include "protocol/headers/query_message.h"
#include "protocol/headers/send_message.h"
#include "support/memory_file_system.h"
#include "support/raw_peer.h"

#include <array>
#include <optional>

namespace gantry::fuzz {

namespace {

constexpr std::chrono::seconds kPatience{20};

/// A request code and a header that fits it.
struct Kind
{
    RequestCode code;
    HeaderFields (*header)();
    const char* body = "";
};

HeaderFields none()
{
    return {};
}

constexpr const char* kMembers = R"({"clientID":"c","consumerDataSet":[{"groupName":"g","consumeType":"CONSUME_PASSIVELY","messageModel":)"
                                 R"("CLUSTERING","consumeFromWhere":"CONSUME_FROM_LAST_OFFSET","subscriptionDataSet":[{"topic":"T",)"
                                 R"("subString":"a || b","tagsSet":["a","b"],"codeSet":[97,98],"subVersion":1}]}],)"
                                 R"("producerDataSet":[{"groupName":"p"}]})";
constexpr const char* kQueues = R"({"clientId":"c","consumerGroup":"g","mqSet":[{"brokerName":"broker-a","queueId":0,"topic":"T"}]})";
constexpr const char* kTopics = R"({"topicConfigList":[{"topicName":"U","readQueueNums":4,"writeQueueNums":4,"perm":6}]})";
constexpr const char* kGroups = R"({"groupConfigList":[{"groupName":"h","retryMaxTimes":3}]})";
constexpr const char* kTable = R"({"topicConfigSerializeWrapper":{"topicConfigTable":{"T":{"topicName":"T","perm":6,"readQueueNums":4,)"
                               R"("writeQueueNums":4}},"dataVersion":{"counter":1,"timestamp":1}},"filterServerList":[]})";

using enum RequestCode;
constexpr std::array kBrokerKinds{
    Kind{SendMessage, filledHeader<SendMessageHeader>, "hello"},
    Kind{SendMessageV2, filledHeader<SendMessageHeaderV2>, "hello"},
    Kind{SendBatchMessage, filledHeader<SendMessageHeaderV2>},
    Kind{PullMessage, filledHeader<PullMessageHeader>},
    Kind{LitePullMessage, filledHeader<PullMessageHeader>},
    Kind{QueryConsumerOffset, filledHeader<QueryConsumerOffsetHeader>},
    Kind{UpdateConsumerOffset, filledHeader<UpdateConsumerOffsetHeader>},
    Kind{SearchOffsetByTimestamp, filledHeader<SearchOffsetHeader>},
    Kind{GetMaxOffset, filledHeader<GetMaxOffsetHeader>},
    Kind{GetMinOffset, filledHeader<GetMinOffsetHeader>},
    Kind{GetEarliestMsgStoretime, filledHeader<GetEarliestMsgStoretimeHeader>},
    Kind{HeartBeat, none, kMembers},
    Kind{UnregisterClient, filledHeader<UnregisterClientHeader>},
    Kind{CheckClientConfig, none, R"({"clientId":"c","group":"g","subscriptionData":{"topic":"T","subString":"a"}})"},
    Kind{GetConsumerListByGroup, filledHeader<GetConsumerListByGroupHeader>},
    Kind{LockBatchMq, none, kQueues},
    Kind{UnlockBatchMq, none, kQueues},
    Kind{ConsumerSendMsgBack, filledHeader<ConsumerSendMsgBackHeader>},
    Kind{QueryMessage, filledHeader<QueryMessageHeader>},
    Kind{ViewMessageById, filledHeader<ViewMessageHeader>},
    Kind{UpdateAndCreateTopic, filledHeader<CreateTopicHeader>},
    Kind{UpdateAndCreateTopicList, none, kTopics},
    Kind{DeleteTopicInBroker, filledHeader<DeleteTopicHeader>},
    Kind{GetAllTopicConfig, none},
    Kind{GetTopicStatsInfo, filledHeader<GetTopicStatsHeader>},
    Kind{RequestCode::GetTopicConfig, filledHeader<GetTopicConfigHeader>},
    Kind{QueryTopicConsumeByWho, filledHeader<QueryTopicConsumeByWhoHeader>},
    Kind{GetSystemTopicListFromBroker, none},
    Kind{UpdateAndCreateSubscriptiongroup, none, R"({"groupName":"h","consumeEnable":true,"retryQueueNums":2})"},
    Kind{UpdateAndCreateSubscriptiongroupList, none, kGroups},
    Kind{GetAllSubscriptiongroupConfig, none},
    Kind{DeleteSubscriptiongroup, filledHeader<DeleteSubscriptionGroupHeader>},
    Kind{GetSubscriptiongroupConfig, filledHeader<GetSubscriptionGroupConfigHeader>},
    Kind{GetConsumerConnectionList, filledHeader<GetConsumerConnectionListHeader>},
    Kind{GetProducerConnectionList, filledHeader<GetProducerConnectionListHeader>},
    Kind{QueryTopicsByConsumer, filledHeader<QueryTopicsByConsumerHeader>},
    Kind{QuerySubscriptionByConsumer, filledHeader<QuerySubscriptionByConsumerHeader>},
    Kind{UpdateAndGetGroupForbidden, filledHeader<UpdateGroupForbiddenHeader>},
    Kind{GetConsumeStats, filledHeader<GetConsumeStatsHeader>},
    Kind{GetBrokerConsumeStats, filledHeader<GetBrokerConsumeStatsHeader>},
    Kind{InvokeBrokerToResetOffset, filledHeader<ResetOffsetHeader>},
    Kind{QueryConsumeTimeSpan, filledHeader<QueryConsumeTimeSpanHeader>},
    Kind{QueryCorrectionOffset, filledHeader<QueryCorrectionOffsetHeader>},
    Kind{CloneGroupOffset, filledHeader<CloneGroupOffsetHeader>},
    Kind{GetAllConsumerOffset, none},
    Kind{GetAllDelayOffset, none},
    Kind{UpdateBrokerConfig, none, "autoCreateTopicEnable=false\nbrokerPermission=6\n"},
    Kind{GetBrokerConfig, none},
    Kind{GetBrokerRuntimeInfo, none},
    Kind{ViewBrokerStatsData, filledHeader<ViewBrokerStatsDataHeader>},
    Kind{CleanExpiredConsumequeue, none},
    Kind{DeleteExpiredCommitlog, none},
    Kind{CleanUnusedTopic, none},
    Kind{GetConsumerRunningInfo, filledHeader<GetConsumerRunningInfoHeader>},
    Kind{ConsumeMessageDirectly, filledHeader<ConsumeMessageDirectlyHeader>},
    Kind{InvokeBrokerToGetConsumerStatus, filledHeader<GetConsumerStatusHeader>},
    Kind{GetBrokerHaStatus, none},
    Kind{GetAllProducerInfo, none},
    Kind{QueryConsumeQueue, filledHeader<QueryConsumeQueueHeader>},
    Kind{EndTransaction, none}, // not served
};

constexpr std::array kNameServerKinds{
    Kind{RegisterBroker, filledHeader<RegisterBrokerHeader>, kTable},
    Kind{UnregisterBroker, filledHeader<UnregisterBrokerHeader>},
    Kind{QueryDataVersion, filledHeader<QueryDataVersionHeader>, R"({"counter":1,"timestamp":1})"},
    Kind{BrokerHeartbeat, filledHeader<BrokerHeartbeatHeader>},
    Kind{RegisterTopicInNamesrv, filledHeader<RegisterTopicHeader>, R"({"queueDatas":[{"brokerName":"x","perm":6}],"brokerDatas":[]})"},
    Kind{DeleteTopicInNamesrv, filledHeader<DeleteTopicInNamesrvHeader>},
    Kind{WipeWritePermOfBroker, filledHeader<WipeWritePermHeader>},
    Kind{AddWritePermOfBroker, filledHeader<WipeWritePermHeader>},
    Kind{PutKvConfig, filledHeader<PutKvConfigHeader>},
    Kind{GetKvConfig, filledHeader<GetKvConfigHeader>},
    Kind{DeleteKvConfig, filledHeader<DeleteKvConfigHeader>},
    Kind{GetKvlistByNamespace, filledHeader<GetKvlistByNamespaceHeader>},
    Kind{UpdateNamesrvConfig, none, "orderMessageEnable=true\n"},
    Kind{GetNamesrvConfig, none},
    Kind{GetRouteInfoByTopic, filledHeader<GetRouteInfoHeader>},
    Kind{GetBrokerMemberGroup, filledHeader<GetBrokerMemberGroupHeader>},
    Kind{GetBrokerClusterInfo, none},
    Kind{GetAllTopicListFromNameserver, none},
    Kind{GetTopicsByCluster, filledHeader<GetTopicsByClusterHeader>},
    Kind{GetSystemTopicListFromNs, none},
    Kind{GetUnitTopicList, none},
};

/// One connection to a server; says what a client must be able to rely on.
class Client
{
public:
    explicit Client(std::uint16_t port)
        : m_peer(test::RawPeer::connected(port))
    {}

    [[nodiscard]] bool isOpen() const { return m_isOpen; }
    /// The request, then one that every server answers. The first may be held only if it is a pull.
    void ask(RemotingCommand request, HeaderEncoding encoding)
    {
        const bool isAnswered = !request.isOneway() && request.code != static_cast<int>(PullMessage) && request.code != static_cast<int>(LitePullMessage);
        request.opaque = ++m_opaque;
        const std::string body = request.body;
        RemotingCommand last = RemotingCommand::request(GetConsumerListByGroup);
        last.opaque = ++m_opaque;
        send(encodeFrame(request, encoding) + encodeFrame(last)); // at once: a second small segment would wait for an answer
        await(isAnswered ? request.opaque : last.opaque, last.opaque, body);
    }
    /// Bytes that may be no frame at all: the server may close, it may not fall.
    void sendRaw(std::string_view bytes)
    {
        send(bytes);
        ::shutdown(m_peer.descriptor(), SHUT_WR);
        GANTRY_ASSERT(m_peer.endsWithin(kPatience), "a connection with {} bytes does not end", bytes.size());
        m_isOpen = false;
    }

private:
    void send(std::string_view bytes) { m_isOpen = m_isOpen && m_peer.send(bytes); }
    void await(std::int32_t first, std::int32_t second, const std::string& body)
    {
        bool hasFirst = false;
        bool hasSecond = false;
        while (m_isOpen && !(hasFirst && hasSecond)) {
            const auto received = m_peer.receive(kPatience);
            if (!received) {
                GANTRY_ASSERT(m_peer.endsWithin(std::chrono::milliseconds(0)), "no answer, and the connection stays open: {}", m_peer.problem());
                m_isOpen = false;
                return;
            }
            const RemotingCommand& command = received->command;
            if (command.isResponse()) {
                hasFirst = hasFirst || command.opaque == first;
                hasSecond = hasSecond || command.opaque == second;
            } else if (!command.isOneway()) { // the server asks its consumer, which is us
                RemotingCommand answer = RemotingCommand::response(ResponseCode::Success);
                answer.opaque = command.opaque;
                answer.body = body;
                send(encodeFrame(answer));
            }
        }
    }

    test::RawPeer m_peer;
    std::int32_t m_opaque = 0;
    bool m_isOpen = true;
};

std::uint16_t portOf(const std::string& address)
{
    return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
}

struct LiveBroker
{
    LiveBroker()
        : broker(config(), {files, SystemClock::instance(), runtime})
    {
        const auto started = broker.start();
        GANTRY_ASSERT(started, "{}", started.error().message);
        Client client(port());
        client.ask(request(UpdateAndCreateTopic, filledHeader<CreateTopicHeader>()), HeaderEncoding::Json);
        client.ask(request(SendMessageV2, filledHeader<SendMessageHeaderV2>()), HeaderEncoding::Json);
    }
    static BrokerConfig config()
    {
        BrokerConfig config;
        config.port = 0;
        config.store.rootDirectory = "/store";
        config.store.commitLogFileSize = 256 * kKiB;
        config.store.consumeQueueFileSize = 4000;
        config.store.indexSlotCount = 100;
        config.store.indexEntryCount = 400;
        return config;
    }
    static RemotingCommand request(RequestCode code, HeaderFields fields)
    {
        auto command = RemotingCommand::request(code);
        command.fields = std::move(fields);
        return command;
    }
    [[nodiscard]] std::uint16_t port() const { return portOf(broker.address()); }
    [[nodiscard]] bool isWornOut() const { return broker.store().positions().commitLogFiles > 16; }

    MemoryFileSystem files;
    IoRuntime runtime{IoRuntime::Options{1, 1}};
    Broker broker;
};

struct LiveNameServer
{
    LiveNameServer()
        : server(config(), runtime, files, SystemClock::instance())
    {
        const auto started = server.start();
        GANTRY_ASSERT(started, "{}", started.error().message);
    }
    static NameServerConfig config()
    {
        NameServerConfig config;
        config.port = 0;
        config.kvConfigPath = "/namesrv/kvConfig.json";
        return config;
    }
    [[nodiscard]] std::uint16_t port() const { return portOf(server.address()); }
    [[nodiscard]] static bool isWornOut() { return false; }

    MemoryFileSystem files;
    IoRuntime runtime{IoRuntime::Options{1, 1}};
    NameServer server;
};

/// A server that serves many inputs, one connection after another, until it has collected too much.
template <typename Server>
Client& clientOf()
{
    constexpr int kInputsPerServer = 5'000;
    constexpr int kInputsPerConnection = 50;
    static std::unique_ptr<Server> server;
    static std::unique_ptr<Client> client;
    static int served = 0;
    if (!server || served % kInputsPerServer == 0 || server->isWornOut()) {
        client.reset();
        server.reset();
        server = std::make_unique<Server>();
        served = 0;
    }
    if (!client || !client->isOpen() || served % kInputsPerConnection == 0) {
        client = std::make_unique<Client>(server->port());
    }
    ++served;
    return *client;
}

/// The first byte is the kind of request, the second says how it goes; then fields and body.
template <typename Server>
void serve(std::string_view bytes, std::span<const Kind> kinds)
{
    Client& client = clientOf<Server>();
    Input input(bytes);
    const std::size_t which = input.byte() % (kinds.size() + 1);
    if (which == kinds.size()) {
        client.sendRaw(input.rest());
        return;
    }
    const unsigned how = input.byte();
    RemotingCommand request = RemotingCommand::request(kinds[which].code);
    if ((how & 1U) != 0) {
        request.flag |= RemotingCommand::kOnewayFlag;
    }
    request.fields = takeFields(input);
    request.body = input.rest();
    client.ask(std::move(request), (how & 2U) != 0 ? HeaderEncoding::Binary : HeaderEncoding::Json);
}

std::vector<std::string> seedsOf(std::span<const Kind> kinds)
{
    std::vector<std::string> list;
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        list.push_back(std::string{static_cast<char>(i), '\0'} + fieldsText(kinds[i].header()) + kinds[i].body);
    }
    RemotingCommand raw = RemotingCommand::request(GetConsumerListByGroup);
    list.push_back(std::string(1, static_cast<char>(kinds.size())) + encodeFrame(raw) + encodeFrame(raw, HeaderEncoding::Binary));
    return list;
}

void brokerRequest(std::string_view input)
{
    serve<LiveBroker>(input, kBrokerKinds);
}
void nameServerRequest(std::string_view input)
{
    serve<LiveNameServer>(input, kNameServerKinds);
}
std::vector<std::string> brokerSeeds()
{
    return seedsOf(kBrokerKinds);
}
std::vector<std::string> nameServerSeeds()
{
    return seedsOf(kNameServerKinds);
}

constexpr std::array<Target, 2> kTargets{{{"broker_request", brokerRequest, brokerSeeds},
                                          {"name_server_request", nameServerRequest, nameServerSeeds}}};

} // namespace

std::span<const Target> serverTargets()
{
    return kTargets;
}

} // namespace gantry::fuzz
