// SPDX-License-Identifier: Apache-2.0
#include "namesrv/name_server_state.h"
#include "namesrv/namesrv_processor.h"
#include "namesrv/typed_handler.h"

#include "protocol/bodies/name_lists.h"
#include "protocol/headers/namesrv.h"

namespace gantry {

namespace {

using StatePtr = std::shared_ptr<NameServerState>;

// A topic's system flag.
constexpr std::int32_t kUnit = 1;
constexpr std::int32_t kUnitSub = 2;

void getRoute(const StatePtr& state, const ConnectionPtr&, const GetRouteInfoHeader& header,
              RemotingCommand, Responder responder)
{
    ++state->routeQueries;
    auto route = state->routes.route(header.topic);
    if (!route) {
        responder.reply(
            ResponseCode::TopicNotExist,
            fmt::format("No topic route info in name server for the topic: {}", header.topic));
        return;
    }
    if (state->config().orderMessageEnable) {
        route->orderTopicConf = state->kv.value(kOrderTopicNamespace, header.topic).value_or("");
    }
    // Always with quoted keys: peers that want Java's bare numbers parse these, too, the others
    // parse nothing else.
    replyBody(responder, route->encode());
}

void getMembers(const StatePtr& state, const ConnectionPtr&,
                const GetBrokerMemberGroupHeader& header, RemotingCommand, Responder responder)
{
    replyBody(responder, BrokerMemberGroup{header.clusterName, header.brokerName,
                                           state->routes.members(header.brokerName)}
                             .encode());
}

void replyTopics(const StatePtr& state, bool NameServerConfig::*enabled, Responder& responder,
                 const std::function<std::vector<std::string>(const RouteTable&)>& pick)
{
    if (!(state->config().*enabled)) {
        responder.reply(ResponseCode::SystemError, "disable");
        return;
    }
    replyBody(responder, TopicList{pick(state->routes), ""}.encode());
}

Dispatcher::Handler topicsBySysFlag(const StatePtr& state, std::int32_t with, std::int32_t without)
{
    return [=](const ConnectionPtr&, const RemotingCommand&, Responder responder) {
        replyTopics(
            state, &NameServerConfig::enableTopicList, responder,
            [=](const RouteTable& routes) { return routes.topicsBySysFlag(with, without); });
    };
}

} // namespace

void addRouteHandlers(Dispatcher& dispatcher, const StatePtr& state)
{
    dispatcher.add(RequestCode::GetRouteInfoByTopic,
                   withHeader<GetRouteInfoHeader>(state, getRoute));
    dispatcher.add(RequestCode::GetBrokerMemberGroup,
                   withHeader<GetBrokerMemberGroupHeader>(state, getMembers));
    dispatcher.add(RequestCode::GetBrokerClusterInfo,
                   [state](const ConnectionPtr&, const RemotingCommand&, Responder responder) {
                       replyBody(responder, state->routes.clusterInfo().encode());
                   });
    dispatcher.add(RequestCode::GetAllTopicListFromNameserver,
                   [state](const ConnectionPtr&, const RemotingCommand&, Responder responder) {
                       replyTopics(state, &NameServerConfig::enableAllTopicList, responder,
                                   [](const RouteTable& routes) { return routes.topics(); });
                   });
    dispatcher.add(RequestCode::GetTopicsByCluster,
                   withHeader<GetTopicsByClusterHeader>(
                       state, [](const StatePtr& owner, const ConnectionPtr&,
                                 const GetTopicsByClusterHeader& header, const RemotingCommand&,
                                 Responder responder) {
                           replyTopics(owner, &NameServerConfig::enableTopicList, responder,
                                       [&](const RouteTable& routes) {
                                           return routes.topicsOfCluster(header.cluster);
                                       });
                       }));
    dispatcher.add(
        RequestCode::GetSystemTopicListFromNs,
        [state](const ConnectionPtr&, const RemotingCommand&, Responder responder) {
            auto [names, address] = state->routes.systemTopics();
            replyBody(responder, TopicList{std::move(names), std::move(address)}.encode());
        });
    dispatcher.add(RequestCode::GetUnitTopicList, topicsBySysFlag(state, kUnit, 0));
    dispatcher.add(RequestCode::GetHasUnitSubTopicList, topicsBySysFlag(state, kUnitSub, 0));
    dispatcher.add(RequestCode::GetHasUnitSubUnunitTopicList,
                   topicsBySysFlag(state, kUnitSub, kUnit));
}

} // namespace gantry
