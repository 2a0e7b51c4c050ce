// SPDX-License-Identifier: Apache-2.0
#include "broker/processors/query_message.h"

#include "protocol/header_codec.h"
#include "protocol/headers/query_message.h"

#include <algorithm>

namespace gantry {

namespace {

constexpr int kUniqueKeyMessages = 32; // defaultQueryMaxNum
constexpr int kMessagesMax = 64;       // maxMsgsNumBatch
/// Leaves room in a frame; further matches are left out.
constexpr std::size_t kBodyBytesMax = 12 * kMiB;

} // namespace

QueryMessageProcessor::QueryMessageProcessor(BrokerCore& core)
    : m_core(core)
{}

void QueryMessageProcessor::handle(const ConnectionPtr&, RemotingCommand request, Responder responder)
{
    auto job = std::make_shared<std::pair<RemotingCommand, Responder>>(std::move(request), std::move(responder));
    const bool isQueued = m_core.runBlocking([this, job] {
        if (job->first.code == static_cast<std::int32_t>(RequestCode::QueryMessage)) {
            queryByKey(job->first, job->second);
        } else {
            viewById(job->first, job->second);
        }
    });
    if (!isQueued) {
        job->second.reply(ResponseCode::SystemBusy, "[OVERLOAD]too many requests wait for the disk, try again");
    }
}

void QueryMessageProcessor::queryByKey(const RemotingCommand& request, Responder& responder) const
{
    const auto header = decodeHeader<QueryMessageHeader>(request.fields);
    if (!header) {
        responder.reply(ResponseCode::SystemError, header.error().message);
        return;
    }
    const int wanted = header->uniqueKeyQuery.value_or(false) ? kUniqueKeyMessages : header->maxNum;
    const auto found = m_core.store->queryByKey(header->topic, header->key, std::clamp(wanted, 1, kMessagesMax), header->beginTimestamp,
                                                header->endTimestamp);
    QueryMessageResponseHeader answer;
    answer.indexLastUpdateTimestamp = found.indexLastUpdateTimestampMs;
    answer.indexLastUpdatePhyoffset = found.indexLastUpdateOffset;
    auto response = RemotingCommand::response(ResponseCode::Success);
    for (const auto& record : found.records) {
        if (!response.body.empty() && response.body.size() + record.size() > kBodyBytesMax) {
            break;
        }
        response.body += record;
    }
    if (response.body.empty()) {
        response = RemotingCommand::response(ResponseCode::QueryNotFound, "can not find message, maybe time range not correct");
    }
    encodeHeader(answer, response.fields);
    responder.reply(std::move(response));
}

void QueryMessageProcessor::viewById(const RemotingCommand& request, Responder& responder) const
{
    const auto header = decodeHeader<ViewMessageHeader>(request.fields);
    if (!header) {
        responder.reply(ResponseCode::SystemError, header.error().message);
        return;
    }
    auto record = m_core.store->recordAt(header->offset);
    if (!record) {
        responder.reply(ResponseCode::SystemError, fmt::format("can not find message by the offset, {}", header->offset));
        return;
    }
    auto response = RemotingCommand::response(ResponseCode::Success);
    response.body = std::move(*record);
    responder.reply(std::move(response));
}

} // namespace gantry
