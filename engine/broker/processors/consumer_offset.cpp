// SPDX-License-Identifier: Apache-2.0
#include "broker/processors/consumer_offset.h"

#include "protocol/header_codec.h"
#include "protocol/headers/offset.h"

#include <algorithm>
#include <cctype>
#include <string>

#include <unistd.h>

namespace gantry {

namespace {

constexpr std::int64_t kMemoryPercent = 40; // accessMessageInMemoryMaxRatio

std::int64_t memoryBytes()
{
    return std::int64_t{::sysconf(_SC_PHYS_PAGES)} * std::int64_t{::sysconf(_SC_PAGESIZE)} / 100 * kMemoryPercent;
}

bool isUpper(std::string_view boundary)
{
    constexpr std::string_view kUpper = "UPPER";
    return std::equal(boundary.begin(), boundary.end(), kUpper.begin(), kUpper.end(),
                      [](char a, char b) { return std::toupper(static_cast<unsigned char>(a)) == b; });
}

void replyOffset(Responder& responder, std::int64_t offset)
{
    auto response = RemotingCommand::response(ResponseCode::Success);
    response.fields.add("offset", offset);
    responder.reply(std::move(response));
}

} // namespace

ConsumerOffsetProcessor::ConsumerOffsetProcessor(BrokerCore& core)
    : m_core(core)
    , m_memoryBytes(memoryBytes())
{}

void ConsumerOffsetProcessor::handle(const ConnectionPtr&, RemotingCommand request, Responder responder)
{
    switch (static_cast<RequestCode>(request.code)) {
    case RequestCode::QueryConsumerOffset: return query(request, std::move(responder));
    case RequestCode::UpdateConsumerOffset: return update(request, std::move(responder));
    case RequestCode::SearchOffsetByTimestamp: return searchByTime(request, std::move(responder));
    case RequestCode::GetMaxOffset: return maxOffset(request, std::move(responder));
    case RequestCode::GetMinOffset: return minOffset(request, std::move(responder));
    case RequestCode::GetEarliestMsgStoretime: return earliestStoreTime(request, std::move(responder));
    default: responder.reply(ResponseCode::RequestCodeNotSupported, fmt::format("request type {} not supported", request.code));
    }
}

void ConsumerOffsetProcessor::query(const RemotingCommand& request, Responder responder) const
{
    const auto header = decodeHeader<QueryConsumerOffsetHeader>(request.fields);
    if (!header) {
        responder.reply(ResponseCode::SystemError, header.error().message);
        return;
    }
    if (const auto offset = m_core.offsets.find(header->consumerGroup, header->topic, header->queueId)) {
        replyOffset(responder, *offset);
        return;
    }
    // A new group of a young queue begins at its start, whatever the consumer would choose: messages sent while the
    // group was being set up are not skipped.
    const auto replyNotFound = [](Responder& to) {
        to.reply(ResponseCode::QueryNotFound, "Not found, maybe this group consumer boot first");
    };
    if (!header->setZeroIfNotFound.value_or(true) || m_core.store->minOffset(header->topic, header->queueId) > 0) {
        replyNotFound(responder);
        return;
    }
    runOffLoop(std::move(responder), [this, replyNotFound, topic = header->topic, queueId = header->queueId](Responder& to) {
        if (isFirstMessageInMemory(topic, queueId)) {
            replyOffset(to, 0);
        } else {
            replyNotFound(to);
        }
    });
}

void ConsumerOffsetProcessor::runOffLoop(Responder responder, std::function<void(Responder&)> task) const
{
    auto held = std::make_shared<Responder>(std::move(responder));
    if (!m_core.runBlocking([held, work = std::move(task)] { work(*held); })) {
        held->reply(ResponseCode::SystemBusy, "[OVERLOAD]too many requests wait for the disk, try again");
    }
}

bool ConsumerOffsetProcessor::isFirstMessageInMemory(std::string_view topic, std::int32_t queueId) const
{
    const auto first = m_core.store->entryAt(topic, queueId, 0);
    return first && m_core.store->positions().maxOffset - first->commitLogOffset <= m_memoryBytes;
}

void ConsumerOffsetProcessor::update(const RemotingCommand& request, Responder responder) const
{
    if (!request.fields.contains("queueId") || !request.fields.contains("commitOffset")) {
        responder.reply(ResponseCode::InvalidParameter, "the request lacks queueId or commitOffset");
        return;
    }
    const auto header = decodeHeader<UpdateConsumerOffsetHeader>(request.fields);
    if (!header) {
        responder.reply(ResponseCode::SystemError, header.error().message);
        return;
    }
    if (!m_core.groups.findOrCreate(header->consumerGroup)) {
        responder.reply(ResponseCode::SubscriptionGroupNotExist, fmt::format("Group {} not exist!", header->consumerGroup));
        return;
    }
    if (!m_core.topics.find(header->topic)) {
        responder.reply(ResponseCode::TopicNotExist, fmt::format("Topic {} not exist!", header->topic));
        return;
    }
    m_core.offsets.commit(header->consumerGroup, header->topic, header->queueId, header->commitOffset);
    responder.reply(ResponseCode::Success);
}

void ConsumerOffsetProcessor::searchByTime(const RemotingCommand& request, Responder responder) const
{
    auto header = decodeHeader<SearchOffsetHeader>(request.fields);
    if (!header) {
        responder.reply(ResponseCode::SystemError, header.error().message);
        return;
    }
    runOffLoop(std::move(responder), [this, search = std::move(*header)](Responder& to) {
        const auto boundary = isUpper(search.boundaryType.value_or(std::string{})) ? OffsetBoundary::Upper : OffsetBoundary::Lower;
        replyOffset(to, m_core.store->offsetByTime(search.topic, search.queueId, search.timestamp, boundary));
    });
}

void ConsumerOffsetProcessor::maxOffset(const RemotingCommand& request, Responder responder) const
{
    const auto header = decodeHeader<GetMaxOffsetHeader>(request.fields);
    if (!header) {
        responder.reply(ResponseCode::SystemError, header.error().message);
        return;
    }
    replyOffset(responder, m_core.store->maxOffset(header->topic, header->queueId));
}

void ConsumerOffsetProcessor::minOffset(const RemotingCommand& request, Responder responder) const
{
    const auto header = decodeHeader<GetMinOffsetHeader>(request.fields);
    if (!header) {
        responder.reply(ResponseCode::SystemError, header.error().message);
        return;
    }
    replyOffset(responder, m_core.store->minOffset(header->topic, header->queueId));
}

void ConsumerOffsetProcessor::earliestStoreTime(const RemotingCommand& request, Responder responder) const
{
    const auto header = decodeHeader<GetEarliestMsgStoretimeHeader>(request.fields);
    if (!header) {
        responder.reply(ResponseCode::SystemError, header.error().message);
        return;
    }
    runOffLoop(std::move(responder), [this, topic = header->topic, queueId = header->queueId](Responder& to) {
        const auto& store = *m_core.store;
        auto response = RemotingCommand::response(ResponseCode::Success);
        response.fields.add("timestamp", store.storeTimestampOf(topic, queueId, store.minOffset(topic, queueId)));
        to.reply(std::move(response));
    });
}

} // namespace gantry
