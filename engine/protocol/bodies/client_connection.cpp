// SPDX-License-Identifier: Apache-2.0
#include "protocol/bodies/client_connection.h"

#include "protocol/bodies/body_json.h"
#include "protocol/command.h"

namespace gantry {

namespace {

using body::Json;

std::string languageFrom(const Json& json)
{
    const Json* const value = body::member(json, "language");
    if (value != nullptr && value->is_number_integer()) {
        return std::string(toString(languageFromNumber(value->get<std::int64_t>())));
    }
    return body::text(json, "language", "JAVA");
}

Json toJson(const std::vector<ClientConnection>& connections)
{
    Json list = Json::array();
    for (const ClientConnection& each : connections) {
        list.push_back({{"clientAddr", each.clientAddr},
                        {"clientId", each.clientId},
                        {"language", each.language},
                        {"version", each.version}});
    }
    return list;
}

std::vector<ClientConnection> connectionsFrom(const Json& json)
{
    std::vector<ClientConnection> list;
    body::forEachItem(json, "connectionSet", [&](const Json& item) {
        list.push_back({body::text(item, "clientId"), body::text(item, "clientAddr"), languageFrom(item),
                        body::integer32(item, "version")});
    });
    return list;
}

} // namespace

std::string ConsumerConnection::encode() const
{
    Json table = Json::object();
    for (const auto& [topic, subscription] : subscriptions) {
        table[topic] = body::toJson(subscription);
    }
    return dumpFastjson({{"connectionSet", toJson(connections)},
                         {"consumeFromWhere", toString(consumeFromWhere)},
                         {"consumeType", toString(consumeType)},
                         {"messageModel", toString(messageModel)},
                         {"subscriptionTable", std::move(table)}});
}

Result<ConsumerConnection> ConsumerConnection::decode(std::string_view text)
{
    GANTRY_TRY(json, body::parseObject(text, "a list of consumer connections"));
    ConsumerConnection result;
    result.connections = connectionsFrom(json);
    result.consumeType = body::consumeTypeFrom(json, "consumeType");
    result.messageModel = body::messageModelFrom(json, "messageModel");
    result.consumeFromWhere = body::consumeFromWhereFrom(json, "consumeFromWhere");
    body::forEachMember(json, "subscriptionTable", [&](const std::string& topic, const Json& value) {
        result.subscriptions[topic] = body::subscriptionFromJson(value);
    });
    return result;
}

std::string ProducerConnection::encode() const
{
    return dumpFastjson({{"connectionSet", toJson(connections)}});
}

Result<ProducerConnection> ProducerConnection::decode(std::string_view text)
{
    GANTRY_TRY(json, body::parseObject(text, "a list of producer connections"));
    return ProducerConnection{connectionsFrom(json)};
}

std::string ProducerTable::encode() const
{
    Json data = Json::object();
    for (const auto& [group, list] : producers) {
        Json entries = Json::array();
        for (const ProducerInfo& each : list) {
            entries.push_back({{"clientId", each.clientId},
                               {"language", each.language},
                               {"lastUpdateTimestamp", each.lastUpdateTimestamp},
                               {"remoteIP", each.remoteIp},
                               {"version", each.version}});
        }
        data[group] = std::move(entries);
    }
    return dumpFastjson({{"data", std::move(data)}});
}

Result<ProducerTable> ProducerTable::decode(std::string_view text)
{
    GANTRY_TRY(json, body::parseObject(text, "a table of producers"));
    ProducerTable table;
    body::forEachMember(json, "data", [&](const std::string& group, const Json& list) {
        auto& entries = table.producers[group];
        if (list.is_array()) {
            for (const Json& item : list) {
                entries.push_back({body::text(item, "clientId"), body::text(item, "remoteIP"), languageFrom(item),
                                   body::integer32(item, "version"), body::integer(item, "lastUpdateTimestamp")});
            }
        }
    });
    return table;
}

} // namespace gantry
