// SPDX-License-Identifier: Apache-2.0
#include "broker/processors/admin.h"

#include "message/message_id.h"
#include "protocol/bodies/query_consume_queue.h"
#include "protocol/bodies/reset_offset.h"
#include "protocol/headers/admin_group.h"
#include "protocol/headers/admin_topic.h"

#include <algorithm>
#include <mutex>

namespace gantry {

namespace {

/// How long a client may take to answer what an administrator asked.
constexpr std::chrono::seconds kRelayTimeout{10};
constexpr std::chrono::seconds kStatusTimeout{5};
/// V3_1_8_SNAPSHOT: older clients do not know 307 and 309.
constexpr std::int32_t kFirstVersionWithRelays = 62;
/// V3_0_7_SNAPSHOT: the same for 221.
constexpr std::int32_t kFirstVersionWithStatus = 28;
constexpr std::int32_t kConsumeQueueRowsMax = 10'000;

/// Sends the request on to the client and its answer back.
void relay(const BrokerCore& core, RemotingCommand request, const std::string& group,
           const std::string& clientId, Responder responder)
{
    const auto client = core.consumers.findClient(group, clientId);
    if (!client) {
        responder.reply(ResponseCode::SystemError,
                        fmt::format("The Consumer <{}> <{}> not online", group, clientId));
        return;
    }
    if (client->version < kFirstVersionWithRelays) {
        responder.reply(
            ResponseCode::SystemError,
            fmt::format(
                "The Consumer <{}> has version {}, which cannot do this; it needs V3_1_8 or newer",
                clientId, client->version));
        return;
    }
    RemotingCommand onward;
    onward.code = request.code;
    onward.fields = std::move(request.fields);
    onward.body = std::move(request.body);
    auto answer = std::make_shared<Responder>(std::move(responder));
    client->connection->invoke(
        std::move(onward), kRelayTimeout,
        [answer, group, clientId](Result<RemotingCommand> response) {
            if (response) {
                answer->reply(std::move(*response));
            } else if (response.error().code == Errc::Timeout) {
                answer->reply(ResponseCode::ConsumeMsgTimeout,
                              fmt::format("consumer <{}> <{}> Timeout: {}", group, clientId,
                                          response.error().message));
            } else {
                answer->reply(ResponseCode::SystemError,
                              fmt::format("invoke consumer <{}> <{}> failed: {}", group, clientId,
                                          response.error().message));
            }
        });
}

void runningInfo(const BrokerCore& core, RemotingCommand request, Responder responder)
{
    const auto header = decodeHeader<GetConsumerRunningInfoHeader>(request.fields);
    if (!header) {
        responder.reply(ResponseCode::SystemError, header.error().message);
        return;
    }
    relay(core, std::move(request), header->consumerGroup, header->clientId, std::move(responder));
}

/// The message as it lies in the store goes along, so that the client runs its listener on it.
void consumeDirectly(const BrokerCore& core, RemotingCommand request, Responder responder)
{
    const auto header = decodeHeader<ConsumeMessageDirectlyHeader>(request.fields);
    if (!header) {
        responder.reply(ResponseCode::SystemError, header.error().message);
        return;
    }
    const auto id = parseOffsetMessageId(header->msgId.value_or(""));
    if (!id) {
        responder.reply(ResponseCode::SystemError, id.error().message);
        return;
    }
    auto record = core.store->recordAt(id->commitLogOffset);
    if (!record) {
        responder.reply(ResponseCode::SystemError, record.error().message);
        return;
    }
    request.body = std::move(*record);
    request.fields.set("brokerName", core.config.brokerName);
    if (const auto topic = core.topics.find(header->topic.value_or(""))) {
        request.fields.set("topicSysFlag", std::to_string(topic->topicSysFlag));
    }
    if (const auto group = core.groups.find(header->consumerGroup)) {
        request.fields.set("groupSysFlag", std::to_string(group->groupSysFlag));
    }
    relay(core, std::move(request), header->consumerGroup, header->clientId.value_or(""),
          std::move(responder));
}

/// Collects the answers of several clients; whoever lets go of it last sends what came.
class StatusCollector
{
public:
    explicit StatusCollector(Responder responder)
        : m_responder(std::move(responder))
    {}
    ~StatusCollector() { m_responder.reply(adminSuccess(m_body.encode())); }
    StatusCollector(const StatusCollector&) = delete;
    StatusCollector& operator=(const StatusCollector&) = delete;

    void add(const std::string& clientId, const Result<RemotingCommand>& response)
    {
        if (!response || response->code != static_cast<std::int32_t>(ResponseCode::Success) ||
            response->body.empty()) {
            return;
        }
        if (auto status = GetConsumerStatusBody::decode(response->body)) {
            const std::lock_guard lock(m_mutex);
            m_body.consumerTable[clientId] = std::move(status->messageQueueTable);
        }
    }

private:
    std::mutex m_mutex;
    GetConsumerStatusBody m_body;
    Responder m_responder;
};

void consumerStatus(const BrokerCore& core, const RemotingCommand& request, Responder responder)
{
    const auto header = decodeHeader<GetConsumerStatusHeader>(request.fields);
    if (!header) {
        responder.reply(ResponseCode::SystemError, header.error().message);
        return;
    }
    const auto group = core.consumers.group(header->group);
    if (!group) {
        responder.reply(
            ResponseCode::SystemError,
            fmt::format("No Any Consumer online in the consumer group: [{}]", header->group));
        return;
    }
    GetConsumerStatusHeader question{header->topic, header->group, {}};
    const auto collector = std::make_shared<StatusCollector>(std::move(responder));
    for (const ClientInfo& member : group->members) {
        const std::string wanted = header->clientAddr.value_or("");
        if ((!wanted.empty() && wanted != member.clientId) ||
            member.version < kFirstVersionWithStatus) {
            continue;
        }
        auto onward = RemotingCommand::request(RequestCode::GetConsumerStatusFromClient);
        encodeHeader(question, onward.fields);
        member.connection->invoke(
            std::move(onward), kStatusTimeout,
            [collector, clientId = member.clientId](const Result<RemotingCommand>& response) {
                collector->add(clientId, response);
            });
    }
}

/// The group's subscription into the answer; whether a row's tag code would pass it.
std::function<bool(std::int64_t)> tagCheck(const BrokerCore& core,
                                           const QueryConsumeQueueHeader& header,
                                           QueryConsumeQueueResponse& body)
{
    if (!header.consumerGroup || header.consumerGroup->empty()) {
        return {};
    }
    const auto pull = core.consumers.pullInfo(*header.consumerGroup, header.topic);
    if (!pull || !pull->subscription) {
        body.filterData = fmt::format("{}@{} is not online!", *header.consumerGroup, header.topic);
        return {};
    }
    body.subscription = *pull->subscription;
    if (pull->subscription->codeSet.empty()) {
        return [](std::int64_t) { return true; };
    }
    return [codes = pull->subscription->codeSet](std::int64_t code) {
        return std::ranges::any_of(codes, [&](std::int32_t each) { return each == code; });
    };
}

AdminResult consumeQueue(const BrokerCore& core, const QueryConsumeQueueHeader& header)
{
    const auto queues = core.store->queues();
    if (std::ranges::find(queues, std::pair(header.topic, header.queueId)) == queues.end()) {
        return RemotingCommand::response(
            ResponseCode::SystemError,
            fmt::format("{}@{} is not exist!", header.queueId, header.topic));
    }
    QueryConsumeQueueResponse body;
    body.minQueueIndex = core.store->minOffset(header.topic, header.queueId);
    body.maxQueueIndex = core.store->maxOffset(header.topic, header.queueId);
    if (header.index < body.minQueueIndex || header.index >= body.maxQueueIndex) {
        return RemotingCommand::response(ResponseCode::Success,
                                         fmt::format("Index {} of {}@{} is not exist!",
                                                     header.index, header.queueId, header.topic));
    }
    const auto passes = tagCheck(core, header, body);
    for (const auto& entry :
         core.store->entries(header.topic, header.queueId, header.index,
                             std::clamp(header.count, 0, kConsumeQueueRowsMax))) {
        ConsumeQueueRow& row = body.rows.emplace_back();
        row.physicOffset = entry.commitLogOffset;
        row.physicSize = entry.size;
        row.tagsCode = entry.tagsCode;
        row.eval = passes && passes(entry.tagsCode);
    }
    return adminSuccess(body.encode());
}

/// A handler that may answer later; runs on a blocking thread because looking at the store waits
/// for the disk.
void addRelay(Dispatcher& dispatcher, BrokerCore& core, RequestCode code,
              void (*handle)(const BrokerCore&, RemotingCommand, Responder))
{
    dispatcher.add(code, [&core, handle](const ConnectionPtr&, RemotingCommand request,
                                         Responder responder) {
        if (!isAdminAllowed(core, responder)) {
            return;
        }
        auto job = std::make_shared<std::pair<RemotingCommand, Responder>>(std::move(request),
                                                                           std::move(responder));
        if (!core.runBlocking([&core, handle, job] {
                handle(core, std::move(job->first), std::move(job->second));
            })) {
            job->second.reply(ResponseCode::SystemBusy,
                              "[OVERLOAD] too many requests wait for the disk; try again");
        }
    });
}

} // namespace

void addAdminMessageHandlers(Dispatcher& dispatcher, BrokerCore& core)
{
    using enum RequestCode;
    addRelay(dispatcher, core, GetConsumerRunningInfo, runningInfo);
    addRelay(dispatcher, core, ConsumeMessageDirectly, consumeDirectly);
    addRelay(dispatcher, core, InvokeBrokerToGetConsumerStatus,
             [](const BrokerCore& broker, RemotingCommand request, Responder responder) {
                 consumerStatus(broker, request, std::move(responder));
             });
    addAdmin(dispatcher, core, QueryConsumeQueue, consumeQueue);
}

} // namespace gantry
