// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"
#include "client/client_instance_impl.h"
#include "message/record_codec.h"
#include "protocol/bodies/reset_offset.h"

/// What brokers ask over our connections. Handlers run on a loop, so they only pass on.
namespace gantry {

namespace {

using Weak = std::weak_ptr<ClientInstance::Impl>;

std::string field(const RemotingCommand& request, std::string_view name)
{
    return std::string(request.fields.find(name).value_or(""));
}

/// The group's consumer, or an answer that says there is none.
std::shared_ptr<client::ConsumerPart> consumerOf(const Weak& weak, const std::string& group,
                                                 Responder& responder)
{
    const auto self = weak.lock();
    auto part = self ? self->consumer(group) : nullptr;
    if (!part) {
        responder.reply(ResponseCode::SystemError,
                        fmt::format("group {} has no consumer in this client", group));
    }
    return part;
}

void idsChanged(const Weak& weak, const RemotingCommand& request, Responder responder)
{
    responder.drop();
    const auto self = weak.lock();
    if (const auto part = self ? self->consumer(field(request, "consumerGroup")) : nullptr) {
        part->requestRebalance();
    }
}

void resetOffsets(const Weak& weak, const RemotingCommand& request, Responder responder)
{
    responder.drop(); // one-way
    const std::string group = field(request, "group");
    const auto body = ResetOffsetBody::decode(request.body);
    if (!body) {
        log::warning("client", "a reset of the offsets of group {} is not readable: {}", group,
                     body.error().message);
        return;
    }
    const auto self = weak.lock();
    if (const auto part = self ? self->consumer(group) : nullptr) {
        part->resetOffsets(field(request, "topic"), body->offsets);
    }
}

void consumerStatus(const Weak& weak, const RemotingCommand& request, Responder responder)
{
    if (const auto part = consumerOf(weak, field(request, "group"), responder)) {
        GetConsumerStatusBody body;
        body.messageQueueTable = part->offsets(field(request, "topic"));
        auto response = RemotingCommand::response(ResponseCode::Success);
        response.body = body.encode();
        responder.reply(std::move(response));
    }
}

void runningInfo(const Weak& weak, const RemotingCommand& request, Responder responder)
{
    if (const auto part = consumerOf(weak, field(request, "consumerGroup"), responder)) {
        auto response = RemotingCommand::response(ResponseCode::Success);
        response.body = part->runningInfo().encode();
        responder.reply(std::move(response));
    }
}

void consumeDirectly(const Weak& weak, const RemotingCommand& request, Responder responder)
{
    const auto part = consumerOf(weak, field(request, "consumerGroup"), responder);
    if (!part) {
        return;
    }
    auto messages = decodeMessages(request.body);
    if (!messages || messages->empty()) {
        responder.reply(ResponseCode::SystemError, "the request carries no readable message");
        return;
    }
    MessageExt message = std::move(messages->front());
    message.brokerName = field(request, "brokerName");
    // std::function needs a copyable target, a responder is not.
    const auto shared = std::make_shared<Responder>(std::move(responder));
    part->consumeDirectly(std::move(message), [shared](const ConsumeMessageDirectlyResult& result) {
        auto response = RemotingCommand::response(ResponseCode::Success);
        response.body = result.encode();
        shared->reply(std::move(response));
    });
}

} // namespace

std::shared_ptr<const Dispatcher> ClientInstance::Impl::makeDispatcher()
{
    auto dispatcher = std::make_shared<Dispatcher>();
    const Weak weak = weak_from_this();
    using Handler = void (*)(const Weak&, const RemotingCommand&, Responder);
    const auto inPlace = [&](RequestCode code, Handler handler) {
        dispatcher->add(code, [weak, handler](const ConnectionPtr&, const RemotingCommand& request,
                                              Responder responder) {
            handler(weak, request, std::move(responder));
        });
    };
    // Building these answers takes locks and writes JSON, which is not the loop's work.
    const auto onTimers = [&](RequestCode code, Handler handler) {
        dispatcher->add(code, [weak, handler](const ConnectionPtr&, RemotingCommand request,
                                              Responder responder) {
            if (const auto self = weak.lock()) {
                self->timers().post([weak, handler, request = std::move(request),
                                     responder = std::move(responder)]() mutable {
                    handler(weak, request, std::move(responder));
                });
            }
        });
    };
    inPlace(RequestCode::NotifyConsumerIdsChanged, idsChanged);
    onTimers(RequestCode::ResetConsumerClientOffset, resetOffsets);
    onTimers(RequestCode::GetConsumerStatusFromClient, consumerStatus);
    onTimers(RequestCode::GetConsumerRunningInfo, runningInfo);
    onTimers(RequestCode::ConsumeMessageDirectly, consumeDirectly);
    return dispatcher;
}

} // namespace gantry
