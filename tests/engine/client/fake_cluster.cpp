// SPDX-License-Identifier: GPL-3.0-or-later
#include "fake_cluster.h"

#include "message/record_codec.h"
#include "protocol/bodies/lock_batch.h"
#include "protocol/bodies/name_lists.h"
#include "protocol/bodies/topic_config.h"
#include "protocol/header_codec.h"
#include "protocol/headers/offset.h"
#include "protocol/headers/pull_message.h"
#include "protocol/headers/send_message.h"

#include <QtGlobal>

#include <future>

namespace gantry::test {

namespace {

constexpr std::initializer_list<RequestCode> kBrokerCodes = {
    RequestCode::SendMessageV2,
    RequestCode::SendBatchMessage,
    RequestCode::HeartBeat,
    RequestCode::UnregisterClient,
    RequestCode::GetConsumerListByGroup,
    RequestCode::QueryConsumerOffset,
    RequestCode::UpdateConsumerOffset,
    RequestCode::GetMaxOffset,
    RequestCode::PullMessage,
    RequestCode::LockBatchMq,
    RequestCode::UnlockBatchMq,
    RequestCode::ConsumerSendMsgBack,
};

bool isSend(std::int32_t code)
{
    return code == static_cast<std::int32_t>(RequestCode::SendMessageV2) ||
           code == static_cast<std::int32_t>(RequestCode::SendBatchMessage);
}

} // namespace

FakeBroker::FakeBroker(IoRuntime& runtime, std::string name)
    : m_name(std::move(name))
{
    auto dispatcher = std::make_shared<Dispatcher>();
    for (const auto code : kBrokerCodes) {
        dispatcher->add(code, [this](const ConnectionPtr& connection, RemotingCommand request,
                                     Responder responder) {
            handle(connection, std::move(request), std::move(responder));
        });
    }
    m_server =
        std::make_unique<RemotingServer>(runtime, RemotingServer::Options{}, std::move(dispatcher));
    if (m_server->start()) {
        m_port = m_server->port();
    }
}

FakeBroker::~FakeBroker()
{
    for (auto& held : m_held) {
        held.drop();
    }
    m_server->stop();
}

void FakeBroker::answerSends(std::optional<ResponseCode> code)
{
    const std::lock_guard lock(m_mutex);
    m_sendCode = code;
}

void FakeBroker::hangUpOnSends(bool hangUp)
{
    const std::lock_guard lock(m_mutex);
    m_hangUp = hangUp;
}

void FakeBroker::setMembers(std::vector<std::string> clientIds)
{
    const std::lock_guard lock(m_mutex);
    m_members = std::move(clientIds);
}

void FakeBroker::deliver(std::vector<std::string> bodies)
{
    const std::lock_guard lock(m_mutex);
    m_bodies = std::move(bodies);
}

bool FakeBroker::hasSeen(RequestCode code, int count, std::chrono::milliseconds timeout)
{
    std::unique_lock lock(m_mutex);
    return m_arrived.wait_for(lock, timeout, [&] {
        return m_requests[static_cast<std::int32_t>(code)].size() >=
               static_cast<std::size_t>(count);
    });
}

int FakeBroker::seen(RequestCode code) const
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_requests.find(static_cast<std::int32_t>(code));
    return found == m_requests.end() ? 0 : static_cast<int>(found->second.size());
}

RemotingCommand FakeBroker::last(RequestCode code) const
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_requests.find(static_cast<std::int32_t>(code));
    return found == m_requests.end() || found->second.empty() ? RemotingCommand{}
                                                              : found->second.back();
}

std::optional<HeartbeatData> FakeBroker::lastHeartbeat() const
{
    auto data = HeartbeatData::decode(last(RequestCode::HeartBeat).body);
    return data ? std::optional(std::move(*data)) : std::nullopt;
}

void FakeBroker::handle(const ConnectionPtr& connection, RemotingCommand request,
                        Responder responder)
{
    const std::lock_guard lock(m_mutex);
    m_requests[request.code].push_back(request);
    m_arrived.notify_all();
    if (isSend(request.code) && m_hangUp) {
        responder.drop();
        connection->close();
    } else if ((isSend(request.code) && !m_sendCode) ||
               (request.code == static_cast<std::int32_t>(RequestCode::PullMessage) &&
                m_bodies.empty())) {
        m_held.push_back(std::move(responder));
    } else {
        responder.reply(answer(request));
        if (request.code == static_cast<std::int32_t>(RequestCode::PullMessage)) {
            m_bodies.clear();
        }
    }
}

RemotingCommand FakeBroker::answer(const RemotingCommand& request) const
{
    auto response = RemotingCommand::response(ResponseCode::Success);
    switch (static_cast<RequestCode>(request.code)) {
    case RequestCode::SendMessageV2:
    case RequestCode::SendBatchMessage: {
        response.code = static_cast<std::int32_t>(*m_sendCode);
        SendMessageResponseHeader header;
        header.msgId = "7F00000100002A9F0000000000001000";
        header.queueId = decodeHeader<SendMessageHeaderV2>(request.fields)->queueId;
        encodeHeader(header, response.fields);
        break;
    }
    case RequestCode::GetConsumerListByGroup:
        response.body = ConsumerIdList{m_members}.encode();
        break;
    case RequestCode::QueryConsumerOffset:
    case RequestCode::GetMaxOffset:
        encodeHeader(OffsetResponseHeader{7}, response.fields);
        break;
    case RequestCode::PullMessage: {
        const auto pull = decodeHeader<PullMessageHeader>(request.fields);
        PullMessageResponseHeader header;
        RecordFields record;
        record.topic = pull->topic;
        record.queueId = pull->queueId;
        record.queueOffset = pull->queueOffset;
        for (const auto& body : m_bodies) {
            record.body = body;
            encodeRecord(record, response.body);
            ++record.queueOffset;
        }
        header.nextBeginOffset = record.queueOffset;
        header.maxOffset = record.queueOffset;
        encodeHeader(header, response.fields);
        break;
    }
    case RequestCode::LockBatchMq:
        response.body = LockBatchResponse{LockBatchRequest::decode(request.body)->queues}.encode();
        break;
    default:
        break;
    }
    return response;
}

Result<RemotingCommand> FakeBroker::askClient(RemotingCommand request)
{
    const auto connections = m_server->connections();
    if (connections.empty()) {
        return fail(Errc::Unavailable, "nobody is connected");
    }
    auto promise = std::make_shared<std::promise<Result<RemotingCommand>>>();
    auto answered = promise->get_future();
    connections.front()->invoke(
        std::move(request), std::chrono::seconds{5},
        [promise](Result<RemotingCommand> answer) { promise->set_value(std::move(answer)); });
    return answered.get();
}

void FakeBroker::tellClients(const RemotingCommand& request)
{
    for (const auto& connection : m_server->connections()) {
        auto copy = request;
        copy.flag |= RemotingCommand::kOnewayFlag;
        connection->send(std::move(copy));
    }
}

FakeCluster::FakeCluster(int brokerCount)
    : m_runtime(IoRuntime::Options{})
{
    for (int i = 0; i < brokerCount; ++i) {
        m_brokers.push_back(std::make_unique<FakeBroker>(
            m_runtime, std::string("broker-") + static_cast<char>('a' + i)));
    }
    auto dispatcher = std::make_shared<Dispatcher>();
    dispatcher->add(RequestCode::GetRouteInfoByTopic, [this](const ConnectionPtr&,
                                                             const RemotingCommand& request,
                                                             Responder responder) {
        const std::lock_guard lock(m_mutex);
        const auto found = m_routes.find(std::string(request.fields.find("topic").value_or("")));
        if (found == m_routes.end()) {
            responder.reply(ResponseCode::TopicNotExist, "no route");
            return;
        }
        auto response = RemotingCommand::response(ResponseCode::Success);
        response.body = found->second.encode();
        responder.reply(std::move(response));
    });
    m_nameServer = std::make_unique<RemotingServer>(m_runtime, RemotingServer::Options{},
                                                    std::move(dispatcher));
    if (const auto started = m_nameServer->start(); !started) {
        qFatal("%s", started.error().message.c_str());
    }
}

FakeCluster::~FakeCluster()
{
    m_nameServer->stop();
    m_brokers.clear();
}

void FakeCluster::addTopic(const std::string& topic, int queuesPerBroker)
{
    TopicRouteData route;
    for (const auto& broker : m_brokers) {
        route.queueDatas.push_back(
            {broker->name(), queuesPerBroker, queuesPerBroker, perm::kReadWrite, 0});
        route.brokerDatas.push_back(
            {"East", broker->name(), {{kMasterId, broker->address()}}, false});
    }
    const std::lock_guard lock(m_mutex);
    m_routes[topic] = std::move(route);
}

ClientConfig FakeCluster::config() const
{
    ClientConfig config;
    config.nameServers = {nameServer()};
    return config;
}

} // namespace gantry::test
